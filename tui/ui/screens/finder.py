"""Finding something by typing a part of its name: the base of the help and of the palette."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from tui.ui.bindings import bindings_of
from tui.ui.candidates import Candidate, matching
from tui.ui.screens.dialog import Dialog
from tui.ui.widgets.line_input import LineInput
from tui.ui.widgets.virtual_list import Part, VirtualList

_KEYS_WIDTH = 8
_TITLE_WIDTH = 44
_NARROW = 70
_NOTHING = "Nothing matches."


class FinderList(VirtualList, can_focus=False):
    """Candidates, under headings or each with its group at the right. What cannot be done says why."""

    class Chosen(Message):
        """A row was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[Candidate | str] = []
        self._grouped = True
        self._titles = _TITLE_WIDTH

    @property
    def candidate(self) -> Candidate | None:
        """The chosen one."""
        row = self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None
        return None if isinstance(row, str) else row

    @property
    def shown(self) -> list[Candidate]:
        """The candidates in the list, in order."""
        return [row for row in self._rows if not isinstance(row, str)]

    def show(self, candidates: Sequence[Candidate], *, grouped: bool) -> None:
        """Show other candidates, with a heading above each group or in the given order; the cursor goes to the top."""
        self._grouped = grouped
        self._rows = list(_with_headings(candidates)) if grouped else list(candidates)
        self._rows = self._rows or [_NOTHING]
        longest = max((cell_len(candidate.title) for candidate in candidates[:500]), default=0)
        self._titles = min(longest, _TITLE_WIDTH)
        self.rows_changed(0)
        self.scroll_to(y=0, animate=False)

    def row_count(self) -> int:
        """Return how many rows there are, headings included."""
        return len(self._rows)

    def can_choose(self, row: int) -> bool:
        """Headings cannot be chosen."""
        return not isinstance(self._rows[row], str)

    def opened(self, row: int) -> None:
        """Choose it."""
        self.post_message(self.Chosen())

    def row_parts(self, row: int) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return the keys, the title, and what it does or why not; its group at the right."""
        item = self._rows[row]
        if isinstance(item, str):
            return [(f" {item}", self.look("muted" if item is _NOTHING else "heading"))], []
        muted = self.look("muted")
        title = self.look(item.look) if item.look else Style()
        keys = self.look("accent") if not item.reason else muted
        left: list[Part] = [(" " + set_cell_size(item.keys, _KEYS_WIDTH), keys)]
        if item.reason:
            left += [(f"✗ {_fitted(item.title, self._titles)}  ", muted), (item.reason, muted)]
        else:
            left += [(f"  {_fitted(item.title, self._titles)}  ", title), (item.explanation, muted)]
        return left, [] if self._grouped or self.size.width < _NARROW else [(f" {item.group} ", muted)]


def _fitted(text: str, width: int) -> str:
    return set_cell_size(text, width - 1) + "…" if cell_len(text) > width else set_cell_size(text, width)


def _with_headings(candidates: Iterable[Candidate]) -> Iterable[Candidate | str]:
    group = ""
    for candidate in candidates:
        if candidate.group != group:
            group = candidate.group
            yield group
        yield candidate


class Finder(Dialog[Candidate]):
    """A line to type in, and below it what matches. Dismissed with what was chosen; what cannot be done now too."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("finder")
    AUTO_FOCUS = "Input"
    PLACEHOLDER = ""
    DEFAULT_CSS = """
    Finder {
        & #frame { width: 100; height: 90%; padding: 0 1; }
        & FinderList { height: 1fr; margin-top: 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._all: list[Candidate] = []
        self._is_filled = False

    @abstractmethod
    def candidates(self) -> Iterable[Candidate]:
        """Return everything there is to find, best first."""

    def found(self, candidates: Sequence[Candidate], query: str) -> tuple[Sequence[Candidate], bool]:
        """Return what a query means, and whether it is shown in groups."""
        return matching(candidates, query), not query.strip()

    def content(self) -> Iterable[Widget]:
        """Return the line and the list."""
        yield LineInput(placeholder=self.PLACEHOLDER, compact=True)
        yield FinderList(id="found")

    def on_mount(self) -> None:
        """Find out what there is, once the list is there to show it."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        if self._is_filled or not self.is_attached:  # it may be closed before it was drawn
            return
        self._is_filled = True
        self._all = [*self.candidates(), *self._all]
        self._show(self.query_one(Input).value)

    def on_resize(self, event: Resize) -> None:
        """Take all the room where there is little."""
        self.query_one("#frame").styles.height = "100%" if event.size.height < 30 else "90%"

    def add(self, candidates: Iterable[Candidate]) -> None:
        """Show more, found later."""
        if not self.is_attached:
            return
        self._all += candidates
        self._show(self.query_one(Input).value)

    @property
    def results(self) -> FinderList:
        """The candidates in sight."""
        return self.query_one(FinderList)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def _show(self, query: str) -> None:
        found, grouped = self.found(self._all, query)
        self.results.show(found, grouped=grouped)
        self.query_one("#frame").border_subtitle = Content(f"{len(found):,} of {len(self._all):,}")

    @on(Input.Submitted)
    @on(FinderList.Chosen)
    def _choose(self, event: Message) -> None:
        event.stop()
        self._fill()  # all may have been typed before it was drawn
        if (chosen := self.results.candidate) is not None:
            self.dismiss(chosen)

    def action_move(self, rows: int) -> None:
        """Move the cursor of the list."""
        if rows > 0:
            self.results.action_cursor_down()
        else:
            self.results.action_cursor_up()

    def action_page(self, pages: int) -> None:
        """Move the cursor of the list by pages."""
        self.results.action_cursor_page(pages)
