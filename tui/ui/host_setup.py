"""Looking whether this host can make machines, and setting up what they need, whether or not its dialog stays open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tui.errors import RollcageError
from tui.ui.messages import SetUpFurther
from tui.ui.preparation import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from tui.paths import Paths
    from tui.ui.app import RollcageApp
    from tui.ui.preparation import HostState, Report
    from tui.ui.screens.setup import Setup


class HostSetup:
    """What the application knows and does about its host."""

    def __init__(self, app: RollcageApp, look: Callable[[Paths], Awaitable[HostState]]) -> None:
        self._app = app
        self._look = look
        self._is_offering = False
        self._found: HostState | None = None
        self._dialog: Setup | None = None

    def offer(self) -> None:
        """Look at the host again, and offer to set it up, unless that is being done."""
        if not self._app.keymap.read_only and not self._is_offering:
            self._is_offering = True
            self._app.run_worker(self._offer(), group="setup", exit_on_error=False)

    async def _offer(self) -> None:
        try:
            await self._offer_what_is_lacking()
        finally:
            self._is_offering = False

    async def _offer_what_is_lacking(self) -> None:
        """Offer to set the host up where something that machines need is lacking, or show how far that has come."""
        workspace = self._app.workspace
        if self._found is None or workspace.setting_up is None:
            self._found = await self._look(self._app.paths)
            if self._found.is_ready:
                self._ask_backend()
                return
        from tui.ui.screens.setup import Setup

        self._dialog = Setup(self._found, self._begin, lambda: workspace.setting_up, str(self._log))
        if not await self._app.push_screen_wait(self._dialog):
            self._tell_left()

    def _tell_left(self) -> None:
        """Say what leaving the dialog means."""
        key = self._app.key_of("app.setup")
        if self._app.workspace.setting_up is None:
            ways = " or ".join([*([key] if key else []), "`rollcage setup`"])
            said = f"Nothing can run until the host is set up: {ways} does it."
        else:
            shows = f": {key} shows how far it is" if key else ""
            said = f"Setting this host up goes on in the background{shows}. You are told when it ends."
        self._app.notify(said, markup=False)

    @property
    def _open_dialog(self) -> Setup | None:
        return self._dialog if self._dialog is not None and self._dialog.is_open else None

    # --- setting up ------------------------------------------------------------------------------------------------

    @property
    def _log(self) -> Path:
        return self._app.paths.logs / "image-build.log"

    def _begin(self) -> None:
        if self._app.workspace.setting_up is None:
            self._show_progress(Progress())
            self._app.run_worker(self._carry_out(), group="setting-up", exit_on_error=False)

    async def _carry_out(self) -> None:
        """Set the host up, and tell how that ended."""
        try:
            await self._set_up(lambda fraction, stage: self._further(Progress(fraction, stage)))
        except Exception as error:  # noqa: BLE001 - told, and kept in the log if it was not expected
            self._show_progress(None)
            dialog = self._open_dialog
            if dialog is not None:
                dialog.show_failure(error)
            if dialog is None or not isinstance(error, (RollcageError, OSError)):
                self._app.report(error)
            return
        self._show_progress(None)
        if (dialog := self._open_dialog) is not None:
            dialog.dismiss(True)
        self._app.notify("This host is ready.")
        self._ask_backend()

    def _further(self, progress: Progress) -> None:
        """Take note of progress, from any thread."""
        self._app.post_message(SetUpFurther(progress))

    def show_further(self, progress: Progress) -> None:
        """Show how far it has come."""
        if self._app.workspace.setting_up is not None:  # else it came later than the end
            self._show_progress(progress)

    def _show_progress(self, progress: Progress | None) -> None:
        self._app.workspace.setting_up = progress
        if progress is not None and (dialog := self._open_dialog) is not None:
            dialog.show_progress(progress)
        self._app.show_status()

    async def _set_up(self, report: Report) -> None:
        from tui.machines.model import PROFILES
        from tui.ui.preparation import install_and_build

        await install_and_build(self._app.paths, report, self._log)
        if (engine := self._app.engine) is not None:
            report(None, "starting a first machine")
            await engine.prepare(PROFILES[self._app.settings.profile], lambda stage: report(None, stage))

    def _ask_backend(self) -> None:
        self._app.run_worker(self._show_backend(), group="backend", exclusive=True, exit_on_error=False)

    async def _show_backend(self) -> None:
        self._app.workspace.backend = await self._app.workspace.engine.backend_status()
        self._app.show_status()
