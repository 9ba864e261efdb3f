"""What texts of data become that are written in a program: JSON, TOML, literals of Python."""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Callable
from typing import Final

from tui.risk.code.budget import MAX_DECODED
from tui.risk.code.conventions import from_json
from tui.risk.code.values import Labels, Value


def _literal(text: str) -> object:
    found = ast.literal_eval(text.strip())
    return list(found) if isinstance(found, tuple | set) else found


PARSERS: Final[dict[str, Callable[[str], object]]] = {
    "json.loads": json.loads, "orjson.loads": json.loads, "ujson.loads": json.loads, "simplejson.loads": json.loads,
    "tomllib.loads": tomllib.loads, "tomli.loads": tomllib.loads, "toml.loads": tomllib.loads,
    "ast.literal_eval": _literal,
}  # fmt: skip
_ERRORS: Final = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError)


def parsed(name: str, text: str, labels: Labels) -> Value | None:
    """Return what the function called `name` makes of a known `text`, or None where that is not read."""
    if len(text) > MAX_DECODED:
        return None
    try:
        return from_json(PARSERS[name](text), labels)
    except _ERRORS:
        return None
