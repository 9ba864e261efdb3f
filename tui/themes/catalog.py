"""The themes Rollcage ships and those of the user, read once and again when their files change.

The user's win by name. A file that breaks keeps its last good colours. `tui.definitions.reload.watch` follows a
catalog like any other.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tui.definitions.contents import contents
from tui.definitions.kinds import Scope
from tui.definitions.problems import Problem, Severity
from tui.definitions.scan import directories_of_links
from tui.definitions.spelling import closest
from tui.errors import InvalidInput, NotFound
from tui.paths import Paths, shipped
from tui.themes.model import Entry, Theme, located
from tui.themes.reading import parse_theme


@dataclass(frozen=True, slots=True)
class Index:
    """The themes at one moment; immutable, so readers need no lock."""

    entries: tuple[Entry, ...] = ()
    """Every file, the user's first; one whose name is taken is among them."""
    by_name: Mapping[str, Entry] = field(default_factory=dict)
    """The files in use: of each name the nearest that was ever good."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem of every file."""
        return tuple(problem for entry in self.entries for problem in entry.problems)

    @property
    def themes(self) -> Mapping[str, Theme]:
        """The themes in use by name."""
        return {name: entry.theme for name, entry in self.by_name.items() if entry.theme is not None}

    def find(self, name: str) -> Entry:
        """Return the file in use of a name.

        Raises:
            InvalidInput: there is one, but it has errors.
            NotFound: there is none; the hint names one that is close.
        """
        if (entry := self.by_name.get(name)) is not None:
            return entry
        for entry in self.entries:
            if entry.path.stem == name and entry.broken:
                raise InvalidInput("\n".join(map(located, entry.problems)))
        guess = closest(name, self.by_name)
        hint = f"did you mean {guess!r}?" if guess else "`rollcage themes list` shows what there is"
        raise NotFound(f"there is no theme {name!r}", hint=hint)


@dataclass(frozen=True, slots=True)
class ThemeDelta:
    """What a refresh changed."""

    changed: tuple[Theme, ...] = ()
    """New themes, and those with other colours than before."""
    removed: tuple[str, ...] = ()
    """Names no file has any more."""
    broken: tuple[Entry, ...] = ()
    """Files with errors they did not have before."""
    repaired: tuple[Entry, ...] = ()
    """Files that had errors and have none any more."""

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed or self.broken or self.repaired)


class ThemeCatalog:
    """The themes of some directories, the nearest first. `index` is replaced as a whole."""

    def __init__(self, roots: Iterable[tuple[Scope, Path]]) -> None:
        self.roots = tuple((scope, path.absolute()) for scope, path in roots)
        self.index = Index()
        self.directories: tuple[Path, ...] = ()
        """The directories whose changes matter, as of the last refresh."""
        self._lock = threading.Lock()

    @classmethod
    def standard(cls, paths: Paths, first: str | None = None) -> ThemeCatalog:
        """Return the catalog of the user's themes and the shipped ones.

        With `first`, only that one is read of the shipped themes, if it is one of them: the next refresh reads the
        others. A start needs but one.
        """
        catalog = cls.unread(paths)
        if first is None or first not in catalog._look(first).themes:
            catalog.refresh()
        return catalog

    @classmethod
    def unread(cls, paths: Paths) -> ThemeCatalog:
        """Return the same catalog before its first refresh."""
        return cls(((Scope.USER, paths.user_themes), (Scope.SHIPPED, shipped("themes"))))

    def _look(self, name: str) -> Index:
        self._refresh(lambda scope, path: scope is not Scope.SHIPPED or path.stem == name)
        return self.index

    def refresh(self, changed: Collection[Path] = ()) -> ThemeDelta:  # noqa: ARG002 - all files are read anyway
        """Bring the index up to date and return what that changed."""
        return self._refresh(lambda scope, path: True)  # noqa: ARG005

    def _refresh(self, wanted: Callable[[Scope, Path], bool]) -> ThemeDelta:
        with self._lock:
            before = self.index
            last_good = {entry.path: entry.theme for entry in before.entries}
            directories: list[Path] = []
            entries: list[Entry] = []
            by_name: dict[str, Entry] = {}
            for scope, root in self.roots:
                for path in filter(functools.partial(wanted, scope), _files(root, directories)):
                    entry = _read(path, scope, last_good.get(path), by_name)
                    if entry is None:
                        continue
                    entries.append(entry)
                    if entry.theme is not None:
                        by_name.setdefault(entry.theme.name, entry)
            self.index = Index(tuple(entries), by_name)
            self.directories = tuple(dict.fromkeys(directories))
            return _delta(before, self.index)


def _files(root: Path, directories: list[Path]) -> list[Path]:
    """Return the theme files of a directory that need not exist, and note the directories that matter for them."""
    try:
        found = sorted(path for path in root.iterdir() if path.suffix == ".yaml" and not path.name.startswith("."))
    except OSError:
        return []
    directories.append(root)
    for path in found:
        if path.is_symlink():
            directories.extend(directories_of_links(path))
    return found


def _read(path: Path, scope: Scope, last_good: Theme | None, taken: Mapping[str, Entry]) -> Entry | None:
    """Return the entry of a file, or None if it vanished meanwhile."""
    try:
        theme, problems = parse_theme(contents(path), path)
    except FileNotFoundError:
        return None
    except OSError as error:
        theme, problems = None, (_whole(path, f"cannot be read: {error.strerror}"),)
    if theme is not None and (other := taken.get(theme.name)) is not None and other.scope is scope:
        problem = _whole(
            path, f"the name {theme.name!r} is taken by {other.path.name}", "give one of them another name"
        )
        return Entry(path, scope, None, (*problems, problem))
    return Entry(path, scope, theme or last_good, problems)


def _whole(path: Path, message: str, hint: str = "") -> Problem:
    return Problem(str(path), 1, None, Severity.ERROR, message, hint)


def _delta(before: Index, after: Index) -> ThemeDelta:
    old, new = before.themes, after.themes
    was = {entry.path: entry for entry in before.entries}
    return ThemeDelta(
        changed=tuple(theme for name, theme in new.items() if old.get(name) != theme),
        removed=tuple(name for name in old if name not in new),
        broken=tuple(
            entry
            for entry in after.entries
            if entry.broken and (entry.path not in was or was[entry.path].problems != entry.problems)
        ),
        repaired=tuple(
            entry for entry in after.entries if not entry.broken and entry.path in was and was[entry.path].broken
        ),
    )
