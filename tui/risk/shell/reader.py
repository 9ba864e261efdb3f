"""A position in a source that is being parsed, and what has been noticed on the way."""

from __future__ import annotations

from tui.risk.shell.limits import NESTING_LIMIT, Budget
from tui.risk.shell.source import Source
from tui.risk.shell.syntax import Listing, Script


class NestingError(Exception):
    """The text is nested deeper than is looked at."""


class Reader:
    """What every part of the grammar shares. The parts build on each other: words, expansions, compounds, lists."""

    def __init__(self, source: Source, budget: Budget, depth: int = 0) -> None:
        self.source = source
        self.text = source.text
        self.end = len(source.text)
        self.position = 0
        self.budget = budget
        self.depth = depth
        self.problems: list[str] = []
        self._not_arithmetic: set[int] = set()

    def listing(self, stop: frozenset[str]) -> Listing:
        """Read commands up to a token in `stop`."""
        raise NotImplementedError

    def fresh(self, source: Source) -> Script:
        """Parse another text one level deeper."""
        raise NotImplementedError

    def problem(self, what: str, at: int | None = None) -> None:
        """Record a syntax error with its line."""
        if len(self.problems) < 20:
            line = self.text.count("\n", 0, self.position if at is None else at) + 1
            self.problems.append(f"line {line}: {what}" if "\n" in self.text else what)

    def peek(self) -> str:
        """Return the next character, empty at the end."""
        return self.text[self.position] if self.position < self.end else ""

    def descend(self) -> None:
        """Enter one level of nesting; whoever calls leaves it again."""
        self.depth += 1
        if self.depth > NESTING_LIMIT:
            raise NestingError
