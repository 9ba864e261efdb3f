"""What a call in JavaScript does."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from tree_sitter import Node

from tui.levels import RiskLevel
from tui.risk.code import javascript_folding as folding
from tui.risk.code.budget import MAX_ITEMS
from tui.risk.code.conventions import part_of, words_of
from tui.risk.code.javascript_callables import Callables
from tui.risk.code.javascript_library import CLOUD_ROOTS, METHODS, OPERATIONS, SECRETS
from tui.risk.code.javascript_lookup import Closure
from tui.risk.code.javascript_patterns import match
from tui.risk.code.javascript_routines import labels_among
from tui.risk.code.machine import perform
from tui.risk.code.operations import Action, Call, Operation, options_of
from tui.risk.code.stores import drops_a_store, is_small
from tui.risk.code.strangers import comes_from_outside, hand_over
from tui.risk.code.unseen import is_standard_javascript
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
_LISTS: Final = frozenset(
    {"map", "forEach", "filter", "reduce", "some", "every", "find", "flatMap", "sort", "findIndex", "reduceRight"}
)
_CLOUD_METHOD: Final = re.compile(r"^(?:delete|terminate|destroy|purge|deregister|remove|drop|prune)(?:[A-Z]\w*)?$")
_CLOUD_COMMAND: Final = re.compile(
    r"^(?:Delete|Terminate|Destroy|Purge|Deregister|ScheduleKeyDeletion|Empty)\w*Command$"
)
_CLOUD_NAMES: Final = re.compile(
    r"^(?:delete|terminate|destroy)(?:Bucket|DBInstance|DBCluster|Instances?|Stack|Cluster|Table|Objects|Volume|Snapshot|User|Role|Vpc|Function|Namespace|ResourceGroup|Secret|HostedZone|NamespacedPod|NamespacedDeployment|Topic|Queue|Ref|Branch|Repo|Droplet|Nodegroup|Keyspace|LoadBalancer|StatefulSet|PersistentVolume|AuthUser)(?:e?s|ies|itory)?$"
)

_GLOBAL: Final = re.compile(
    r"\s*(?:return\s+)?(this|globalThis|global|window|self|process|require|module)\s*(?:\|\|.*)?;?\s*$"
)
"""Code that is written to get at the global object: `Function('return this')()`."""
_HOLDS_ROWS: Final = re.compile(r"collection|connection|sequelize|\bdb\b|table|model|schema|mongo", re.IGNORECASE)
_EMPTIES: Final = Operation(Action.DATABASE_DROP, what="deletes everything in a collection")
_GIT: Final = ("simple-git().", "simple-git.simpleGit().", "simple-git.default().", "simple-git/promise().")
_RETURNS: Final = "Function() returning "


class Calls(Callables):
    """Evaluates calls."""

    def call(self, node: Node) -> Value:
        """Return what a call or a `new` returns."""
        self.calling = node
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
        if function is not None and function.type == "super" and isinstance(target, Instance):
            target = target.attributes.get("constructor", UNKNOWN)
        if arguments is not None and arguments.type == "template_string":
            return self._tagged(target, arguments, node, owner)
        args = self._arguments(arguments)
        if isinstance(target, Reference) and target.name == "$" and args and isinstance(args[0], Entries):
            return target  # `$({ stdio: "inherit" })` is a `$` with options
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
        if isinstance(target, Routine):
            strings, values = self._template_parts(template)
            return self.apply(target, (Items(strings), *values), node, owner)
        return self.apply(target, (text,), node, owner)

    def _template_parts(self, template: Node) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
        strings: list[Value] = []
        values: list[Value] = []
        start = template.start_byte + 1
        for child in template.named_children:
            if child.type == "template_substitution":
                strings.append(Constant(self.source[start : child.start_byte].decode("utf-8", "replace")))
                values.append(self.evaluate(child.named_children[0]) if child.named_children else UNKNOWN)
                start = child.end_byte
        strings.append(Constant(self.source[start : max(template.end_byte - 1, start)].decode("utf-8", "replace")))
        return tuple(strings), tuple(values)

    def _call_on(self, owner: Value, name: str, args: tuple[Value, ...], node: Node) -> Value | None:
        if (
            name in {"call", "apply", "bind"}
            and isinstance(owner, Routine | Reference)
            and not (isinstance(owner, Reference) and owner.name in {"Reflect", "Function"})
        ):
            rest = args[1:]
            if name == "apply" and rest and isinstance(rest[0], Items):
                rest = rest[0].items
            return self.bound(owner, args) if name == "bind" else self.apply(owner, rest, node)
        if name == "then" and isinstance(owner, Constant | Items | Text):
            return self.on_object(owner, name, args, node)
        if isinstance(owner, Constant) and args:
            found = match(owner, name, args, lambda *given: self.apply(args[1], given, node))
            if found is not None:
                return found
        if isinstance(owner, Constant | Items):
            folded = folding.call_method(owner, name, args)
            if folded is not None:
                return folded
        if isinstance(owner, Items):
            return self._on_list(owner, name, args, node)
        if name == "split" and (words := words_of(owner, text_of(args[0]) if args else None)) is not None:
            return words
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
            self.callbacks(args, labels_of(owner))
            return Value(labels=labels_of(owner) | labels_among(args), shown=owner.shown)
        if isinstance(owner, Instance) and name in {"toString", "valueOf", "trim"} and owner.content is None:
            return Value(labels=labels_of(owner), shown=owner.shown)
        if isinstance(owner, Entries) and name in owner.entries:
            return None
        return self.on_object(owner, name, args, node)

    def _on_list(self, owner: Items, name: str, args: tuple[Value, ...], node: Node) -> Value | None:
        if name == "entries":
            return Items(tuple(Items((Constant(position), each)) for position, each in enumerate(owner.items)))
        if name in {"push", "unshift", "add"}:
            function = node.child_by_field_name("function")
            target = function.child_by_field_name("object") if function is not None else None
            if len(owner.items) < MAX_ITEMS:
                self.bind(target, Items((*owner.items, *args), labels=owner.labels))
            return UNKNOWN
        if name in _LISTS and args:
            callback = args[-1] if name not in {"reduce", "reduceRight"} else args[0]
            found: list[Value] = []
            reduces = name.startswith("reduce")
            items = owner.items[:MAX_ITEMS]
            if reduces:
                found.append(args[1] if len(args) > 1 else items[0] if items else UNKNOWN)
                items = items if len(args) > 1 else items[1:]
            for position, item in enumerate(items, start=int(reduces and len(args) < 2)):
                given = (found[-1], item, Constant(position)) if reduces else (item, Constant(position))
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
        if isinstance(target, Instance) and (made := self.call_object(target, args, node)) is not None:
            return made
        labels = labels_of(target) | (labels_of(owner) if owner is not None else NOTHING)
        returned = self.callbacks(args, labels | labels_among(args), element=owner if name in _LISTS else None)
        call = Call(name, args, self.span_of(node), options_of(args), owner if owner is not None else target)
        if name in METHODS and owner is not None and not (name == "command" and len(args) > 1):
            return perform(self.judge, call, METHODS[name])
        if (name == "deleteMany" and _is_everything(args)) or self._drops(node, name, args):
            return perform(self.judge, call, _EMPTIES)
        if _CLOUD_NAMES.match(name):
            return perform(self.judge, call, Operation(Action.CLOUD_DELETE, what=_in_words(name)))
        held = hand_over(self.judge, call, foreign=False)
        return Value(
            labels=labels | held | labels_among(args) | (labels_of(returned) if returned else NOTHING),
            shown=target.shown,
        )

    def library(self, target: Reference, args: tuple[Value, ...], node: Node, owner: Value | None) -> Value:
        """Return what a function of a library returns, and judge what it does."""
        name = target.name
        special = self.special(name, args, node, owner)
        if special is None:
            special = self.object_made(name, args, node)
        if special is not None:
            return special
        if name.startswith(_RETURNS):
            return Reference(name.removeprefix(_RETURNS), disguised=True)
        folded = folding.call_function(name, args)
        if folded is not None:
            return folded
        labels = labels_among(args) | target.labels
        if name in folding.DECODERS or (
            name in folding.BUFFERS and len(args) > 1 and text_of(args[1]) in {"base64", "hex"}
        ):
            return Value(labels=labels | {Label.DECODED})
        if name in folding.BUFFERS:
            return with_labels(args[0], labels) if args and not isinstance(args[0], Entries) else Value(labels=labels)
        row = self._row(name, owner)
        if row is not None and row.action is Action.SERVER_COMMAND and any(isinstance(each, Routine) for each in args):
            row = None  # a command that this program offers, with what it does
        if name.endswith(".deleteMany") and _is_everything(args):
            row = _EMPTIES
        if name.endswith(".indices.delete") or self._drops(node, name, args):
            row = _EMPTIES
        call = Call(name, args, self.span_of(node), options_of(args), owner, target.disguised)
        if row is None:
            given = labels | (labels_of(owner) if owner is not None else NOTHING)
            if owner is not None and comes_from_outside(name.rpartition(".")[0], None):
                given |= {Label.REQUEST}
            each = part_of(owner) if owner is not None and name.rpartition(".")[2] in _LISTS else None
            returned = self.callbacks(args, given, element=each)
            if returned is not None and name.rpartition(".")[2] in {"then", "promisify"}:
                return returned
            specifier = name.partition("(")[0].partition(".")[0]
            labels |= hand_over(self.judge, call, foreign=not is_standard_javascript(specifier))
            last = name.rpartition(".")[2]
            kept = call.keywords if last[:1].isupper() or last in {"create", "extend"} else {}
            return Instance(name, None, dict(kept), labels=labels, shown=target.shown)
        if row.action is Action.SEND:
            hand_over(self.judge, call, foreign=False)
        if target.disguised and row.action in _HIDEABLE:
            self.judge.report(
                RiskLevel.HIGH,
                Category.OBFUSCATED,
                "hidden-call",
                f"hides that it calls {name}",
                call.span,
                Effect.EXECUTE,
            )
        if name in {"Function", "eval"} and args and (found := _GLOBAL.match(text_of(args[-1]) or "")):
            wanted = found[1] if found[1] in {"process", "require", "module"} else "globalThis"
            return Reference(wanted if name == "eval" else _RETURNS + wanted, disguised=True)
        if row.what == "git":
            words = () if name.endswith(".raw") else (Constant(name.rpartition(".")[2]),)
            call = replace(call, args=(Constant("git"), *words, *args))
        result = perform(self.judge, call, row)
        self.callbacks(args, labels_of(result), result)
        return result

    def _drops(self, node: Node, name: str, args: tuple[Value, ...]) -> bool:
        """Whether a collection or table is dropped: `drop()` of something that is called so."""
        owner, _, method = name.rpartition(".")
        if args or method != "drop":
            return False
        return _HOLDS_ROWS.search(f"{owner} {self.text(node).rpartition('.')[0]}") is not None

    def _row(self, name: str, owner: Value | None) -> Operation | None:
        row = OPERATIONS.get(name)
        if row is not None:
            return row
        last = name.rpartition(".")[2]
        if name.startswith(_GIT) and name.count(".") <= 2:
            return Operation(Action.RUN_WORDS, ((0, ""),), what="git")
        if name.startswith("shelljs.") and name.count(".") == 1:
            return Operation(Action.RUN_WORDS, ((0, ""),), what="shelljs")
        if owner is not None and last in METHODS:
            return METHODS[last]
        if last in SECRETS and name.startswith(CLOUD_ROOTS):
            return SECRETS[last]
        if is_small(last):
            return None
        if (name.startswith(CLOUD_ROOTS) and (_CLOUD_METHOD.match(last) or _CLOUD_COMMAND.match(last))) or (
            owner is not None and _CLOUD_NAMES.match(last)
        ):
            return Operation(Action.CLOUD_DELETE, what=_in_words(last.removesuffix("Command")))
        return _EMPTIES if drops_a_store(last) and "(" in name else None


def _is_everything(args: tuple[Value, ...]) -> bool:
    """Whether a query that is handed over leaves nothing out: none, or an empty filter."""
    return not args or (isinstance(args[0], Entries) and not args[0].entries)


def _in_words(name: str) -> str:
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower().split()
    verb = words[0] if words else "delete"
    return f"{verb}s {' '.join(words[1:]) or 'a resource'} of a cloud account"
