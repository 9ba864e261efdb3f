"""Functions of JavaScript that say something about modules, paths or other functions rather than do something."""

from __future__ import annotations

import itertools
import re
from typing import Final

from tree_sitter import Node

from tui.levels import RiskLevel
from tui.risk.code.budget import MAX_ITEMS
from tui.risk.code.contents import found_files
from tui.risk.code.conventions import pairs_of, path_join, setting
from tui.risk.code.evaluation import unknown_module
from tui.risk.code.javascript_classes import Classes
from tui.risk.code.javascript_library import OPERATIONS, canonical, module_name
from tui.risk.code.javascript_routines import labels_among
from tui.risk.code.judge import key_of
from tui.risk.code.machine import perform
from tui.risk.code.network import send
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.unseen import is_standard_javascript
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
)
from tui.risk.model import Category, Effect

_HOME: Final = Constant("~")


_TEMPORARY: Final = Constant("/tmp")  # noqa: S108 - read, not used


KEY_EVENTS: Final = frozenset({"keydown", "keypress", "keyup"})
"""Events that tell a page what is typed."""
_STORED: Final = frozenset({"localStorage.getItem", "sessionStorage.getItem"})
_IS_TOKEN: Final = re.compile(r"token|auth|session|jwt|secret|passw|credential|api_?key|cookie", re.IGNORECASE)
_IN_BROWSER: Final = frozenset({Label.CREDENTIAL})


_FINDS_ELEMENTS: Final = frozenset(
    {"document.querySelector", "document.querySelectorAll", "document.getElementById", "document.getElementsByName"}
)
_ASKS_SECRETS: Final = re.compile(r"passw|passwd|\bpwd|card|cvv|cvc|\bpin\b|otp|secret|seed", re.IGNORECASE)
_TYPED_THERE: Final = frozenset({Label.KEYS})


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
        "fs.glob",
        "tinyglobby.glob",
        "globby.globbySync",
        "fast-glob.globSync",
        "fast-glob.glob",
        "recursive-readdir",
        "walkdir",
        "walk",
        "klaw",
    }
)


