"""What names, attributes and elements of Python stand for."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from tui.risk.code import python_folding as folding
from tui.risk.code.conventions import setting
from tui.risk.code.judge import Judge
from tui.risk.code.python_library import ALIASES, BARE, OPERATIONS
from tui.risk.code.scope import Scope
from tui.risk.code.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Entries,
    Instance,
    Items,
    Label,
    Reference,
    Routine,
    Text,
    Value,
    labels_of,
    text_of,
)
from tui.risk.model import Span

_ENVIRONMENT = frozenset({Label.ENVIRONMENT})


_CONTEXT_VALUES = {
    "os.sep": Constant("/"), "os.curdir": Constant("."), "os.devnull": Constant("/dev/null"),
    "os.linesep": Constant("\n"), "os.name": Constant("posix"),
    "__file__": Constant("./script.py"), "string.ascii_lowercase": Constant("abcdefghijklmnopqrstuvwxyz"),
    "signal.SIGKILL": Constant(9),
    "string.ascii_letters": Constant("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "string.digits": Constant("0123456789"),
    "os.O_RDONLY": Constant(0), "os.O_WRONLY": Constant(1), "os.O_RDWR": Constant(2), "os.O_CREAT": Constant(0o100),
    "os.O_TRUNC": Constant(0o1000), "os.O_APPEND": Constant(0o2000), "os.O_EXCL": Constant(0o200),
    "os.O_SYNC": Constant(0o10000), "os.O_NONBLOCK": Constant(0o4000), "os.O_CLOEXEC": Constant(0o2000000),
    "os.O_BINARY": Constant(0), "os.O_DIRECT": Constant(0o40000),
    **{f"stat.S_{name}": Constant(mode) for name, mode in {"IEXEC": 0o100, "IXUSR": 0o100, "IXGRP": 0o10, "IXOTH": 1,
    "IWOTH": 2, "IRWXU": 0o700, "IRWXG": 0o70, "IRWXO": 7}.items()},
    "stat.S_ISUID": Constant(0o4000), "stat.S_ISGID": Constant(0o2000), "__name__": Constant("__main__"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lambda:
    """What a routine of Python is made of."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
    scope: Scope
    members: Scope | None = None
    """What a class assigns in its body."""
    bases: tuple[Value, ...] = ()
    """What a class inherits from."""


def canonical(name: str) -> str:
    """Return the one dotted name under which the tables know something."""
    name = BARE.get(name, name)
    for alias, real in ALIASES:
        if name.startswith(alias):
            name = real + name[len(alias) :]
    return name


