"""The definitions of all scopes at one moment: which name means which file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tui.definitions.claims import Claims, NamedFile, ParsedFile, Source, by_name, claim, problems_of
from tui.definitions.kinds import ExecutionMode, Scope
from tui.definitions.model import Definition
from tui.definitions.problems import Problem, Severity, in_order
from tui.definitions.spelling import closest
from tui.errors import InvalidInput, NotFound
from tui.levels import RiskLevel


@dataclass(frozen=True, slots=True)
class Entry(NamedFile[Definition]):
    """What the catalog knows of a name."""

    @property
    def definition(self) -> Definition | None:
        """What would run; None if the file was never good."""
        return self.content


@dataclass(frozen=True, slots=True)
class Stats:
    """How many of what there are. Shadowed definitions count only as shadowed."""

    definitions: int
    aliases: int
    categories: int
    broken: int
    stale: int
    shadowed: int
    by_risk: Mapping[RiskLevel, int]
    by_mode: Mapping[ExecutionMode, int]


@dataclass(frozen=True)
class Index:
    """Names, aliases and categories; immutable, so readers need no lock."""

    entries: tuple[Entry, ...] = ()
    """One per name, sorted by name, and one more per file that lost its name to another of its scope."""
    problems: tuple[Problem, ...] = ()
    """Every problem of every file, shadowed ones included."""
    by_name: Mapping[str, Entry] = field(default_factory=dict)
    by_alias: Mapping[str, Entry] = field(default_factory=dict)

    def get(self, name: str) -> Entry | None:
        """Return the entry of that very name, or None."""
        return self.by_name.get(name)

    def find(self, name: str) -> Entry:
        """Return the entry of a name or alias.

        Raises:
            NotFound: there is none; the hint names one that is close.
        """
        entry = self.by_name.get(name) or self.by_alias.get(name)
        if entry is None:
            guess = closest(name, (*self.by_name, *self.by_alias))
            hint = f"did you mean {guess!r}?" if guess else "`rollcage commands list` shows what there is"
            raise NotFound(f"there is no command {name!r}", hint=hint)
        return entry

    def resolve(self, name: str) -> Definition:
        """Return the definition a name or alias stands for; of a broken file its last good version.

        Raises:
            NotFound: there is none.
            InvalidInput: the file was never good; a farther definition of that name is not run in its place.
        """
        entry = self.find(name)
        if entry.definition is None:
            problems = "\n".join(f"  {problem}" for problem in entry.problems)
            raise InvalidInput(f"the definition {entry.name!r} has errors:\n{problems}")
        return entry.definition

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Return every definition that can be run, sorted by name."""
        return tuple(entry.definition for entry in self.entries if entry.definition is not None)

    @property
    def categories(self) -> tuple[str, ...]:
        """Return the categories in use, sorted."""
        return tuple(sorted({d.category for d in self.definitions if d.category}))

    def by_category(self, category: str | None) -> tuple[Definition, ...]:
        """Return the definitions of a category; of None, those without one."""
        return tuple(definition for definition in self.definitions if definition.category == category)

    def by_mode(self, mode: ExecutionMode) -> tuple[Definition, ...]:
        """Return the definitions of an execution mode."""
        return tuple(definition for definition in self.definitions if definition.execution_mode is mode)

    def by_risk(self, risk: RiskLevel) -> tuple[Definition, ...]:
        """Return the definitions of a risk level."""
        return tuple(definition for definition in self.definitions if definition.risk_level is risk)

    @property
    def stats(self) -> Stats:
        """Count everything."""
        return Stats(
            definitions=len(self.definitions),
            aliases=len(self.by_alias),
            categories=len(self.categories),
            broken=sum(entry.broken for entry in self.entries),
            stale=sum(entry.stale for entry in self.entries),
            shadowed=sum(len(entry.shadows) for entry in self.entries),
            by_risk={risk: len(self.by_risk(risk)) for risk in RiskLevel},
            by_mode={mode: len(self.by_mode(mode)) for mode in ExecutionMode},
        )


def build(sources: Iterable[Source[Definition]], problems: Iterable[Problem] = ()) -> Index:
    """Decide which file has which name. `problems` are those of directories."""
    sources = list(sources)
    places = {source.path: source.parsed for source in sources}
    claims = claim(sources, Entry)
    by_alias, clashes = _aliases(claims.winners, places)
    winners = {name: _with_problems(entry, clashes.get(entry.path, [])) for name, entry in claims.winners.items()}
    entries = by_name(Claims(winners, claims.lost))
    return Index(
        entries=entries,
        problems=in_order((*problems, *problems_of(entries))),
        by_name=winners,
        by_alias={alias: winners[name] for alias, name in by_alias.items()},
    )


def _aliases(
    winners: Mapping[str, Entry], places: Mapping[Path, ParsedFile[Definition]]
) -> tuple[dict[str, str], dict[Path, list[Problem]]]:
    """Return the name each alias stands for, and the clashes by file."""
    order = {scope: rank for rank, scope in enumerate(Scope)}
    by_alias: dict[str, str] = {}
    clashes: dict[Path, list[Problem]] = {}
    for entry in sorted(winners.values(), key=lambda entry: (order[entry.scope], entry.path)):
        if entry.definition is None:
            continue
        lines = dict(places[entry.path].alias_lines)
        for alias in entry.definition.aliases:
            holder = winners.get(alias) or winners.get(by_alias.get(alias, ""))
            if holder is None:
                by_alias[alias] = entry.name
                continue
            kind = "name" if alias in winners else "alias"
            place = places[holder.path]
            line = place.name_line if kind == "name" else dict(place.alias_lines).get(alias, 1)
            message = f"alias {alias!r} never applies: it is the {kind} of {holder.name!r} in {holder.path}:{line}"
            problem = Problem(str(entry.path), lines.get(alias, 1), None, Severity.WARNING, message)
            clashes.setdefault(entry.path, []).append(problem)
    return by_alias, clashes


def _with_problems(entry: Entry, problems: list[Problem]) -> Entry:
    return replace(entry, problems=in_order((*entry.problems, *problems))) if problems else entry
