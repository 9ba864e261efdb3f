"""Ids of everything that is kept: ULIDs, which sort by the time they were made.

An id is the only thing ever joined into a path; names are data.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from ulid import ULID

_PATTERN: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_id() -> str:
    """Return a fresh ULID in its canonical 26 characters of Crockford base 32."""
    return str(ULID())


def is_id(text: str) -> bool:
    """Say whether `text` is a canonical ULID, and therefore safe as a file name."""
    return _PATTERN.fullmatch(text) is not None


def checked_id(text: str) -> str:
    """Return `text` if it is an id.

    Raises:
        ValueError: it is not; nothing that came from outside becomes part of a path unchecked.
    """
    if not is_id(text):
        raise ValueError(f"not an id: {text!r}")
    return text


def time_of(id_: str) -> datetime:
    """Return the moment an id was made, in UTC."""
    return ULID.from_str(checked_id(id_)).datetime.astimezone(UTC)
