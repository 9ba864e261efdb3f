"""What `doctor` looks at of the gate: the files a person writes for it, and the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tui.errors import RollcageError
from tui.machines.host import Check

if TYPE_CHECKING:
    from tui.paths import Paths


def gate_checks(paths: Paths) -> Iterator[Check]:
    """Yield a check of each part; nothing is changed."""
    for name, look in (
        ("rules of risk", _rules), ("policy", _policy), ("hooks", _hooks), ("audit log", _audit),
    ):  # fmt: skip
        yield _checked(name, lambda look=look: look(paths))  # type: ignore[misc]


def _checked(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except RollcageError as error:
        return Check(name, False, error.message, error.hint)


def _rules(paths: Paths) -> str:
    from tui.risk.knowledge import knowledge_of

    knowledge = knowledge_of(paths)
    own = len(list(paths.user_rules.glob("*.yaml"))) if paths.user_rules.is_dir() else 0
    return f"{len(knowledge.rules())} rules, {own} files of your own"


def _policy(paths: Paths) -> str:
    from tui.errors import InvalidInput
    from tui.policy.sources import Sources

    loaded = Sources(paths, Path.cwd()).read()
    if loaded.problems:
        raise InvalidInput("\n".join(map(str, loaded.problems)), hint="`rollcage policy show` shows what is in force")
    there = "read" if paths.policy_file.exists() else "not there, which means the defaults"
    return f"{paths.policy_file}: {there}"


def _hooks(paths: Paths) -> str:
    from tui.hooks.install import find_hooks, known_names
    from tui.hooks.services import Services
    from tui.hooks.settings import load_hook_settings
    from tui.redaction import Redactor

    settings = load_hook_settings(paths, known_names(paths))
    found = find_hooks(settings, Services(paths, Redactor()))
    return f"preset {settings.preset}, {sum(one.enabled for one in found)} of {len(found)} are heard"


def _audit(paths: Paths) -> str:
    from tui.audit.reader import AuditReader

    reader = AuditReader.read(paths)
    if reader is None:
        return "empty; the first run begins it"
    try:
        last = reader.last()
    finally:
        reader.close()
    return f"{last} records; `rollcage audit verify` checks them all"
