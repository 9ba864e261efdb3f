"""What to look for in output: plain text, or a regular expression that cannot take forever."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import regex

PATTERN_MARK: Final = "re:"
"""What stands before a regular expression."""
LARGEST_QUERY: Final = 1000
LINE_SECONDS: Final = 0.1
"""How long a regular expression may take for one row before it is given up."""
DRAW_SECONDS: Final = 0.005
"""The same, where a screen waits for it."""
_HITS: Final = 500
"""Hits marked in one row."""


class BadQuery(ValueError):
    """It cannot be looked for; says why in a few words."""


class Query:
    """One thing to look for. Small letters mean large ones too; with a large letter in it, letters mean themselves.

    `re:` begins a regular expression. Python's own engine can take exponential time and cannot be interrupted;
    `regex` takes a limit. For a filter a leading `!` inverts.

    Raises:
        BadQuery: it is no regular expression.
    """

    def __init__(self, text: str, *, may_invert: bool = False) -> None:
        self.text = text
        self.is_inverted = may_invert and text.startswith("!")
        """Whether rows without it are meant."""
        self.is_slow = False
        """It was given up: a row took longer than `LINE_SECONDS`."""
        wanted = text[1:] if self.is_inverted else text
        if len(wanted) > LARGEST_QUERY:
            raise BadQuery(f"longer than {LARGEST_QUERY} characters")
        self._pattern: regex.Pattern[str] | None = None
        self._needle = ""
        if wanted.startswith(PATTERN_MARK):
            self._pattern = _compiled(wanted.removeprefix(PATTERN_MARK))
        else:
            self._needle = wanted
            self._folds = wanted == wanted.lower()
            self._folded = re.compile(re.escape(wanted), re.IGNORECASE if self._folds else 0)

    def holds(self, text: str) -> bool:
        """Say whether a row is meant.

        Raises:
            TimeoutError: the regular expression was given up.
        """
        return self._is_in(text) is not self.is_inverted

    def select(self, texts: Sequence[str], indexes: Iterable[int]) -> list[int]:
        """Return those indexes whose texts are meant; as `holds`, and much quicker for plain text.

        Raises:
            TimeoutError: the regular expression was given up.
        """
        if self._pattern is not None:
            return [index for index in indexes if self.holds(texts[index])]
        needle, found = self._needle, self._folded.search
        if not self._folds:
            return [index for index in indexes if (needle in texts[index]) is not self.is_inverted]
        return [
            index
            for index in indexes
            if ((needle in text.lower()) if (text := texts[index]).isascii() else found(text) is not None)
            is not self.is_inverted
        ]

    def _is_in(self, text: str) -> bool:
        if self._pattern is not None:
            return self._search(self._pattern, text)
        if not self._folds:
            return self._needle in text
        # For ASCII this is twice as quick as a regular expression, and says the same.
        return self._needle in text.lower() if text.isascii() else self._folded.search(text) is not None

    def _search(self, pattern: regex.Pattern[str], text: str) -> bool:
        if self.is_slow:
            raise TimeoutError
        try:
            return pattern.search(text, timeout=LINE_SECONDS, concurrent=True) is not None
        except TimeoutError:
            self.is_slow = True
            raise

    def hits(self, text: str) -> list[tuple[int, int]]:
        """Return where it stands in a row, to be marked: first character and one past the last."""
        if self.is_inverted or self.is_slow:
            return []
        if self._pattern is None:
            return [match.span() for match, _ in zip(self._folded.finditer(text), range(_HITS), strict=False)]
        found: list[tuple[int, int]] = []
        try:
            for match in self._pattern.finditer(text, timeout=DRAW_SECONDS):
                if match.end() > match.start():
                    found.append(match.span())
                if len(found) == _HITS:
                    break
        except TimeoutError:
            return []
        return found


def _compiled(pattern: str) -> regex.Pattern[str]:
    import regex

    try:
        return regex.compile(pattern, 0 if _has_large_letter(pattern) else regex.I)
    except regex.error as error:
        raise BadQuery(str(error)) from None
    except (RecursionError, OverflowError, ValueError) as error:
        raise BadQuery(f"too large or too deeply nested ({type(error).__name__})") from None


def _has_large_letter(pattern: str) -> bool:
    """Say whether there is a large letter that is not part of an escape such as `\\W`."""
    return re.search(r"(?<!\\)(?:\\\\)*[A-Z]", pattern) is not None or any(
        each.isupper() for each in pattern if not each.isascii()
    )
