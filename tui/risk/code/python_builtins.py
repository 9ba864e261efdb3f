"""Functions of Python that say something about names, paths or other functions rather than do something."""

from __future__ import annotations

import ast
from typing import Final

from tui.risk.code.contents import found_files, pack_into
from tui.risk.code.conventions import path_join, setting, words_of
from tui.risk.code.evaluation import unknown_module
from tui.risk.code.python_lookup import canonical
from tui.risk.code.python_routines import all_labels
from tui.risk.code.python_sequences import Sequences
from tui.risk.code.unseen import is_standard_python
from tui.risk.code.values import (
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
    shown,
    text_of,
    with_labels,
)
from tui.risk.code.writing import write_to
from tui.risk.model import Effect

_PATHS_BELOW: Final = frozenset({
    "glob.glob", "glob.iglob", "os.walk", "os.listdir", "os.scandir", "os.fwalk", "pathlib.Path().glob",
    "pathlib.Path().rglob", "pathlib.Path().iterdir", "pathlib.Path().walk",
})  # fmt: skip


class Builtins(Sequences):
    """Knows what builtins and path functions return."""

    def bound_in_advance(self, args: tuple[Value, ...], keywords: dict[str, Value]) -> Value:
        """Return a function some of whose arguments are given."""
        raise NotImplementedError

    def method_of(self, owner: Value, name: str) -> Value:
        """Return a method of a value."""
        raise NotImplementedError

    def special(
        self, name: str, args: tuple[Value, ...], keywords: dict[str, Value], node: ast.Call, owner: Value | None
    ) -> Value | None:
        """Return what a builtin returns, or None where it is for the tables to say what it does."""
        first = args[0] if args else None
        if name in {"getattr", "__getattribute__"} and len(args) >= 2:
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
                unknown_module(self.judge, self.span_of(node))
                return Value(labels=labels_of(first), shown="module")
            if not is_standard_python(module_name):
                self.judge.effects.add(Effect.EXECUTE)
            return Reference(
                canonical(module_name),
                not plain_name or bool(first and first.labels & {Label.DECODED, Label.ASSEMBLED}),
            )
        if name in {"globals", "locals"} or (name == "vars" and not args):
            return Instance(name)
        if name == "vars" and isinstance(first, Reference):
            return Reference(f"{first.name}.__dict__")
        if args and (made := self.sequence(name, args, node)) is not None:
            return made
        if name in {"functools.partial", "partial", "functools.partialmethod"} and args:
            self._deferred(args, keywords, node)
            return self.bound_in_advance(args, keywords)
        if name in {
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
            path = Constant(f"/tmp/tmp{text_of(keywords.get('suffix')) or ''}")  # noqa: S108 - read, not used
            return Items((Instance("descriptor", path), path))
        if name == "os.fdopen" and isinstance(first, Instance) and first.kind in {"descriptor", "open"}:
            return Instance("open", first.content)
        if name in {"shlex.split", "split"} and first is not None and (words := words_of(first)) is not None:
            return words
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
            return Entries(dict(keywords), labels=all_labels(args, {}))
        if name == "shutil.make_archive" and args:
            return self._archived(args, keywords, node)
        if name in {"slice", "object"}:
            return UNKNOWN
        return None

    def _get_attribute(self, owner: Value, key: Value, node: ast.Call) -> Value:
        name = text_of(key)
        if name is None:
            return Value(labels=labels_of(key) & {Label.DECODED, Label.NETWORK, Label.ASSEMBLED}, shown="attribute")
        del node
        if isinstance(owner, Reference):
            return self.attribute(owner, name, disguised=True)
        return self.method_of(owner, name)

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
        return Value(labels=all_labels(args, keywords))

    def _archived(self, args: tuple[Value, ...], keywords: dict[str, Value], node: ast.Call) -> Value:
        """Put a whole directory into an archive: what is later done with the archive is done with the directory."""
        root = keywords.get("root_dir") or (args[2] if len(args) > 2 else Constant("."))
        kind = text_of(keywords.get("format") or (args[1] if len(args) > 1 else None)) or "zip"
        archive = joined([*pieces_of(args[0]), "." + {"gztar": "tar.gz", "bztar": "tar.bz2"}.get(kind, kind)])
        pack_into(self.judge, archive, root, self.span_of(node))
        return archive

    def _below(self, name: str, first: Value | None, owner: Value | None) -> Value:
        if name.startswith("pathlib.") and isinstance(owner, Instance):
            return Instance("walk", Instance("pathlib.Path", found_files(owner.content, text_of(first) or "")))
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
