"""Reads a JavaScript text in the order in which it would run."""

from __future__ import annotations

from typing import Final

from tree_sitter import Node

from tui.levels import RiskLevel
from tui.risk.code.budget import MAX_DEPTH
from tui.risk.code.conventions import CALLED_FOR_CLIENTS, elements, pairs_of
from tui.risk.code.javascript_builtins import KEY_EVENTS
from tui.risk.code.javascript_calls import Calls
from tui.risk.code.javascript_library import canonical, module_name
from tui.risk.code.javascript_lookup import Closure
from tui.risk.code.judge import Judge
from tui.risk.code.network import send
from tui.risk.code.values import NOTHING, Constant, Entries, Instance, Label, Reference, Routine, Value, text_of
from tui.risk.model import Category, Effect, Span

_MAX_ROUNDS: Final = 16
_FUNCTIONS: Final = frozenset({"function_declaration", "generator_function_declaration"})
_LOADS: Final = frozenset({"src", "href", "action", "data"})
"""Properties of an element that make the browser ask for an address."""
_GOES_TO: Final = frozenset({"location.href", "document.location", "location", "document.location.href"})
"""What leads the browser to another page."""
_INSTALL_SCRIPTS: Final = frozenset({"preinstall", "install", "postinstall", "prepare"})
"""Scripts of a package that run on whoever installs it."""
_WATCHED: Final = frozenset({
    "XMLHttpRequest.prototype.send", "XMLHttpRequest.prototype.open", "fetch", "globalThis.fetch",
    "http.request", "Module.prototype.require", "module.prototype.require", "Module._load", "module._load",
    "ethereum.request", "navigator.clipboard.writeText",
})  # fmt: skip


_EXPORTED: Final = frozenset(
    {f"{owner}.{name}" for owner in ("exports", "module.exports") for name in CALLED_FOR_CLIENTS}
)


