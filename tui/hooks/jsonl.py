"""A file of JSON lines that several processes append to, and that is rotated before it grows too large."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def append(file: Path, record: Mapping[str, Any], *, max_bytes: int, keep: int) -> None:
    """Append one record as one line. A full file becomes `FILE.1`, that one `FILE.2`, up to `keep` of them.

    A lock beside the file keeps two processes from rotating at once; each line is one write, so lines never mix.

    Raises:
        OSError: it could not be written.
    """
    line = json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _beside(file, ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _size(file) and _size(file) + len(line) > max_bytes:
            _rotate(file, keep)
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            written = os.write(descriptor, line)
        finally:
            os.close(descriptor)
    if written < len(line):
        raise OSError(f"only {written} of {len(line)} bytes were written to {file}")


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _rotate(file: Path, keep: int) -> None:
    for number in range(keep, 1, -1):
        older = _beside(file, f".{number - 1}")
        if older.exists():
            older.replace(_beside(file, f".{number}"))
    file.replace(_beside(file, ".1"))


def _beside(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)
