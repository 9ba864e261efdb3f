"""What the judge knows: rules and program tables, indexed by program and built when first asked for.

Parsing all shipped YAML takes several hundred milliseconds, so its plain form is kept as JSON in the cache directory,
named after a hash of the files. Rules of the user are read from YAML every time, and their examples are tried every
time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from tui import __version__
from tui.errors import InvalidInput
from tui.risk.programs import PLAIN, ProgramFacts, facts_from_raw
from tui.risk.rule import Plain, Raw, Rule, RuleProblem, from_raw

if TYPE_CHECKING:
    from tui.paths import Paths

SHIPPED: Final = Path(__file__).parent / "rules"
ENGINE_VERSION: Final = "8"
"""Changes whenever the same rules may give other answers."""
_EDITIONS: Final = re.compile(r"[-_.]?\d+(\.\d+)*$|\.exe$")
"""What is cut off a name to find its table: `python3.11`, `gcc-12`."""


class Knowledge:
    """Rules and program tables. Immutable from outside; what is asked for is built once and kept."""

    def __init__(self, rules: Iterable[Raw], programs: dict[str, Plain], identity: str) -> None:
        self.identity = identity
        """Hash of the rules and of the engine's version."""
        self._programs = programs
        self._named: dict[str, list[Raw]] = {}
        self._patterns: list[tuple[re.Pattern[str] | None, Raw]] = []
        self._all = tuple(rules)
        for raw in self._all:
            for name in cast("list[str]", raw["program"]):
                if name == "*":
                    self._patterns.append((None, raw))
                elif name.startswith("~"):
                    self._patterns.append((re.compile(name[1:]), raw))
                else:
                    self._named.setdefault(name, []).append(raw)
        self._rules: dict[str, tuple[Rule, ...]] = {}
        self._facts: dict[str, ProgramFacts] = {}
        self._built: dict[int, Rule] = {}

    def rules_for(self, program: str) -> tuple[Rule, ...]:
        """Return the rules that may apply to a program of this name."""
        if (known := self._rules.get(program)) is not None:
            return known
        found = [*self._named.get(program, ())]
        if (base := _EDITIONS.sub("", program)) != program:
            found += self._named.get(base, ())
        found += [raw for pattern, raw in self._patterns if pattern is None or pattern.search(program)]
        rules = tuple(dict.fromkeys(self._build(raw) for raw in found))
        if len(self._rules) < 4096:  # names come from hostile texts
            self._rules[program] = rules
        return rules

    def facts(self, program: str) -> ProgramFacts:
        """Return what the tables know of a program; `PLAIN` when nothing."""
        if (known := self._facts.get(program)) is not None:
            return known
        raw = self._programs.get(program) or self._programs.get(_EDITIONS.sub("", program))
        facts = PLAIN if raw is None else facts_from_raw(program, raw)
        if raw is not None:
            self._facts[program] = facts
        return facts

    def programs(self) -> tuple[str, ...]:
        """Return the names of all programs the tables know."""
        return tuple(self._programs)

    def rules(self) -> tuple[Rule, ...]:
        """Return every rule, in the order of the files."""
        return tuple(self._build(raw) for raw in self._all)

    def _build(self, raw: Raw) -> Rule:
        rule = self._built.get(id(raw))
        if rule is None:
            rule = self._built[id(raw)] = from_raw(raw)
        return rule


