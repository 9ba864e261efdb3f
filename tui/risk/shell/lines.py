"""Lines of an input that is known, as `read` takes them one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tui.risk.shell.limits import LOOP_LIMIT
from tui.risk.shell.model import Stdin
from tui.risk.shell.syntax import Command, Listing, Simple
from tui.risk.shell.values import Context

_READS: Final = "read"


def takes_a_line(command: Command) -> bool:
    """Whether a command is a `read` from the input that it shares with those around it."""
    return (
        isinstance(command, Simple)
        and bool(command.words)
        and command.words[0].raw == _READS
        and not command.redirects
        and not any(word.raw.startswith(("-d", "-u", "-N", "-n")) for word in command.words[1:])
    )


def without_first(context: Context) -> Context:
    """Return the context after one line of a known input was read."""
    text = context.stdin.literal
    if text is None:
        return context
    return replace(context, stdin=Stdin(text.partition("\n")[2], context.stdin.producers), source=None)


def rounds(condition: Listing, context: Context) -> list[Context]:
    """Return under what each round of a loop runs; one for every line where its condition reads a known input."""
    text = context.stdin.literal
    if text is None or not condition.items or not takes_a_line(condition.items[-1]):
        return [context]
    lines = text.splitlines()
    if len(lines) < 2:
        return [context]
    producers = context.stdin.producers
    each = [replace(context, stdin=Stdin(line + "\n", producers), source=None) for line in lines[:LOOP_LIMIT]]
    if len(lines) > LOOP_LIMIT:
        each.append(replace(context, stdin=Stdin(None, producers), source=None))
    return each
