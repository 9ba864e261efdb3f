"""The scenarios of three scopes, read once and again when their files change.

`tui.definitions.reload.watch` follows a catalog like any other.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tui.definitions.catalog import contents
from tui.definitions.model import Scope
from tui.definitions.problems import Problem, Severity, has_errors, in_order
from tui.definitions.scan import scan
from tui.definitions.spelling import closest
from tui.errors import InvalidInput, NotFound
from tui.paths import Paths, shipped
from tui.scenarios.model import Scenario
from tui.scenarios.parsing import Parsed, parse


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalog knows of a name.

    `scenario` is what would run, None if the file was never good. `stale` means that the file has errors now and the
    scenario is its last good version. `shadows` are the files this one hides.
    """

    name: str
    path: Path
    scope: Scope
    scenario: Scenario | None
    problems: tuple[Problem, ...] = ()
    stale: bool = False
    shadows: tuple[Path, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether the file has errors now."""
        return has_errors(self.problems)


@dataclass(frozen=True, slots=True)
class Index:
    """The scenarios at one moment; immutable, so readers need no lock."""

    entries: tuple[Entry, ...] = ()
    """Sorted by name; a file that lost its name to another of its scope has an entry too."""
    problems: tuple[Problem, ...] = ()
    """Every problem of every file, shadowed ones included."""
    by_name: Mapping[str, Entry] = field(default_factory=dict)

    def find(self, name: str) -> Entry:
        """Return the entry of a name.

        Raises:
            NotFound: there is none; the hint names one that is close.
        """
        entry = self.by_name.get(name)
        if entry is None:
            guess = closest(name, self.by_name)
            hint = f"did you mean {guess!r}?" if guess else "`rollcage scenario list` shows what there is"
            raise NotFound(f"there is no scenario {name!r}", hint=hint)
        return entry

    def resolve(self, name: str) -> Scenario:
        """Return the scenario of a name; of a broken file its last good version.

        Raises:
            NotFound: there is none.
            InvalidInput: the file was never good; a farther scenario of that name is not run in its place.
        """
        entry = self.find(name)
        if entry.scenario is None:
            problems = "\n".join(f"  {problem}" for problem in entry.problems)
            raise InvalidInput(f"the scenario {entry.name!r} has errors:\n{problems}")
        return entry.scenario


@dataclass(frozen=True, slots=True)
class CatalogDelta:
    """The names a refresh changed; a name whose problems changed is among the changed ones."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    scope: Scope
    digest: bytes
    parsed: Parsed
    last_good: Scenario | None


class Catalog:
    """The scenarios below some directories; a nearer scope shadows a farther one.

    There are few scenarios, so every refresh reads all files. `index` is replaced as a whole and may be read from any
    thread.
    """

    def __init__(self, roots: Iterable[tuple[Scope, Path]]) -> None:
        order = list(Scope)
        self.roots = tuple(sorted(((s, p.absolute()) for s, p in roots), key=lambda root: order.index(root[0])))
        self.index = Index()
        self.directories: tuple[Path, ...] = ()
        """The directories whose changes matter, as of the last refresh."""
        self._files: dict[Path, _File] = {}
        self._lock = threading.Lock()

    @classmethod
    def standard(cls, project: Path | None = None, paths: Paths | None = None) -> Catalog:
        """Return the loaded catalog of `./scenarios` (or `project`), the user's scenarios and the shipped ones."""
        paths = paths or Paths.from_environment()
        catalog = cls(
            (
                (Scope.PROJECT, project or Path("scenarios")),
                (Scope.USER, paths.user_scenarios),
                (Scope.SHIPPED, shipped("scenarios")),
            )
        )
        catalog.refresh()
        return catalog

    def refresh(self, changed: Collection[Path] = ()) -> CatalogDelta:  # noqa: ARG002 - all files are read anyway
        """Bring the index up to date."""
        with self._lock:
            entered: set[tuple[int, int]] = set()
            scans = [(scope, scan(root, entered)) for scope, root in self.roots]
            problems = [problem for _, found in scans for problem in found.problems]
            files: dict[Path, _File] = {}
            for scope, found in scans:
                for item in found.files:
                    if item.path not in files and (file := self._read(item.path, scope)) is not None:
                        files[item.path] = file
            before, self._files = self.index, files
            self.index = _build(files.values(), problems)
            self.directories = tuple(dict.fromkeys(path for _, found in scans for path in found.directories))
            return _delta(before, self.index)

    def _read(self, path: Path, scope: Scope) -> _File | None:
        known = self._files.get(path)
        last_good = known.last_good if known is not None else None
        try:
            data = contents(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            problem = Problem(str(path), 1, None, Severity.ERROR, f"cannot be read: {error.strerror}")
            name = known.parsed.name if known is not None else path.stem
            return _File(path, scope, b"", Parsed(None, name, (problem,)), last_good)
        digest = hashlib.sha256(data).digest()
        if known is not None and known.digest == digest:
            return known
        parsed = parse(data, path, scope)
        return _File(path, scope, digest, parsed, parsed.scenario or last_good)


def check_path(path: Path, scope: Scope = Scope.PROJECT) -> tuple[Problem, ...]:
    """Return every problem of a file, or of all scenarios below a directory."""
    if path.is_dir():
        catalog = Catalog([(scope, path)])
        catalog.refresh()
        return catalog.index.problems
    try:
        data = contents(path)
    except OSError as error:
        return (Problem(str(path), 1, None, Severity.ERROR, f"cannot be read: {error.strerror}"),)
    return in_order(parse(data, path, scope).problems)


def _build(files: Iterable[_File], problems: Iterable[Problem]) -> Index:
    """Decide which file has which name: the nearer scope, then one that can be run, then the first by path."""
    order = list(Scope)
    claims = sorted(files, key=lambda f: (order.index(f.scope), f.last_good is None, f.path))
    by_name: dict[str, Entry] = {}
    lost: list[Entry] = []
    everything = list(problems)
    lines = {file.path: file.parsed.name_line for file in claims}
    for file in claims:
        entry = _entry(file)
        holder = by_name.get(entry.name)
        if holder is None:
            by_name[entry.name] = entry
        elif holder.scope is entry.scope:
            message = f"the name {entry.name!r} is already taken by {holder.path}:{lines[holder.path]}"
            problem = Problem(
                str(entry.path), lines[entry.path], None, Severity.ERROR, message, "rename one of the two"
            )  # fmt: skip
            entry = replace(entry, scenario=None, stale=False, problems=in_order((*entry.problems, problem)))
            lost.append(entry)
        else:
            by_name[entry.name] = replace(holder, shadows=(*holder.shadows, entry.path))
        everything += entry.problems
    entries = sorted((*by_name.values(), *lost), key=lambda entry: (entry.name, entry.path))
    return Index(tuple(entries), in_order(everything), by_name)


def _entry(file: _File) -> Entry:
    scenario = file.parsed.scenario or file.last_good
    name = scenario.name if scenario is not None else file.parsed.name
    stale = file.parsed.scenario is None and scenario is not None
    return Entry(name, file.path, file.scope, scenario, file.parsed.problems, stale)


def _delta(before: Index, after: Index) -> CatalogDelta:
    old, new = before.by_name, after.by_name
    changed = {name for name in old.keys() & new.keys() if old[name] != new[name]}
    if not changed and {*before.problems} != {*after.problems}:
        files = {problem.file for problem in {*before.problems} ^ {*after.problems}}
        changed = {entry.name for entry in (*before.entries, *after.entries) if str(entry.path) in files}
    return CatalogDelta(
        tuple(sorted(new.keys() - old.keys())), tuple(sorted(changed)), tuple(sorted(old.keys() - new.keys()))
    )
