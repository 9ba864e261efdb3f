"""What a call in Python does: it finds out what is called, folds what is pure, and hands the rest to the judge."""

from __future__ import annotations

import ast
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code import python_folding as folding
from tui.risk.code.budget import MAX_ITEMS
from tui.risk.code.conventions import setting, words_of
from tui.risk.code.machine import perform
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.python_callables import Callables
from tui.risk.code.python_library import CLOUD_DELETES, CLOUD_NAMES, CLOUD_ROOTS, METHODS, OPERATIONS
from tui.risk.code.python_routines import all_labels
from tui.risk.code.stores import drops_a_store, is_small
from tui.risk.code.strangers import hand_over
from tui.risk.code.unseen import is_builtin_python, is_standard_python
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
    joined,
    labels_of,
    pieces_of,
    text_of,
    with_labels,
)
from tui.risk.model import Category, Effect

_HIDEABLE: Final = frozenset({Action.RUN, Action.RUN_FILE, Action.RUN_WORDS, Action.EVALUATE})
_READS: Final = frozenset({"read", "readline", "readlines", "readinto", "read1", "__next__"})
_HOMES: Final = frozenset({"pathlib.Path.home", "os.path.expanduser"})
_COMMANDS: Final = ("sh.", "plumbum.cmd.")
"""Packages whose functions are the programs of the system, by their names."""
_IN_MEMORY: Final = frozenset({"io.StringIO", "io.BytesIO"})
_CONNECT: Final = Operation(Action.CONNECT, ((0, "address"),))


