"""How the application ends: asked first while something runs, and with everything closed in any case."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING, Final

from tui.text import clean_line
from tui.ui.workspace import CLOSING

if TYPE_CHECKING:
    from tui.runs.closing import Closing
    from tui.runs.engine import Engine
    from tui.ui.app import RollcageApp

_log = logging.getLogger(__name__)
_CLOSING_S: Final = 20.0
"""Leaving takes no longer than this."""
_TELL_S: Final = 0.5
"""What closes more quickly is not worth a word."""


class Leaving:
    """Ends the application, once."""

    def __init__(self, app: RollcageApp) -> None:
        self._app = app
        self._ending: asyncio.Task[str] | None = None
        """Closes everything, whoever waits for it and whether or not they are cancelled."""
        self._closing: Closing | None = None
        self._engine: Engine | None = None
        self._is_asking = False
        self._demanded: asyncio.Task[None] | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether everything is being closed, or is closed."""
        return self._ending is not None

    def ask(self) -> None:
        """Leave; ask first while something runs. Asked again, say what is being waited for."""
        if self._ending is not None and not self._ending.done():
            self._tell_closing()
        elif not self._is_asking:
            self._is_asking = True
            self._app.run_worker(self._leave_if_agreed(), group="quit", exit_on_error=False)

    async def _leave_if_agreed(self) -> None:
        try:
            agreed = await self._agreed_to_leave()
        finally:
            self._is_asking = False
        if agreed:
            await self._leave()

    async def _agreed_to_leave(self) -> bool:
        """Return whether nothing goes on, or a person agrees that it ends."""
        lines = []
        if (running := self._app.workspace.live.running()) is not None:
            title, session = clean_line(running.title, 60), clean_line(running.session, 30)
            lines += [
                f"{title} is running in session {session}.",
                "It will be cancelled; the session and all its snapshots stay.",
            ]
        if self._app.workspace.setting_up is not None:
            lines += [
                "This host is being set up.",
                "That will be broken off; the next time clears away what is left of it and begins anew.",
            ]
        if not lines:
            return True
        from textual.content import Content

        from tui.ui.screens.confirm import Confirm

        body = Content("\n").join(map(Content, lines))
        dialog = Confirm("Leave Rollcage?", body, act="Cancel it and leave", keep="Stay")
        return await self._app.push_screen_wait(dialog) is True

    def without_asking(self, number: signal.Signals) -> None:
        """Leave because a signal says so, which the exit code tells."""
        self._demanded = asyncio.create_task(self._leave(128 + number))

    async def _leave(self, exit_code: int = 0) -> None:
        for keep in self._app.workspace.keeping:
            keep()
        self._app.keep_place()
        self._app.set_timer(_TELL_S, self._tell_closing)
        self._app.exit(exit_code, message=await self.everything_closed() or None)

    async def everything_closed(self) -> str:
        """Close everything, or wait for that; return what went wrong, for a person, or nothing."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        return await asyncio.shield(self._ending)

    async def _end(self) -> str:
        from tui.runs.closing import Closing

        self._app.approver.close()
        engine, self._app.workspace.opened = self._app.workspace.opened, None
        self._app.workspace.problem = CLOSING
        if engine is None:
            return ""
        self._engine = engine
        before = [("what was begun to end", close) for close in self._app.workspace.closing]
        self._closing = Closing(lambda: [*before, ("the engine to close", engine.close)])
        closing = asyncio.create_task(self._closing.close())
        await asyncio.wait({closing}, timeout=_CLOSING_S)
        if not closing.done():
            # Machines die with this process in any case, and records are already on disk.
            problem = f"Rollcage left without waiting longer than {_CLOSING_S:.0f} s for {self._waits_for()}."
            _log.error("%s", problem)
            return problem
        failure = closing.exception()  # is in the log
        return f"Not everything could be closed: {clean_line(str(failure), 300)}" if failure is not None else ""

    def _waits_for(self) -> str:
        engine_waits_for = self._engine.waits_for if self._engine is not None else ""
        return engine_waits_for or (self._closing.waits_for if self._closing is not None else "")

    def _tell_closing(self) -> None:
        if self._ending is not None and not self._ending.done():
            waits_for = self._waits_for()
            self._app.notify(f"Rollcage is closing: it waits for {waits_for}." if waits_for else CLOSING, markup=False)
