"""Verifying the audit log: how far it is, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, ProgressBar, Static
from textual.worker import get_current_worker

from tui.audit.model import Verification
from tui.audit.reader import verify_paths
from tui.text import clean_line
from tui.ui.screens.dialog import Dialog

if TYPE_CHECKING:
    from tui.paths import Paths

_MOST_FINDINGS = 200
Verify = Callable[..., Verification | None]


class _Stopped(Exception):
    """Nobody waits for the end."""


class VerificationScreen(Dialog[None]):
    """Looks at every record, in a thread; leaving stops it."""

    AUTO_FOCUS = "#cancel"
    DEFAULT_CSS = """
    VerificationScreen {
        & #frame { width: 90; }
        & ProgressBar { width: 1fr; margin-top: 1; }
        & ProgressBar Bar { width: 1fr; }
        & VerticalScroll { height: auto; max-height: 12; }
        & #findings { height: auto; }
    }
    """

    @dataclass
    class Progress(Message):
        """Some records were looked at; only the newest such message matters."""

        done: int
        total: int

        def can_replace(self, message: Message) -> bool:
            """Let a newer one take the place of an older one."""
            return isinstance(message, VerificationScreen.Progress)

    @dataclass
    class Done(Message):
        """All were looked at."""

        verification: Verification | None

    def __init__(self, paths: Paths, verify: Verify = verify_paths) -> None:
        super().__init__()
        self.FRAME_TITLE = "Verify the audit log"
        self._paths = paths
        self._verify = verify

    def content(self) -> Iterable[Widget]:
        """Return what is being done, how far it is and what was found."""
        yield Static("Every record is compared with the chain of hashes, the seals and the anchor.", markup=False)
        yield ProgressBar(show_eta=False)
        yield VerticalScroll(Static(id="findings", markup=False), can_focus=True)
        yield Horizontal(Button("Close", id="cancel", compact=True), classes="dialog--buttons")

    def on_mount(self) -> None:
        """Begin."""
        self._run()

    @work(thread=True, exclusive=True, exit_on_error=False)
    def _run(self) -> None:
        worker = get_current_worker()

        def progress(done: int, total: int) -> None:
            if worker.is_cancelled:
                raise _Stopped
            self.post_message(self.Progress(done, total))

        try:
            verification = self._verify(self._paths, progress=progress)
        except _Stopped:
            return
        self.post_message(self.Done(verification))

    @on(Progress)
    def _show_progress(self, event: Progress) -> None:
        self.query_one(ProgressBar).update(total=event.total, progress=event.done)

    @on(Done)
    def _show_findings(self, event: Done) -> None:
        found = event.verification
        self.query_one(ProgressBar).update(total=1, progress=1)
        self.query_one("#findings", Static).update(findings(found))

    @on(Button.Pressed)
    def action_cancel(self) -> None:
        """Leave, and stop what is under way."""
        self.dismiss(None)


def findings(found: Verification | None) -> Content:
    """Return what a verification found."""
    if found is None:
        return Content("Nothing has been recorded yet.")
    if found.whole:
        lines = [
            Content.styled(f"✓ whole: {found.records:,} records, none changed, removed or moved", "$text-success"),
            Content.styled(f"record {found.head} has the hash {found.head_hash[:16]}…; noted elsewhere, it proves that "
                           "nothing up to it was changed later", "$text-muted"),
        ]  # fmt: skip
    else:
        count = len(found.findings)
        lines = [Content.styled(f"✗ not whole: {count} finding{'s' * (count > 1)}", "bold $text-error")]
        lines += [
            Content.assemble((f"{finding.kind:<12} ", "$text-error"), clean_line(finding.message, 300))
            for finding in found.findings[:_MOST_FINDINGS]
        ]
        if count > _MOST_FINDINGS:
            lines.append(Content(f"and {count - _MOST_FINDINGS} more; `rollcage audit verify` lists all"))
    if found.unanchored:
        lines.append(
            Content.styled(f"{found.unanchored} records at the end are sealed but not anchored yet", "$text-muted")
        )
    return Content("\n").join(lines)
