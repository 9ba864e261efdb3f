"""What a scenario does to a session while a run executes in it, at a moment the run itself brings about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tui.errors import RollcageError
from tui.runs.engine import Engine
from tui.runs.events import Event, OutputReceived
from tui.runs.run import Run
from tui.scenarios.model import Deed, Meanwhile
from tui.scenarios.outcome import Check


class Interference:
    """Waits for its moment and does one thing then. An asynchronous context manager, around following the run.

    Losing the machine happens within the event it waits for, before the engine goes on: a race that always has the
    same start.
    """

    def __init__(self, engine: Engine, run: Run, meanwhile: Meanwhile) -> None:
        self._engine = engine
        self._run = run
        self._meanwhile = meanwhile
        self._awaited = meanwhile.after_output.encode()
        self._printed = b""
        self._has_come = False
        self._failure = ""
        self._task: asyncio.Task[None] | None = None
        self._stop_listening: Callable[[], None] | None = None

    async def __aenter__(self) -> Interference:
        self._stop_listening = self._engine.subscribe(self._heard)
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._stop_listening is not None:
            self._stop_listening()
        if self._task is not None:
            await self._task

    @property
    def check(self) -> Check:
        """Whether it was done."""
        found = self._failure or ("done" if self._has_come else "its moment never came")
        return Check("meanwhile", str(self._meanwhile), found, self._has_come and not self._failure)

    def _heard(self, event: Event) -> None:
        if self._has_come or event.run_id != self._run.id or not self._is_moment(event):
            return
        self._has_come = True
        match self._meanwhile.deed:
            case Deed.KILL_MACHINE:
                try:
                    self._engine.lose_machine(self._run.session)
                except RollcageError as error:
                    self._failure = error.message
            case Deed.CANCEL:
                self._begin(self._run.cancel())
            case Deed.SNAPSHOT:
                self._begin(self._engine.snapshot(self._run.session, self._meanwhile.snapshot))

    def _is_moment(self, event: Event) -> bool:
        if not self._awaited:
            return type(event).__name__ == self._meanwhile.after_event
        if isinstance(event, OutputReceived):
            self._printed += event.data
            if self._awaited in self._printed:
                return True
            # The end may be the beginning of what is awaited.
            self._printed = self._printed[-len(self._awaited) :]
        return False

    def _begin(self, work: Coroutine[Any, Any, object]) -> None:
        self._task = asyncio.create_task(self._do(work))

    async def _do(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except RollcageError as error:
            self._failure = error.message
