"""What stands around a command and changes what its words do: what was set before it, redirections, its input."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tui.risk.shell.model import Invocation

LONGEST: Final = 512
"""Characters of one entry; of longer ones the beginning and a digest are kept, so that any change still shows."""
MOST: Final = 64
"""Settings carried from command to command; more are held by one digest."""
_DECLARES: Final = frozenset({"export", "declare", "typeset", "readonly", "local"})


def surroundings(invocations: Sequence[Invocation]) -> dict[int, tuple[str, ...]]:
    """Return what stands around each command that has words, by its index.

    What a line without a program sets (`PATH=/x`), and what `export` and its like declare, holds for what follows and
    so is repeated with every later command; what stands behind the last command is said with that one. A subshell may
    take such a setting back earlier than that: too much is said rather than too little.
    """
    carried: dict[str, str] = {}
    found: dict[int, tuple[str, ...]] = {}
    last: int | None = None
    unsaid: list[str] = []
    for invocation in invocations:
        own = tuple(_own(invocation))
        if invocation.argv:
            found[invocation.index] = (*_kept(carried), *own)
            last, unsaid = invocation.index, []
        else:
            unsaid += own
        if invocation.argv and invocation.program not in _DECLARES:
            continue
        for name, value in invocation.assignments:
            carried[name] = shortened(f"{name}={value.text}")
        if not invocation.argv:
            carried |= {entry: entry for entry in _redirects(invocation)}
    if last is not None and unsaid:
        found[last] = tuple(dict.fromkeys((*found[last], *_kept(dict(enumerate(unsaid))))))
    return found


def shortened(entry: str) -> str:
    """Return an entry that is too long as its beginning and a digest of all of it."""
    if len(entry) <= LONGEST:
        return entry
    digest = hashlib.sha256(entry.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{entry[: LONGEST // 2]}… (sha256 {digest})"


def _kept(carried: dict[str, str] | dict[int, str]) -> tuple[str, ...]:
    entries = tuple(carried.values())
    if len(entries) <= MOST:
        return entries
    digest = hashlib.sha256("\0".join(entries).encode("utf-8", "surrogatepass")).hexdigest()
    return (*entries[:MOST], f"{len(entries) - MOST} more settings (sha256 {digest})")


def _own(invocation: Invocation) -> Iterator[str]:
    for name, value in invocation.assignments:
        yield shortened(f"{name}={value.text}")
    yield from _redirects(invocation)
    if invocation.stdin.literal is not None and not invocation.stdin.producers:
        yield shortened(f"<<{invocation.stdin.literal}")


def _redirects(invocation: Invocation) -> Iterable[str]:
    for redirect in invocation.redirects:
        descriptor = "" if redirect.descriptor is None else redirect.descriptor
        yield shortened(f"{descriptor}{redirect.operator}{redirect.target.text}")
