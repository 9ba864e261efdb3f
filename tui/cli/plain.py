"""Records as plain data, for `--json`."""

from __future__ import annotations

import base64
import enum
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


def plain(value: Any) -> Any:
    """Return `value` made of what JSON knows: bytes as text, or as base64 in an object where they are not UTF-8."""
    match value:
        case enum.IntEnum():
            return value.name.lower()
        case enum.StrEnum() | Path():
            return str(value)
        case datetime():
            return value.isoformat()
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                return {"base64": base64.b64encode(value).decode()}
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)
