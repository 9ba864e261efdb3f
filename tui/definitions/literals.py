"""Values written as literals of a language."""

from __future__ import annotations

import json
from typing import Final

from tui.definitions.contexts import Context
from tui.definitions.model import Json
from tui.definitions.parameters import as_text
from tui.languages import Language


class NoLiteral(ValueError):
    """A language has no literal for a value."""


def literal(language: Language, context: Context, value: Json) -> str:
    """Return the text that stands for `value` at a place of a program.

    Raises:
        NoLiteral: the language cannot say it.
    """
    if language is Language.BASH:
        return _bash(context, value)
    if language is Language.PYTHON:
        return _bare(value, repr(value))
    if language is Language.JAVASCRIPT:
        return _bare(value, _javascript(value))
    return _rust(value) if language is Language.RUST else _go(value)


def shell_quoted(text: str) -> str:
    """Return text in single quotes, always.

    `shlex.quote` leaves simple words bare, but a bare `2` before `>` or a bare `PATH` before `=` is not the value.
    """
    return "'" + text.replace("'", "'\\''") + "'"


def _bash(context: Context, value: Json) -> str:
    if context is Context.ARITHMETIC:
        return _bare(value, as_text(int(value) if isinstance(value, bool) else value))
    if context is Context.DOUBLE_QUOTES:
        text = " ".join(map(_word, value)) if isinstance(value, list) else _word(value)
        return "".join(f"\\{character}" if character in '\\$"`' else character for character in text)
    return (
        " ".join(shell_quoted(_word(item)) for item in value) if isinstance(value, list) else shell_quoted(_word(value))
    )


def _word(value: Json) -> str:
    return "" if value is None else as_text(value)


def _bare(value: Json, text: str) -> str:
    """Put a negative number in parentheses: `5-{{ n }}` and `{{ n }}**2` then mean what they seem to."""
    is_negative = isinstance(value, int | float) and text.startswith("-")
    return f"({text})" if is_negative else text


def _javascript(value: Json) -> str:
    # JSON is JavaScript except that "__proto__" as a key of a literal sets the prototype.
    if _has_proto(value):
        return f"JSON.parse({json.dumps(json.dumps(value))})"
    # U+2028 and U+2029 end lines in older JavaScript; `</script` and `<!--` matter in pages: ASCII avoids all of it.
    return json.dumps(value).replace("<", "\\u003c")


def _has_proto(value: Json) -> bool:
    if isinstance(value, dict):
        return "__proto__" in value or any(map(_has_proto, value.values()))
    return isinstance(value, list) and any(map(_has_proto, value))


_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _rust(value: Json) -> str:
    if isinstance(value, list):
        _same_type(value)
        return f"[{', '.join(map(_rust, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _bare(value, repr(value))
    return _text(value, "\\u{{{:x}}}")


def _go(value: Json) -> str:
    if isinstance(value, list):
        return f"[]{_same_type(value)}{{{', '.join(map(_go, value))}}}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _bare(value, repr(value))
    return _text(value, "\\U{:08x}")


def _same_type(items: list[Json]) -> str:
    """Return Go's name of the one type of all items; Rust and Go have no mixed arrays."""
    names = {bool: "bool", int: "int", float: "float64", str: "string", dict: "string", type(None): "", list: ""}
    kinds = {names[type(item)] for item in items} or {"string"}
    if "" in kinds or len(kinds) > 1:
        raise NoLiteral("an array here needs items that are all text, all numbers of one kind or all booleans")
    return kinds.pop()


def _text(value: Json, escape: str) -> str:
    if value is None:
        raise NoLiteral("no value was given, and this language has none to stand for that")
    characters = (_ESCAPES.get(c) or (c if c.isprintable() else escape.format(ord(c))) for c in as_text(value))
    return f'"{"".join(characters)}"'
