"""Hooks of installed Python packages: entry points of the group `rollcage.hooks`.

An entry point names a callable that takes the hook's options, a mapping out of the settings, and returns a hook:

    [project.entry-points."rollcage.hooks"]
    ticket = "our_hooks:TicketHook"
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.definitions.model import Json
from tui.hooks.model import Decision, Hook, HookContext, HookError, Point

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "rollcage.hooks"


@dataclass(frozen=True, slots=True)
class BrokenHook:
    """Stands for a hook that could not be loaded, so that it fails where it would have been heard: before a run."""

    name: str
    problem: str
    priority: int = 0
    points: frozenset[Point] = frozenset({Point.AFTER_ASSESSMENT})

    def decide(self, context: HookContext) -> Decision:  # noqa: ARG002
        """Fail.

        Raises:
            HookError: always.
        """
        raise HookError(f"it could not be loaded: {self.problem}")


@dataclass(frozen=True, slots=True)
class Renamed:
    """A hook under the name and the priority the settings give it."""

    hook: Hook
    name: str
    priority: int
    points: frozenset[Point]

    def decide(self, context: HookContext) -> Decision | Awaitable[Decision]:
        """Decide as the hook does."""
        return self.hook.decide(context)


def installed_hooks() -> dict[str, EntryPoint]:
    """Return the entry points there are, by name; nothing of them is imported."""
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP)}


def load_hook(
    entry_point: EntryPoint, options: Mapping[str, Json], priority: int | None, points: frozenset[Point] | None
) -> Hook:
    """Import an entry point and make its hook; a `BrokenHook` where that fails."""
    name = entry_point.name
    try:
        made = entry_point.load()(dict(options))
        if not callable(getattr(made, "decide", None)):
            raise HookError(f"{entry_point.value} made a {type(made).__name__}, which has no `decide`")
        heard = points if points is not None else frozenset(map(Point, made.points))
        if priority is None:
            priority = int(getattr(made, "priority", 0))
    except Exception as error:  # noqa: BLE001  # another's code may raise anything
        text = str(error) if isinstance(error, HookError) else f"{type(error).__name__}: {error}"
        return BrokenHook(name, f"{entry_point.value}: {text}", priority or 0)
    return Renamed(made, name, priority, heard)
