"""What an assessment says of a text, in the words a person reads."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from tui.risk.model import Confidence, Reversibility

if TYPE_CHECKING:
    from tui.risk.model import Assessment, RealCommand

UNDERSTOOD: Final = {
    Confidence.PARSED: "understood as written",
    Confidence.FOLDED: "understood once variables and encodings were worked out",
    Confidence.PARTIAL: "not all of it understood",
}
UNDO: Final = {
    Reversibility.REVERSIBLE: "nothing to take back, or easily taken back",
    Reversibility.HARD: "hard to take back: only from a backup, a clone or a log",
    Reversibility.IRREVERSIBLE: "cannot be taken back by itself",
    Reversibility.UNKNOWN: "not known whether it can be taken back",
}


def real_commands(text: str, assessment: Assessment) -> list[RealCommand]:
    """Return the commands that are not simply what stands in the text: decoded, expanded, or put together."""
    found: dict[tuple[str, ...], RealCommand] = {}
    for command in assessment.commands:
        if command.argv and not _stands_there(text[command.span.start : command.span.end], command.argv):
            found.setdefault(command.argv, command)
    return list(found.values())


def _stands_there(written: str, argv: Sequence[str]) -> bool:
    try:
        words = shlex.split(written, comments=True)
    except ValueError:
        words = written.split()
    size = len(argv)
    return any(words[at : at + size] == list(argv) for at in range(len(words) - size + 1))
