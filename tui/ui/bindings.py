"""Every key of the application, in one table.

A key's id is `scope.verb`. Widgets and screens take the bindings of their scope from here, the help screen and the
command palette list them, and a test compares the table with what is bound. What a person bound otherwise is in the
`Keymap` of the application. Nothing here needs Textual until a binding is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

from tui.keymap.names import is_typed
from tui.keymap.table import UNBOUND, KeyTable
from tui.ui.keys import audit, code, dialogs, everywhere, output, pool, run, scenarios, timeline

if TYPE_CHECKING:
    from textual.binding import BindingType

    from tui.ui.keys.key import Key

Scope = Literal[
    "app",
    "area",
    "list",
    "text",
    "line",
    "session",
    "run",
    "definitions",
    "form",
    "output",
    "prompt",
    "tree",
    "timeline",
    "changes",
    "difference",
    "code",
    "editor",
    "blocks",
    "auditarea",
    "audit",
    "record",
    "pool",
    "machines",
    "poolpane",
    "scenarios",
    "scenariolist",
    "steps",
    "approval",
    "sessions",
    "finder",
    "dialog",
]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
SCOPE_TITLES: Final[dict[Scope, str]] = {
    "app": "Everywhere",
    "area": "Every area",
    "list": "Every list",
    "text": "Whatever is read by scrolling",
    "line": "Lines to type in",
    "session": "The session, in Run and Timeline",
    "run": "Run",
    "definitions": "Commands",
    "form": "Command and its parameters",
    "output": "Output",
    "prompt": "The line below the output",
    "tree": "Session",
    "timeline": "Timeline",
    "changes": "What changed",
    "difference": "Lines that changed",
    "code": "Code",
    "editor": "Text of the code",
    "blocks": "Blocks of code",
    "auditarea": "Audit log",
    "audit": "Records of the audit log",
    "record": "One record of the audit log",
    "pool": "Pool",
    "machines": "The list of machines",
    "poolpane": "What is told of machines, pool and backend",
    "scenarios": "Scenarios",
    "scenariolist": "The list of scenarios",
    "steps": "Steps of a scenario",
    "approval": "The question before a run",
    "sessions": "The list of sessions",
    "finder": "Help and palette",
    "dialog": "Dialogs",
}


TABLE: Final[tuple[Key, ...]] = (
    *everywhere.KEYS, *run.KEYS, *output.KEYS, *timeline.KEYS, *audit.KEYS, *pool.KEYS, *scenarios.KEYS, *code.KEYS,
    *dialogs.KEYS,
)  # fmt: skip


AROUND: Final[dict[Scope, tuple[Scope, ...]]] = {
    "definitions": ("list", "run", "session", "area"),
    "form": ("text", "run", "session", "area"),
    "line": ("form", "text", "run", "session", "area"),
    "output": ("run", "session", "area"),
    "prompt": ("run", "session", "area"),
    "tree": ("list", "run", "session", "area"),
    "run": ("session", "area"),
    "session": ("area",),
    "timeline": ("session", "area"),
    "changes": ("list", "timeline", "session", "area"),
    "difference": ("text", "timeline", "session", "area"),
    "auditarea": ("area",),
    "audit": ("list", "auditarea", "area"),
    "pool": ("area",),
    "machines": ("list", "pool", "area"),
    "poolpane": ("text", "pool", "area"),
    "scenarios": ("area",),
    "scenariolist": ("list", "scenarios", "area"),
    "steps": ("list", "scenarios", "area"),
    "editor": ("code",),
    "blocks": ("list", "code"),
    "record": ("dialog",),
    "approval": ("dialog",),
    "sessions": ("dialog",),
    "finder": ("dialog",),
}
"""What else is bound where a scope is, beside what is everywhere."""
MODAL: Final[frozenset[Scope]] = frozenset((
    "code", "editor", "blocks", "record", "approval", "sessions", "finder", "dialog",
))  # fmt: skip
"""Scopes on top of everything else: of the keys from everywhere only those that come first work there."""
KEY_TABLE: Final = KeyTable(TABLE, SCOPE_TITLES, AROUND, MODAL)  # type: ignore[arg-type]


def keys_of(scope: Scope) -> list[Key]:
    """Return the keys of a scope, in the order of the table."""
    return KEY_TABLE.of(scope)


def bindings_of(scope: Scope) -> list[BindingType]:
    """Return the bindings of a scope, for `BINDINGS`."""
    from textual.binding import Binding

    return [
        Binding(
            _keys(key), key.action, key.label, show=key.shown, priority=key.priority, key_display=key.display,
            tooltip=key.help, id=key.id,
        )
        for key in keys_of(scope)
    ]  # fmt: skip


def _keys(key: Key) -> str:
    """Return the keys of a binding, and for a binding of characters alone one more, which no terminal sends.

    Textual 8.2.8 takes what a focused text field would type out of the bindings before it lays a keymap over them
    (`Screen._binding_chain`): without the one more, such a binding would be gone by then, and so would be what a person
    bound to a function key instead.
    """
    return f"{key.keys},{UNBOUND}-{key.id}" if all(map(is_typed, key.default_keys)) else key.keys
