"""What changed between two snapshots, one row for each file and each process."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.style import Style
from textual.binding import BindingType
from textual.message import Message

from tui.runs.comparison.model import Aspect, ChangeKind, Comparison, FileChange, FileKind, ProcessChange
from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.widgets.virtual_list import Part, VirtualList
from tui.units import size

MARKS: Final = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.CHANGED: "~"}
_LOOKS: Final = {ChangeKind.ADDED: "good", ChangeKind.REMOVED: "bad", ChangeKind.CHANGED: "warning"}
_ENDINGS: Final = {FileKind.DIRECTORY: "/", FileKind.SYMLINK: "@", FileKind.FIFO: "|", FileKind.SOCKET: "="}

Row = str | FileChange | ProcessChange
"""A heading, a note, or a change."""


class ChangeList(VirtualList):
    """Files first, then processes, then what is not known."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("changes")

    @dataclass
    class Highlighted(Message):
        """The cursor came to a change, or there is none."""

        change: FileChange | ProcessChange | None

    @dataclass
    class Opened(Message):
        """A person wants to see the lines of a file."""

        change: FileChange

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[Row] = []
        self._comparison: Comparison | None = None
        self._said = ""

    @property
    def change(self) -> FileChange | ProcessChange | None:
        """The chosen change."""
        row = self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None
        return None if isinstance(row, str) else row

    def show(self, comparison: Comparison) -> None:
        """Show a comparison."""
        self._comparison, self._said = comparison, ""
        self.scroll_to(y=0, animate=False)
        self._lay_out(0)

    def say(self, text: str) -> None:
        """Show nothing but a sentence."""
        self._comparison, self._said = None, text
        self.scroll_to(y=0, animate=False)
        self._lay_out(-1)

    def on_resize(self) -> None:
        """Wrap sentences anew."""
        self._lay_out(self.cursor)

    def _lay_out(self, cursor: int) -> None:
        width = max(self.scrollable_content_region.width - 2, 20)
        rows = _rows(self._comparison) if self._comparison else [f" {line}" for line in self._said.split("\n")]
        self._rows = []
        for row in rows:
            self._rows += _wrapped(row, width) if isinstance(row, str) else [row]
        self.rows_changed(cursor)

    # --- rows ------------------------------------------------------------------------------------------------------

    def row_count(self) -> int:
        """Return how many rows there are, headings and notes included."""
        return len(self._rows)

    def can_choose(self, row: int) -> bool:
        """Say whether a row is a change."""
        return not isinstance(self._rows[row], str)

    def row_parts(self, row: int) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return the mark, the name, and in what it differs."""
        item = self._rows[row]
        if isinstance(item, str):
            return [(f" {item}" if not item.startswith(" ") else item, self._heading_look(item))], []
        mark: Part = (f" {MARKS[item.change]} ", self.look(_LOOKS[item.change]))
        if isinstance(item, FileChange):
            name = f"{item.shown}{_ENDINGS.get(item.facts.kind, '')}"
            return [mark, (name, Style())], [(f"{file_words(item)} ", self.look("muted"))]
        facts = item.facts
        line = clean_line(" ".join(facts.argv) or facts.name, 300)
        return [mark, (f"{facts.pid:>6} ", self.look("muted")), (line, Style())], [
            (f"{_PROCESS_WORDS[item.change]} ", self.look("muted"))
        ]

    def _heading_look(self, text: str) -> Style:
        return self.look("muted") if text.startswith(" ") else self.look("heading")

    def chosen(self, row: int) -> None:
        """Tell which change it is."""
        self.post_message(self.Highlighted(self.change))

    def opened(self, row: int) -> None:
        """Ask for the lines of a file."""
        if isinstance(change := self.change, FileChange):
            self.post_message(self.Opened(change))


_PROCESS_WORDS: Final = {
    ChangeKind.ADDED: "started",
    ChangeKind.REMOVED: "gone",
    ChangeKind.CHANGED: "became another program",
}


def _rows(comparison: Comparison) -> Sequence[Row]:
    rows: list[Row] = []
    if comparison.files:
        rows += [f"Files  {_counts([file.change for file in comparison.files])}", *comparison.files]
    if comparison.processes:
        rows += [f"Processes  {_counts([each.change for each in comparison.processes])}", *comparison.processes]
    if comparison.is_empty:
        rows.append(" No file and no process differs.")
    if (memory := comparison.memory) is not None and not memory.pages:
        rows.append(" Memory: no page differs.")
    elif memory is not None:
        rows.append(
            f" Memory: {memory.pages:,} of {memory.total_pages:,} pages differ, {size(memory.changed_bytes)}; "
            f"those of the kernel are among them."
        )
    return rows + [f" {note}" for note in comparison.notes]


def _wrapped(sentence: str, width: int) -> list[str]:
    indent = " " if sentence.startswith(" ") else ""
    return [f"{indent}{line}" for line in textwrap.wrap(sentence.strip(), width)]


def _counts(changes: Sequence[ChangeKind]) -> str:
    return "  ".join(f"{MARKS[kind]}{count}" for kind in ChangeKind if (count := changes.count(kind)))


def summary(comparison: Comparison) -> str:
    """Return what changed in a few words."""
    parts = [
        _plural(len(comparison.files), "file", "files"),
        _plural(len(comparison.processes), "process", "processes"),
        f"{size(comparison.memory.changed_bytes)} of memory" if comparison.memory else "",
    ]
    return " · ".join(filter(None, parts)) or "no difference"


def _plural(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}" if count else ""


def file_words(change: FileChange) -> str:
    """Return in what a file differs, or how large one is that came or went."""
    before, after = change.before, change.after
    if change.change is not ChangeKind.CHANGED or before is None or after is None:
        inside = "and all in it" if change.with_contents else ""
        return inside or (size(change.facts.size) if change.facts.size is not None else str(change.facts.kind))
    words = [_aspect_words(aspect, change) for aspect in change.aspects]
    return ", ".join(words) if change.content_known else ", ".join([*words, "written to"])


def _aspect_words(aspect: Aspect, change: FileChange) -> str:
    before, after = change.before, change.after
    assert before is not None
    assert after is not None
    match aspect:
        case Aspect.MODE:
            return f"mode {before.mode:o} → {after.mode:o}"
        case Aspect.OWNER:
            return f"owner {before.uid}:{before.gid} → {after.uid}:{after.gid}"
        case Aspect.SIZE if before.size is not None and after.size is not None:
            return f"{size(before.size)} → {size(after.size)}"
        case Aspect.KIND:
            return f"{before.kind} → {after.kind}"
        case _:
            return str(aspect)
