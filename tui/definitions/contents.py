"""Reading the bytes of a file that anybody may have put there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

MAX_FILE_BYTES: Final = 1024 * 1024
"""The longest file that is a definition."""


def contents(path: Path) -> bytes:
    """Return a file's bytes, at most one more than a file may have."""
    # Opened without blocking: the name may belong to a FIFO nobody writes to.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_FILE_BYTES + 1)
