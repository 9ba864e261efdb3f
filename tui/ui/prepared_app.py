"""What the application has to do with its host: looking whether machines can be made, and setting up what they need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual import work

from tui.ui.keyed_app import KeyedApp

if TYPE_CHECKING:
    from tui.paths import Paths
    from tui.ui.preparation import HostState, Report
    from tui.ui.screens.area import Area
    from tui.ui.workspace import Workspace


class PreparedApp(KeyedApp):
    """Base of the application."""

    workspace: Workspace
    _look_at_host: Callable[[Paths], Awaitable[HostState]]
    _ensures_host = False

    @property
    def areas(self) -> list[Area]:
        """The areas that were shown so far."""
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
        """Offer to set the host up, where something that machines need is lacking."""
        state = await self._look_at_host(self.paths)
        if state.is_ready:
            self._ask_backend()
            return
        from tui.ui.screens.setup import Setup

        log = self.paths.logs / "image-build.log"
        if await self.push_screen_wait(Setup(state, self._set_up, str(log))):
            self.notify("This host is ready.")
            self._ask_backend()
        else:
            ways = " or ".join([*([key] if (key := self.key_of("app.setup")) else []), "`rollcage setup`"])
            self.notify(f"Nothing can run until the host is set up: {ways} does it.", markup=False)

    async def _set_up(self, report: Report) -> None:
        from tui.machines.model import PROFILES
        from tui.ui.preparation import install_and_build

        await install_and_build(self.paths, report, self.paths.logs / "image-build.log")
        if self.workspace.opened is not None:
            report(None, "starting a first machine")
            profile = PROFILES[self.settings.profile]
            await self.workspace.opened.prepare(profile, lambda stage: report(None, stage))

    @work(group="backend", exclusive=True, exit_on_error=False)
    async def _ask_backend(self) -> None:
        self.workspace.backend = await self.workspace.engine.backend_status()
        for area in self.areas:
            area.show_status()
