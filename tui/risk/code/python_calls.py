"""What a call in Python does: it finds out what is called, folds what is pure, and hands the rest to the judge."""

from __future__ import annotations

import ast
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code import python_folding as folding
from tui.risk.code.budget import MAX_CALLS, MAX_ITEMS
from tui.risk.code.files import found_files, write_to
from tui.risk.code.machine import perform
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.python_expressions import Expressions, Lambda, canonical, path_join, setting
from tui.risk.code.python_library import CLOUD_DELETES, CLOUD_NAMES, CLOUD_ROOTS, METHODS, OPERATIONS
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
    shown,
    text_of,
    with_labels,
)  # fmt: skip
from tui.risk.model import Category, Effect

_HIDEABLE: Final = frozenset({Action.RUN, Action.RUN_FILE, Action.RUN_WORDS, Action.EVALUATE})
_MAX_RUNS: Final = 8
"""How often one function is read with other arguments."""
_READS: Final = frozenset({"read", "readline", "readlines", "readinto", "read1", "__next__"})
_HOMES: Final = frozenset({"pathlib.Path.home", "os.path.expanduser"})
_CLOUD: Final = Operation(Action.CLOUD_DELETE)
_PATHS_BELOW: Final = frozenset({"glob.glob", "glob.iglob", "os.walk", "os.listdir", "os.scandir", "os.fwalk",
"pathlib.Path().glob",
                                 "pathlib.Path().rglob", "pathlib.Path().iterdir", "pathlib.Path().walk"})  # fmt: skip


