"""Names and what they stand for while a text is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.risk.code.values import Constant, Items, Labels, Reference, Routine, Value, labels_of, or_else, with_labels

_MAX_NAMES = 5000


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a function or of the text as a whole."""

    parent: Scope | None = None
    names: dict[str, Value] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    """Names that belong to a scope further out: `global`, `nonlocal`."""
    returned: list[Value] = field(default_factory=list)
    returned_labels: Labels = frozenset()
    yielded: list[Value] = field(default_factory=list)
    """What a generator hands out, in its order."""
    branching: int = 0
    """How many branches of which another may be taken surround the statement."""
    conditional: int = 0
    """How many branches and loops surround the statement: what is assigned there may not be."""

    def find(self, name: str) -> Value | None:
        """Return what `name` stands for, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def assign(self, name: str, value: Value) -> None:
        """Let `name` stand for `value`; in a branch it keeps the labels of what it stood for before."""
        scope = self
        if name in self.outer:
            while scope.parent is not None and name not in scope.names:
                scope = scope.parent
        before = scope.names.get(name)
        if self.conditional and _is_fallback(before, value):
            return
        if self.branching and not _grows(before, value):
            value = or_else(value, before)
        if before is not None and self.conditional and not isinstance(before, Items):
            value = with_labels(value, before.labels)
        if len(scope.names) < _MAX_NAMES:
            scope.names[name] = value

    def assign_where_it_is(self, name: str, value: Value) -> None:
        """Assign as JavaScript does: to the nearest scope that has the name, else to the outermost."""
        scope: Scope = self
        while name not in scope.names and scope.parent is not None:
            scope = scope.parent
        before = scope.names.get(name)
        if self.conditional and _is_fallback(before, value):
            return
        if self.branching and not _grows(before, value):
            value = or_else(value, before)
        if before is not None and self.conditional:
            value = with_labels(value, labels_of(before))
        if len(scope.names) < _MAX_NAMES:
            scope.names[name] = value


def _is_fallback(before: Value | None, value: Value) -> bool:
    """Whether a branch only says that a function is missing: `except ImportError: run = None`."""
    return isinstance(before, Reference | Routine) and isinstance(value, Constant) and value.value is None


def _grows(before: Value | None, value: Value) -> bool:
    """Whether a text is put together piece by piece, so that what it was before is only a part of it."""
    if not isinstance(before, Constant) or not isinstance(value, Constant):
        return False
    return isinstance(before.value, str) and isinstance(value.value, str) and value.value.startswith(before.value)
