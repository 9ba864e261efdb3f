"""Where a piece of shell text stands in the text a person wrote."""

from __future__ import annotations

from dataclasses import dataclass

from tui.risk.model import Span


@dataclass(frozen=True, slots=True)
class Source:
    """A text to parse, which may have been found deep inside another one."""

    text: str
    base: Span | None = None
    """The evidence for all of it, where its characters do not stand one to one in the person's text."""
    shift: int = 0
    """Where its first character stands in the person's text; used without `base`."""

    def span(self, start: int, end: int) -> Span:
        """Map a range of this text to the person's text."""
        return self.base if self.base is not None else Span(start + self.shift, end + self.shift)

    def derived(self, text: str, start: int, end: int) -> Source:
        """Return `text`, worked out from the range `start` to `end`, as a source of its own.

        Characters keep their exact place where `text` stands verbatim in the range, as it does inside plain quotes.
        """
        if self.base is None and text:
            found = self.text.find(text, start, end)
            if found >= 0:
                return Source(text, shift=self.shift + found)
        return Source(text, base=self.span(start, end))
