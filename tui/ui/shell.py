"""A shell in a session, on the terminal the application otherwise draws on."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

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
    from tui.ui.screens.opening_shell import OpeningShell


async def open_shell(app: RollcageApp, session: str, opening: OpeningShell) -> None:
    """Open a shell in a session, and return when it has ended and the application is drawn again.

    It is a run like any other: it goes through the gate, which may ask, before the application makes room for it; and
    the event loop goes on while it lasts. A signal that ends the application ends the shell first, and what was done
    in it is kept. `opening` stands on top until the terminal is back.

    Raises:
        RollcageError: it could not be started.
    """
    workspace, ending = app.workspace, None
    if not _can_make_room(app):
        # Found out before the run, which would otherwise stand in the history for nothing.
        app.notify(f"This terminal cannot be lent. Use: rollcage shell -s {session}", severity="warning", markup=False)
        return
    with ExitStack() as until_kept:
        device = until_kept.enter_context(closing(Device.open()))
        request = shell_request(session, device.size, os.environ, PROFILES.get(workspace.profile or ""))
        run = workspace.start(request)
        assert run.terminal is not None
        opening.run_opened = run
        try:
            if await run.terminal.opened():
                until_kept.enter_context(app.signals.lent(run.terminal.hang_up))
                ending = await _lend(app, run, device)
        finally:
            run.terminal.hang_up()
            opening.dismiss()
            await workspace.result(run)
    record = await run.result()
    if ending is Ending.HUNG_UP:
        app.signals.hung_up()
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
            ending = await attach(run.terminal, device, key, greeting, end_on=())
        except BaseException as error:  # noqa: BLE001 - raised below: an error would leave the application suspended
            problem = error
    if problem is not None:
        raise problem
    return ending


def _can_make_room(app: RollcageApp) -> bool:
    driver = app._driver  # `App.suspend` says it only by an error, once it is too late
    return driver is not None and driver.can_suspend
