"""The definitions of all scopes at one moment: which name means which file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tui.definitions.model import Definition, ExecutionMode, RiskLevel, Scope
from tui.definitions.parsing import Parsed
from tui.definitions.problems import Problem, Severity, has_errors, in_order
from tui.definitions.spelling import closest
from tui.errors import InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalog knows of a name.

    `definition` is what would run; None if the file was never good. `stale` means that the file has errors now and
    the definition is its last good version. `shadows` are the farther entries this one hides.
    """

    name: str
    path: Path
    scope: Scope
    definition: Definition | None
    problems: tuple[Problem, ...] = ()
    stale: bool = False
    shadows: tuple[Entry, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether the file has errors now."""
        return has_errors(self.problems)


@dataclass(frozen=True, slots=True)
class Source:
    """A definition file as the catalog keeps it. `last_good` may be older than `parsed`."""

    path: Path
    scope: Scope
    parsed: Parsed
    last_good: Definition | None


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


def build(sources: Iterable[Source], problems: Iterable[Problem] = ()) -> Index:
    """Decide which file has which name. `problems` are those of directories."""
    order = {scope: rank for rank, scope in enumerate(Scope)}
    # Of two files of one scope that claim a name, one that can be run is preferred to one that cannot.
    claims = sorted(sources, key=lambda s: (order[s.scope], s.last_good is None, s.parsed.definition is None, s.path))
    by_name: dict[str, list[Entry]] = {}
    lost: list[Entry] = []
    places = {source.path: source.parsed for source in claims}
    for source in claims:
        entry = _entry(source)
        held = by_name.setdefault(entry.name, [])
        rival = next((other for other in held if other.scope is entry.scope), None)
        if rival is None:
            held.append(entry)
        else:
            message = f"the name {entry.name!r} is already taken by {rival.path}:{places[rival.path].name_line}"
            problem = _error(entry.path, places[entry.path].name_line, message, "rename one of the two")
            lost.append(Entry(entry.name, entry.path, entry.scope, None, in_order((*entry.problems, problem))))
    winners = {name: _shadowing(held) for name, held in by_name.items()}
    by_alias, clashes = _aliases(winners, places)
    winners = {name: _with_problems(entry, clashes.get(entry.path, [])) for name, entry in winners.items()}
    entries = tuple(sorted((*winners.values(), *lost), key=lambda entry: (entry.name, entry.path)))
    everything = [problem for entry in entries for each in (entry, *entry.shadows) for problem in each.problems]
    return Index(
        entries=entries,
        problems=in_order((*problems, *everything)),
        by_name=winners,
        by_alias={alias: winners[name] for alias, name in by_alias.items()},
    )


def _entry(source: Source) -> Entry:
    parsed = source.parsed
    definition = parsed.definition or source.last_good
    return Entry(
        name=definition.name if definition else parsed.name,
        path=source.path,
        scope=source.scope,
        definition=definition,
        problems=parsed.problems,
        stale=parsed.definition is None and definition is not None,
    )


def _shadowing(held: list[Entry]) -> Entry:
    nearest, *farther = held
    return replace(nearest, shadows=tuple(farther)) if farther else nearest


def _aliases(
    winners: Mapping[str, Entry], places: Mapping[Path, Parsed]
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


def _error(path: Path, line: int, message: str, hint: str) -> Problem:
    return Problem(str(path), line, None, Severity.ERROR, message, hint)