class Reader(Calls):
    """Reads statements."""

    def __init__(self, judge: Judge) -> None:
        super().__init__(judge)
        self.runs = {}
        self.stack = []
        self.routines: list[Routine] = []
        self.here = Span(0, 0)

    def read(self, root: Node) -> None:
        """Read a text, then the functions that nothing in it has called: somebody may."""
        self.block(root)
        for routine in list(self.routines):
            if isinstance(routine.body, Closure) and not self.runs.get(routine.body.node.id):
                made = self.run_routine(routine, _asked(routine.name))
                for method in (
                    list(getattr(made, "attributes", {}).values()) if routine.body.node.type.startswith("class") else []
                ):
                    if (
                        isinstance(method, Routine)
                        and isinstance(method.body, Closure)
                        and not self.runs.get(method.body.node.id)
                    ):
                        self.run_routine(method, ())

    def make_routine(self, node: Node) -> Routine:
        """Return the function that `node` defines, and remember it."""
        routine = super().make_routine(node)
        self.routines.append(routine)
        return routine

    def block(self, node: Node) -> None:
        """Read the statements below `node`; functions are known before the first one runs."""
        if self.depth > MAX_DEPTH:
            self.judge.puzzled("statements nested too deeply")
            return
        self.depth += 1
        try:
            children = node.named_children
            for child in children:
                inner = child.child_by_field_name("declaration") if child.type == "export_statement" else child
                if inner is not None and inner.type in _FUNCTIONS:
                    self.scope.names[self.text(inner.child_by_field_name("name"))] = self.make_routine(inner)
            for child in children:
                self.statement(child)
        finally:
            self.depth -= 1

    def statement(self, node: Node) -> None:
        """Read one statement."""
        self.judge.budget.spend()
        handler = getattr(self, "_do_" + node.type, None)
        if handler is not None:
            handler(node)
        elif node.type in {"comment", *_FUNCTIONS}:
            return
        elif node.type.endswith(("_statement", "_block", "_clause", "_body", "_case", "_default")) or node.type in {
            "program",
            "ERROR",
            "catch_clause",
        }:
            self.block(node)
        else:
            self.evaluate(node)

    def _branch(self, node: Node | None) -> None:
        if node is not None:
            self.scope.conditional += 1
            self.statement(node)
            self.scope.conditional -= 1

    def _do_expression_statement(self, node: Node) -> None:
        for child in node.named_children:
            self.evaluate(child)

    def _do_variable_declaration(self, node: Node) -> None:
        for child in node.named_children:
            if child.type == "variable_declarator":
                value = child.child_by_field_name("value")
                self.bind(
                    child.child_by_field_name("name"),
                    self.evaluate(value) if value is not None else Constant(None),
                    declare=True,
                )
            elif child.type == "ERROR":
                self.block(child)

    _do_lexical_declaration = _do_variable_declaration

    def _do_class_declaration(self, node: Node) -> None:
        routine = self.make_routine(node)
        self.scope.assign(routine.name, routine)
        self.define_class(routine)

    def _do_import_statement(self, node: Node) -> None:
        source = node.child_by_field_name("source")
        specifier = self.evaluate(source)
        module = self.module(specifier, node)
        name = module.name if isinstance(module, Reference) else ""
        for clause in node.named_children:
            if clause.type != "import_clause":
                continue
            for child in clause.named_children:
                if child.type == "identifier":
                    self.scope.assign(self.text(child), Reference(name, shown=self.text(child)))
                elif child.type == "namespace_import" and child.named_children:
                    self.scope.assign(self.text(child.named_children[0]), Reference(name))
                elif child.type == "named_imports":
                    self._import_names(child, name)

    def _import_names(self, node: Node, module: str) -> None:
        for child in node.named_children:
            if child.type == "import_specifier":
                imported = self.text(child.child_by_field_name("name"))
                alias = self.text(child.child_by_field_name("alias")) or imported
                self.scope.assign(
                    alias,
                    self.attribute(Reference(module), imported)
                    if imported != "default"
                    else Reference(canonical(module_name(module))),
                )

    def _do_export_statement(self, node: Node) -> None:
        source = node.child_by_field_name("source")
        if source is not None:
            self.module(self.evaluate(source), node)
        for child in node.named_children:
            if child.type not in {"string", "export_clause"}:
                self.statement(child)

    def _do_if_statement(self, node: Node) -> None:
        self.evaluate(node.child_by_field_name("condition"))
        self.scope.branching += 1
        self._branch(node.child_by_field_name("consequence"))
        self._branch(node.child_by_field_name("alternative"))
        self.scope.branching -= 1

    def _do_for_statement(self, node: Node) -> None:
        initial, test, step = (node.child_by_field_name(name) for name in ("initializer", "condition", "increment"))
        if initial is not None:
            self.statement(initial)
        endless = test is None or test.type == "empty_statement" or self.text(test).strip("; ") in {"", "true", "1"}
        if test is not None:
            self.evaluate(test)
        self._loop(node.child_by_field_name("body"), endless)
        if step is not None:
            self.evaluate(step)

    def _loop(self, body: Node | None, endless: bool) -> None:
        self.judge.looping += endless
        self._branch(body)
        self.judge.looping -= endless

    def _do_for_in_statement(self, node: Node) -> None:
        right = self.evaluate(node.child_by_field_name("right"))
        target = node.child_by_field_name("left")
        in_keys = self.text(node.child_by_field_name("operator")) == "in"
        values = elements(pairs_of(right) if isinstance(right, Entries) and not in_keys else right)
        if in_keys and not isinstance(right, Constant | Entries):
            values = (Value(labels=right.labels, shown=self.text(target)),)
        self.scope.conditional += 1
        for value in values[:_MAX_ROUNDS]:
            self.bind(target, value, declare=True)
            body = node.child_by_field_name("body")
            if body is not None:
                self.statement(body)
        self.scope.conditional -= 1

    def _do_while_statement(self, node: Node) -> None:
        test = self.evaluate(node.child_by_field_name("condition"))
        self._loop(node.child_by_field_name("body"), isinstance(test, Constant) and bool(test.value))

    _do_do_statement = _do_while_statement

    def _do_catch_clause(self, node: Node) -> None:
        parameter = node.child_by_field_name("parameter")
        self.bind(parameter, Value(), declare=True)
        self._branch(node.child_by_field_name("body"))

    def _do_switch_statement(self, node: Node) -> None:
        self.evaluate(node.child_by_field_name("value"))
        self.scope.branching += 1
        self._branch(node.child_by_field_name("body"))
        self.scope.branching -= 1

    def _do_return_statement(self, node: Node) -> None:
        for child in node.named_children:
            if child.type != "comment":
                self.scope.returned.append(self.evaluate(child))

    def assigned(self, owner: Value, name: str, value: Value, node: Node) -> None:
        """Report functions of the platform that are replaced by the text's own."""
        full = canonical(f"{owner.name}.{name}") if isinstance(owner, Reference) else ""
        if (name in _LOADS and isinstance(owner, Instance) and owner.kind == "element") or full in _GOES_TO:
            send(self.judge, self.span_of(node), value, [])
        if name.startswith("on") and isinstance(value, Routine):
            labels = frozenset({Label.KEYS}) if name[2:] in KEY_EVENTS else NOTHING
            if labels or isinstance(owner, Instance):
                self.run_routine(Routine(value.name, value.body, owner), (Value(labels=labels),))
        if isinstance(value, Routine) and (full in _WATCHED or (name == "fetch" and full == "globalThis.fetch")):
            self.judge.report(
                RiskLevel.HIGH,
                Category.HIJACK,
                "replace-function",
                f"replaces {full}, and so sees what passes through it",
                self.span_of(node),
                Effect.CONFIG,
            )
        if isinstance(value, Routine) and full in _EXPORTED:
            self.run_routine(value, _asked(name))
        if name == "scripts" and isinstance(value, Entries):
            for each in _INSTALL_SCRIPTS & set(value.entries):
                self.assigned(owner, each, value.entries[each], node)
        if name in _INSTALL_SCRIPTS and (command := text_of(value)) is not None:
            self.judge.run_shell(command, self.span_of(node), name)
        if full in {"module.exports.scripts", "pkg.scripts"}:
            self.judge.mark("edits package.json", self.span_of(node))


def _asked(name: str) -> tuple[Value, ...]:
    """Return what a function that nothing here calls is called with: a platform may hand it what clients send."""
    return (Value(labels=frozenset({Label.REQUEST})),) if name in CALLED_FOR_CLIENTS else ()
