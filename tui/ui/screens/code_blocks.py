"""What is shown of the code in the editor: its blocks, how risky each is, what became of it, what it printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.content import Content
from textual.widgets import Static, TextArea

from tui.definitions.reply import CodeBlock, Reply
from tui.errors import RollcageError
from tui.text import clean_line
from tui.ui.code.colours import Region
from tui.ui.code.findings import Findings
from tui.ui.output.view import OutputView
from tui.ui.screens.modal import Modal
from tui.ui.widgets.block_list import BlockList
from tui.ui.widgets.code_editor import CodeEditor
from tui.ui.widgets.code_options import CodeOptions
from tui.ui.widgets.risk_pane import RiskPane

if TYPE_CHECKING:
    from tui.runs.request import Request
    from tui.ui.code.bench import Bench
    from tui.ui.code.series import Turn


class CodeBlocks(Modal[bool]):
    """Base of the code editor: keeps the list of blocks, the text and what is told of both in step."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self._reply = Reply((), False)
        self._read_text: str | None = None
        """The text whose blocks these are."""
        self._found = Findings()
        self._followed: Turn | None = None

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

    def _show_language(self) -> None:
        block = self._block
        named = block.language if self._reply.is_fenced and block is not None else self._bench.code.language
        self.query_one(CodeOptions).show_language(named)

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
            self._show_block()

    @on(BlockList.Highlighted)
    def _highlighted(self, event: BlockList.Highlighted) -> None:
        editor = self.query_one(CodeEditor)
        if event.block.first_line <= editor.document.line_count:
            editor.move_cursor((event.block.first_line - 1, 0), center=True)
        self._show_block()

    def _show_block(self) -> None:
        """Show what is known of the block under the cursor."""
        self._show_note()
        self._show_output()
        self._look_at_risk()

    def _look_at_risk(self) -> None:
        self.query_one(RiskPane).look_at(self._request_shown)

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

    def _follow_series(self) -> None:
        """Go to the block that began to run, and show what became of the others."""
        series, blocks = self._bench.series, self.query_one(BlockList)
        turn = series.running if series is not None else None
        if turn is not None and turn is not self._followed:
            blocks.go_to(turn.block.number)
        self._followed = turn
        self._show_outcomes()
