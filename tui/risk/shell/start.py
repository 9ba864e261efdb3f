"""What a text starts with: the variables, the directory and the input it is run with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui.risk.model import Span
from tui.risk.shell import environment
from tui.risk.shell.call import Call
from tui.risk.shell.limits import TEXT_LIMIT
from tui.risk.shell.model import Stdin, Surroundings, Word
from tui.risk.shell.source import Source
from tui.risk.shell.values import Context, Scope, known

if TYPE_CHECKING:
    from tui.risk.shell.walk import Walker


def start(walker: Walker, around: Surroundings, span: Span) -> tuple[Scope, Context]:
    """Return the state in which a text begins; what is set around it is noted as an invocation of its own."""
    scope, context = Scope(), Context()
    if around.env:
        _set(walker, around, span, scope, context)
    if around.cwd:
        scope.cwd = Word((around.cwd,), span)
    if isinstance(around.stdin, str) and len(around.stdin) <= TEXT_LIMIT:
        context = replace(context, stdin=Stdin(around.stdin), source=Source(around.stdin, base=span))
    elif around.stdin is not None:
        outside = walker.reserve(span, context)
        if outside is not None:
            outside.outside = True
            context = replace(context, stdin=Stdin(None, (outside.index,)))
    return scope, context


def _set(walker: Walker, around: Surroundings, span: Span, scope: Scope, context: Context) -> None:
    draft = walker.reserve(span, context)
    if draft is None:
        return
    draft.outside = True
    draft.assignments = tuple((name, Word((value,), span)) for name, value in around.env)
    for name, value in around.env:
        scope.variables[name] = known(value)
    environment.follow(Call(walker, "", [], draft, scope, context))
