"""What a program sent to a terminal, taken apart: the text, and every sequence the terminal would obey."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SEQUENCE: Final = re.compile(
    r"\x1b\[(?P<prefix>[<=>?]?)(?P<parameters>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|\x1b(?P<string>[\]PX^_][^\x1b\x07]*(?:\x07|\x1b\\))"
    r"|\x1b(?P<other>[^\[\]PX^_]?)"
)

_POINTER: Final = r"\]22;[a-z-]+\x07"
"""The shape of the mouse pointer."""
MODES: Final = frozenset(
    ("1000", "1002", "1003", "1004", "1006", "1015", "1016", "1049", "2004", "2026", "2031", "2048", "25", "7")
)
"""Private modes that the library sets: mouse, focus, alternate screen, paste, frames, sizes, cursor, wrapping."""


@dataclass(frozen=True)
class Wire:
    """The bytes, and the size of the terminal."""

    data: bytes
    rows: int
    columns: int

    def sequences(self) -> Iterator[re.Match[str]]:
        """Return every escape sequence, also what is none."""
        return _SEQUENCE.finditer(self.data.decode(errors="replace"))

    def text(self) -> str:
        """Return what would be seen, without where; the data may end anywhere."""
        return _SEQUENCE.sub("", self.data.decode(errors="replace"))

    def selected(self) -> set[str]:
        """Return the parameters of every sequence that selects how text is drawn."""
        return {each["parameters"] for each in self.sequences() if each["final"] == "m" and not each["prefix"]}

    def strange(self) -> list[str]:
        """Return everything that the library does not send of itself.

        Raises:
            UnicodeDecodeError: it is not UTF-8.
        """
        self.data.decode()
        found = [each[0] for each in self.sequences() if not self._is_usual(each)]
        rest = self.text().replace("\r\n", "")
        return found + [each for each in re.findall(r"[^\x20-\x7e]", rest) if not each.isprintable()]

    def _is_usual(self, sequence: re.Match[str]) -> bool:
        prefix, between, final = sequence["prefix"], sequence["between"], sequence["final"]
        numbers = (sequence["parameters"] or "").split(";")
        match prefix, between, final:
            case "", "", "m":
                return re.fullmatch(r"[0-9;]*", sequence["parameters"]) is not None
            case "", "", "H":
                return len(numbers) == 2 and int(numbers[0]) <= self.rows and int(numbers[1]) <= self.columns + 1
            case "?", "", "h" | "l":
                return numbers[0] in MODES and len(numbers) == 1
            case "?", "$", "p":
                return numbers[0] in MODES and len(numbers) == 1
            case (">" | "<" | "=", "", "u"):
                return numbers in ([""], ["1"], ["25"])
            case _:
                return re.fullmatch(_POINTER, sequence["string"] or "") is not None
