"""The kinds of places in a program where a placeholder can stand."""

from __future__ import annotations

from enum import Enum, auto


class Context(Enum):
    """Where a placeholder stands. A value is only quoted right for the place it is put in."""

    CODE = auto()
    COMMENT = auto()
    STRING = auto()
    """Inside a string of the language, or single quotes of a shell."""
    DOUBLE_QUOTES = auto()
    """Inside double quotes of a shell."""
    ARITHMETIC = auto()
    """Inside `$((…))` or `((…))` of a shell, where text is evaluated."""
    HERE_DOCUMENT = auto()
    EXPANSION = auto()
    """Inside `${…}` of a shell."""
    BACKTICKS = auto()
    UNCLEAR = auto()
    """The program's quoting cannot be followed up to here."""
