"""What was found, once a text has been walked to its end."""

from __future__ import annotations

from collections.abc import Callable

from tui.risk.model import Confidence
from tui.risk.shell.limits import Budget
from tui.risk.shell.model import ShellProgram
from tui.risk.shell.walk import Walker


def finished(text: str, walk: Callable[[Walker], object]) -> ShellProgram:
    """Run `walk` and return what was found, whatever happens."""
    budget = Budget()
    walker = Walker(budget)
    if "\0" in text:
        budget.problem("it contains NUL characters")
    try:
        walk(walker)
        walker.later.run()
    except RecursionError:
        budget.problem("it is nested too deeply")
    invocations = tuple(draft.freeze() for draft in walker.drafts)
    confidence = Confidence.PARSED
    if budget.problems or walker.unclear:
        confidence = Confidence.PARTIAL
    elif any(item.obfuscated or any(word.folded for word in item.argv) for item in invocations):
        confidence = Confidence.FOLDED
    return ShellProgram(
        invocations, confidence, tuple(budget.problems), tuple(walker.functions), tuple(walker.recursive),
        tuple(walker.busy),
        tuple(walker.piling),
    )  # fmt: skip