class Calls(Expressions):
    """Evaluates calls."""

    runs: dict[int, int]
    stack: list[object]

    def call(self, node: ast.Call) -> Value:
        """Return what a call returns."""
        owner: Value | None = None
        if isinstance(node.func, ast.Attribute):
            owner = self.evaluate(node.func.value)
            target = self._method_of(owner, node.func.attr)
        else:
            target = self.evaluate(node.func)
        args: list[Value] = []
        for argument in node.args:
            value = self.evaluate(argument.value if isinstance(argument, ast.Starred) else argument)
            args.extend(
                value.items[:64] if isinstance(argument, ast.Starred) and isinstance(value, Items) else (value,)
            )
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value)
            if keyword.arg is not None:
                keywords[keyword.arg] = value
            elif isinstance(value, Entries):
                keywords.update(value.entries)
            else:
                keywords[f"**{len(keywords)}"] = value
        if isinstance(node.func, ast.Attribute) and owner is not None:
            method = self._call_on(owner, node.func, tuple(args), keywords, node)
            if method is not None:
                return method
        return self.apply(target, tuple(args), keywords, node, owner)

    def _method_of(self, owner: Value, name: str) -> Value:
        if isinstance(owner, Instance):
            made_by = owner.attributes.get("__class__")
            if (
                isinstance(made_by, Routine)
                and isinstance(made_by.body, Lambda)
                and isinstance(made_by.body.node, ast.ClassDef)
            ):
                method = method_named(made_by.body.node, name)
                if method is not None:
                    return Routine(name, Lambda(method, made_by.body.scope), owner)
            if name in owner.attributes:
                return owner.attributes[name]
        if isinstance(owner, Reference):
            replaced = self.scope.find(f"{owner.name}.{name}")
            if replaced is not None:
                return replaced
        return self.attribute(owner, name)

    def _call_on(
        self, owner: Value, func: ast.Attribute, args: tuple[Value, ...], keywords: dict[str, Value], node: ast.Call
    ) -> Value | None:
        name = func.attr
        if isinstance(owner, Constant) and isinstance(owner.value, str | bytes):
            folded = folding.call_method(owner.value, owner.labels, name, args, keywords)
            if folded is not None:
                return folded
            if name == "format" and isinstance(owner.value, str):
                return self._formatted(owner.value, args, keywords)
            if name == "join" and args:
                return self._joined(owner, args[0])
            return Value(labels=owner.labels | _all_labels(args, keywords))
        if isinstance(owner, Text) and name in {
            "strip",
            "rstrip",
            "lstrip",
            "lower",
            "encode",
            "decode",
            "replace",
            "expandvars",
        }:
            return owner
        if isinstance(owner, Items) and name in {"append", "extend", "insert", "add"} and args:
            new = args[-1].items if name == "extend" and isinstance(args[-1], Items) else (args[-1],)
            if len(owner.items) < MAX_ITEMS:
                self.bind(func.value, Items((*owner.items, *new), labels=owner.labels)) if isinstance(
                    func.value, ast.Name | ast.Attribute
                ) else None
            return UNKNOWN
        if isinstance(owner, Entries):
            if name in {"get", "pop", "setdefault"} and args:
                return owner.entries.get(
                    text_of(args[0]) or "", args[1] if len(args) > 1 else Value(labels=owner.labels)
                )
            if name == "update" and args and isinstance(args[0], Entries):
                owner.entries.update(args[0].entries)
                return UNKNOWN
            if name == "copy":
                return owner
            if name == "values":
                return Items(tuple(owner.entries.values()), labels=owner.labels)
            if name == "items":
                return Items(tuple(Items((Constant(k), v)) for k, v in owner.entries.items()), labels=owner.labels)
        if (
            isinstance(owner, Reference)
            and owner.name == "os.environ"
            and name in {"get", "setdefault", "pop", "__getitem__"}
        ):
            return setting(text_of(args[0]) if args else None)
        if isinstance(owner, Instance) and owner.kind == "open" and name in _READS:
            return owner.attributes.get("content", UNKNOWN)
        if type(owner) is Value and name in {"write", "writelines"} and args:
            return UNKNOWN
        del node
        return None

    def _formatted(self, pattern: str, args: tuple[Value, ...], keywords: dict[str, Value]) -> Value:
        pieces: list[str | Value] = []
        position = 0
        for index, part in enumerate(pattern[:20_000].split("{")):
            if index == 0:
                pieces.append(part)
                continue
            field, _, rest = part.partition("}")
            name = field.partition(":")[0].partition("!")[0].partition(".")[0].partition("[")[0]
            if name.isdigit() or not name:
                number = int(name) if name and len(name) < 4 else position
                position += 1
                value = args[number] if number < len(args) else UNKNOWN
            else:
                value = keywords.get(name, UNKNOWN)
            pieces.extend(
                pieces_of(value)
                if isinstance(value, Constant | Text)
                else (Value(labels=labels_of(value), shown=value.shown or name),)
            )
            pieces.append(rest)
        return joined(pieces)

    def _joined(self, separator: Constant, values: Value) -> Value:
        if not isinstance(values, Items):
            return Value(labels=labels_of(values) | separator.labels, shown=values.shown)
        pieces: list[str | Value] = []
        for index, item in enumerate(values.items):
            if index:
                pieces.append(text_of(separator) or "")
            pieces.extend(
                pieces_of(item)
                if isinstance(item, Constant | Text)
                else (Value(labels=labels_of(item), shown=item.shown),)
            )
        labels = NOTHING.union(*(item.labels for item in values.items)) if values.items else NOTHING
        return joined(pieces, labels | separator.labels | values.labels)

    def apply(
        self,
        target: Value,
        args: tuple[Value, ...],
        keywords: dict[str, Value],
        node: ast.Call,
        owner: Value | None = None,
    ) -> Value:
        """Return what calling `target` returns."""
        if isinstance(target, Routine):
            return self.run_routine(target, args, keywords)
        if isinstance(target, Reference):
            return self.library(target, args, keywords, node, owner)
        self._callbacks((*args, *keywords.values()), labels_of(target))
        attr = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        made = Call(attr, args, self.span_of(node), keywords, owner if owner is not None else target)
        if attr in METHODS:
            return perform(self.judge, made, METHODS[attr])
        if attr and CLOUD_NAMES.match(attr):
            return perform(self.judge, made, Operation(Action.CLOUD_DELETE, what=_in_words(attr)))
        return Value(labels=labels_of(target) | _all_labels(args, keywords), shown=target.shown)

    def library(
        self,
        target: Reference,
        args: tuple[Value, ...],
        keywords: dict[str, Value],
        node: ast.Call,
        owner: Value | None,
    ) -> Value:
        """Return what a function of a library returns, and judge what it does."""
        name = target.name.removeprefix("builtins.")
        if (special := self._special(name, args, keywords, node, owner)) is not None:
            return special
        folded = folding.call_function(name, args) if not keywords or name.startswith(("base64.", "codecs.")) else None
        if folded is not None:
            return folded
        if name in folding.DECODERS:
            return Value(labels=_all_labels(args, keywords) | {Label.DECODED})
        attr = name.rpartition(".")[2]
        row = OPERATIONS.get(name)
        if row is None and name.startswith("git.Repo().git."):
            row, args = (
                Operation(Action.RUN_WORDS, ((0, ""),)),
                (Constant("git"), Constant(attr.replace("_", "-")), *args),
            )
        if row is None and name.startswith("sh.") and name.count(".") == 1:
            row, args = Operation(Action.RUN_WORDS, ((0, ""),)), (Constant(attr), *args)
        if row is None and "." in name and owner is not None:
            row = METHODS.get(attr)
            if row is None and (
                (name.startswith(CLOUD_ROOTS) and CLOUD_DELETES.match(attr)) or CLOUD_NAMES.match(attr)
            ):
                row = Operation(Action.CLOUD_DELETE, what=_in_words(attr))
        call = Call(name, args, self.span_of(node), keywords, owner, target.disguised)
        if row is not None:
            if target.disguised and row.action in _HIDEABLE:
                self.judge.report(
                    RiskLevel.HIGH,
                    Category.OBFUSCATED,
                    "hidden-call",
                    f"hides that it calls {name}",
                    call.span,
                    Effect.EXECUTE,
                )
            self._callbacks((*args, *keywords.values()), labels_of(owner) if owner is not None else NOTHING)
            return perform(self.judge, call, row)
        labels = _all_labels(args, keywords) | target.labels
        result = self._callbacks((*args, *keywords.values()), labels)
        content = args[0] if name == "urllib.request.Request" and args else None
        del result
        attributes = {
            key: value for key, value in keywords.items() if content is not None and key in {"data", "headers"}
        }
        if content is not None and len(args) > 1:
            attributes["data"] = args[1]
        if isinstance(owner, Instance) and "database" in owner.attributes:
            attributes["database"] = owner.attributes["database"]
        return Instance(
            name,
            content,
            attributes,
            labels=labels - {Label.WALK} if name.startswith("os.path.is") else labels,
            shown=target.shown,
        )

    def _callbacks(self, values: tuple[Value, ...], labels: Labels) -> Value | None:
        """Read functions that are handed over: somebody will call them with something of the same origin."""
        for value in values:
            if (
                isinstance(value, Routine)
                and isinstance(value.body, Lambda)
                and not isinstance(value.body.node, ast.ClassDef)
            ):
                count = len(value.body.node.args.args)
                self.run_routine(value, tuple(Value(labels=labels) for _ in range(count)), {})
        return None

    def _special(
        self, name: str, args: tuple[Value, ...], keywords: dict[str, Value], node: ast.Call, owner: Value | None
    ) -> Value | None:
        first = args[0] if args else None
        if name in {"getattr", "__getattribute__", "operator.attrgetter"} and len(args) >= 2:
            return self._get_attribute(args[0], args[1], node)
        if name.endswith((".__getattribute__", ".__getattr__")) and first is not None:
            module = name.rpartition(".")[0]
            attribute = text_of(first)
            return Reference(canonical(f"{module}.{attribute}"), True) if attribute else UNKNOWN
        if name.endswith("__dict__.get") and (attribute := text_of(first)):
            return Reference(canonical(f"{name.removesuffix('.__dict__.get')}.{attribute}"), True)
        if name in {"__import__", "importlib.import_module", "import_module", "importlib.__import__"}:
            module_name = text_of(first)
            plain_name = bool(node.args) and isinstance(node.args[0], ast.Constant)
            if module_name is None:
                return Value(labels=labels_of(first), shown="module")
            return Reference(
                canonical(module_name),
                not plain_name or bool(first and first.labels & {Label.DECODED, Label.ASSEMBLED}),
            )
        if name in {"globals", "locals"} or (name == "vars" and not args):
            return Instance(name)
        if name == "vars" and isinstance(first, Reference):
            return Reference(f"{first.name}.__dict__")
        if name in {"map", "filter"} and len(args) == 2:
            return self._mapped(args[0], args[1], node)
        if name in {
            "functools.partial",
            "partial",
            "threading.Thread",
            "multiprocessing.Process",
            "asyncio.run",
            "atexit.register",
            "contextlib.suppress",
            "asyncio.create_task",
            "threading.Timer",
        }:
            return self._deferred(args, keywords, node)
        if name == "pathlib.Path" or name == "pathlib.Path.cwd":
            return Instance("pathlib.Path", path_join(*args) if args else Constant("."))
        if name == "pathlib.Path().joinpath" and isinstance(owner, Instance):
            return Instance("pathlib.Path", path_join(owner.content or UNKNOWN, *args))
        if name in {
            "pathlib.Path().expanduser",
            "pathlib.Path().resolve",
            "pathlib.Path().absolute",
            "pathlib.Path().with_suffix",
        }:
            return owner
        if name == "pathlib.Path.home":
            return Instance("pathlib.Path", Constant("~"))
        if name == "os.path.join":
            return path_join(*args)
        if name in {
            "os.path.expanduser",
            "os.path.abspath",
            "os.path.realpath",
            "os.fspath",
            "str",
            "os.path.normpath",
            "os.path.expandvars",
            "bytes",
        } and (isinstance(first, Text | Instance) and (isinstance(first, Text) or first.kind == "pathlib.Path")):
            return joined(list(pieces_of(first)), first.labels)
        if name in {"sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "psycopg2.sql.SQL"}:
            return first
        if name == "os.getenv":
            return setting(text_of(first))
        if name in {"tempfile.mkdtemp", "tempfile.gettempdir", "tempfile.mktemp", "tempfile.TemporaryDirectory"}:
            return Constant("/tmp/tmp") if name != "tempfile.gettempdir" else Constant("/tmp")  # noqa: S108 - read, not used
        if name == "tempfile.mkstemp":
            return Items((UNKNOWN, Constant("/tmp/tmp")))  # noqa: S108 - read, not used
        if name in {"tempfile.NamedTemporaryFile", "tempfile.TemporaryFile"}:
            suffix = text_of(keywords.get("suffix")) or ""
            path = Constant(f"/tmp/temporary{suffix}")  # noqa: S108 - read, not used
            return Instance("open", path, {"name": path})
        if name in _PATHS_BELOW:
            return self._below(name, first, owner)
        if name == "shutil.copyfileobj" and len(args) >= 2 and isinstance(args[1], Instance):
            write_to(
                self.judge,
                self.span_of(node),
                args[1].content,
                Value(labels=labels_of(args[0])),
                adding=True,
                known_open=True,
            )
            return UNKNOWN
        if name in {"dict", "list", "tuple", "copy.copy", "copy.deepcopy"} and isinstance(first, Reference | Entries):
            return Entries(dict(keywords), labels=labels_of(first)) if isinstance(first, Reference) else first
        if name == "dict":
            return Entries(dict(keywords), labels=_all_labels(args, {}))
        if name in {"slice", "super", "object"}:
            return UNKNOWN
        return None

    def _get_attribute(self, owner: Value, key: Value, node: ast.Call) -> Value:
        name = text_of(key)
        if name is None:
            return Value(labels=labels_of(key) & {Label.DECODED, Label.NETWORK, Label.ASSEMBLED}, shown="attribute")
        del node
        if isinstance(owner, Reference):
            return self.attribute(owner, name, disguised=True)
        return self._method_of(owner, name)

    def _mapped(self, function: Value, values: Value, node: ast.Call) -> Value:
        if isinstance(values, Items):
            return Items(
                tuple(self.apply(function, (item,), {}, node) for item in values.items[:MAX_ITEMS]),
                labels=values.labels,
            )
        if isinstance(values, Constant) and isinstance(values.value, str | bytes):
            from tui.risk.code.python_expressions import elements

            return Items(
                tuple(self.apply(function, (item,), {}, node) for item in elements(values)), labels=values.labels
            )
        self._callbacks((function,), labels_of(values))
        if isinstance(function, Reference):
            self.apply(function, (Value(labels=labels_of(values)),), {}, node)
        return Value(labels=labels_of(values) | function.labels)

    def _deferred(self, args: tuple[Value, ...], keywords: dict[str, Value], node: ast.Call) -> Value:
        target = (
            keywords.get("target")
            or keywords.get("function")
            or next((a for a in args if isinstance(a, Reference | Routine)), None)
        )
        given = keywords.get("args")
        if target is not None:
            rest = given.items if isinstance(given, Items) else tuple(a for a in args if a is not target)
            return self.apply(target, rest, {}, node)
        return Value(labels=_all_labels(args, keywords))

    def _below(self, name: str, first: Value | None, owner: Value | None) -> Value:
        if name.startswith("pathlib.") and isinstance(owner, Instance):
            return Instance("walk", Instance("pathlib.Path", found_files(owner.content)))
        files = found_files(first if first is not None else Constant("."))
        if name in {"os.walk", "os.fwalk"}:
            base = with_labels(first or Constant("."), frozenset({Label.WALK}))
            if isinstance(base, Constant):
                base = Text(
                    (shown(base).rstrip("/") + "/", Value(labels=base.labels, shown="root")), labels=base.labels
                )
            name_ = Value(labels=frozenset({Label.WALK}), shown="file")
            return Instance("walk", Items((base, Items((name_,)), Items((name_,)))))
        if name == "os.listdir":
            return Instance("walk", Value(labels=frozenset({Label.WALK}) | labels_of(first), shown="file"))
        return Instance("walk", files)

    def run_routine(self, routine: Routine, args: tuple[Value, ...], keywords: dict[str, Value]) -> Value:
        """Read the body of a function with these arguments."""
        body = routine.body
        if not isinstance(body, Lambda):
            return Value(labels=_all_labels(args, keywords))
        if isinstance(body.node, ast.ClassDef):
            return self.instantiate(routine, body.node, args, keywords)
        key = id(body.node)
        if len(self.stack) >= MAX_CALLS or body.node in self.stack or self.runs.get(key, 0) >= _MAX_RUNS:
            return Value(labels=_all_labels(args, keywords))
        self.runs[key] = self.runs.get(key, 0) + 1
        before, self.scope = self.scope, Scope(body.scope)
        self.stack.append(body.node)
        try:
            self._bind_parameters(body.node.args, args if routine.owner is None else (routine.owner, *args), keywords)
            if isinstance(body.node, ast.Lambda):
                return self.evaluate(body.node.body)
            self.block(body.node.body)
            return _together(self.scope.returned)
        finally:
            self.stack.pop()
            self.scope = before

    def _bind_parameters(self, parameters: ast.arguments, args: tuple[Value, ...], keywords: dict[str, Value]) -> None:
        names = [*parameters.posonlyargs, *parameters.args]
        defaults: list[ast.expr | None] = [None] * (len(names) - len(parameters.defaults)) + list(parameters.defaults)
        for index, (parameter, default) in enumerate(zip(names, defaults, strict=True)):
            if index < len(args):
                value = args[index]
            elif parameter.arg in keywords:
                value = keywords[parameter.arg]
            else:
                value = self.evaluate(default) if default is not None else UNKNOWN
            self.scope.names[parameter.arg] = (
                value if value.shown or type(value) is not Value else Value(labels=value.labels, shown=parameter.arg)
            )
        for parameter, keyword_default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True):
            value = keywords.get(parameter.arg) or (
                self.evaluate(keyword_default) if keyword_default is not None else UNKNOWN
            )
            self.scope.names[parameter.arg] = value
        if parameters.vararg is not None:
            self.scope.names[parameters.vararg.arg] = (
                Items(args[len(names) :]) if len(args) > len(names) else Value(shown=parameters.vararg.arg)
            )
        if parameters.kwarg is not None:
            self.scope.names[parameters.kwarg.arg] = Entries(dict(keywords))

    def instantiate(
        self, routine: Routine, node: ast.ClassDef, args: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Make an object of a class of the text."""
        instance = Instance(routine.name, None, {"__class__": routine})
        constructor = method_named(node, "__init__")
        if constructor is not None and isinstance(routine.body, Lambda):
            self.run_routine(Routine("__init__", Lambda(constructor, routine.body.scope), instance), args, keywords)
        return instance

    def block(self, statements: list[ast.stmt]) -> None:
        """Read statements in their order."""
        raise NotImplementedError


def method_named(node: ast.ClassDef, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """Return a method of a class."""
    return next(
        (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name == name),
        None,
    )


def _all_labels(args: tuple[Value, ...], keywords: dict[str, Value]) -> Labels:
    values = (*args, *keywords.values())
    return NOTHING.union(*(labels_of(value) for value in values)) if values else NOTHING


def _together(values: list[Value]) -> Value:
    if not values:
        return UNKNOWN
    known = [
        value for value in values if not (isinstance(value, Constant) and value.value in (None, False, True, "", 0))
    ]
    best = next((value for value in known if type(value) is not Value), known[0] if known else values[0])
    return with_labels(best, NOTHING.union(*(labels_of(value) for value in values)))


def _in_words(method: str) -> str:
    verb, _, rest = method.removeprefix("begin_").partition("_")
    return (
        f"{verb}s {rest.replace('_', ' ') or 'a resource'} of a cloud account".replace("drops", "deletes")
        .replace("emptys", "empties")
        .replace("destroys", "deletes")
    )
