"""Words of a shell text: what a program will see of them, and whether that is known."""

from __future__ import annotations

from typing import Final

from tui.risk.shell.syntax import Part, Text, WordNode

_STARTS_EXPANSION: Final = "*?[{~"


def literal(word: WordNode) -> str | None:
    """Return the word a program will see; None where that is only known when it runs."""
    if word.raw == "[":
        return "["
    found = ""
    for part in word.parts:
        if not isinstance(part, Text) or (not part.quote and any(sign in part.value for sign in _STARTS_EXPANSION)):
            return None
        found += part.value
    return found


def is_one_word(word: WordNode) -> bool:
    """Say whether a word stays one, whatever its variables stand for."""
    return all(isinstance(part, Text) or part.quoted for part in word.parts)


def is_operand(word: WordNode) -> bool:
    """Say whether a word cannot become an option, nor several words, whatever its variables and globs stand for."""
    first = word.parts[0] if word.parts else Text("")
    if not isinstance(first, Text) or not is_one_word(word):
        return False
    if not first.value:
        return all(isinstance(part, Text) for part in word.parts) and not "".join(map(_value, word.parts))
    return first.value[0] != "-" and (bool(first.quote) or first.value[0] not in _STARTS_EXPANSION)


def _value(part: Part) -> str:
    return part.value if isinstance(part, Text) else part.source


def has_glob(word: WordNode) -> bool:
    """Say whether the shell may put file names in the place of a word, or several words."""
    return any(
        isinstance(part, Text) and not part.quote and any(sign in part.value for sign in _STARTS_EXPANSION)
        for part in word.parts
    )
