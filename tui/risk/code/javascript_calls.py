"""What a call in JavaScript does."""

from __future__ import annotations

import re
from typing import Final

from tree_sitter import Node

from tui.levels import RiskLevel
from tui.risk.code import javascript_folding as folding
from tui.risk.code.budget import MAX_CALLS, MAX_ITEMS
from tui.risk.code.files import found_files
from tui.risk.code.javascript_expressions import Closure, Expressions
from tui.risk.code.javascript_library import CLOUD_ROOTS, METHODS, OPERATIONS, canonical, module_name
from tui.risk.code.machine import perform
from tui.risk.code.operations import Action, Call, Operation, options_of
from tui.risk.code.python_expressions import elements, path_join, setting
from tui.risk.code.scope import Scope
from tui.risk.code.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Entries,
    Instance,
    Items,
    Label,
    Labels,
    Reference,
    Routine,
    Text,
    Value,
    joined,
    labels_of,
    pieces_of,
    text_of,
    with_labels,
)  # fmt: skip
from tui.risk.model import Category, Effect

_HIDEABLE: Final = frozenset({Action.RUN, Action.RUN_FILE, Action.RUN_WORDS, Action.EVALUATE})
_MAX_RUNS: Final = 8
_HOME: Final = Constant("~")
_TEMPORARY: Final = Constant("/tmp")  # noqa: S108 - read, not used
_LISTS: Final = frozenset(
    {"map", "forEach", "filter", "reduce", "some", "every", "find", "flatMap", "sort", "findIndex", "reduceRight"}
)
_CLOUD_METHOD: Final = re.compile(r"^(?:delete|terminate|destroy|purge|deregister|remove|drop)(?:[A-Z]\w*)?$")
_CLOUD_COMMAND: Final = re.compile(
    r"^(?:Delete|Terminate|Destroy|Purge|Deregister|ScheduleKeyDeletion|Empty)\w*Command$"
)
_CLOUD_NAMES: Final = re.compile(
    r"^(?:delete|terminate|destroy)(?:Bucket|DBInstance|DBCluster|Instances?|Stack|Cluster|Table|Objects|Volume|Snapshot|User|Role|Vpc|Function|Namespace|ResourceGroup|Secret|HostedZone|NamespacedPod|NamespacedDeployment|Topic|Queue)s?$"
)
_BELOW: Final = frozenset(
    {
        "fs.readdir",
        "glob.glob",
        "glob",
        "fast-glob",
        "globby",
        "glob.globSync",
        "fast-glob.sync",
        "glob.sync",
        "globby.globby",
        "Deno.readDir",
        "fs.opendir",
        "walk",
        "klaw",
    }
)


