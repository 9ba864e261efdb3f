"""Reads a Python text in the order in which it would run."""

from __future__ import annotations

import ast
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.budget import MAX_ITEMS
from tui.risk.code.conventions import CALLED_FOR_CLIENTS, elements
from tui.risk.code.judge import Judge
from tui.risk.code.python_calls import Calls
from tui.risk.code.python_classes import methods_of
from tui.risk.code.python_library import SERVERS
from tui.risk.code.python_lookup import Lambda, canonical
from tui.risk.code.python_shapes import counts_far, fills_memory, is_route, only_builds
from tui.risk.code.scope import Scope
from tui.risk.code.unseen import is_standard_python
from tui.risk.code.values import Constant, Instance, Items, Label, Reference, Routine, Value, labels_of
from tui.risk.model import Category, Effect, Span

_MAX_ROUNDS: Final = 16
_MOST_ROUTINES: Final = 1000
"""Elements of a known list that a loop is read with."""
_INSTALL_COMMANDS: Final = frozenset(
    {
        "install",
        "develop",
        "egg_info",
        "build_py",
        "bdist_wheel",
        "build_ext",
        "build",
        "install_lib",
    }
)


class Reader(Calls):
    """Reads statements."""

    def __init__(self, judge: Judge) -> None:
        super().__init__(judge)
        self.runs = {}
        self.methods = {}
        self.stack = []
        self.routines: list[Routine] = []
        self.classes: list[Routine] = []
        self.install_hooks: list[Span] = []

    def read(self, module: ast.Module) -> None:
        """Read a text, then the functions that nothing in it has called: somebody may."""
        self.block(module.body)
        for made_by in self.classes:
            if isinstance(made_by.body, Lambda) and isinstance(made_by.body.node, ast.ClassDef):
                self._rest_of_class(made_by, made_by.body.node, made_by.body.scope)
        for routine in list(self.routines):
            if isinstance(routine.body, Lambda) and not self.runs.get(id(routine.body.node)):
                asked = (Value(labels=frozenset({Label.REQUEST})),) if routine.name in CALLED_FOR_CLIENTS else ()
                self.run_routine(routine, asked, {})

    def _rest_of_class(self, made_by: Routine, node: ast.ClassDef, scope: Scope) -> None:
        instance: Value | None = None
        for method in node.body:
            if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and not self.runs.get(id(method)):
                instance = instance or self.run_routine(made_by, (), {})
                if not self.runs.get(id(method)):
                    self._expect_requests(node, instance)
                    static = any(
                        isinstance(each, ast.Name) and each.id == "staticmethod" for each in method.decorator_list
                    )
                    inner = Lambda(method, Scope(scope, {"__class__": made_by}))
                    found = self.run_routine(Routine(method.name, inner, None if static else instance), (), {})
                    if method.name in {"__reduce__", "__reduce_ex__"}:
                        self._unpickled(found, method)

    def _expect_requests(self, node: ast.ClassDef, instance: Value | None) -> None:
        """What a handler of a server finds in itself comes from its clients."""
        bases = {
            each.attr if isinstance(each, ast.Attribute) else each.id if isinstance(each, ast.Name) else ""
            for each in node.bases
        }
        if isinstance(instance, Instance) and any(base.endswith("RequestHandler") for base in bases):
            for name in ("path", "rfile", "headers", "request", "command"):
                instance.attributes.setdefault(name, Value(labels=frozenset({Label.REQUEST}), shown=name))

    def _unpickled(self, value: Value, method: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A function and arguments that `__reduce__` returns are called by whoever loads the object."""
        if (
            isinstance(value, Items)
            and len(value.items) >= 2
            and isinstance(value.items[0], Reference)
            and isinstance(value.items[1], Items)
        ):
            call = ast.copy_location(ast.Call(ast.Name("__reduce__", ast.Load()), [], []), method)
            self.library(value.items[0], value.items[1].items, {}, call, None)

    def block(self, statements: list[ast.stmt]) -> None:
        """Read statements in their order."""
        for statement in statements:
            self.judge.budget.spend()
            handler = getattr(self, "_do_" + type(statement).__name__.lower(), None)
            if handler is not None:
                handler(statement)
            else:
                self._do_children(statement)

    def routine(self, node: ast.Lambda) -> Routine:
        """Return a function without a name, which may be called by somebody too."""
        made = super().routine(node)
        if len(self.routines) < _MOST_ROUTINES:
            self.routines.append(made)
        return made

    def _do_children(self, node: ast.stmt) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(child)
            elif isinstance(child, ast.stmt):
                self.block([child])

    def _branch(self, statements: list[ast.stmt]) -> None:
        self.scope.conditional += 1
        try:
            self.block(statements)
        finally:
            self.scope.conditional -= 1

    def _do_import(self, node: ast.Import) -> None:
        for alias in node.names:
            if not is_standard_python(alias.name):
                self.judge.effects.add(Effect.EXECUTE)
            if alias.asname:
                self.scope.assign(alias.asname, Reference(canonical(alias.name), shown=alias.asname))
            else:
                root = alias.name.partition(".")[0]
                self.scope.assign(root, Reference(canonical(root), shown=root))

    def _do_importfrom(self, node: ast.ImportFrom) -> None:
        if not is_standard_python(node.module, node.level):
            self.judge.effects.add(Effect.EXECUTE)
        if any(alias.name == "*" for alias in node.names):
            self.starred = True
            self.star_modules.append(node.module or "")
        for alias in node.names:
            if alias.name != "*":
                name = f"{node.module}.{alias.name}" if node.module else alias.name
                environment = canonical(name) == "os.environ"
                value = (
                    self.attribute(Reference("os"), "environ")
                    if environment
                    else Reference(canonical(name), shown=alias.asname or alias.name)
                )
                self.scope.assign(alias.asname or alias.name, value)

    def _do_assign(self, node: ast.Assign) -> None:
        value = self.evaluate(node.value)
        for target in node.targets:
            self.bind(target, value)
            self._watch_hook(target, value, node)

    def _watch_hook(self, target: ast.expr, value: Value, node: ast.Assign) -> None:
        """Functions of the library that are replaced by the text's own see everything that passes through them."""
        if isinstance(target, ast.Attribute) and isinstance(value, Routine):
            owner = self.evaluate(target.value)
            name = f"{owner.name}.{target.attr}" if isinstance(owner, Reference) else ""
            if name in {
                "builtins.input",
                "getpass.getpass",
                "requests.Session.send",
                "requests.get",
                "requests.post",
                "ssl.SSLSocket.send",
                "builtins.open",
                "socket.socket.send",
                "builtins.__import__",
                "requests.Session.request",
            }:
                self.judge.report(
                    RiskLevel.HIGH,
                    Category.HIJACK,
                    "replace-function",
                    f"replaces {name}, and so sees what passes through it",
                    self.span_of(node),
                    Effect.CONFIG,
                )

    def _do_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self.evaluate(node.value))

    def _do_augassign(self, node: ast.AugAssign) -> None:
        target: ast.expr = node.target
        right = self.evaluate(node.value)
        value = self._combined(node.op, self.evaluate(target), right)
        self.bind(target, value)

    def _do_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        routine = Routine(node.name, Lambda(node, self.scope))
        self.scope.assign(node.name, routine)
        self.routines.append(routine)
        for decorator in reversed(node.decorator_list):
            made_by = self.evaluate(decorator)
            if isinstance(made_by, Routine):
                made = self.run_routine(made_by, (self.scope.find(node.name) or routine,), {})
                if isinstance(made, Routine):
                    self.scope.assign(node.name, made)
                continue
            labels = labels_of(made_by) & {Label.NETWORK, Label.REQUEST}
            if (isinstance(made_by, Instance) and made_by.kind.startswith(SERVERS)) or is_route(decorator):
                labels |= {Label.REQUEST}
            if labels:
                self.run_routine(routine, tuple(Value(labels=labels) for _ in node.args.args), {})

    _do_asyncfunctiondef = _do_functiondef

    def _do_classdef(self, node: ast.ClassDef) -> None:
        bases = [self.evaluate(base) for base in node.bases]
        outer, members = self.scope, Scope(self.scope)
        self.scope = members
        try:
            self.block([each for each in node.body if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)])
        finally:
            self.scope = outer
        routine = Routine(node.name, Lambda(node, self.scope, members, tuple(bases)))
        self.scope.assign(node.name, routine)
        self.classes.append(routine)
        if any(
            isinstance(base, Reference) and base.name.rpartition(".")[2] in _INSTALL_COMMANDS for base in bases
        ) and "run" in methods_of(node):
            self.install_hooks.append(self.span_of(node))

    def _do_return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.scope.returned.append(self.evaluate(node.value))

    def _do_if(self, node: ast.If) -> None:
        self.evaluate(node.test)
        self.scope.branching += 1
        self._branch(node.body)
        self._branch(node.orelse)
        self.scope.branching -= 1

    def _do_for(self, node: ast.For | ast.AsyncFor) -> None:
        values = elements(self.evaluate(node.iter))
        endless = isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func) in {
            "itertools.count",
            "count",
            "iter",
            "itertools.repeat",
            "repeat",
        }
        many = isinstance(node.iter, ast.Call) and (len(values) >= 100 or counts_far(node.iter))
        self.judge.looping += endless or many
        self.scope.conditional += 1
        for position, value in enumerate(values[: MAX_ITEMS if only_builds(node) else _MAX_ROUNDS]):
            if position >= _MAX_ROUNDS and not self._still_known(node):
                break
            self.bind(node.target, value)
            self.block(node.body)
        self.scope.conditional -= 1
        self.judge.looping -= endless or many
        self._branch(node.orelse)

    _do_asyncfor = _do_for

    def _still_known(self, node: ast.For | ast.AsyncFor) -> bool:
        names = [
            each.target.id
            for each in node.body
            if isinstance(each, ast.AugAssign) and isinstance(each.target, ast.Name)
        ]
        return all(isinstance(self.scope.find(name), Constant | Items) for name in names)

    def _do_while(self, node: ast.While) -> None:
        test = self.evaluate(node.test)
        endless = isinstance(test, Constant) and bool(test.value)
        self.judge.looping += endless
        self._branch(node.body)
        self.judge.looping -= endless
        if endless and fills_memory(node):
            self.judge.report(
                RiskLevel.HIGH,
                Category.DOS,
                "fill-memory",
                "takes memory without end",
                self.span_of(node),
                Effect.EXHAUST,
            )
        self._branch(node.orelse)

    def _do_with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            outside, self.judge.cwd_handed_out = self.judge.cwd, None
            value = self.evaluate(item.context_expr)
            self.judge.cwd = self.judge.cwd_handed_out or self.judge.cwd
            if item.optional_vars is not None:
                # A generator that makes a context hands out one value, which is what `as` names.
                made = isinstance(value, Items) and len(value.items) == 1 and isinstance(item.context_expr, ast.Call)
                self.bind(item.optional_vars, value.items[0] if made and isinstance(value, Items) else value)
        self.block(node.body)
        if node.items and self.judge.cwd_handed_out is not None:
            self.judge.cwd, self.judge.cwd_handed_out = outside, None

    _do_asyncwith = _do_with

    def _do_try(self, node: ast.Try) -> None:
        self.block(node.body)
        for handler in node.handlers:
            self._branch(handler.body)
        self._branch(node.orelse)
        self.block(node.finalbody)

    _do_trystar = _do_try

    def _do_match(self, node: ast.Match) -> None:
        self.evaluate(node.subject)
        self.scope.branching += 1
        for case in node.cases:
            self._branch(case.body)
        self.scope.branching -= 1

    def _do_global(self, node: ast.Global | ast.Nonlocal) -> None:
        self.scope.outer.update(node.names)

    _do_nonlocal = _do_global

    def _do_delete(self, node: ast.Delete) -> None:
        del node
