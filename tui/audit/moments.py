"""Moments as people write them: a date, with or without a time, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

EXAMPLES: Final = "2h, 7d, 2026-03-01 or 2026-03-01T14:30"
_AGO: Final = re.compile(r"(\d{1,9})\s*([smhdw])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_moment(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """Return the moment `text` means, in UTC.

    Args:
        text: Such as `2026-03-01T14:30` or `2h`.
        now: What `2h` is counted back from.
        zone: Of a moment without an offset; the system's own if it is not given.

    Raises:
        ValueError: it means none, or one before all times.
    """
    text = text.strip()
    try:
        if ago := _AGO.fullmatch(text.lower()):
            return now.astimezone(UTC) - timedelta(seconds=int(ago[1]) * _SECONDS[ago[2]])
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None and zone is not None:
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is before all times") from None
    except ValueError:
        raise ValueError(f"{text!r} is not a moment; write {EXAMPLES}") from None
