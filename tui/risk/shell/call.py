"""A simple command about to run, with everything around it that decides what it does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tui.risk.shell.draft import Draft
from tui.risk.shell.values import Context, Field, Scope

if TYPE_CHECKING:
    from tui.risk.shell.walk import Walker


@dataclass(frozen=True, slots=True)
class Call:
    """One command of a shell: what every handler of a kind of program is given."""

    walker: Walker
    program: str
    """The program's name without its directory; empty where it is not known."""
    fields: list[Field]
    draft: Draft
    """The invocation to fill in."""
    scope: Scope
    context: Context

    @property
    def arguments(self) -> list[Field]:
        """The fields behind the program."""
        return self.fields[1:]

    def unclear(self, problem: str) -> None:
        """Note that something is only known when the text runs; a function says so where it is called."""
        if not self.context.defining:
            self.walker.unclear = True
            self.walker.budget.problem(problem)

    def under(self, label: str) -> Context:
        """Return the context of a command that this one runs; `label` is how a person would name this one."""
        context = self.context
        return replace(
            context, chain=(*context.chain, label) if label else context.chain, found_by=self.draft.index,
            depth=context.depth + 1,
        )  # fmt: skip

    def elsewhere(self, context: Context | None = None) -> Call:
        """Return the call with a copy of the scope, for what does not change this shell's state."""
        return replace(self, scope=self.scope.child(), context=context or self.context)
