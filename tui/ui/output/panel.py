"""The output with all around it: the strip of toggles, the line to type, copying, the pager, saving."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.worker import Worker, WorkerState

from tui.errors import RollcageError
from tui.ui import clipboard
from tui.ui.output.canvas import Canvas
from tui.ui.output.export import CannotSave, coloured, rows_as_text, save, short_text
from tui.ui.output.pager import open_in_pager
from tui.ui.output.prompt import Prompt, Strip
from tui.ui.output.query import BadQuery, Query
from tui.ui.output.view import OutputView, Question

_SETTLE_S = 0.1
"""A filter or a search is applied this long after the last letter."""


class OutputPanel(Vertical):
    """A view of output and the line below it."""

    DEFAULT_CSS = """
    OutputPanel {
        height: 1fr;
        & OutputView { height: 1fr; }
    }
    """

    def __init__(self, view: OutputView) -> None:
        super().__init__()
        self.view = view
        view.ask = self._ask
        self._prompt = Prompt(id="output-prompt")
        self._before: tuple[Query | None, Query | None] = (None, None)
        self._typed: Prompt.Typed | None = None

    def compose(self) -> ComposeResult:
        """Lay the panel out."""
        yield self.view
        yield Strip(id="output-strip")

    def on_mount(self) -> None:
        """Show the toggles."""
        self._settling = self.set_interval(_SETTLE_S, self._apply_typed, pause=True)
        self._show_strip()
        # Not in sight before it is asked for: the first paint does not wait for it.
        self.call_after_refresh(self.mount, self._prompt)

    @on(Canvas.Moved)
    def _show_strip(self) -> None:
        self.query_one(Strip).show(self.view)

    # --- typing ----------------------------------------------------------------------------------------------------

    def _ask(self, question: Question) -> None:
        view = self.view
        if not self._prompt.is_mounted:
            self.call_after_refresh(self._ask, question)
            return
        self._before = (view.search, view.filter)
        begin = {"search": "", "filter": view.filter.text if view.filter else "", "save": ""}
        self.query_one(Strip).display = False
        self._prompt.ask(question, begin[question])

    @on(Prompt.Typed)
    def _type(self, event: Prompt.Typed) -> None:
        event.stop()
        if not self._prompt.is_asking:
            return  # it was left meanwhile
        self._settling.pause()
        self._typed = event
        if event.is_done:
            self._apply_typed()
        elif event.question != "save":
            self._settling.reset()
            self._settling.resume()

    def _apply_typed(self) -> None:
        self._settling.pause()
        event, self._typed = self._typed, None
        if event is None:
            return
        if event.question == "save":
            self._save(event.text)
            return
        try:
            query = Query(event.text, may_invert=event.question == "filter") if event.text not in ("", "!") else None
        except BadQuery as problem:
            self._prompt.say(str(problem))
            return
        self._prompt.say("")
        current = self.view.search if event.question == "search" else self.view.filter
        if event.is_done and event.question == "search" and query is None:
            query = self._before[0]
        if query is None or current is None or query.text != current.text:
            (self.view.set_search if event.question == "search" else self.view.set_filter)(query)
        if event.is_done:
            self._close_prompt()

    @on(Prompt.Left)
    def _leave(self, event: Prompt.Left) -> None:
        event.stop()
        self._typed = None
        search, filter_ = self._before
        if event.question == "search" and self.view.search is not search:
            self.view.set_search(search)
        if event.question == "filter" and self.view.filter is not filter_:
            self.view.set_filter(filter_)
        self._close_prompt()

    def leave(self) -> bool:
        """Do what escape does here; say whether there was anything to leave."""
        if self._prompt.is_asking:
            self._leave(Prompt.Left(self._prompt.question))
            return True
        if self.view.has_focus and self.view.check_action("leave", ()):
            self.view.action_leave()
            return True
        return False

    def _close_prompt(self) -> None:
        self._settling.pause()
        self._prompt.display = False
        self.query_one(Strip).display = True
        self.view.focus()
        self._show_strip()

    # --- taking out ------------------------------------------------------------------------------------------------

    @on(OutputView.CopyAsked)
    def _copy_asked(self, event: OutputView.CopyAsked) -> None:
        event.stop()
        self._copy(event)

    @work(group="copy", exclusive=True, exit_on_error=False)
    async def _copy(self, event: OutputView.CopyAsked) -> None:
        view = self.view

        def lines() -> AsyncIterator[str]:
            return rows_as_text(
                view.log_shown, view.wanted, first=event.first, end=event.end, with_notes=event.is_selection
            )

        text, is_all = await short_text(lines(), clipboard.LARGEST)
        rows = text.count("\n")
        if is_all:
            what = f"{rows:,} row{'' if rows == 1 else 's'}"
            clipboard.copy(self.app, text.removesuffix("\n"), what)
            return
        path = clipboard.new_file(self.app)
        size = await save(path, lines(), overwrite=True)
        clipboard.say_written(self.app, path, "the rows", size)

    @on(OutputView.PagerAsked)
    def _pager_asked(self, event: OutputView.PagerAsked) -> None:
        event.stop()
        self._page()

    @work(group="pager", exclusive=True, exit_on_error=False)
    async def _page(self) -> None:
        view = self.view
        path = clipboard.new_file(self.app)
        try:
            await save(path, rows_as_text(view.log_shown, view.wanted, with_notes=True, spell=coloured), overwrite=True)
            await open_in_pager(self.app, path)
        finally:
            path.unlink(missing_ok=True)

    @work(group="save", exclusive=True, exit_on_error=False)
    async def _save(self, typed: str) -> None:
        view, prompt = self.view, self._prompt
        if not typed.strip():
            prompt.say("a path is needed")
            return
        try:
            path = Path(typed.strip()).expanduser()  # noqa: ASYNC240 - looks a home directory up
            size = await save(path, rows_as_text(view.log_shown, view.wanted))
        except (CannotSave, RuntimeError) as problem:
            prompt.say(f"{problem}")
            return
        self._close_prompt()
        self.notify(f"Saved {size:,} characters to {path}", markup=False)

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, RollcageError):
            event.stop()
            self.notify(str(event.worker.error), severity="error", markup=False)
