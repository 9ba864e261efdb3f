"""Classes of a Python text: what they define and inherit, and the objects that are made of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from tui.risk.code.python_library import OPERATIONS
from tui.risk.code.python_lookup import Lambda, canonical
from tui.risk.code.python_routines import Routines
from tui.risk.code.scope import Scope
from tui.risk.code.values import Constant, Instance, Reference, Routine, Value

_MOST_BASES: Final = 32
"""Classes that one class inherits from, as far as they are followed."""
_PROPERTIES: Final = frozenset({"property", "cached_property"})
_Method = ast.FunctionDef | ast.AsyncFunctionDef


def methods_of(node: ast.ClassDef) -> dict[str, _Method]:
    """Return the methods of a class by name; of several with one name the last counts."""
    return {each.name: each for each in node.body if isinstance(each, _Method)}


def class_of(value: Value) -> Routine | None:
    """Return the class of the text that `value` is or is an object of."""
    found = value.attributes.get("__class__") if isinstance(value, Instance) else value
    if isinstance(found, Routine) and isinstance(found.body, Lambda) and isinstance(found.body.node, ast.ClassDef):
        return found
    return None


class Classes(Routines):
    """Looks members of classes up and makes objects."""

    methods: dict[int, dict[str, _Method]]
    """The methods of classes that were asked for, by the identity of their node."""

    def apply(
        self,
        target: Value,
        args: tuple[Value, ...],
        keywords: dict[str, Value],
        node: ast.Call,
        owner: Value | None = None,
    ) -> Value:
        """Return what calling `target` returns."""
        raise NotImplementedError

    def attribute(self, owner: Value, name: str, *, disguised: bool = False) -> Value:
        """Return an attribute of a value; what an object does not have itself, its class has."""
        if isinstance(owner, Instance) and owner.kind == "super":
            return self._of_super(owner, name)
        of = class_of(owner)
        if of is not None and not (isinstance(owner, Instance) and name in owner.attributes):
            found = self.member(of, name, owner if isinstance(owner, Instance) else None)
            if found is not None:
                return found
            fallback = self.member(of, "__getattr__", owner) if isinstance(owner, Instance) else None
            if isinstance(fallback, Routine):
                return self.run_routine(fallback, (Constant(name),), {})
        return super().attribute(owner, name, disguised=disguised)

    def member(self, of: Routine, name: str, bound: Value | None) -> Value | None:
        """Return what the class `of` or a class it inherits from has under a name, bound to an object of it."""
        for each in lineage(of):
            if isinstance(each, Reference):
                if (full := canonical(f"{each.name}().{name}")) in OPERATIONS:
                    return Reference(full, shown=name)
                continue
            body = each.body
            if not isinstance(body, Lambda) or not isinstance(body.node, ast.ClassDef):
                continue
            self.judge.budget.spend()
            if id(body.node) not in self.methods:
                self.methods[id(body.node)] = methods_of(body.node)
            if (method := self.methods[id(body.node)].get(name)) is not None:
                return self._bound(method, body, each, bound)
            if body.members is not None and name in body.members.names:
                return body.members.names[name]
        return None

    def _bound(self, method: _Method, body: Lambda, of: Routine, bound: Value | None) -> Value:
        kinds = {ast.unparse(each).rpartition(".")[2] for each in method.decorator_list}
        inner = Lambda(method, Scope(body.scope, {"__class__": of}))
        if "staticmethod" in kinds:
            return Routine(method.name, inner)
        if "classmethod" in kinds:
            return Routine(method.name, inner, of)
        routine = Routine(method.name, inner, bound)
        return self.run_routine(routine, (), {}) if bound is not None and kinds & _PROPERTIES else routine

    def _of_super(self, owner: Instance, name: str) -> Value:
        of, me = owner.attributes.get("__class__"), owner.attributes.get("__self__")
        bases = of.body.bases if isinstance(of, Routine) and isinstance(of.body, Lambda) else ()
        for base in bases:
            if isinstance(base, Routine):
                found = self.member(base, name, me)
                if found is not None:
                    return found
            elif isinstance(base, Reference):
                return Reference(base.name if name == "__init__" else canonical(f"{base.name}().{name}"), shown=name)
        return Reference(f"super.{name}", shown=name)

    def made_super(self) -> Value:
        """Return what `super()` stands for in the method that is read."""
        found = {name: self.scope.find(name) for name in ("__class__", "__self__")}
        return Instance("super", None, {name: value for name, value in found.items() if value is not None})

    def instantiate(
        self, routine: Routine, node: ast.ClassDef, args: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Make an object of a class of the text."""
        instance = Instance(routine.name, None, {"__class__": routine})
        constructor = self.member(routine, "__init__", instance)
        if isinstance(constructor, Routine):
            self.run_routine(constructor, args, keywords)
            return instance
        fields = list(dict.fromkeys(_fields(routine)))
        for position, name in enumerate(fields):
            value = args[position] if position < len(args) else keywords.get(name)
            if value is not None:
                instance.attributes[name] = value
        base = next((each for each in lineage(routine) if isinstance(each, Reference)), None)
        if not fields and base is not None and base.name in OPERATIONS and (args or keywords):
            self.apply(base, args, keywords, ast.copy_location(ast.Call(ast.Name("super", ast.Load()), [], []), node))
        return instance


def lineage(of: Routine) -> list[Routine | Reference]:
    """Return a class and what it inherits from, nearest first; each once, and no more than a few dozen."""
    found: dict[int, Routine | Reference] = {}
    waiting: list[Value] = [of]
    while waiting and len(found) < _MOST_BASES:
        each = waiting.pop(0)
        if isinstance(each, Routine | Reference) and id(each) not in found:
            found[id(each)] = each
            if isinstance(each, Routine) and isinstance(each.body, Lambda):
                waiting = [*each.body.bases[:_MOST_BASES], *waiting]
    return list(found.values())


def _fields(of: Routine) -> Iterator[str]:
    """Yield the names that a data class takes, those of its bases first."""
    for each in reversed(lineage(of)):
        if isinstance(each, Routine) and isinstance(each.body, Lambda) and isinstance(each.body.node, ast.ClassDef):
            for statement in each.body.node.body:
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    yield statement.target.id
