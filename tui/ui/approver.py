"""Asking the person at the interface, for the engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.runs.approval import Answer, Question
    from tui.ui.app import RollcageApp
    from tui.ui.screens.approval import Approval


class DialogApprover:
    """Asks in a dialog on top of whatever is on the screen. Once the application closes, nobody answers."""

    by = ""

    def __init__(self, app: RollcageApp) -> None:
        self._app = app
        self._asked: dict[asyncio.Future[Answer | None], Approval] = {}
        self._closed = False

    async def ask(self, question: Question) -> Answer | None:
        """Ask, and wait for the answer. The dialog goes away if nobody waits for it any more."""
        if self._closed or not self._app.is_running:
            return None
        from tui.ui.screens.approval import Approval

        dialog = Approval(question)
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._asked[answer] = dialog
        # The engine's task is not the application's: the dialog is shown from the application's own.
        self._app.call_later(self._show, dialog, answer)
        try:
            return await answer
        finally:
            del self._asked[answer]
            if dialog.is_attached:
                dialog.withdraw()

    def _show(self, dialog: Approval, answer: asyncio.Future[Answer | None]) -> None:
        def settle(given: Answer | None) -> None:
            if not answer.done():
                answer.set_result(given)

        if not answer.done():
            self._app.push_screen(dialog, settle)

    def close(self) -> None:
        """Let all questions, and those to come, be without an answer."""
        self._closed = True
        for answer in self._asked:
            if not answer.done():
                answer.set_result(None)
