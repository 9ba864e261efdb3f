"""Every key of the application, in one table.

A key's id is `scope.verb`. Widgets and screens take the bindings of their scope from here, the help screen and the
command palette list them, and a test compares the table with what is bound.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from textual.binding import BindingType

from tui.ui.keys import audit, code, dialogs, everywhere, output, pool, run, scenarios, timeline
from tui.ui.keys.key import Key

Scope = Literal[
    "app",
    "session",
    "run",
    "definitions",
    "form",
    "output",
    "tree",
    "code",
    "auditarea",
    "audit",
    "record",
    "scenarios",
    "scenariolist",
    "steps",
    "approval",
    "dialog",
]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
SCOPE_TITLES: Final[dict[Scope, str]] = {
    "app": "Everywhere",
    "session": "The session, in Run and Timeline",
    "run": "Run",
    "definitions": "Commands",
    "form": "Command and its parameters",
    "output": "Output",
    "tree": "Session",
    "code": "Code",
    "auditarea": "Audit log",
    "audit": "Records of the audit log",
    "record": "One record of the audit log",
    "scenarios": "Scenarios",
    "scenariolist": "The list of scenarios",
    "steps": "Steps of a scenario",
    "approval": "The question before a run",
    "dialog": "Dialogs",
}


TABLE: Final[tuple[Key, ...]] = (
    *everywhere.KEYS, *run.KEYS, *output.KEYS, *timeline.KEYS, *audit.KEYS, *pool.KEYS, *scenarios.KEYS, *code.KEYS,
    *dialogs.KEYS,
)  # fmt: skip


def keys_of(scope: Scope) -> list[Key]:
    """Return the keys of a scope, in the order of the table."""
    return [key for key in TABLE if key.scope == scope]


def bindings_of(scope: Scope) -> list[BindingType]:
    """Return the bindings of a scope, for `BINDINGS`."""
    return [key.to_binding() for key in keys_of(scope)]
