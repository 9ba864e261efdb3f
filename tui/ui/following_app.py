"""What other processes do to the session on view is shown too: another application, the command line, a killed one."""

from __future__ import annotations

from typing import Final

from tui.errors import RollcageError
from tui.store.states import RunState
from tui.ui.ending_app import EndingApp

LOOK_EVERY_S: Final = 1.0
"""A look is one `PRAGMA data_version`, some ten microseconds."""


class FollowingApp(EndingApp):
    """Base of the application."""

    _seen = 0
    """The version of the records when they were last looked at."""
    _cannot_look = False

    def reload_session(self) -> None:
        """Read the session on view again."""
        raise NotImplementedError

    def follow_records(self) -> None:
        """From now on read the session again when another process changed something; the engine is open."""
        self._seen = self.workspace.engine.store.version()
        self.set_interval(LOOK_EVERY_S, self._look_at_records)

    def _look_at_records(self) -> None:
        engine = self.workspace.opened
        if engine is None:
            return
        try:
            ended = engine.recover() if self._may_be_orphaned() else 0
            version = engine.store.version()
        except RollcageError as error:
            if not self._cannot_look:  # told once, not every second
                self.report(error)
            self._cannot_look = True
            return
        self._cannot_look = False
        if ended or version != self._seen:
            self._seen = version
            self.reload_session()

    def _may_be_orphaned(self) -> bool:
        """Say whether a run is on view whose process may have died: the records do not change by that."""
        if self.keymap.read_only:
            return False
        runs, live = self.workspace.state.runs, self.workspace.live
        return any(run.state is RunState.RUNNING and live.run(run.id) is None for run in runs)
