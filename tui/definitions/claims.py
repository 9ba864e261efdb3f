"""Files that claim names: which file has which, and what changes for a person when files do.

Definitions and scenarios share this. A nearer scope hides a farther one; a file that breaks keeps its last good
version, and never lets a farther one take its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from tui.definitions.kinds import Scope
from tui.definitions.problems import Problem, Severity, has_errors, in_order

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class ParsedFile(Generic[Content]):
    """What a file holds. `content` is None if there are errors; `name` is the name it claims even then.

    Lines are those of the file, for problems found when files are compared.
    """

    content: Content | None
    name: str
    problems: tuple[Problem, ...]
    name_line: int = 1
    alias_lines: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Source(Generic[Content]):
    """A file as a catalog keeps it. `last_good` may be older than `parsed`."""

    path: Path
    scope: Scope
    parsed: ParsedFile[Content]
    last_good: Content | None


@dataclass(frozen=True, slots=True)
class NamedFile(Generic[Content]):
    """What a catalog knows of a name.

    `content` is what would run; None if the file was never good. `stale` means that the file has errors now and the
    content is its last good version. `shadows` are the farther entries this one hides.
    """

    name: str
    path: Path
    scope: Scope
    content: Content | None
    problems: tuple[Problem, ...] = ()
    stale: bool = False
    shadows: tuple[Self, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether the file has errors now."""
        return has_errors(self.problems)


Named = TypeVar("Named", bound=NamedFile[Any])


@dataclass(frozen=True, slots=True)
class Claims(Generic[Named]):
    """Who has which name, and who lost one to another file of the same scope."""

    winners: dict[str, Named]
    lost: list[Named]


def claim(sources: Iterable[Source[Any]], kind: type[Named]) -> Claims[Named]:
    """Decide which file has which name; entries are of a kind.

    Of two files of one scope that claim a name, one that can be run is preferred to one that cannot, then the first
    by path.
    """
    order = {scope: rank for rank, scope in enumerate(Scope)}
    claims = sorted(sources, key=lambda s: (order[s.scope], s.last_good is None, s.parsed.content is None, s.path))
    lines = {source.path: source.parsed.name_line for source in claims}
    by_name: dict[str, list[Named]] = {}
    lost: list[Named] = []
    for source in claims:
        entry = _entry(source, kind)
        held = by_name.setdefault(entry.name, [])
        rival = next((other for other in held if other.scope is entry.scope), None)
        if rival is None:
            held.append(entry)
            continue
        message = f"the name {entry.name!r} is already taken by {rival.path}:{lines[rival.path]}"
        hint = "rename one of the two"
        problem = Problem(str(entry.path), lines[entry.path], None, Severity.ERROR, message, hint)
        problems = in_order((*entry.problems, problem))
        lost.append(replace(entry, content=None, stale=False, problems=problems))
    return Claims({name: _shadowing(held) for name, held in by_name.items()}, lost)


def by_name(claims: Claims[Named]) -> tuple[Named, ...]:
    """Return all entries by name, those that lost theirs included."""
    return tuple(sorted((*claims.winners.values(), *claims.lost), key=lambda entry: (entry.name, entry.path)))


def problems_of(entries: Iterable[Named]) -> list[Problem]:
    """Return the problems of entries and of those they hide."""
    return [problem for entry in entries for each in (entry, *entry.shadows) for problem in each.problems]


def _entry(source: Source[Any], kind: type[Named]) -> Named:
    parsed = source.parsed
    content = parsed.content or source.last_good
    return kind(
        name=content.name if content else parsed.name,
        path=source.path,
        scope=source.scope,
        content=content,
        problems=parsed.problems,
        stale=parsed.content is None and content is not None,
    )


def _shadowing(held: list[Named]) -> Named:
    nearest, *farther = held
    return replace(nearest, shadows=tuple(farther)) if farther else nearest


@dataclass(frozen=True, slots=True)
class Delta(Generic[Named]):
    """What a refresh changed, as entries after it (`removed`: before it).

    `broken` are files that have errors now and did not before, or have others; `repaired` the reverse. A file is in
    one of the five only.
    """

    added: tuple[Named, ...] = ()
    changed: tuple[Named, ...] = ()
    removed: tuple[Named, ...] = ()
    broken: tuple[Named, ...] = ()
    repaired: tuple[Named, ...] = ()

    def __bool__(self) -> bool:
        return any((self.added, self.changed, self.removed, self.broken, self.repaired))


def delta(before: Iterable[Named], after: Iterable[Named]) -> Delta[Named]:
    """Return what is different between two states of a catalog."""
    old = {entry.path: entry for entry in before}
    new = {entry.path: entry for entry in after}
    added, changed, broken, repaired = list[Named](), list[Named](), list[Named](), list[Named]()
    for path, entry in new.items():
        was = old.get(path)
        if entry.broken:
            if was is None or was.problems != entry.problems:
                broken.append(entry)
        elif was is None:
            added.append(entry)
        elif was.broken:
            repaired.append(entry)
        elif was != entry:
            changed.append(entry)
    removed = [entry for path, entry in old.items() if path not in new]
    return Delta(tuple(added), tuple(changed), tuple(removed), tuple(broken), tuple(repaired))
