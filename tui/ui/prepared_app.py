"""What the application has to do with its host: looking whether machines can be made, and setting up what they need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual import on, work

from tui.errors import RollcageError
from tui.ui.keyed_app import KeyedApp
from tui.ui.messages import SetUpFurther
from tui.ui.preparation import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from tui.paths import Paths
    from tui.ui.preparation import HostState, Report
    from tui.ui.screens.area import Area
    from tui.ui.screens.setup import Setup
    from tui.ui.workspace import Workspace


class PreparedApp(KeyedApp):
    """Base of the application."""

    workspace: Workspace
    _look_at_host: Callable[[Paths], Awaitable[HostState]]
    _ensures_host = False
    _host: HostState | None = None
    """What was found when it was last looked at."""
    _setup: Setup | None = None
    """The dialog that was opened last."""

    @property
    def areas(self) -> list[Area]:
        """The areas that were shown so far."""
        raise NotImplementedError

    def report(self, error: Exception) -> None:
        """Show an error with what to do about it."""
        raise NotImplementedError

    @work(group="setup", exit_on_error=False)
    async def action_set_up(self) -> None:
        """Look at the host again, and offer to set it up, unless that is being done."""
        if self.keymap.read_only or self._ensures_host:
            return
        self._ensures_host = True
        try:
            await self._ensure_host()
        finally:
            self._ensures_host = False

    async def _ensure_host(self) -> None:
        """Offer to set the host up where something that machines need is lacking, or show how far that has come."""
        if self._host is None or self.workspace.setting_up is None:
            self._host = await self._look_at_host(self.paths)
            if self._host.is_ready:
                self._ask_backend()
                return
        from tui.ui.screens.setup import Setup

        self._setup = Setup(
            self._host, self._begin_setting_up, lambda: self.workspace.setting_up, str(self._log_of_setup)
        )
        if not await self.push_screen_wait(self._setup):
            self._tell_left()

    def _tell_left(self) -> None:
        """Say what leaving the dialog means."""
        key = self.key_of("app.setup")
        if self.workspace.setting_up is None:
            ways = " or ".join([*([key] if key else []), "`rollcage setup`"])
            self.notify(f"Nothing can run until the host is set up: {ways} does it.", markup=False)
        else:
            shows = f": {key} shows how far it is" if key else ""
            self.notify(f"Setting this host up goes on in the background{shows}. You are told when it ends.",
                        markup=False)  # fmt: skip

    @property
    def _open_dialog(self) -> Setup | None:
        return self._setup if self._setup is not None and self._setup.is_open else None

    # --- setting up ------------------------------------------------------------------------------------------------

    @property
    def _log_of_setup(self) -> Path:
        return self.paths.logs / "image-build.log"

    @work(group="setting-up", exit_on_error=False)
    async def _begin_setting_up(self) -> None:
        """Set the host up, whether or not the dialog stays open, and tell how that ended."""
        if self.workspace.setting_up is not None:
            return
        self._show_progress(Progress())
        try:
            await self._set_up(lambda fraction, stage: self._further(Progress(fraction, stage)))
        except Exception as error:  # noqa: BLE001 - told, and kept in the log if it was not expected
            self._show_progress(None)
            dialog = self._open_dialog
            if dialog is not None:
                dialog.show_failure(error)
            if dialog is None or not isinstance(error, (RollcageError, OSError)):
                self.report(error)
            return
        self._show_progress(None)
        if (dialog := self._open_dialog) is not None:
            dialog.dismiss(True)
        self.notify("This host is ready.")
        self._ask_backend()

    def _further(self, progress: Progress) -> None:
        """Take note of progress, from any thread."""
        self.post_message(SetUpFurther(progress))

    @on(SetUpFurther)
    def _set_up_further(self, message: SetUpFurther) -> None:
        if self.workspace.setting_up is not None:  # else it came later than the end
            self._show_progress(message.progress)

    def _show_progress(self, progress: Progress | None) -> None:
        self.workspace.setting_up = progress
        if progress is not None and (dialog := self._open_dialog) is not None:
            dialog.show_progress(progress)
        for area in self.areas:
            area.show_status()

    async def _set_up(self, report: Report) -> None:
        from tui.machines.model import PROFILES
        from tui.ui.preparation import install_and_build

        await install_and_build(self.paths, report, self._log_of_setup)
        if self.workspace.opened is not None:
            report(None, "starting a first machine")
            profile = PROFILES[self.settings.profile]
            await self.workspace.opened.prepare(profile, lambda stage: report(None, stage))

    @work(group="backend", exclusive=True, exit_on_error=False)
    async def _ask_backend(self) -> None:
        self.workspace.backend = await self.workspace.engine.backend_status()
        for area in self.areas:
            area.show_status()
