"""Named facts in two columns, wrapped so that what belongs to a name stays beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

LABEL: Final = 9
"""Columns of the names."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line, before it is wrapped."""

    label: str | None
    """Empty for a further line of the fact above; None for a line that takes the whole width."""
    content: Content


def labelled(label: str, contents: Sequence[Content]) -> list[Fact]:
    """Return lines with a name beside the first one."""
    return [Fact("" if number else label, content) for number, content in enumerate(contents)]


def plain(facts: Sequence[Fact]) -> str:
    """Return facts as text, for programs."""
    return "\n".join(f"{fact.label or ''}\t{fact.content.plain}" for fact in facts)


class Facts(Widget):
    """Draws facts."""

    DEFAULT_CSS = """
    Facts { height: auto; width: 1fr; }
    """

    def __init__(self, facts: Sequence[Fact] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.facts = facts
        """What is shown."""

    def update(self, facts: Sequence[Fact]) -> None:
        """Show others."""
        self.facts = facts
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines there are at a width."""
        return len(wrapped(self.facts, width))

    def render(self) -> Content:
        """Draw them."""
        return Content("\n").join(wrapped(self.facts, self.content_size.width))


def wrapped(facts: Sequence[Fact], width: int) -> list[Content]:
    """Return facts as lines of at most a width."""
    lines: list[Content] = []
    for fact in facts:
        indent = 0 if fact.label is None else LABEL
        parts = fact.content.wrap(max(width - indent, 10)) or [Content("")]
        if indent:
            name = Content.styled(f"{fact.label or '':<{indent}}", "$text-secondary")
            blank = Content(" " * indent)
            parts = [(blank if number else name) + part for number, part in enumerate(parts)]
        lines += parts
    return lines
