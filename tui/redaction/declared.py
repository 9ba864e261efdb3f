"""Secrets that were declared, in the ways in which they are commonly written."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

SHORT: Final = 4
"""A declared secret shorter than this is redacted only where it stands as a word: "a" is in every line."""
_TRIGGER_LIMIT: Final = 64
"""Characters of a secret that are looked for; the rest is compared."""
_LABEL: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Literal(NamedTuple):
    """A declared secret in one of the ways it may be written; characters stand for bytes."""

    text: str
    label: str

    @property
    def trigger(self) -> str:
        """What is looked for."""
        return self.text[:_TRIGGER_LIMIT].lower()


def labelled(secrets: Iterable[str] | Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each secret after the name its marker shows."""
    pairs = secrets.items() if isinstance(secrets, Mapping) else (("secret", secret) for secret in secrets)
    return ((label(name), secret) for name, secret in pairs if secret.strip())


def label(name: str) -> str:
    """Return a name as a marker may show it."""
    return name if _LABEL.fullmatch(name) else "secret"


def literals(secrets: Iterable[tuple[str, str]]) -> Iterator[Literal]:
    """Yield every spelling of every secret."""
    for shown, secret in secrets:
        for spelling in _spellings(secret):
            yield Literal(byte_wise(spelling), shown)


def _spellings(secret: str) -> set[str]:
    """Return how a secret is commonly written: as it is, quoted for a URL, JSON or a shell, in base64, line by line."""
    data = secret.encode("utf-8", "surrogatepass")
    spellings = {secret, secret.strip(), quote(data, safe=""), json.dumps(secret)[1:-1], secret.replace("'", "'\\''")}
    if len(secret) >= 2 * SHORT:
        spellings |= {base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode().rstrip("=")}
    if len(lines := secret.splitlines()) > 1:
        spellings |= {line for line in lines if len(line) >= 2 * SHORT}
    return {spelling for spelling in spellings if spelling}


def byte_wise(text: str) -> str:
    """Return text as it looks when each byte of its UTF-8 is one character."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")