class BadRules(InvalidInput):
    """Rule files have problems; all of them are in the message."""

    def __init__(self, problems: Iterable[RuleProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(
            "\n".join(map(str, self.problems)),
            hint="Rules are explained in tui/risk/rules/README.md; nothing is assessed with rules that are wrong",
        )


def knowledge_of(paths: Paths) -> Knowledge:
    """Return the shipped rules and those of a user, from the one cache that the user has of them.

    Raises:
        BadRules: the user's rules are not valid.
    """
    return load_knowledge(paths.user_rules, paths.cache / "risk")


def load_knowledge(user: Path | None = None, cache: Path | None = None, *, check: bool = False) -> Knowledge:
    """Return the shipped rules together with those in the directory `user`.

    `check` tries the examples of the shipped rules as well. It is done anyway, once, when `cache` is given and does not
    record that these very rules have passed.

    Raises:
        BadRules: files are not valid, or an example does not behave as its rule says.
    """
    shipped = _read_bytes(SHIPPED)
    identity = _identity(shipped)
    kept = cache / f"rules-{identity}-{_sources()}.json" if cache is not None else None
    plain = _from_cache(kept)
    problems: list[RuleProblem] = []
    fresh = plain is None
    if plain is None:
        plain = _parse(shipped, problems)
    rules, programs = plain
    if problems:
        raise BadRules(problems)
    own = _read_bytes(user) if user is not None and user.is_dir() else {}
    if own:
        added, tables = _parse(own, problems)
        problems += _conflicts(rules, added, programs, tables)
        if problems:
            raise BadRules(problems)
        knowledge = Knowledge([*rules, *added], {**programs, **tables}, _identity({**shipped, **own}))
        to_try = [str(raw["id"]) for raw in added]
    else:
        knowledge, to_try = Knowledge(rules, programs, identity), []
    if check or (fresh and kept is not None):
        to_try = [rule.id for rule in knowledge.rules()]
    if to_try:
        from tui.risk.check_rules import check_examples

        if found := check_examples(knowledge, set(to_try)):
            raise BadRules(found)
    if fresh and kept is not None:
        _to_cache(kept, plain)
    return knowledge


def _read_bytes(directory: Path) -> dict[str, bytes]:
    files = sorted(directory.glob("*.yaml"))
    return {str(path) if directory != SHIPPED else path.name: path.read_bytes() for path in files}


def _identity(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256(f"{__version__} {ENGINE_VERSION}".encode())
    for name, data in files.items():
        digest.update(f"{Path(name).name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:16]


def _sources() -> str:
    """Return a stamp of the engine's own files: examples are tried again when any of them has changed."""
    digest = hashlib.sha256()
    for path in sorted(SHIPPED.parent.rglob("*.[py]*")):
        if path.suffix in (".py", ".yaml"):
            state = path.stat()
            digest.update(f"{path.name}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:12]


def _parse(files: dict[str, bytes], problems: list[RuleProblem]) -> tuple[list[Plain], dict[str, Plain]]:
    from tui.risk.rule_files import LARGEST_FILE, read_programs, read_rules  # YAML is not needed where there is a cache

    rules: list[Plain] = []
    programs: dict[str, Plain] = {}
    where: dict[str, str] = {}
    for name, data in files.items():
        try:
            text = data[: LARGEST_FILE + 1].decode("utf-8-sig")
        except UnicodeDecodeError:
            problems.append(RuleProblem(name, 1, "the file is not UTF-8"))
            continue
        if name == "abilities.yaml":
            continue  # facts of another form, read by tui.risk.abilities
        if Path(name).name.startswith("programs"):
            for program, raw in read_programs(text, name, problems).items():
                if program in programs:
                    problems.append(RuleProblem(name, 1, f"the program {program!r} is in another table too"))
                programs[program] = raw
            continue
        for raw in read_rules(text, name, problems):
            identity = str(raw["id"])
            if identity in where:
                problems.append(_at(raw, f"the id {identity!r} is taken (see {where[identity]})"))
            where[identity] = str(raw["where"])
            rules.append(raw)
    return rules, programs


def _at(raw: Raw, message: str) -> RuleProblem:
    file, _, line = str(raw["where"]).rpartition(":")
    return RuleProblem(file, int(line), message)


def _conflicts(
    shipped: list[Plain], added: list[Plain], programs: dict[str, Plain], tables: dict[str, Plain]
) -> list[RuleProblem]:
    """Return what the user's files may not do: a rule of theirs only ever adds."""
    taken = {str(raw["id"]) for raw in shipped}
    found = [_at(raw, f"the id {raw['id']!r} is a shipped rule's") for raw in added if str(raw["id"]) in taken]
    clash = sorted(programs.keys() & tables.keys())
    if clash:
        found.append(RuleProblem("programs", 1, f"shipped tables cannot be replaced: {', '.join(clash)}"))
    return found


def _from_cache(path: Path | None) -> tuple[list[Plain], dict[str, Plain]] | None:
    if path is None:
        return None
    try:
        held = json.loads(path.read_bytes())
        return held["rules"], {name: raw for names, raw in held["programs"] for name in names}
    except (OSError, ValueError, KeyError, TypeError):
        return None  # missing or damaged: the YAML files are the truth


def _to_cache(path: Path, plain: tuple[list[Plain], dict[str, Plain]]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in path.parent.glob("rules-*.json"):
            old.unlink(missing_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        rules, programs = plain
        names: dict[int, list[str]] = {}
        for name, raw in programs.items():
            names.setdefault(id(raw), []).append(name)
        groups = [(group, programs[group[0]]) for group in names.values()]
        partial.write_text(json.dumps({"rules": rules, "programs": groups}), encoding="utf-8")
        partial.replace(path)
    except OSError:
        return  # a cache that cannot be written costs time, nothing else
