"""The areas of the application: what there is, in the order of their keys."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tui.ui.screens.area import Area


@dataclass(frozen=True, slots=True)
class AreaEntry:
    """One area. Its screen is imported when it is first shown, and kept from then on."""

    name: str
    """Name of its mode."""
    key: str
    title: str
    screen: str
    """Where its class is: `module:class`."""

    def make(self) -> Area:
        """Return a new screen of the area."""
        module, _, name = self.screen.partition(":")
        screen: Area = getattr(importlib.import_module(module), name)()
        return screen


AREAS: Final = (
    AreaEntry("run", "1", "Run", "tui.ui.screens.run:RunArea"),
    AreaEntry("timeline", "2", "Timeline", "tui.ui.screens.timeline:TimelineArea"),
    AreaEntry("audit", "3", "Audit", "tui.ui.screens.audit:AuditArea"),
    AreaEntry("pool", "4", "Pool", "tui.ui.screens.pool:PoolArea"),
    AreaEntry("scenarios", "5", "Scenarios", "tui.ui.screens.scenarios:ScenariosArea"),
)
