"""Classes of a JavaScript text: what they define and inherit, and the objects that are made of them."""

from __future__ import annotations

from typing import Final

from tree_sitter import Node

from tui.risk.code.javascript_lookup import Closure
from tui.risk.code.javascript_routines import Routines
from tui.risk.code.scope import Scope
from tui.risk.code.values import UNKNOWN, Constant, Instance, Reference, Routine, Value

_MOST_BASES: Final = 16
"""Levels of inheritance that are followed."""
CLASSES: Final = frozenset({"class_declaration", "class"})


def _is(member: Node, word: str) -> bool:
    return any(child.type == word for child in member.children)


def is_getter(value: Value | None) -> bool:
    """Whether `value` is a function that is called when its property is read."""
    return (
        isinstance(value, Routine)
        and isinstance(value.body, Closure)
        and value.body.node.type == "method_definition"
        and _is(value.body.node, "get")
    )


class Classes(Routines):
    """Looks members of classes up and makes objects."""

    def attribute(self, owner: Value, name: str, *, disguised: bool = False) -> Value:
        """Return a property of a value; one that is computed is computed."""
        if isinstance(owner, Instance) and owner.kind == "Proxy" and name not in owner.attributes:
            trap = owner.attributes.get("(get)")
            return self.run_routine(trap, (UNKNOWN, Constant(name))) if isinstance(trap, Routine) else UNKNOWN
        if isinstance(owner, Routine) and isinstance(owner.body, Closure) and name in owner.body.statics:
            found = owner.body.statics[name]
        else:
            found = super().attribute(owner, name, disguised=disguised)
        if isinstance(found, Routine) and is_getter(found):
            return self.run_routine(Routine(name, found.body, owner), ())
        return found

    def define_class(self, routine: Routine) -> Routine:
        """Read what a class has without any object of it: its base and its static members."""
        closure = routine.body
        if not isinstance(closure, Closure):
            return routine
        base = self._base(closure)
        if isinstance(base, Routine) and isinstance(base.body, Closure):
            closure.statics.update(base.body.statics)
        inner = Scope(closure.scope, {"this": routine})
        for member in self._members(closure.node):
            if member.type == "class_static_block":
                self._in(inner, member)
            elif _is(member, "static"):
                self._add(closure.statics, member, inner)
        return routine

    def instantiate(self, routine: Routine, node: Node, args: tuple[Value, ...]) -> Value:
        """Make an object of a class of the text."""
        del node
        closure = routine.body
        base = self._base(closure) if isinstance(closure, Closure) else None
        instance = Instance(base.name if isinstance(base, Reference) else routine.name)
        self._fill(routine, instance, 0)
        constructor = instance.attributes.get("constructor")
        if isinstance(constructor, Routine):
            self._keep_parameters(constructor, instance, args)
            self.run_routine(constructor, args)
        return instance

    def _keep_parameters(self, constructor: Routine, instance: Instance, args: tuple[Value, ...]) -> None:
        """Let properties be what parameters of their name are: TypeScript's `constructor(private root: string)`."""
        body = constructor.body
        parameters = body.node.child_by_field_name("parameters") if isinstance(body, Closure) else None
        for parameter, value in zip(parameters.named_children if parameters is not None else [], args, strict=False):
            if parameter.type == "identifier":
                instance.attributes.setdefault(self.text(parameter), value)

    def _fill(self, routine: Routine, instance: Instance, depth: int) -> None:
        closure = routine.body
        if not isinstance(closure, Closure) or depth > _MOST_BASES:
            return
        base = self._base(closure)
        inherited: Value | None = None
        if isinstance(base, Routine):
            self._fill(base, instance, depth + 1)
            inherited = Instance("super", None, dict(instance.attributes))
        elif isinstance(base, Reference):
            inherited = Instance(base.name, None, {"constructor": base})
        inner = Scope(closure.scope, {"this": instance} | ({"super": inherited} if inherited is not None else {}))
        for member in self._members(closure.node):
            self.judge.budget.spend()
            if not _is(member, "static"):
                self._add(instance.attributes, member, inner, instance)

    def _add(self, to: dict[str, Value], member: Node, scope: Scope, owner: Value | None = None) -> None:
        if member.type == "method_definition":
            name = self.text(member.child_by_field_name("name"))
            if not (_is(member, "set") and name in to):
                to[name] = Routine(name, Closure(member, scope), owner)
        elif member.type == "field_definition":
            before, self.scope = self.scope, scope
            try:
                to[self.text(member.child_by_field_name("property"))] = self.evaluate(
                    member.child_by_field_name("value")
                )
            finally:
                self.scope = before

    def _in(self, scope: Scope, block: Node) -> None:
        before, self.scope = self.scope, Scope(scope)
        try:
            self.block(block)
        finally:
            self.scope = before

    def _base(self, closure: Closure) -> Value | None:
        heritage = next((child for child in closure.node.children if child.type == "class_heritage"), None)
        if heritage is None or not heritage.named_children:
            return None
        before, self.scope = self.scope, closure.scope
        try:
            return self.evaluate(heritage.named_children[0])
        finally:
            self.scope = before

    def _members(self, node: Node) -> list[Node]:
        body = node.child_by_field_name("body")
        return body.named_children if body is not None else []

    def _super(self, node: Node) -> Value:
        del node
        return self.scope.find("super") or UNKNOWN
