"""What other processes do to the session on view is shown too: another application, the command line, a killed one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.errors import RollcageError

if TYPE_CHECKING:
    from tui.runs.engine import Engine
    from tui.ui.app import RollcageApp

LOOK_EVERY_S: Final = 1.0
"""A look is one `PRAGMA data_version`, some ten microseconds."""


class RecordsFollower:
    """Has the session on view read again when another process changed something."""

    def __init__(self, app: RollcageApp, engine: Engine) -> None:
        self._app = app
        self._engine = engine
        self._seen = engine.store.version()
        self._cannot_look = False
        app.set_interval(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        if self._app.engine is not self._engine:
            return  # the application is closing
        try:
            ended = self._engine.recover() if self._may_be_orphaned() else 0
            version = self._engine.store.version()
        except RollcageError as error:
            if not self._cannot_look:  # told once, not every second
                self._app.report(error)
            self._cannot_look = True
            return
        self._cannot_look = False
        if ended or version != self._seen:
            self._seen = version
            self._app.reload_session()

    def _may_be_orphaned(self) -> bool:
        """Say whether a run is on view whose process may have died: the records do not change by that."""
        return not self._app.keymap.read_only and self._app.workspace.elsewhere is not None
