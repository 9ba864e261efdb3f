"""The code somebody works on: what is written, and the blocks that run or ran. Lives as long as its area."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui.definitions.reply import CodeBlock, Reply, read_reply
from tui.machines.model import PROFILES
from tui.runs.blocks import requests_for
from tui.runs.request import Request
from tui.ui.code.draft import Code, Draft
from tui.ui.code.series import Series

if TYPE_CHECKING:
    from tui.ui.workspace import Workspace


class Bench:
    """Holds no widgets: the screen shows what is here."""

    def __init__(self, workspace: Workspace, draft: Path) -> None:
        """Begin with nothing written; the draft is kept in a directory."""
        self.workspace = workspace
        self.session = workspace.session
        """Name of the session the code runs in."""
        self._profile = workspace.profile
        self.code = Code()
        """What is written."""
        self.series: Series | None = None
        """What was run last of it, if it had fences."""
        self._draft = Draft(draft)
        workspace.closing.append(self._close)

    def bind(self) -> None:
        """Turn to the session on view now; it stays this one, whichever comes into view later."""
        self.session, self._profile = self.workspace.session, self.workspace.profile

    def why_not(self) -> str:
        """Return why nothing of it can run now, or nothing."""
        reason = self.workspace.why_not("run", self.session)
        return reason or ("Blocks are still running." if self.series is not None and not self.series.is_over else "")

    def load(self) -> None:
        """Take the draft of last time.

        Raises:
            InvalidInput: it cannot be read; nothing is written then.
        """
        self.code = self._draft.load()

    def save(self) -> str:
        """Keep what is written; return what is to be told of that, or nothing.

        Raises:
            InvalidInput: it cannot be kept.
        """
        return self._draft.save(self.code)

    async def _close(self) -> None:
        self._draft.close()

    @property
    def origin(self) -> str:
        """Name of the session in which it was written, if that is another one than it would run in."""
        return self.code.session if self.code.text.strip() and self.code.session != self.session else ""

    def read(self) -> Reply:
        """Return the blocks of what is written."""
        return read_reply(self.code.text, self.code.language)

    def requests(self, blocks: Sequence[CodeBlock]) -> tuple[Request, ...]:
        """Return what would run for some blocks."""
        like = Request(
            title="",
            steps=(),
            session=self.session,
            spec=PROFILES.get(self._profile or ""),
            keep_interpreter=self.code.keep_interpreter,
        )
        return requests_for(blocks, like, as_one=self.code.as_one)

    def prepare(self, blocks: Sequence[CodeBlock]) -> Series:
        """Make some blocks the series on view."""
        self.series = Series(blocks, self.requests(blocks), stop_on_failure=self.code.stop_on_failure)
        return self.series
