"""What files changed, in words for a toast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.text import clean_line

if TYPE_CHECKING:
    from tui.definitions.claims import Delta

_NAMES = 5
_LONGEST = 600
_MOST_LINES = 10


def shortened(text: str) -> str:
    """Return what of a clean text a message on top of the screen has room for, so that the screen stays usable."""
    lines = text.split("\n")
    short = "\n".join(lines[:_MOST_LINES])[:_LONGEST]
    return text if short == text else f"{short} …"


def notice(delta: Delta[Any]) -> str:
    """Return which definitions or scenarios are new, changed, gone, broken or good again, a line for each."""
    words = (
        ("New", delta.added), ("Changed", delta.changed), ("Removed", delta.removed), ("Has errors", delta.broken),
        ("Good again", delta.repaired),
    )  # fmt: skip
    return "\n".join(
        f"{word}: {', '.join(clean_line(entry.name, 30) for entry in entries[:_NAMES])}"
        f"{' …' if len(entries) > _NAMES else ''}"
        for word, entries in words
        if entries
    )