class Lookups:
    """Looks names up; expressions are evaluated by the classes that build on it."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.scope = Scope()
        self.starred = False
        """Whether names that the text does not show may come from `from … import *`."""
        self.star_modules: list[str] = []
        self.span_of: Callable[[ast.AST], Span] = lambda _node: Span(0, 0)
        self.depth = 0

    def call(self, node: ast.Call) -> Value:
        """Return what a call returns."""
        raise NotImplementedError

    def routine(self, node: ast.Lambda) -> Routine:
        """Return the function that a lambda makes."""
        return Routine("lambda", Lambda(node, self.scope))

    def global_name(self, name: str) -> Value:
        """Return what a name stands for that the text does not define."""
        if name in _CONTEXT_VALUES:
            return _CONTEXT_VALUES[name]
        for module in self.star_modules:
            if (full := canonical(f"{module}.{name}")) in OPERATIONS:
                return Reference(full, shown=name)
        return Reference(canonical(name), shown=name)

    def attribute(self, owner: Value, name: str, *, disguised: bool = False) -> Value:
        """Return an attribute of a value."""
        if isinstance(owner, Reference):
            if name == "__globals__":
                return Reference("globals", disguised=True)
            full = canonical(f"{owner.name}.{name}")
            if full == "os.environ" or full == "os.environb":
                return Reference("os.environ", labels=_ENVIRONMENT, shown="os.environ")
            if full in _CONTEXT_VALUES:
                return _CONTEXT_VALUES[full]
            if full == "sys.argv":
                return Value(labels=frozenset({Label.TYPED}), shown="argv")
            row = OPERATIONS.get(owner.name)
            labels = owner.labels | (row.labels if row is not None and row.action.name == "SOURCE" else NOTHING)
            return Reference(full, disguised or owner.disguised, labels=labels, shown=name)
        if isinstance(owner, Instance):
            if name in owner.attributes:
                return owner.attributes[name]
            if name == "__dict__":
                return Entries(owner.attributes)
            if owner.kind == "pathlib.Path":
                return self._path_attribute(owner, name)
            full = canonical(f"{owner.kind}().{name}")
            return Reference(full, disguised, labels=labels_of(owner), shown=name)
        if isinstance(owner, Routine):
            return Reference(f"{owner.name}.{name}", shown=name)
        if isinstance(owner, Entries) and name in owner.entries:
            return owner.entries[name]
        if name == "__globals__":
            return Reference("globals", disguised=True)
        if (isinstance(owner, Text) and name == "path" and Label.WALK in owner.labels) or (
            isinstance(owner, Constant) and name == "value"
        ):
            return owner  # an entry of a directory; a member of an enumeration
        return Value(labels=labels_of(owner), shown=f"{owner.shown}.{name}" if owner.shown else name)

    def _path_attribute(self, owner: Instance, name: str) -> Value:
        if name == "parent":
            folded = folding.call_function("os.path.dirname", (owner.content or UNKNOWN,))
            return Instance("pathlib.Path", folded or Value(shown="parent"))
        if name in {"name", "stem", "suffix", "parts"}:
            return Value(shown=name, labels=labels_of(owner))
        return Reference(f"pathlib.Path().{name}", labels=labels_of(owner), shown=name)

    def item(self, owner: Value, key: Value) -> Value:
        """Return an element of a value."""
        if isinstance(owner, Reference):
            name = text_of(key)
            if owner.name == "os.environ":
                every = name is None and Label.ENVIRONMENT in labels_of(key)  # a loop over all of them
                if every:
                    return Value(labels=_ENVIRONMENT, shown="environment")
                return self.judge.environment.get(name or "", setting(name))
            if name is not None and owner.name == "plumbum.local":
                return Reference(f"plumbum.cmd.{name}")
            if name is not None and owner.name.endswith(("__dict__", "sys.modules", "globals", "locals", "vars")):
                return self._looked_up(owner.name, name)
        if (
            isinstance(owner, Instance)
            and owner.kind in {"globals", "locals", "vars"}
            and (name := text_of(key)) is not None
        ):
            found = self.scope.find(name)
            return found if found is not None else self._looked_up("globals", name)
        if isinstance(key, Constant):
            if (
                isinstance(owner, Items)
                and isinstance(key.value, int)
                and -len(owner.items) <= key.value < len(owner.items)
            ):
                return owner.items[key.value]
            if isinstance(owner, Entries) and str(key.value) in owner.entries:
                return owner.entries[str(key.value)]
            if isinstance(owner, Constant) and isinstance(owner.value, str | bytes) and isinstance(key.value, int):
                try:
                    return Constant(owner.value[key.value], labels=owner.labels)
                except IndexError:
                    return UNKNOWN
        shown = f"{owner.shown}_{text_of(key)}" if text_of(key) and owner.shown else owner.shown
        return Value(labels=labels_of(owner), shown=shown)

    def _looked_up(self, where: str, name: str) -> Value:
        module = where.removesuffix(".__dict__")
        if module == "globals" and f"os.{name}" in OPERATIONS:
            return Reference(f"os.{name}", disguised=True)  # the globals of a function of `os`
        if module in {"globals", "locals", "vars", "sys.modules"}:
            return Reference(canonical(name), disguised=where != "sys.modules")
        return Reference(canonical(f"{module}.{name}"), disguised=True)

    def evaluate(self, node: ast.expr | None) -> Value:
        """Return what `node` evaluates to."""
        raise NotImplementedError