class Builtins(Classes):
    """Knows what builtins and path functions return."""

    def apply(
        self, target: Value, args: tuple[Value, ...], node: Node, owner: Value | None = None, name: str = ""
    ) -> Value:
        """Return what calling `target` returns."""
        raise NotImplementedError

    def callbacks(
        self, args: tuple[Value, ...], labels: Labels, result: Value | None = None, element: Value | None = None
    ) -> Value | None:
        """Read functions that are handed over."""
        raise NotImplementedError

    def special(self, name: str, args: tuple[Value, ...], node: Node, owner: Value | None) -> Value | None:
        """Return what a builtin returns, or None where it is for the tables to say what it does."""
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
            return self.module(first, node)
        if name == "Reflect.get" and len(args) >= 2:
            key = text_of(args[1])
            return self.attribute(first, key, disguised=True) if key else Value(labels=labels_of(first))
        if name in {"Reflect.apply", "Function.prototype.call", "Function.prototype.apply"} and len(args) >= 2:
            rest = args[2].items if len(args) > 2 and isinstance(args[2], Items) else ()
            return self.apply(first, rest, node)
        if name == "Reflect.construct" and args:
            return self.apply(first, args[1].items if len(args) > 1 and isinstance(args[1], Items) else (), node)
        if name in {"util.promisify", "promisify", "util.callbackify"}:
            return first
        if name in {"os.homedir", "homedir", "app.getPath", "electron.app.getPath", "os-homedir"}:
            return _HOME
        if name in {"os.tmpdir", "tmpdir", "fs.mkdtemp", "Deno.makeTempDir", "temp-dir"}:
            return _TEMPORARY
        if name == "String.raw" and isinstance(first, Entries) and isinstance(raw := first.entries.get("raw"), Items):
            pieces = [p for pair in itertools.zip_longest(raw.items, args[1:]) for v in pair if v for p in pieces_of(v)]
            return joined(pieces, labels_among(args))
        if name in {"URL", "url.URL"} and isinstance(first, Text | Constant) and shown(first).startswith("http"):
            return Instance("URL", first)
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
        if name.endswith(("addEventListener", "jQuery.on")) and text_of(first) in KEY_EVENTS:
            self.callbacks(args, frozenset({Label.KEYS}))
            return UNKNOWN
        if name.endswith("addEventListener") and text_of(first) == "fetch":
            self.callbacks(args, frozenset({Label.REQUEST}))
            return UNKNOWN
        if name in _FINDS_ELEMENTS:
            return Instance("element", labels=_TYPED_THERE if _ASKS_SECRETS.search(text_of(first) or "") else NOTHING)
        if name in {"document.write", "document.writeln"} and args:
            self._written_into_page(first, node)
            return UNKNOWN
        if name.endswith("webRequest.onBeforeSendHeaders.addListener"):
            self.callbacks(args, _IN_BROWSER)
            return UNKNOWN
        if name in _STORED:
            return Value(labels=_IN_BROWSER if _IS_TOKEN.search(text_of(first) or "") else NOTHING, shown="stored")
        if name == "process.env.get":
            return setting(text_of(first))
        if name in {"setTimeout", "setInterval", "execScript"}:
            if isinstance(first, Constant | Text) and text_of(first) is not None:
                return perform(self.judge, Call(name, (first,), self.span_of(node)), OPERATIONS["eval"])
            self.callbacks(args, NOTHING)
            return UNKNOWN
        if name == "Object.assign" and isinstance(first, Instance | Entries):
            kept = first.attributes if isinstance(first, Instance) else first.entries
            for each in args[1:]:
                kept.update(each.entries if isinstance(each, Entries) and len(kept) < MAX_ITEMS else {})
            return with_labels(first, NOTHING.union(*(each.labels for each in args)))
        if name in {"Object.assign", "structuredClone", "Object.freeze"} and args:
            return with_labels(first, labels_among(args))
        if name == "Object.fromEntries" and isinstance(first, Items):
            pairs = [each.items for each in first.items if isinstance(each, Items) and len(each.items) == 2]
            return Entries({text_of(key) or "*": value for key, value in pairs}, labels=first.labels)
        if name == "Buffer.concat" and isinstance(first, Items):
            return joined([piece for each in first.items for piece in pieces_of(each)], labels_of(first))
        if name == "path.parse":
            return Entries({"root": Constant("/"), "dir": first, "base": first, "name": first}, labels=first.labels)
        if isinstance(first, Entries) and name in {"Object.keys", "Object.entries"}:
            return pairs_of(first) if name == "Object.entries" else Items(tuple(map(Constant, first.entries)))
        if name in {"Object.keys", "Object.values", "Object.entries", "Object.fromEntries"}:
            return (
                Items(tuple(first.entries.values()))
                if isinstance(first, Entries) and name == "Object.values"
                else Value(labels=labels_of(first), shown="entries")
            )
        if name in {"process.binding", "process._linkedBinding"}:
            if text_of(first) in {None, "spawn_sync", "process_wrap", "fs", "pipe_wrap", "tcp_wrap", "contextify"}:
                what = "uses internals of Node.js, past its modules"
                self.judge.report(RiskLevel.HIGH, Category.OBFUSCATED, "internal-binding", what, self.span_of(node))
            return Instance("process.binding")
        if name in _BELOW:
            wanted = first.items[0] if isinstance(first, Items) and first.items else first
            if isinstance(where := args[-1] if len(args) > 1 else None, Entries) and "cwd" in where.entries:
                wanted = path_join(where.entries["cwd"], wanted)
            found = found_files(wanted if args else Constant("."))
            self.callbacks(args, frozenset({Label.WALK}))
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

    def _written_into_page(self, markup: Value, node: Node) -> None:
        """Judge an address in text that is put into a page: the browser asks for it at once."""
        pieces = list(pieces_of(markup))
        for position, piece in enumerate(pieces):
            start = piece.find("//") if isinstance(piece, str) else -1
            if isinstance(piece, str) and start >= 0:
                address = piece[
                    max(piece.rfind('"', 0, start), piece.rfind("=", 0, start), piece.rfind("'", 0, start)) + 1 :
                ]
                send(self.judge, self.span_of(node), Text((address, *pieces[position + 1 :])), [])
                return

    def _shell_word(self, name: str, args: tuple[Value, ...], node: Node) -> Value:
        flat: list[Value] = []
        for arg in args:
            flat.extend(arg.items if isinstance(arg, Items) else () if isinstance(arg, Entries | Routine) else (arg,))
        words = Items((Constant(name.removeprefix("shelljs.")), *flat))
        return perform(self.judge, Call(name, (words,), self.span_of(node)), Operation(Action.RUN, ((0, ""),)))

    def module(self, specifier: Value, node: Node) -> Value:
        """Return what `require` and `import` return."""
        name = text_of(specifier)
        if name is None:
            labels = labels_of(specifier)
            if Label.NETWORK in labels or Label.DECODED in labels:
                perform(self.judge, Call("require", (specifier,), self.span_of(node)), OPERATIONS["eval"])
            unknown_module(self.judge, self.span_of(node))
            return Value(labels=labels, shown="module")
        if not is_standard_javascript(name):
            self.judge.effects.add(Effect.EXECUTE)
        if name.startswith(("http://", "https://", "data:")):
            self.judge.report(
                RiskLevel.HIGH,
                Category.REMOTE_CODE,
                "import-url",
                f"loads code from {name[:80]}",
                self.span_of(node),
                Effect.NETWORK_IN,
            )
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
