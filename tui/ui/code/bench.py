"""The code somebody works on: what is written, and the blocks that run or ran. Lives as long as its area."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.definitions.reply import CodeBlock, Reply, read_reply
from tui.machines.model import PROFILES
from tui.runs.blocks import requests_for
from tui.runs.request import Request
from tui.ui.code.draft import Code, Draft
from tui.ui.code.series import Series

if TYPE_CHECKING:
    from tui.ui.workspace import Workspace

DRAFT_FILE: Final = "draft.json"


class Bench:
    """Holds no widgets: the screen shows what is here."""

    def __init__(self, workspace: Workspace, state: Path) -> None:
        """Begin with nothing written; the draft is kept in a directory."""
        self.workspace = workspace
        self.code = Code()
        """What is written."""
        self.series: Series | None = None
        """What was run last of it, if it had fences."""
        self._draft = Draft(state / DRAFT_FILE)

    def load(self) -> None:
        """Take the draft of last time.

        Raises:
            InvalidInput: it cannot be read; nothing is written then.
        """
        self.code = self._draft.load()

    def save(self) -> None:
        """Keep what is written.

        Raises:
            InvalidInput: it cannot be kept.
        """
        self._draft.save(self.code)

    def read(self) -> Reply:
        """Return the blocks of what is written."""
        return read_reply(self.code.text, self.code.language)

    def requests(self, blocks: Sequence[CodeBlock]) -> tuple[Request, ...]:
        """Return what would run for some blocks."""
        like = Request(
            title="",
            steps=(),
            session=self.workspace.session,
            spec=PROFILES.get(self.workspace.profile or ""),
            keep_interpreter=self.code.keep_interpreter,
        )
        return requests_for(blocks, like, as_one=self.code.as_one)

    def prepare(self, blocks: Sequence[CodeBlock]) -> Series:
        """Make some blocks the series on view."""
        self.series = Series(blocks, self.requests(blocks), stop_on_failure=self.code.stop_on_failure)
        return self.series
