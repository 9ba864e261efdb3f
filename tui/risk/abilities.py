"""What programs can be made to do beyond their purpose: the table `rules/abilities.yaml`."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

OPERANDS: Final = "operands"
"""Stands for all words that are no options."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """Facts about programs, by name without version."""

    shells: frozenset[str]
    """Command interpreters."""
    prompts: frozenset[str]
    """Started without an operand they show a prompt or a screen from which a shell can be started."""
    runs: dict[str, tuple[str, ...]]
    """Options whose value is run as a command."""
    loads: dict[str, tuple[str, ...]]
    """Options whose value is a library, plug-in, script or configuration that can hold commands."""


@functools.cache
def abilities() -> Abilities:
    """Return the shipped table, read once."""
    import yaml

    from tui.risk.knowledge import SHIPPED

    table = yaml.load((SHIPPED / "abilities.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return Abilities(
        shells=frozenset(str(table["shells"]).split()),
        prompts=frozenset(str(table["prompts"]).split()),
        runs={str(name): tuple(str(options).split()) for name, options in table["runs"].items()},
        loads={str(name): tuple(str(options).split()) for name, options in table["loads"].items()},
    )
