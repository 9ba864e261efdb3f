"""Loops that never end and never rest: they keep a processor busy, fill a disk, or start processes without bound."""

from __future__ import annotations

import re
from typing import Final

from tui.risk.shell.source import Source
from tui.risk.shell.syntax import Command, Group, Listing, Loop, Simple, Test

_NOTHING: Final = frozenset({":", "true", "continue"})
_ALWAYS: Final = frozenset({":", "true"})
_RESTS: Final = re.compile(
    r"\b(?:sleep|wait|read|break|exit|return|inotifywait|usleep|pause|select|timeout|flock|ssh|curl|wget|nc|tail|poll|make|npm|yarn"
    r"|pytest|ping|socat|mkfifo|head|accept|fg|kill)\b"
)
"""What ends a loop, or lets it wait: for time, for input, for another machine, for a program that takes its time."""
_MANY: Final = re.compile(r"\{\d+\.\.\d{4,}\}|\bseq\s+(?:\d+\s+)?\d{4,}\b|<=?\s*\d{4,}\s*;")
"""A range that nobody means to start as many processes as."""
_APPENDS: Final = re.compile(
    r"\bmktemp\b|/\S*\$\{?RANDOM\b"
    r"|\b(?:echo|printf|cat|yes|seq|date|base64|tr|cp|dd|openssl|ls|env|ps|find)\b[^;|&\n]*>>\s*(?!/dev/(?:null|stdout|stderr|tty)\b|&)[\"'$~/\w.]"
)
"""A new file each time, or more in a file by what takes no time."""
_NEVER: Final = frozenset({"false"})


def never_rests(node: Loop, source: Source) -> bool:
    """Say whether a loop has no end and does nothing, not even wait."""
    return _is_endless(node, source) and all(_is_one_of(command, _NOTHING) for command in node.body.items)


def piles_up(node: Loop, source: Source) -> bool:
    """Say whether a loop has no end, never waits, and leaves something more behind each time: output or a process."""
    if not _is_endless(node, source):
        head = source.text[node.start : node.body.start or node.end]
        return _in_background(node.body) and _MANY.search(head) is not None
    if _in_background(node.body):
        return True  # nothing is waited for, whatever it is
    text = source.text[node.start : node.end]
    if _RESTS.search(text):
        return False
    return any(node.body.background) or _APPENDS.search(text) is not None


def _in_background(body: Listing) -> bool:
    """Say whether nothing in it is waited for: each command ends in `&`, or is a subshell of such commands."""
    return bool(body.items) and all(
        background or (isinstance(command, Group) and _in_background(command.body))
        for command, background in zip(body.items, body.background, strict=True)
    )


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