class Calls(Expressions):
    """Evaluates calls."""

    runs: dict[int, int]
    stack: list[int]

    def call(self, node: Node) -> Value:
        """Return what a call or a `new` returns."""
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        arguments = node.child_by_field_name("arguments")
        owner: Value | None = None
        name = ""
        while function is not None and function.type == "parenthesized_expression" and function.named_children:
            inner = function.named_children[-1]
            function = inner.named_children[-1] if inner.type == "sequence_expression" else inner
        if function is not None and function.type in {"member_expression", "subscript_expression"}:
            owner = self.evaluate(function.child_by_field_name("object"))
            if function.type == "member_expression":
                name = self.text(function.child_by_field_name("property"))
                target = self.attribute(owner, name)
            else:
                key = self.evaluate(function.child_by_field_name("index"))
                name = text_of(key) or ""
                target = self.item(owner, key)
        else:
            target = self.evaluate(function)
        if arguments is not None and arguments.type == "template_string":
            return self._tagged(target, arguments, node, owner)
        args = self._arguments(arguments)
        if owner is not None:
            found = self._call_on(owner, name, args, node)
            if found is not None:
                return found
        return self.apply(target, args, node, owner, name)

    def _arguments(self, node: Node | None) -> tuple[Value, ...]:
        if node is None:
            return ()
        found: list[Value] = []
        for child in node.named_children[:256]:
            if child.type == "comment":
                continue
            value = self.evaluate(child)
            found.extend(value.items if child.type == "spread_element" and isinstance(value, Items) else (value,))
        return tuple(found)

    def _tagged(self, target: Value, template: Node, node: Node, owner: Value | None) -> Value:
        text = self.evaluate(template)
        if isinstance(target, Reference) and target.name == "String.raw":
            return text
        return self.apply(target, (text,), node, owner)

    def _call_on(self, owner: Value, name: str, args: tuple[Value, ...], node: Node) -> Value | None:
        if (
            name in {"call", "apply", "bind"}
            and isinstance(owner, Routine | Reference)
            and not (isinstance(owner, Reference) and owner.name in {"Reflect", "Function"})
        ):
            rest = args[1:]
            if name == "apply" and rest and isinstance(rest[0], Items):
                rest = rest[0].items
            return owner if name == "bind" else self.apply(owner, rest, node)
        if isinstance(owner, Constant | Items):
            folded = folding.call_method(owner, name, args)
            if folded is not None:
                return folded
        if isinstance(owner, Items):
            return self._on_list(owner, name, args, node)
        if isinstance(owner, Text) and name in {
            "trim",
            "toString",
            "toLowerCase",
            "replace",
            "replaceAll",
            "concat",
            "slice",
        }:
            return owner if name != "concat" else joined([*pieces_of(owner), *(p for a in args for p in pieces_of(a))])
        if isinstance(owner, Text | Constant) or (
            type(owner) is Value and name in {"toString", "trim", "slice", "split", "replace"}
        ):
            self._callbacks(args, labels_of(owner))
            return Value(labels=labels_of(owner) | _labels(args), shown=owner.shown)
        if isinstance(owner, Instance) and name in {"toString", "valueOf", "trim"} and owner.content is None:
            return Value(labels=labels_of(owner), shown=owner.shown)
        if isinstance(owner, Entries) and name in owner.entries:
            return None
        if name in {
            "on",
            "once",
            "then",
            "pipe",
            "addListener",
            "addEventListener",
            "finally",
            "catch",
            "listen",
        } and (isinstance(owner, Instance) or (name == "pipe" and labels_of(owner))):
            return self._chained(owner, name, args, node)
        return None

    def _chained(self, owner: Value, name: str, args: tuple[Value, ...], node: Node) -> Value:
        kind = owner.kind if isinstance(owner, Instance) else ""
        row = OPERATIONS.get(f"{kind}().{name}")
        if row is not None:
            perform(self.judge, Call(f"{kind}().{name}", args, self.span_of(node), options_of(args), owner), row)
        returned = self._callbacks(args, labels_of(owner))
        if name == "pipe" and args:
            target = args[0]
            if isinstance(target, Instance) and target.kind == "open":
                from tui.risk.code.files import write_to

                write_to(
                    self.judge,
                    self.span_of(node),
                    target.content,
                    Value(labels=labels_of(owner)),
                    adding=True,
                    known_open=True,
                )
            elif isinstance(target, Instance) and target.kind in {"socket", "request", "net.Socket"}:
                perform(self.judge, Call("pipe", (owner,), self.span_of(node), {}, target), Operation(Action.SEND))
            return target
        if name == "then" and returned is not None:
            return with_labels(returned, labels_of(owner) & {Label.NETWORK, Label.CLIPBOARD, Label.SCREEN})
        return owner

    def _on_list(self, owner: Items, name: str, args: tuple[Value, ...], node: Node) -> Value | None:
        if name in {"push", "unshift"}:
            function = node.child_by_field_name("function")
            target = function.child_by_field_name("object") if function is not None else None
            if len(owner.items) < MAX_ITEMS:
                self.bind(target, Items((*owner.items, *args), labels=owner.labels))
            return UNKNOWN
        if name in _LISTS and args:
            callback = args[-1] if name not in {"reduce", "reduceRight"} else args[0]
            found: list[Value] = []
            for position, item in enumerate(owner.items[:MAX_ITEMS]):
                given = (
                    (item, Constant(position))
                    if not name.startswith("reduce")
                    else (found[-1] if found else args[1] if len(args) > 1 else UNKNOWN, item)
                )
                found.append(self.apply(callback, given, node) if isinstance(callback, Routine | Reference) else item)
            if name == "map":
                return Items(tuple(found), labels=owner.labels)
            if name.startswith("reduce"):
                return found[-1] if found else UNKNOWN
            return owner if name in {"filter", "sort"} else UNKNOWN
        return None

    def apply(
        self, target: Value, args: tuple[Value, ...], node: Node, owner: Value | None = None, name: str = ""
    ) -> Value:
        """Return what calling `target` returns."""
        if isinstance(target, Routine):
            if owner is not None and isinstance(target.body, Closure) and target.owner is None:
                target = Routine(target.name, target.body, owner)
            return self.run_routine(target, args)
        if isinstance(target, Reference):
            return self.library(target, args, node, owner)
        labels = labels_of(target) | (labels_of(owner) if owner is not None else NOTHING)
        returned = self._callbacks(args, labels | _labels(args))
        call = Call(name, args, self.span_of(node), options_of(args), owner if owner is not None else target)
        if name in METHODS and owner is not None:
            return perform(self.judge, call, METHODS[name])
        if _CLOUD_NAMES.match(name):
            return perform(self.judge, call, Operation(Action.CLOUD_DELETE, what=_in_words(name)))
        return Value(labels=labels | _labels(args) | (labels_of(returned) if returned else NOTHING), shown=target.shown)

    def library(self, target: Reference, args: tuple[Value, ...], node: Node, owner: Value | None) -> Value:
        """Return what a function of a library returns, and judge what it does."""
        name = target.name
        special = self._special(name, args, node, owner)
        if special is not None:
            return special
        folded = folding.call_function(name, args)
        if folded is not None:
            return folded
        labels = _labels(args) | target.labels
        if name in folding.DECODERS or (
            name in folding.BUFFERS and len(args) > 1 and text_of(args[1]) in {"base64", "hex"}
        ):
            return Value(labels=labels | {Label.DECODED})
        if name in folding.BUFFERS:
            return with_labels(args[0], labels) if args and not isinstance(args[0], Entries) else Value(labels=labels)
        row = self._row(name, owner)
        call = Call(name, args, self.span_of(node), options_of(args), owner, target.disguised)
        if row is None:
            returned = self._callbacks(args, labels | (labels_of(owner) if owner is not None else NOTHING))
            if returned is not None and name.rpartition(".")[2] in {"then", "promisify"}:
                return returned
            return Instance(name, None, {}, labels=labels, shown=target.shown)
        if target.disguised and row.action in _HIDEABLE:
            self.judge.report(
                RiskLevel.HIGH,
                Category.OBFUSCATED,
                "hidden-call",
                f"hides that it calls {name}",
                call.span,
                Effect.EXECUTE,
            )
        found = perform(self.judge, call, row)
        self._callbacks(args, labels_of(found), found)
        return found

    def _row(self, name: str, owner: Value | None) -> Operation | None:
        row = OPERATIONS.get(name)
        if row is not None:
            return row
        last = name.rpartition(".")[2]
        if name.startswith("shelljs.") and name.count(".") == 1:
            return Operation(Action.RUN_WORDS, ((0, ""),), what="shelljs")
        if owner is not None and last in METHODS:
            return METHODS[last]
        if (name.startswith(CLOUD_ROOTS) and (_CLOUD_METHOD.match(last) or _CLOUD_COMMAND.match(last))) or (
            owner is not None and _CLOUD_NAMES.match(last)
        ):
            return Operation(Action.CLOUD_DELETE, what=_in_words(last.removesuffix("Command")))
        return None

    def _callbacks(self, args: tuple[Value, ...], labels: Labels, result: Value | None = None) -> Value | None:
        """Read functions that are handed over, with arguments of the same origin."""
        returned: Value | None = None
        for value in args:
            if isinstance(value, Routine) and isinstance(value.body, Closure):
                labels = labels - {Label.ENVIRONMENT, Label.SERIALIZED} if result is not None else labels
                given = tuple(Value(labels=labels) for _ in range(3))
                if isinstance(result, Instance) and result.kind in {"request", "response", "socket", "net.Server"}:
                    kind = "socket" if result.kind == "net.Server" else "response"
                    given = (Instance(kind, None, {}, labels=labels), Value(labels=labels), Value(labels=labels))
                returned = self.run_routine(value, given)
            elif isinstance(value, Reference) and value.name == "eval":
                returned = (
                    perform(
                        self.judge,
                        Call("eval", (Value(labels=labels),), next(iter(self.judge.marks.values()), self.here)),
                        OPERATIONS["eval"],
                    )
                    if labels & {Label.NETWORK, Label.DECODED}
                    else None
                )
        return returned

    def _special(self, name: str, args: tuple[Value, ...], node: Node, owner: Value | None) -> Value | None:
        first = args[0] if args else UNKNOWN
        self.here = self.span_of(node)
        if (
            name
            in {
                "require",
                "import",
                "createRequire().require",
                "__non_webpack_require__",
                "module.createRequire()",
                "createRequire()",
            }
            and args
        ):
            return self._module(first, node)
        if name == "Reflect.get" and len(args) >= 2:
            key = text_of(args[1])
            return self.attribute(first, key, disguised=True) if key else Value(labels=labels_of(first))
        if name in {"Reflect.apply", "Function.prototype.call", "Function.prototype.apply"} and len(args) >= 2:
            rest = args[2].items if len(args) > 2 and isinstance(args[2], Items) else ()
            target = Reference(first.name, True) if isinstance(first, Reference) else first
            return self.apply(target, rest, node)
        if name == "Reflect.construct" and args:
            return self.apply(first, args[1].items if len(args) > 1 and isinstance(args[1], Items) else (), node)
        if name in {"util.promisify", "promisify", "util.callbackify"}:
            return first
        if name in {"os.homedir", "homedir", "app.getPath", "electron.app.getPath", "os-homedir"}:
            return _HOME
        if name in {"os.tmpdir", "tmpdir", "fs.mkdtemp", "Deno.makeTempDir", "temp-dir"}:
            return _TEMPORARY
        if name in {"path.join", "path.resolve", "join", "resolve"} and args:
            if name == "path.resolve" and len(args) == 1:
                return first
            return path_join(*args)
        if name in {
            "path.normalize",
            "fileURLToPath",
            "url.fileURLToPath",
            "path.toNamespacedPath",
            "String",
            "URL",
            "url.URL",
            "util.format",
        } and isinstance(first, Text | Constant):
            return first
        if name == "process.env.get":
            return setting(text_of(first))
        if name in {"setTimeout", "setInterval", "execScript"}:
            if isinstance(first, Constant | Text) and text_of(first) is not None:
                return perform(self.judge, Call(name, (first,), self.span_of(node)), OPERATIONS["eval"])
            self._callbacks(args, NOTHING)
            return UNKNOWN
        if name in {"Object.assign", "structuredClone", "Object.freeze"} and args:
            return with_labels(first, _labels(args))
        if name in {"Object.keys", "Object.values", "Object.entries", "Object.fromEntries"}:
            return (
                Items(tuple(first.entries.values()))
                if isinstance(first, Entries) and name == "Object.values"
                else Value(labels=labels_of(first), shown="entries")
            )
        if name in {"process.binding", "process._linkedBinding"}:
            self.judge.report(
                RiskLevel.HIGH,
                Category.OBFUSCATED,
                "internal-binding",
                "uses internals of Node.js, past its modules",
                self.span_of(node),
            )
            return Instance("process.binding")
        if name in _BELOW:
            found = found_files(first if args else Constant("."))
            self._callbacks(args, frozenset({Label.WALK}))
            return (
                Items((found,), labels=frozenset({Label.WALK}))
                if name != "fs.readdir"
                else Items((Value(labels=frozenset({Label.WALK}) | labels_of(first), shown="file"),))
            )
        if name.startswith("shelljs.") and name.count(".") == 1 and name != "shelljs.exec":
            return self._shell_word(name, args, node)
        if name in {"Promise.all", "Promise.resolve", "Promise.race", "Promise.allSettled"}:
            return first
        if name == "crypto.createHash":
            return UNKNOWN
        del owner
        return None

    def _shell_word(self, name: str, args: tuple[Value, ...], node: Node) -> Value:
        flat: list[Value] = []
        for arg in args:
            flat.extend(arg.items if isinstance(arg, Items) else () if isinstance(arg, Entries | Routine) else (arg,))
        words = Items((Constant(name.removeprefix("shelljs.")), *flat))
        return perform(self.judge, Call(name, (words,), self.span_of(node)), Operation(Action.RUN, ((0, ""),)))

    def _module(self, specifier: Value, node: Node) -> Value:
        name = text_of(specifier)
        if name is None:
            labels = labels_of(specifier)
            if Label.NETWORK in labels or Label.DECODED in labels:
                perform(self.judge, Call("require", (specifier,), self.span_of(node)), OPERATIONS["eval"])
            return Value(labels=labels, shown="module")
        if name.startswith(("http://", "https://", "data:")):
            self.judge.report(
                RiskLevel.HIGH,
                Category.REMOTE_CODE,
                "import-url",
                f"loads code from {name[:80]}",
                self.span_of(node),
                Effect.NETWORK_IN,
            )
        from tui.risk.code.judge import key_of

        if key_of(specifier) in self.judge.fetched:
            self.judge.report(
                RiskLevel.CRITICAL,
                Category.REMOTE_CODE,
                "run-downloaded",
                f"runs {name}, which it has just downloaded",
                self.span_of(node),
            )
        hidden = bool(specifier.labels & {Label.DECODED, Label.ASSEMBLED})
        return Reference(canonical(module_name(name)), hidden, shown=name)

    def run_routine(self, routine: Routine, args: tuple[Value, ...]) -> Value:
        """Read the body of a function with these arguments."""
        body = routine.body
        if not isinstance(body, Closure):
            return Value(labels=_labels(args))
        node = body.node
        if node.type in {"class_declaration", "class"}:
            return self.instantiate(routine, node, args)
        key = node.id
        if len(self.stack) >= MAX_CALLS or key in self.stack or self.runs.get(key, 0) >= _MAX_RUNS:
            return Value(labels=_labels(args))
        self.runs[key] = self.runs.get(key, 0) + 1
        before, self.scope = self.scope, Scope(body.scope)
        if routine.owner is not None:
            self.scope.names["this"] = routine.owner
        self.scope.names["arguments"] = Items(args)
        self.stack.append(key)
        try:
            self._bind_parameters(node, args)
            inner = node.child_by_field_name("body")
            if inner is not None and inner.type != "statement_block":
                return self.evaluate(inner)
            if inner is not None:
                self.block(inner)
            returned = self.scope.returned
            if not returned:
                return UNKNOWN
            best = next((value for value in returned if type(value) is not Value), returned[0])
            return with_labels(best, NOTHING.union(*(labels_of(value) for value in returned)))
        finally:
            self.stack.pop()
            self.scope = before

    def _bind_parameters(self, node: Node, args: tuple[Value, ...]) -> None:
        single = node.child_by_field_name("parameter")
        parameters = node.child_by_field_name("parameters")
        names = (
            [single]
            if single is not None
            else [c for c in parameters.named_children if c.type != "comment"]
            if parameters is not None
            else []
        )
        for position, name in enumerate(names):
            if name.type == "rest_pattern":
                self.bind(name, Items(args[position:]), declare=True)
            else:
                self.bind(name, args[position] if position < len(args) else UNKNOWN, declare=True)

    def instantiate(self, routine: Routine, node: Node, args: tuple[Value, ...]) -> Value:
        """Make an object of a class of the text."""
        instance = Instance(routine.name)
        body = node.child_by_field_name("body")
        closure_scope = routine.body.scope if isinstance(routine.body, Closure) else self.scope
        for member in body.named_children if body is not None else []:
            if member.type == "method_definition":
                name = self.text(member.child_by_field_name("name"))
                instance.attributes[name] = Routine(name, Closure(member, closure_scope), instance)
        constructor = instance.attributes.get("constructor")
        if isinstance(constructor, Routine):
            self.run_routine(constructor, args)
        return instance

    def block(self, node: Node) -> None:
        """Read the statements below `node`."""
        raise NotImplementedError


def _labels(args: tuple[Value, ...]) -> Labels:
    return NOTHING.union(*(labels_of(value) for value in args)) if args else NOTHING


def _in_words(name: str) -> str:
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower().split()
    verb = words[0] if words else "delete"
    return f"{verb}s {' '.join(words[1:]) or 'a resource'} of a cloud account"


__all__ = ["Calls", "elements"]
