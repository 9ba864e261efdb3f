"""A shell in a session, on the terminal the application otherwise draws on."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from typing import TYPE_CHECKING, Final

from tui.machines.model import PROFILES
from tui.runs.interactive import shell_request
from tui.store.states import RunState
from tui.terminal.attach import Ending, attach
from tui.terminal.detach import parse_key
from tui.terminal.device import Device
from tui.text import clean_line
from tui.ui.reach import with_keys

if TYPE_CHECKING:
    from tui.runs.engine import Run
    from tui.ui.app import RollcageApp

_ENDS: Final = (signal.SIGHUP, signal.SIGTERM)
"""What asks the application to end: the shell ends first, and what was done in it is kept."""


async def open_shell(app: RollcageApp, session: str) -> None:
    """Open a shell in a session, and return when it has ended and the application is drawn again.

    It is a run like any other: it goes through the gate, which may ask, before the application makes room for it; and
    the event loop goes on while it lasts.

    Raises:
        RollcageError: it could not be started.
    """
    workspace = app.workspace
    if not _can_make_room(app):
        # Found out before the run, which would otherwise stand in the history for nothing.
        app.notify(f"This terminal cannot be lent. Use: rollcage shell -s {session}", severity="warning", markup=False)
        return
    with closing(Device.open()) as device:
        request = shell_request(session, device.size, os.environ, PROFILES.get(workspace.profile or ""))
        run = workspace.start(request)
        assert run.terminal is not None
        try:
            ending = await _lend(app, run, device) if await run.terminal.opened() else None
        finally:
            run.terminal.hang_up()
            await workspace.result(run)
    record = await run.result()
    if ending is Ending.HUNG_UP:
        app.exit(0)
    elif ending is not None and record.state is RunState.SUCCEEDED:
        undo = with_keys(app, " {} undoes what was done in it.", "session.undo")
        app.notify(f"The shell in {clean_line(session, 30)} has ended.{undo}", markup=False)


async def _lend(app: RollcageApp, run: Run, device: Device) -> Ending:
    """Attach the terminal while the application draws nothing."""
    assert run.terminal is not None
    key = parse_key(app.settings.shell.detach_key)
    problem: BaseException | None = None
    ending = Ending.EXITED
    # Widgets go on changing meanwhile: what they would draw waits, as nobody takes it from the driver.
    with app.suspend(), app.batch_update():
        try:
            greeting = f"rollcage: a shell in session {clean_line(run.session, 60)}; {key.name} leaves and ends it"
            ending = await attach(run.terminal, device, key, greeting, end_on=_ENDS)
            if ending is Ending.HUNG_UP:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)  # whoever closed the terminal may say so twice
            if device.is_gone:
                await _die(app, run)
        except BaseException as error:  # noqa: BLE001 - raised below: an error would leave the application suspended
            problem = error
    if problem is not None:
        raise problem
    return ending


async def _die(app: RollcageApp, run: Run) -> None:
    """Keep what was done and end as a closed terminal ends a program: there is nowhere to draw any more."""
    await app.workspace.result(run)
    await app.workspace.engine.close()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.raise_signal(signal.SIGHUP)


def _can_make_room(app: RollcageApp) -> bool:
    driver = app._driver  # `App.suspend` says it only by an error, once it is too late
    return driver is not None and driver.can_suspend
