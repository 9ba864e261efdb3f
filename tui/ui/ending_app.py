"""How the application ends: asked first while something runs, and with everything closed in any case."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from textual import work

from tui.text import clean_line
from tui.ui.prepared_app import PreparedApp

if TYPE_CHECKING:
    from tui.ui.approver import DialogApprover

_log = logging.getLogger(__name__)
_CLOSING_S: Final = 20.0


class EndingApp(PreparedApp):
    """Base of the application."""

    approver: DialogApprover

    def keep_place(self) -> None:
        """Keep where the application is, for the next start."""
        raise NotImplementedError

    @work(exit_on_error=False, group="quit", exclusive=True)
    async def action_quit_safely(self) -> None:
        """Leave; ask first while something runs."""
        running = self.workspace.live.running()
        if running is not None:
            from textual.content import Content

            from tui.ui.screens.confirm import Confirm

            body = Content(f"{clean_line(running.title, 60)} is running in session {clean_line(running.session, 30)}.")
            note = Content("It will be cancelled; the session and all its snapshots stay.")
            dialog = Confirm(
                "Leave Rollcage?", Content("\n").join([body, note]), act="Cancel it and leave", keep="Stay"
            )
            if not await self.push_screen_wait(dialog):
                return
        await self._leave()

    async def _leave(self) -> None:
        self.keep_place()
        await self._close_engine()
        self.exit(0)

    async def on_unmount(self) -> None:
        """Close the engine however the application ends."""
        await self._close_engine()

    async def _close_engine(self) -> None:
        self.approver.close()
        engine, self.workspace.opened = self.workspace.opened, None
        if engine is None:
            return
        try:
            async with asyncio.timeout(_CLOSING_S):
                for close in self.workspace.closing:
                    await close()
                await engine.close()
        except TimeoutError:
            # Machines die with this process in any case, and records are already on disk.
            _log.error("the engine did not close within %s s", _CLOSING_S)
