"""The scenarios of three scopes, read once and again when their files change.

`tui.definitions.reload.watch` follows a catalog like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from tui.definitions.claims import Delta, NamedFile, Source, by_name, claim, problems_of
from tui.definitions.files import FileCatalog
from tui.definitions.kinds import Scope
from tui.definitions.problems import Problem, in_order
from tui.definitions.spelling import closest
from tui.errors import InvalidInput, NotFound
from tui.paths import Paths, shipped
from tui.scenarios.model import Scenario
from tui.scenarios.parsing import Parsed, parse


@dataclass(frozen=True, slots=True)
class Entry(NamedFile[Scenario]):
    """What the catalog knows of a name."""

    @property
    def scenario(self) -> Scenario | None:
        """What would run; None if the file was never good."""
        return self.content


CatalogDelta: TypeAlias = Delta[Entry]


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


class Catalog(FileCatalog[Scenario, Entry, Index]):
    """The scenarios below some directories."""

    @classmethod
    def standard(cls, project: Path | None = None, paths: Paths | None = None) -> Catalog:
        """Return the loaded catalog of `./scenarios` (or `project`), the user's scenarios and the shipped ones.

        In Rollcage's own checkout `./scenarios` are the shipped ones, and not another project's.
        """
        paths = paths or Paths.from_environment()
        own, project = shipped("scenarios"), project or Path("scenarios")
        roots = [(Scope.USER, paths.user_scenarios), (Scope.SHIPPED, own)]
        if project.resolve() != own.resolve():
            roots.append((Scope.PROJECT, project))
        catalog = cls(roots)
        catalog.refresh()
        return catalog

    def _parse(self, data: bytes, path: Path, scope: Scope) -> Parsed:
        return parse(data, path, scope)

    def _build(self, sources: Iterable[Source[Scenario]], problems: Iterable[Problem]) -> Index:
        claims = claim(_vouched_for(sources), Entry)
        entries = by_name(claims)
        return Index(entries, in_order((*problems, *problems_of(entries))), claims.winners)


def _vouched_for(sources: Iterable[Source[Scenario]]) -> Iterator[Source[Scenario]]:
    """Yield the files, those of a project trusted where they are the same to the letter as one that is shipped."""
    sources = tuple(sources)
    shipped_ones = {
        source.last_good.content_hash
        for source in sources
        if source.scope is Scope.SHIPPED and source.last_good is not None
    }
    for source in sources:
        good = source.last_good
        if good is None or good.trusted or good.content_hash not in shipped_ones:
            yield source
            continue
        trusted = replace(good, trusted=True)
        content = source.parsed.content
        parsed = source.parsed if content is None else replace(source.parsed, content=trusted)
        yield replace(source, parsed=parsed, last_good=trusted)


def check_path(path: Path, scope: Scope = Scope.PROJECT) -> tuple[Problem, ...]:
    """Return every problem of a file, or of all scenarios below a directory."""
    return Catalog([(scope, path)]).check_path(path)
