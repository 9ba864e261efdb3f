"""What programs do with their arguments, as data: the tables in `rules/programs*.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tui.risk.model import Effect

ROLES: Final = ("deletes", "destroys", "overwrites", "writes", "creates", "reads", "sends", "runs")
"""What can happen to an argument, the gravest first.

`destroys` is beyond recovery (shred), `overwrites` replaces what was there, `writes` adds or edits, `creates` leaves
what is there as it is (touch), `reads` shows or
copies the content, `sends` hands the content to another machine, `runs` executes it as a program.
"""


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """How a program's command line is read, and what it does."""

    name: str
    value_options: frozenset[str] = frozenset()
    """Options that take the next word as their value."""
    single_dash: bool = False
    """`-delete` is one option, not a cluster of `-d -e …`."""
    gnu: bool = False
    """Long options may be abbreviated."""
    roles: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(role, selectors): which arguments it does what to. See `rules/README.md`."""
    recursive: tuple[str, ...] = ()
    """Options that make it act on whole directories; `always` where it always does."""
    only_with: tuple[str, ...] = ()
    """The roles other than `reads` apply only with one of these options (`sed -i`)."""
    dry: tuple[str, ...] = ()
    """Options that make it only say what it would do."""
    looks: tuple[str, ...] = ()
    """Subcommands that only look: its level and effects do not hold for them. `image ls` is two words."""
    harmless: bool = False
    """It only reads, computes or prints."""
    metadata: bool = False
    """It looks at names, sizes and dates, not at contents."""
    data: bool = False
    """Its arguments are text to it, not names of things."""
    infra: bool = False
    """It manages a service, a cloud, a database: `delete` in its words means there."""
    verbs_harmless: bool = False
    """Words such as `delete` or `remove` in its arguments say nothing (package managers, test runners)."""
    level: str = ""
    """The least level of running it at all."""
    effects: frozenset[Effect] = frozenset()
    effect: str = ""
    """What running it does, verb first, for the reason given when `level` is medium."""
    network: str = ""
    """`in` when its output comes from the network, `out` when it sends what it reads, `both`."""
    decodes: tuple[str, ...] = ()
    """Options with which its output is decoded or decrypted; `always`."""
    interpreter: bool = False


PLAIN: Final = ProgramFacts("")
"""What is assumed of a program that no table knows."""


def facts_from_raw(name: str, raw: Mapping[str, object]) -> ProgramFacts:
    """Return the facts that one checked entry of a table holds."""
    return ProgramFacts(
        name=name,
        value_options=frozenset(_texts(raw, "value_options")),
        single_dash=bool(raw.get("single_dash", False)),
        gnu=bool(raw.get("gnu", False)),
        roles=tuple((role, _texts(raw, role)) for role in ROLES if role in raw),
        recursive=_texts(raw, "recursive"),
        only_with=_texts(raw, "only_with"),
        dry=_texts(raw, "dry"),
        looks=_texts(raw, "looks"),
        harmless=bool(raw.get("harmless", False)),
        metadata=bool(raw.get("metadata", False)),
        data=bool(raw.get("data", False)),
        infra=bool(raw.get("infra", False)),
        verbs_harmless=bool(raw.get("verbs_harmless", False)),
        level=str(raw.get("level", "")),
        effects=frozenset(map(Effect, _texts(raw, "effects"))),
        effect=str(raw.get("effect", "")),
        network=str(raw.get("network", "")),
        decodes=_texts(raw, "decodes"),
        interpreter=bool(raw.get("interpreter", False)),
    )


def _texts(raw: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = raw.get(key, ())
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, Sequence) else ()
