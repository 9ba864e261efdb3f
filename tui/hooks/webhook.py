"""Sending JSON to a URL, again where that may help.

Retries follow "exponential backoff with full jitter"
(https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/): the wait before attempt n is a random share
of `base * 2**n`, capped, so that many senders do not come back at the same moment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same request may succeed later."""


class NotDelivered(Exception):
    """The last attempt failed too, or another would be no use. Never tells more of the URL than its host."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where to send, and how patiently. Times are seconds."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 4
    timeout_s: float = 5.0
    """For one attempt."""
    base_s: float = 0.5
    """The longest wait before the second attempt; it doubles."""
    cap_s: float = 8.0

    async def send(
        self, body: Mapping[str, Any], *, wait: Callable[[float], Awaitable[None]], random: Callable[[], float]
    ) -> int:
        """Send and return how many attempts it took.

        Raises:
            NotDelivered: with the last reason.
        """
        import httpx

        reason = ""
        host = _host(self.url)
        try:
            async with httpx.AsyncClient(timeout=self.timeout_s, follow_redirects=False) as client:
                for attempt in range(1, self.attempts + 1):
                    asked: float | None = None
                    try:
                        response = await client.post(self.url, json=body, headers=dict(self.headers))
                    except httpx.TransportError as error:
                        reason = f"{host}: {type(error).__name__}"
                    else:
                        if response.is_success:
                            return attempt
                        reason = f"{host} answered {response.status_code}"
                        if response.status_code not in _TRANSIENT:
                            raise NotDelivered(reason)
                        asked = _retry_after(response.headers.get("retry-after"))
                    if attempt < self.attempts:
                        backoff = min(self.cap_s, self.base_s * 2 ** (attempt - 1)) * random()
                        await wait(backoff if asked is None else min(asked, self.cap_s))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError, TypeError) as error:
            raise NotDelivered(f"the URL or a header cannot be used ({type(error).__name__})") from None
        raise NotDelivered(f"{reason}, {self.attempts} attempts")


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        return urlsplit(url).hostname or "the webhook"
    except ValueError:
        return "the webhook"


def _retry_after(value: str | None) -> float | None:
    """Return the seconds a server asks to wait; dates are not honoured."""
    return float(value) if value is not None and value.isascii() and value.isdigit() else None
