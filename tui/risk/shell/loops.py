"""Loops that never end and never rest: `while :; do :; done` keeps a processor busy for good."""

from __future__ import annotations

from typing import Final

from tui.risk.shell.source import Source
from tui.risk.shell.syntax import Command, Loop, Simple, Test

_NOTHING: Final = frozenset({":", "true", "continue"})
_ALWAYS: Final = frozenset({":", "true"})
_NEVER: Final = frozenset({"false"})


def never_rests(node: Loop, source: Source) -> bool:
    """Say whether a loop has no end and does nothing, not even wait."""
    return _is_endless(node, source) and all(_is_one_of(command, _NOTHING) for command in node.body.items)


def _is_endless(node: Loop, source: Source) -> bool:
    if node.variable is not None:
        return False
    if node.looked_at:
        parts = node.looked_at[0].raw.split(";")
        return len(parts) == 3 and parts[1].strip() in ("", "1")
    if node.condition is None or len(node.condition.items) != 1:
        return False
    command = node.condition.items[0]
    if isinstance(command, Test):
        return command.arithmetic and [word.raw.strip() for word in command.words] == ["1"]
    until = source.text.startswith("until", node.start)
    return _is_one_of(command, _NEVER if until else _ALWAYS)


def _is_one_of(command: Command, names: frozenset[str]) -> bool:
    return isinstance(command, Simple) and bool(command.words) and command.words[0].raw in names
