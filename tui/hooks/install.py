"""Putting together the hooks of this user: built-in ones by the settings, those of packages, and executable files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from tui.hooks.builtin.backup import BackupHook
from tui.hooks.builtin.dangerous_pattern import DangerousPatternHook
from tui.hooks.builtin.dependency_injector import DependencyInjectorHook
from tui.hooks.builtin.environment import EnvironmentHook
from tui.hooks.builtin.execution_logger import ExecutionLoggerHook
from tui.hooks.builtin.git import GitHook
from tui.hooks.builtin.logging import LoggingHook
from tui.hooks.builtin.notification import NotificationHook
from tui.hooks.builtin.output_sanitizer import OutputSanitizerHook
from tui.hooks.builtin.preflight import PreflightHook
from tui.hooks.builtin.resource_monitor import ResourceMonitorHook
from tui.hooks.builtin.syntax_validation import SyntaxValidationHook
from tui.hooks.chain import Assess, HookChain
from tui.hooks.entry_points import BrokenHook, installed_hooks, load_hook
from tui.hooks.executable import DEFAULT_POINTS, ExecutableHook, hook_files
from tui.hooks.model import Hook, HookRecord
from tui.hooks.services import Services
from tui.hooks.settings import HookSettings, HooksSettings, load_hook_settings
from tui.paths import Paths

_MAKERS: Final[Mapping[str, Callable[[Any, Services], Any]]] = {
    "output-sanitizer": OutputSanitizerHook,
    "logging": LoggingHook,
    "syntax-validation": lambda options, _: SyntaxValidationHook(options),
    "dependency-injector": lambda options, _: DependencyInjectorHook(options),
    "preflight": lambda options, _: PreflightHook(options),
    "dangerous-pattern": lambda options, _: DangerousPatternHook(options),
    "environment": lambda options, _: EnvironmentHook(options),
    "backup": BackupHook,
    "resource-monitor": lambda options, _: ResourceMonitorHook(options),
    "notification": NotificationHook,
    "git": lambda options, _: GitHook(options),
    "execution-logger": ExecutionLoggerHook,
}
_TIMEOUTS_S: Final = {"backup": 120.0, "notification": 45.0, "git": 60.0}
"""Of built-in hooks that may have a lot to do."""
_KILL_S: Final = 3.0
"""What the chain waits beyond an executable's own limit, so that it is the one that is ended in order."""


@dataclass(frozen=True, slots=True)
class InstalledHook:
    """A hook there is, whether it is heard or not."""

    hook: Hook
    source: str
    """`built in`, the package it comes from, or the file it is."""
    enabled: bool
    timeout_s: float
    options: Any = None


def find_hooks(settings: HooksSettings, services: Services) -> tuple[InstalledHook, ...]:
    """Return all hooks, in the order they are heard.

    Names are unique: of two hooks of one name the built-in one, then the package's, keeps it. The other stands there as
    a hook that fails, because a guard that is silently not heard is worse than none.
    """
    found: dict[str, InstalledHook] = {}
    for one in (*_builtin(settings, services), *_packaged(settings), *_files(settings, services.paths)):
        if (name := one.hook.name) in found:
            clash = BrokenHook(f"{name} of {one.source}", f"another hook is named {name}", one.hook.priority)
            found[clash.name] = replace(one, hook=clash)
        else:
            found[name] = one
    return tuple(sorted(found.values(), key=lambda one: (-one.hook.priority, one.hook.name)))


def _builtin(settings: HooksSettings, services: Services) -> Iterator[InstalledHook]:
    for name, make in _MAKERS.items():
        chosen = settings.of(name)
        hook = make(chosen.options, services)
        if chosen.priority is not None:
            hook = replace(hook, priority=chosen.priority)
        timeout_s = chosen.timeout_s or _TIMEOUTS_S.get(name, settings.timeout_s)
        yield InstalledHook(hook, "built in", chosen.enabled, timeout_s, chosen.options)


def _foreign(settings: HooksSettings, name: str) -> HookSettings:
    # What is set for a built-in hook is not for a namesake.
    return HookSettings() if name in _MAKERS else settings.of(name)


def _packaged(settings: HooksSettings) -> Iterator[InstalledHook]:
    for name, entry_point in installed_hooks().items():
        chosen = _foreign(settings, name)
        hook: Hook
        if chosen.enabled:
            hook = load_hook(entry_point, chosen.options or {}, chosen.priority, chosen.points)
        else:  # not even imported
            hook = BrokenHook(name, "it is not enabled", chosen.priority or 0)
        source = entry_point.value if entry_point.dist is None else entry_point.dist.name
        yield InstalledHook(hook, source, chosen.enabled, chosen.timeout_s or settings.timeout_s, chosen.options)


def _files(settings: HooksSettings, paths: Paths) -> Iterator[InstalledHook]:
    for file, name, number in hook_files(paths.user_hooks):
        chosen = _foreign(settings, name)
        timeout_s = chosen.timeout_s or settings.timeout_s
        priority = number if chosen.priority is None else chosen.priority
        hook = ExecutableHook(file, name, priority, chosen.points or DEFAULT_POINTS, timeout_s)
        yield InstalledHook(hook, str(file), chosen.enabled, timeout_s + _KILL_S, chosen.options)


def known_names(paths: Paths) -> frozenset[str]:
    """Return the names of the hooks that do not come with Rollcage."""
    return frozenset(installed_hooks()) | {name for _, name, _ in hook_files(paths.user_hooks)}


def open_chain(
    services: Services, *, assess: Assess, recorder: Callable[[HookRecord], None] = lambda _: None
) -> HookChain:
    """Return the chain of all enabled hooks by this user's settings.

    Raises:
        InvalidInput: the settings are wrong.
    """
    settings = load_hook_settings(services.paths, known_names(services.paths))
    heard = [one for one in find_hooks(settings, services) if one.enabled]
    return HookChain(
        (one.hook for one in heard),
        assess=assess,
        recorder=recorder,
        timeout_s=settings.timeout_s,
        timeouts={one.hook.name: one.timeout_s for one in heard},
    )
