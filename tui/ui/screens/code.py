"""Writing or pasting code, and running it in the session: the whole text, or its code blocks one by one."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.events import Key, Resize
from textual.widgets import Static, TextArea

from tui.errors import RollcageError
from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.code.draft import LONGEST_TEXT
from tui.ui.code.findings import Findings
from tui.ui.output.panel import OutputPanel
from tui.ui.output.view import OutputView
from tui.ui.reach import bare, with_keys
from tui.ui.screens.code_blocks import CodeBlocks
from tui.ui.widgets.block_list import BlockList
from tui.ui.widgets.code_editor import CodeEditor
from tui.ui.widgets.code_options import CodeOptions
from tui.ui.widgets.key_bar import KeyBar
from tui.ui.widgets.risk_pane import SETTLE_S, RiskPane

if TYPE_CHECKING:
    from tui.definitions.reply import CodeBlock
    from tui.languages import Language
    from tui.ui.app import RollcageApp
    from tui.ui.code.bench import Bench
    from tui.ui.code.series import Series

_log = logging.getLogger(__name__)
_FENCE_WORD: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*([^\s{]*)")
_READ_AT_ONCE: Final = 20_000
"""Characters in which blocks are looked for at every key; in a longer text once nothing was typed for a moment."""
_SAVED_S: Final = 5.0


class CodeScreen(CodeBlocks):
    """Dismissed with whether to run the text, which has no fences. Blocks run while the screen stays."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("code")
    AUTO_FOCUS = "CodeEditor"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (104, "-wide")]  # noqa: RUF012
    CSS_PATH = "../styles/code.tcss"

    def __init__(self, bench: Bench, run: Callable[[Series], object]) -> None:
        """Prepare; `run` carries a series out, whatever becomes of this screen."""
        super().__init__(bench)
        self._run = run
        self._read_language: Language | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        code = self._bench.code
        with Vertical(id="code-frame") as frame:
            frame.border_title = Content(f"Code in session {clean_line(self._bench.session, 30)}")
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
        self._bench.workspace.keeping.append(self._keep)
        self.query_one(BlockList).choices = dict(self._bench.code.choices)
        if origin := self._bench.origin:
            self.notify(
                f"This was written in session {clean_line(origin, 30)}. Run here, it runs in session "
                f"{clean_line(self._bench.session, 30)}.",
                markup=False,
            )
        if self._bench.series is not None:
            self._bench.series.changed = self._follow_series
        self._read()

    def on_unmount(self) -> None:
        """Keep what was written, however the screen ends; what runs goes on without it."""
        self._bench.workspace.keeping.remove(self._keep)
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
        code, text = self._bench.code, self.query_one(CodeEditor).text
        code = replace(
            code,
            text=text,
            session=code.session if text == code.text else self._bench.session,
            choices=tuple(sorted(self.query_one(BlockList).choices.items())),
        )
        self._bench.code = self.query_one(CodeOptions).taken(code)

    def _keep(self) -> None:
        self._take()
        try:
            told = self._bench.save()
        except RollcageError as error:
            cast("RollcageApp", self.app).report(error)
        else:
            if told:
                self.notify(told, markup=False)

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
        self.query_one(CodeEditor).focus()
        block = self._block
        if not self._reply.is_fenced:
            self._bench.code = replace(self._bench.code, language=event.language)
            self._read()
        elif block is not None and event.language is not None:
            editor, row = self.query_one(CodeEditor), block.first_line - 1
            if (fence := _FENCE_WORD.search(editor.document.get_line(row))) is not None:
                editor.replace(str(event.language), (row, fence.start(1)), (row, fence.end(1)))

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
        self._look_at_risk()

    @on(BlockList.Toggled)
    def _toggled(self) -> None:
        self._take()
        self._show_note()

    @on(BlockList.StopFlipped)
    def _flip_stop(self) -> None:
        stops = self.query_one(CodeOptions).flip_stop()
        self.notify("A failure skips the rest." if stops else "After a failure the rest runs all the same.")

    # --- actions ---------------------------------------------------------------------------------------------------

    def reason_against(self, action: str) -> str:
        """Return why an action can do nothing now."""
        is_cancel = bare(action) == "cancel_run"
        return self._bench.workspace.why_not("cancel", self._bench.session) if is_cancel else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what can do nothing now."""
        return None if self.reason_against(action) else True

    def on_key(self, event: Key) -> None:
        """Say why a key does nothing."""
        active = self.active_bindings.get(event.key)
        if active is not None and not active.enabled and (reason := self.reason_against(active.binding.action)):
            event.stop()
            self._warn(reason)

    def action_cancel_run(self) -> None:
        """Cancel the run in progress."""
        # A worker of the application: this screen may be closed before the run has ended.
        self.app.run_worker(self._bench.workspace.cancel(self._bench.session), group="cancel", exit_on_error=False)

    def action_help(self) -> None:
        """List what can be done."""
        cast("RollcageApp", self.app).action_help()

    def action_language(self) -> None:
        """Pick a language."""
        self.query_one(CodeOptions).pick_language()

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
            way = with_keys(self.app, ": {} in the list ({}) chooses one", "blocks.choose", "code.blocks")
            self._warn(f"No block is chosen{way}.")
        elif not self._must_wait():
            self._keep()
            series = self._bench.prepare(blocks)
            series.changed = self._follow_series
            self.add_class("-output")
            self.query_one(BlockList).focus()
            self._run(series)
            self._show_outcomes()

    def _must_wait(self) -> bool:
        if reason := self._bench.why_not():
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
