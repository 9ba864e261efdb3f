"""Names of keys: as a person writes them, as Textual calls them, as they are shown, and which terminals send.

Textual calls a printable character that is no letter or digit by its Unicode name, with a few shorter ones.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_SHORTER: Final = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
    "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
_NAMED: Final = frozenset((
    "escape", "enter", "tab", "backspace", "delete", "insert", "up", "down", "left", "right", "home", "end", "pageup",
    "pagedown", *(f"f{number}" for number in range(1, 25)),
))  # fmt: skip
_ALIASES: Final = {
    "esc": "escape", "return": "enter", "pgup": "pageup", "pgdn": "pagedown", "del": "delete", "ins": "insert",
    "↑": "up", "↓": "down", "←": "left", "→": "right", "backtab": "shift+tab",
}  # fmt: skip
_MODIFIERS: Final = ("ctrl", "alt", "shift", "super", "hyper", "meta")
_SHOWN: Final = {
    "escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "delete": "del", "insert": "ins", "up": "↑", "down": "↓",
    "left": "←", "right": "→",
}  # fmt: skip
_SAME_BYTE: Final = {
    "i": "tab", "j": "enter", "m": "enter", "h": "backspace", "left_square_bracket": "escape",
}  # fmt: skip
"""What else is the byte that ctrl and a character make (ECMA-48 and terminfo: a control character is all there is)."""
_WITH_CTRL: Final = frozenset(("backslash", "right_square_bracket", "circumflex_accent", "underscore"))
_MOVING: Final = frozenset(("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete"))


class NoKey(ValueError):
    """What was written names no key."""


def character_name(character: str) -> str:
    """Return what Textual calls a printable character."""
    if character.isalnum():
        return character
    try:
        name = unicodedata.name(character).lower().replace("-", "_").replace(" ", "_")
    except ValueError:
        raise NoKey(f"{character!r} is not a key") from None
    return _SHORTER.get(name, name)


_CHARACTERS: Final = {character_name(chr(code)): chr(code) for code in range(0x20, 0x7F)}
KNOWN_NAMES: Final = (*sorted(_NAMED), *(name for name in (*sorted(_CHARACTERS), *_ALIASES) if len(name) > 1))
"""The names that more than one letter make, for suggestions."""


def parse_key(text: str) -> str:
    """Return what Textual calls a key that a person wrote: `?`, `G`, `^r`, `ctrl+r`, `pgup`, `left_square_bracket`.

    Raises:
        NoKey: there is no such key.
    """
    if len(text) == 1:
        return _ALIASES.get(text) or character_name(text)
    if text.startswith("^"):
        text = f"ctrl+{text[1:]}"
    *modifiers, last = text.split("+") if not text.endswith("++") else (*text[:-2].split("+"), "+")
    modifiers = [modifier.strip().lower() for modifier in modifiers]
    if unknown := [modifier for modifier in modifiers if modifier not in _MODIFIERS]:
        raise NoKey(f"{unknown[0]!r} is not held down with another key: one of {', '.join(_MODIFIERS)} is")
    base = _base(last.strip())
    if "+" in base:  # an alias with a modifier of its own
        modifiers, base = [*modifiers, base.partition("+")[0]], base.partition("+")[2]
    if modifiers == ["shift"] and len(base) == 1:
        return base.upper()
    if modifiers and "shift" not in modifiers:
        base = base.lower()
    order = [modifier for modifier in ("alt", "ctrl", "hyper", "meta", "shift", "super") if modifier in modifiers]
    return "+".join([*order, base])


def _base(text: str) -> str:
    if len(text) == 1:
        return _ALIASES.get(text) or character_name(text)
    name = text.lower()
    name = _ALIASES.get(name, name)
    if name in _NAMED or name in _CHARACTERS or name == "shift+tab":
        return name
    raise NoKey(f"there is no key {text[:40]!r}")


def is_typed(key: str) -> bool:
    """Say whether a key types a character, and so belongs to whatever text field has the focus."""
    return len(key) == 1 or key in _CHARACTERS or (key not in _NAMED and "+" not in key)


def why_unsent(key: str) -> str:
    """Return why not every terminal tells an application of a key, or nothing if all do.

    What terminals without a keyboard protocol of their own send is what terminfo and ECMA-48 know.
    """
    *modifiers, base = key.split("+")
    if not modifiers:
        return "few keyboards and terminals have it" if base in {f"f{n}" for n in range(13, 25)} else ""
    others = set(modifiers) - {"ctrl", "shift"}
    if others:
        return f"many terminals and window managers keep {'+'.join(sorted(others))} for themselves"
    if base in _MOVING or (modifiers == ["shift"] and base == "tab"):
        return ""
    if modifiers == ["ctrl"]:
        if base in _SAME_BYTE:
            return f"for a terminal it is the same as {_SAME_BYTE[base]}"
        if (len(base) == 1 and base.isascii() and base.isalpha()) or base in _WITH_CTRL:
            return ""
    if "shift" in modifiers and "ctrl" in modifiers:
        return "most terminals send the same without shift"
    return "most terminals send nothing of their own for it"


def shown(key: str) -> str:
    """Return a key as a person reads it: `^r`, `?`, `pgup`."""
    *modifiers, base = key.split("+")
    base = _SHOWN.get(base) or ("space" if base == "space" else _CHARACTERS.get(base, base))
    if modifiers == ["ctrl"]:
        return f"^{base}"
    return "+".join([*modifiers, base])
