"""Which built-in hooks are heard, and how, before anybody sets anything."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from tui.hooks.builtin import (
    backup,
    dangerous_pattern,
    dependency_injector,
    environment,
    execution_logger,
    git,
    logging,
    notification,
    output_sanitizer,
    preflight,
    resource_monitor,
    syntax_validation,
)
from tui.levels import RiskLevel
from tui.risk.model import Category


class Preset(StrEnum):
    """A set of hooks for a kind of work."""

    DEFAULT = "default"
    """Records, checks, limits nothing, tells about long runs that failed."""
    DEVELOPMENT = "development"
    """For working on the machine in front of you: keeps uncommitted work, modest limits, no notifications."""
    PRODUCTION = "production"
    """For runs that matter: refuses more, saves files before they are destroyed, tells about every deployment."""


BUILTIN_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "output-sanitizer": output_sanitizer.Options(),
        "logging": logging.Options(),
        "syntax-validation": syntax_validation.Options(),
        "dependency-injector": dependency_injector.Options(),
        "preflight": preflight.Options(),
        "dangerous-pattern": dangerous_pattern.Options(),
        "environment": environment.Options(),
        "backup": backup.Options(),
        "resource-monitor": resource_monitor.Options(),
        "notification": notification.Options(),
        "git": git.Options(),
        "execution-logger": execution_logger.Options(),
    }
)
"""Every built-in hook with the options it has when nothing is set, in the order they are heard."""

_ALWAYS: Final = (
    "output-sanitizer", "logging", "syntax-validation", "preflight", "dangerous-pattern", "environment",
    "resource-monitor", "execution-logger",
)  # fmt: skip


def _with(changes: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType({**{name: BUILTIN_OPTIONS[name] for name in _ALWAYS}, **changes})


PRESETS: Final[Mapping[Preset, Mapping[str, Any]]] = MappingProxyType(
    {
        Preset.DEFAULT: _with({"notification": BUILTIN_OPTIONS["notification"]}),
        Preset.DEVELOPMENT: _with(
            {
                "environment": environment.Options({"ROLLCAGE_DEBUG": "1"}),
                "git": git.Options(save=git.Save.STASH),
                "resource-monitor": resource_monitor.Options(max_memory_mb=2048, max_cpu_time=300.0),
            }
        ),
        Preset.PRODUCTION: _with(
            {
                "preflight": preflight.Options(
                    blocked_programs=("mkfs", "fdisk", "shutdown", "reboot"),
                    blocked_categories=(
                        Category.BACKUP_DESTROY, Category.SECRETS_DESTROY, Category.EVADE, Category.SHELL,
                    ),
                ),
                "dangerous-pattern": dangerous_pattern.Options(
                    block=(Category.ESCAPE, Category.NET_ATTACK, Category.EXFIL, Category.OBFUSCATED),
                    ask=(Category.REMOTE_CODE, Category.DB_DESTROY, Category.CLOUD_DESTROY, Category.VCS_HISTORY),
                ),
                "backup": BUILTIN_OPTIONS["backup"],
                "notification": notification.Options(
                    when=notification.When.FAILURE,
                    commands=("deploy", "security-audit", "backup", "restore"),
                    min_level=RiskLevel.HIGH,
                    min_duration=0.0,
                ),
                "resource-monitor": resource_monitor.Options(max_memory_mb=4096, max_cpu_time=3600.0),
            }
        ),
    }
)  # fmt: skip
"""The hooks of a preset with their options; the others are off."""