class Calls(Callables):
    """Evaluates calls."""

    def call(self, node: ast.Call) -> Value:
        """Return what a call returns."""
        owner: Value | None = None
        if isinstance(node.func, ast.Attribute):
            owner = self.evaluate(node.func.value)
            target = self.method_of(owner, node.func.attr)
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

    def method_of(self, owner: Value, name: str) -> Value:
        """Return a method of a value."""
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
            if name == "format_map" and isinstance(owner.value, str) and args and isinstance(args[0], Entries):
                return self._formatted(owner.value, (), args[0].entries)
            if name == "join" and args:
                return self._joined(owner, args[0])
            if name == "translate" and args and isinstance(table := args[0], Entries) and isinstance(owner.value, str):
                return Constant("".join(text_of(table.entries.get(each)) or each for each in owner.value))
            return Value(labels=owner.labels | all_labels(args, keywords))
        if name == "split" and (words := words_of(owner, text_of(args[0]) if args else None)) is not None:
            return words
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
        if (taken := self.taken(owner, name, args)) is not None:
            return taken
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
        if isinstance(owner, Instance) and owner.kind in _IN_MEMORY and (held := self._in_memory(owner, name, args)):
            return held
        if isinstance(owner, Instance) and owner.kind == "open" and name in _READS:
            return owner.attributes.get("content", UNKNOWN)
        if type(owner) is Value and name in {"write", "writelines"} and args:
            return UNKNOWN
        del node
        return None

    def _in_memory(self, owner: Instance, name: str, args: tuple[Value, ...]) -> Value | None:
        """Read or write a file that is in memory only; None where nothing known is in it."""
        text = owner.attributes.get("0", Constant(""))
        if name == "write" and args and isinstance(args[0], Constant | Text):
            owner.attributes["0"] = joined([*pieces_of(text), *pieces_of(args[0])], text.labels | args[0].labels)
            return UNKNOWN
        known = isinstance(text, Text) or (isinstance(text, Constant) and bool(text.value))
        return with_labels(text, labels_of(owner)) if known and name in {*_READS, "getvalue"} else None

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
        if isinstance(target, Instance) and (returned := self.call_object(target, args, keywords, node)) is not None:
            return returned
        attr = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        self.callbacks(args, keywords, labels_of(target), node, attr)
        made = Call(attr, args, self.span_of(node), keywords, owner if owner is not None else target)
        if attr in METHODS:
            return perform(self.judge, made, METHODS[attr])
        held = hand_over(self.judge, made, foreign=False)
        if attr == "connect" and _is_address(args):
            return perform(self.judge, made, _CONNECT)
        if attr and CLOUD_NAMES.match(attr):
            return perform(self.judge, made, Operation(Action.CLOUD_DELETE, what=_in_words(attr)))
        return Value(labels=labels_of(target) | all_labels(args, keywords) | held, shown=target.shown)

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
        if (special := self.special(name, args, keywords, node, owner)) is not None:
            return special
        if (made := self.object_made(name, args, keywords, owner)) is not None:
            return made
        folded = folding.call_function(name, args) if not keywords or name.startswith(("base64.", "codecs.")) else None
        if folded is not None:
            return folded
        if name in folding.DECODERS:
            return Value(labels=all_labels(args, keywords) | {Label.DECODED})
        attr = name.rpartition(".")[2]
        row = OPERATIONS.get(name)
        if name.startswith("git.Repo()") and (asked := _git_words(attr, args, keywords)) is not None:
            row, args, keywords = Operation(Action.RUN, ((0, ""),)), (asked,), {}
        if row is None and name.startswith("git.Repo().git."):
            row, args = (
                Operation(Action.RUN_WORDS, ((0, ""),)),
                (Constant("git"), Constant(attr.replace("_", "-")), *args),
            )
        if row is None and name.startswith(_COMMANDS) and "(" not in name:
            words = name.removeprefix("plumbum.cmd.").removeprefix("sh.").split(".")
            words = [word.replace("_", "-") for word in words if word != "bake"]
            row, args = Operation(Action.RUN_WORDS, ((0, ""),)), (*map(Constant, words), *args)
        if row is None and "." in name and owner is not None:
            row = METHODS.get(attr)
            if (
                row is None
                and not is_small(attr)
                and ((name.startswith(CLOUD_ROOTS) and CLOUD_DELETES.match(attr)) or CLOUD_NAMES.match(attr))
            ):
                row = Operation(Action.CLOUD_DELETE, what=_in_words(attr))
            elif row is None and "(" in name and drops_a_store(attr):
                row = Operation(Action.DATABASE_DROP, what=f"deletes a whole store of data: {attr}")
        if row is None and attr == "run" and "session()" in name:
            row = METHODS["query"]
        if row is None and name.endswith((".objects.all().delete", ".query().delete")):
            row = Operation(Action.DATABASE_DROP, what="deletes every row of a table")
        if row is None and attr == "connect" and _is_address(args):
            row = _CONNECT
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
            result = perform(self.judge, call, row)
            served = labels_of(result) & {Label.REQUEST} if row.action is Action.LISTEN else NOTHING
            self.callbacks(args, keywords, served | (labels_of(owner) if owner is not None else NOTHING), node, attr)
            return result
        if "." not in name and owner is None and not self.starred and not is_builtin_python(name):
            self.judge.effects.add(Effect.EXECUTE)  # nothing in the text says what it is
        labels = all_labels(args, keywords) | target.labels
        self.callbacks(args, keywords, labels, node, attr)
        foreign = "." in name and not is_standard_python(name)
        labels |= hand_over(self.judge, call, foreign=foreign)
        content = args[0] if name == "urllib.request.Request" and args else None
        attributes: dict[str, Value] = {}
        if attr[:1].isupper():  # an object that keeps what it is made with
            attributes = {**{str(position): value for position, value in enumerate(args[:8])}, **keywords}
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


def _git_words(method: str, args: tuple[Value, ...], keywords: dict[str, Value]) -> Value | None:
    """Return the command that a method of GitPython's objects runs, or None where it is not one that matters."""
    if method == "execute" and args:
        return args[0]
    flags = [f"--{name.replace('_', '-')}" for name, value in keywords.items() if value == Constant(True)]
    if method == "push" and (keywords or not args):
        refs = [text_of(each) or "x" for each in (keywords.get("refspec"), *args) if each is not None]
        return Items(tuple(map(Constant, ["git", "push", *flags, "origin", *refs])))
    if method in {"delete_head", "delete_tag"}:
        return Items(tuple(map(Constant, ["git", "branch", "-D" if flags else "-d", "x"])))
    if method == "reset" and "hard" in [text_of(each) for each in keywords.values()] + flags:
        return Items(tuple(map(Constant, ["git", "reset", "--hard"])))
    return None


def _is_address(args: tuple[Value, ...]) -> bool:
    """Whether the only argument is a pair, as sockets take it: whatever the object is, it connects somewhere."""
    return len(args) == 1 and isinstance(args[0], Items) and len(args[0].items) in {2, 4}


def _in_words(method: str) -> str:
    verb, _, rest = method.removeprefix("begin_").partition("_")
    return (
        f"{verb}s {rest.replace('_', ' ') or 'a resource'} of a cloud account".replace("drops", "deletes")
        .replace("emptys", "empties")
        .replace("destroys", "deletes")
    )
