"""Writing or pasting code, and running it in the session: the whole text, or its code blocks one by one."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static, TextArea

from tui.definitions.reply import CodeBlock, Reply
from tui.errors import RollcageError
from tui.languages import Language
from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.code.bench import Bench
from tui.ui.code.colours import Region
from tui.ui.code.draft import LONGEST_TEXT
from tui.ui.code.findings import Findings
from tui.ui.code.series import Series, Turn
from tui.ui.output.panel import OutputPanel
from tui.ui.output.view import OutputView
from tui.ui.screens.modal import Modal
from tui.ui.widgets.block_list import BlockList
from tui.ui.widgets.code_editor import CodeEditor
from tui.ui.widgets.code_options import CodeOptions
from tui.ui.widgets.key_bar import KeyBar
from tui.ui.widgets.risk_pane import SETTLE_S, RiskPane

if TYPE_CHECKING:
    from tui.runs.request import Request
    from tui.ui.app import RollcageApp

_log = logging.getLogger(__name__)
_FENCE_WORD: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*([^\s{]*)")
_READ_AT_ONCE: Final = 20_000
"""Characters in which blocks are looked for at every key; in a longer text once nothing was typed for a moment."""
_SAVED_S: Final = 5.0


class CodeScreen(Modal[bool]):
    """Dismissed with whether to run the text, which has no fences. Blocks run while the screen stays."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("code")
    AUTO_FOCUS = "CodeEditor"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (104, "-wide")]  # noqa: RUF012
    CSS_PATH = "../styles/code.tcss"

    def __init__(self, bench: Bench, run: Callable[[Series], object]) -> None:
        """Prepare; `run` carries a series out, whatever becomes of this screen."""
        super().__init__()
        self._bench = bench
        self._run = run
        self._reply = Reply((), False)
        self._read_text: str | None = None
        self._read_language: Language | None = None
        self._found = Findings()
        self._followed: Turn | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        code = self._bench.code
        with Vertical(id="code-frame") as frame:
            frame.border_title = Content(f"Code in session {clean_line(self._bench.workspace.session, 30)}")
            yield CodeOptions(code)
            with Container(id="code-body"):
                yield CodeEditor(code.text)
                with Vertical(id="code-side"):
                    yield BlockList(id="blocks")
                    yield Static(id="block-note", markup=False)
                    yield OutputPanel(OutputView("Nothing was printed.", id="block-output"))
            yield RiskPane(evidence=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Show what was there before."""
        self._timer = self.set_interval(SETTLE_S, self._settled, pause=True)
        self.set_interval(_SAVED_S, self._keep)
        self.query_one(BlockList).choices = dict(self._bench.code.choices)
        if self._bench.series is not None:
            self._bench.series.changed = self._follow_series
        self._read()

    def on_unmount(self) -> None:
        """Keep what was written, however the screen ends; what runs goes on without it."""
        if self._bench.series is not None:
            self._bench.series.changed = lambda: None
        try:
            self._bench.save()
        except RollcageError as error:
            _log.error("%s", error)

    def on_resize(self, event: Resize) -> None:
        """Leave room for the code."""
        for pane in self.query(RiskPane):
            pane.fit(event.size.height)

    # --- what is written -------------------------------------------------------------------------------------------

    def _take(self) -> None:
        """Note what is written and chosen."""
        code = replace(
            self._bench.code,
            text=self.query_one(CodeEditor).text,
            choices=tuple(sorted(self.query_one(BlockList).choices.items())),
        )
        self._bench.code = self.query_one(CodeOptions).taken(code)

    def _keep(self) -> None:
        self._take()
        try:
            self._bench.save()
        except RollcageError as error:
            cast("RollcageApp", self.app).report(error)

    @on(TextArea.Changed)
    def _written(self, event: TextArea.Changed) -> None:
        if len(event.text_area.text) <= _READ_AT_ONCE:
            self._read()
        else:
            self._timer.reset()
            self._timer.resume()

    @on(CodeOptions.LanguagePicked)
    def _language_picked(self, event: CodeOptions.LanguagePicked) -> None:
        """Take the language; where there are fences it is that of the block under the cursor, and stands there."""
        block = self._block
        if not self._reply.is_fenced:
            self._bench.code = replace(self._bench.code, language=event.language)
            self._read()
        elif block is not None and event.language is not None:
            editor, row = self.query_one(CodeEditor), block.first_line - 1
            if (fence := _FENCE_WORD.search(editor.document.get_line(row))) is not None:
                editor.replace(str(event.language), (row, fence.start(1)), (row, fence.end(1)))

    def _show_language(self) -> None:
        block = self._block
        named = block.language if self._reply.is_fenced and block is not None else self._bench.code.language
        self.query_one(CodeOptions).show_language(named)

    @on(CodeOptions.Changed)
    def _options_changed(self) -> None:
        self._read()
        self._found = Findings()  # what was found was about other requests
        self._show_found()
        self._assess_others()

    @on(CodeEditor.PasteRefused)
    def _refused(self, event: CodeEditor.PasteRefused) -> None:
        self.notify(
            f"{event.characters:,} characters were pasted; the editor holds {LONGEST_TEXT:,}. Nothing was taken: save "
            "them as a file and use `rollcage exec --blocks FILE`.",
            severity="error", markup=False, timeout=10,
        )  # fmt: skip

    def _settled(self) -> None:
        self._timer.pause()
        self._read()

    def _read(self) -> None:
        """Find the blocks of what is written."""
        if not self.is_mounted:
            return
        self._take()
        code = self._bench.code
        if (code.text, code.language) != (self._read_text, self._read_language):
            self._read_text, self._read_language = code.text, code.language
            self._reply = self._bench.read()
            self._show_blocks()
        self.query_one(RiskPane).look_at(self._request_shown)

    # --- blocks ----------------------------------------------------------------------------------------------------

    @property
    def _block(self) -> CodeBlock | None:
        """The block under the cursor: of the list, or of the text."""
        return self.query_one(BlockList).block

    def _show_blocks(self) -> None:
        reply, blocks, editor = self._reply, self.query_one(BlockList), self.query_one(CodeEditor)
        self.set_class(reply.is_fenced, "-fenced")
        self.query_one(CodeOptions).set_class(reply.is_fenced, "-blocks")
        self._found.keep(reply.blocks)
        blocks.show(reply.blocks)
        self._follow_cursor()
        editor.colour([
            Region(str(block.language or block.named), tuple((line - 1, column) for line, column in block.places))
            for block in reply.blocks
        ])  # fmt: skip
        self._show_found()
        self._assess_others()

    @work(exclusive=True, group="blocks", exit_on_error=False)
    async def _assess_others(self) -> None:
        """Assess the blocks one by one; the one under the cursor is the risk pane's."""
        for block in self._reply.blocks if self._reply.is_fenced else ():
            engine = self._bench.workspace.opened
            if engine is None or not block.can_run or block in self._found:
                continue
            request = self._bench.requests([block])[0]
            try:
                preview = await engine.preview(request)
            except (RollcageError, OSError):
                continue  # the risk pane says why, when the cursor is there
            self._found.add(request, preview)
            self._show_found()

    @on(RiskPane.Assessed)
    def _assessed(self, event: RiskPane.Assessed) -> None:
        self._found.add(event.request, event.preview)
        self._show_found()

    def _show_found(self) -> None:
        """Show how risky each block is, and underline why in the text."""
        self._show_outcomes()
        if self._read_text is not None:
            found = self._found.marks(self._reply.blocks, self._read_text)
            self.query_one(CodeEditor).mark(self._read_text, found)

    def _show_outcomes(self) -> None:
        series = self._bench.series
        self.query_one(BlockList).show_state(
            self._found.levels, series.turn_of if series is not None else lambda _: None
        )
        self._show_note()
        self._show_output()

    def _show_note(self) -> None:
        """Say what is to know about the block under the cursor."""
        self._show_language()
        block = self._block
        chosen = len(self.query_one(BlockList).selection)
        frame = self.query_one("#code-frame")
        more = f"; {self._reply.left_out} more are too many to read" if self._reply.left_out else ""
        words = f"{chosen} of {len(self._reply.blocks)} blocks chosen{more}"
        frame.border_subtitle = words if self._reply.is_fenced else ""
        if block is None:
            self.query_one("#block-note", Static).update("")
            return
        remarks = [f"✗ {block.why_not}"] if block.why_not else [f"! {doubt}" for doubt in block.doubts]
        where = f"lines {block.first_line}–{block.last_line}" if self._reply.is_fenced else ""
        title = f"“{clean_line(block.title, 60)}”" if self._reply.is_fenced else ""
        words = " · ".join(part for part in (*remarks, block.note, where, title) if part)
        style = "$text-warning" if remarks and self._reply.is_fenced else "$text-muted"
        self.query_one("#block-note", Static).update(Content.styled(clean_line(words, 300), style))

    def _request_shown(self) -> Request | str:
        block = self._block
        if block is None:
            return "assessed as you type"
        if not block.can_run:
            return f"not run: {block.why_not}"
        return self._bench.requests([block])[0]

    # --- cursors ---------------------------------------------------------------------------------------------------

    @on(TextArea.SelectionChanged)
    def _follow_cursor(self) -> None:
        """Put the cursor of the list on the block in which that of the text is."""
        editor, blocks = self.query_one(CodeEditor), self.query_one(BlockList)
        line = editor.cursor_location[0] + 1
        here = next((at for at, block in enumerate(self._reply.blocks) if line <= block.last_line), None)
        if here is None:
            here = len(self._reply.blocks) - 1
        if not blocks.has_focus and here != blocks.cursor:
            blocks.cursor = here
            self._show_note()
            self._show_output()
            self.query_one(RiskPane).look_at(self._request_shown)

    @on(BlockList.Highlighted)
    def _highlighted(self, event: BlockList.Highlighted) -> None:
        editor = self.query_one(CodeEditor)
        if event.block.first_line <= editor.document.line_count:
            editor.move_cursor((event.block.first_line - 1, 0), center=True)
        self._show_note()
        self._show_output()
        self.query_one(RiskPane).look_at(self._request_shown)

    @on(BlockList.Toggled)
    def _toggled(self) -> None:
        self._take()
        self._show_note()

    @on(BlockList.StopFlipped)
    def _flip_stop(self) -> None:
        stops = self.query_one(CodeOptions).flip_stop()
        self.notify("A failure skips the rest." if stops else "After a failure the rest runs all the same.")

    # --- output ----------------------------------------------------------------------------------------------------

    @on(BlockList.Opened)
    def _flip_output(self) -> None:
        self.toggle_class("-output")
        self._show_output()

    def _show_output(self) -> None:
        """Show what the run of the block under the cursor printed."""
        series, block = self._bench.series, self._block
        turn = series.turn_of(block) if series is not None and block is not None else None
        live = self._bench.workspace.live.run(turn.run_id) if turn is not None and turn.run_id else None
        view = self.query_one(OutputView)
        self.set_class(live is not None, "-ran")
        if live is not None and view.log_shown is not live.log:
            view.show_log(live.log)

    # --- actions ---------------------------------------------------------------------------------------------------

    def action_risk(self) -> None:
        """Show all that is known of the risk, or one line."""
        self.query_one(RiskPane).toggle()

    def action_blocks(self) -> None:
        """Go to the list of blocks, and back to the text."""
        blocks = self.query_one(BlockList)
        if blocks.has_focus or not self._reply.is_fenced:
            self.remove_class("-output")
            self.query_one(CodeEditor).focus()
            if not self._reply.is_fenced:
                self.notify("The text has no fenced code blocks: it runs as a whole.")
        else:
            blocks.focus()

    def action_run(self) -> None:
        """Run the chosen blocks, or the whole text where it has no fences."""
        self._read()
        if self._reply.is_fenced:
            self._start(self.query_one(BlockList).selection)
        else:
            self._run_text()

    def action_run_block(self) -> None:
        """Run only the block under the cursor."""
        self._read()
        self._follow_cursor()  # the message about where it is may still be under way
        block = self._block
        if not self._reply.is_fenced or block is None:
            self._run_text()
        elif not block.can_run:
            self._warn(f"Block {block.number} cannot run: {block.why_not}.")
        else:
            self._start([block])

    def _run_text(self) -> None:
        block = self._block
        if block is None:
            self._warn("There is no code to run.")
        elif not block.can_run:
            self._warn(f"It cannot run: {block.why_not}.")
        elif not self._must_wait():
            self._keep()
            self.dismiss(True)

    def _start(self, blocks: list[CodeBlock]) -> None:
        if not blocks:
            self._warn("No block is chosen: space in the list (^o) chooses one.")
        elif not self._must_wait():
            self._keep()
            series = self._bench.prepare(blocks)
            series.changed = self._follow_series
            self.add_class("-output")
            self.query_one(BlockList).focus()
            self._run(series)
            self._show_outcomes()

    def _follow_series(self) -> None:
        """Go to the block that began to run, and show what became of the others."""
        series, blocks = self._bench.series, self.query_one(BlockList)
        turn = series.running if series is not None else None
        if turn is not None and turn is not self._followed:
            blocks.go_to(turn.block.number)
        self._followed = turn
        self._show_outcomes()

    def _must_wait(self) -> bool:
        reason = self._bench.workspace.why_not("run")
        series = self._bench.series
        if not reason and series is not None and not series.is_over:
            reason = "Blocks are still running."
        if reason:
            self._warn(reason)
        return bool(reason)

    def _warn(self, text: str) -> None:
        self.notify(clean_line(text), severity="warning", markup=False)

    def action_close(self) -> None:
        """Keep what was written for the next time; first leave what is searched for in the output."""
        if self.query_one(OutputPanel).leave():
            return
        self._keep()
        self.dismiss(False)
