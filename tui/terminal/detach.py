"""The key that leaves an attached terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tui.errors import InvalidInput

DEFAULT: Final = "ctrl+]"
"""As of telnet: hardly a program uses it, and no terminal emulator takes it."""
_KEY: Final = re.compile(r"(?:ctrl[+-]|c-|\^)([@a-z\[\\\]^_])", re.IGNORECASE)
_NEEDED: Final = {"i": "tab", "j": "newline", "m": "enter", "[": "escape", "@": "what a lost connection sends"}
_PASTE_MARK: Final = rb"\x1b\[20[01]~"
_MARK_LENGTH: Final = 6
_CURSOR_AT: Final = re.compile(rb"\x1b\[\??\d{1,5};\d{1,5}R")


@dataclass(frozen=True, slots=True)
class DetachKey:
    """A control key."""

    name: str
    """As a person knows it: `ctrl+]`."""
    byte: bytes
    """What a terminal sends for it."""


def parse_key(text: str) -> DetachKey:
    """Return the key a person names: `ctrl+]`, `ctrl-]` or `^]`.

    Raises:
        InvalidInput: it is none, or one that cannot be spared.
    """
    found = _KEY.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(
            f"not a key to leave with: {text!r}", hint="a control key: ctrl+ and a letter or one of ] \\ ^ _"
        )
    letter = found[1].lower()
    if letter in _NEEDED:
        raise InvalidInput(f"ctrl+{letter} cannot be the key to leave with: it is {_NEEDED[letter]}")
    return DetachKey(f"ctrl+{letter}", bytes([ord(letter.upper()) & 0x1F]))


class KeyWatch:
    """Finds the key in what is typed. In what is pasted it is no key, where the terminal brackets that.

    How the bytes are cut into pieces makes no difference.
    """

    def __init__(self, key: DetachKey) -> None:
        self._key = key.byte
        self._wanted = re.compile(_PASTE_MARK + b"|" + re.escape(key.byte))
        self._tail = b""
        self._pasting = False

    def feed(self, data: bytes) -> tuple[bytes, bool]:
        """Return what is to be passed on, and whether the key came after that. What follows it is not passed on."""
        text = self._tail + data
        known = len(self._tail)
        for found in self._wanted.finditer(text):
            if found.end() <= known:
                continue
            if found[0] != self._key:
                self._pasting = found[0] == b"\x1b[200~"
            elif not self._pasting:
                self._tail = b""
                return text[known : found.start()], True
        self._tail = text[-(_MARK_LENGTH - 1) :]
        return data, False


def cursor_answers(data: bytes) -> int:
    """Return how often a terminal says in `data` where its cursor is."""
    return len(_CURSOR_AT.findall(data))
