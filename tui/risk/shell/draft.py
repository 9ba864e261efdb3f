"""An invocation while it is being worked out."""

from __future__ import annotations

from dataclasses import dataclass

from tui.risk.model import Span
from tui.risk.shell.model import Code, Invocation, Redirect, Stdin, Word
from tui.risk.shell.values import NO_INPUT, Context


@dataclass(slots=True)
class Draft:
    """An invocation while it is worked out."""

    index: int
    span: Span
    context: Context
    argv: tuple[Word, ...] = ()
    assignments: tuple[tuple[str, Word], ...] = ()
    redirects: tuple[Redirect, ...] = ()
    inputs: tuple[int, ...] = ()
    code: tuple[Code, ...] = ()
    stdin: Stdin = NO_INPUT
    cwd: Word | None = None
    obfuscated: bool = False
    outside: bool = False

    def freeze(self) -> Invocation:
        """Return the finished invocation."""
        context = self.context
        return Invocation(
            self.index, self.argv, self.span, self.assignments, self.redirects, self.stdin, self.inputs, self.code,
            chain=context.chain, privileged=context.privileged, place=context.place, cwd=self.cwd,
            appended=context.appended, found_by=context.found_by, guessed=context.guessed, repeated=context.repeated,
            background=context.background, outside=self.outside,
            obfuscated=self.obfuscated or context.obfuscated,
        )  # fmt: skip
