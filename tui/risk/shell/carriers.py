"""Programs that carry commands in places of their own: `find -exec`, `git -c`, `tar --checkpoint-action` …"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui.risk.shell.values import Context, Field, Output, Scope

if TYPE_CHECKING:
    from tui.risk.shell.walk import Draft, Walker

Handler = Callable[["Walker", list[Field], "Draft", Scope, Context], Output | None]

_EXEC: Final = frozenset({"-exec", "-execdir", "-ok", "-okdir"})


def _inside(context: Context, draft: Draft, label: str) -> Context:
    return replace(context, chain=(*context.chain, label), found_by=draft.index, depth=context.depth + 1)


def _find(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`find … -exec COMMAND {} ;`."""
    position = 1
    while position < len(fields):
        action = fields[position].literal
        position += 1
        if action not in _EXEC:
            continue
        stop = position
        while (
            stop < len(fields)
            and fields[stop].literal != ";"
            and not (fields[stop].literal == "+" and fields[stop - 1].literal == "{}")
        ):
            stop += 1
        inside = replace(_inside(context, draft, f"find {action}"), appended=True)
        walker.invoke(fields[position:stop], scope.child(), inside)
        position = stop + 1
    return Output(None)


CARRIERS: Final[dict[str, Handler]] = {"find": _find}
