"""A shell for a person: a run whose text nobody knows beforehand, because it is typed while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tui.machines.model import MachineSpec, TerminalSize
from tui.risk.model import Assessment, Category, Reason, RiskLevel, Span
from tui.runs.doubts import doubted
from tui.runs.request import Request, StepRequest

_SHELL: Final = ("bash", "-l")
_KNOWN_TERMINALS: Final = frozenset(
    {"xterm", "xterm-256color", "screen", "screen-256color", "tmux", "tmux-256color", "linux", "rxvt", "vt100", "vt220"}
)
"""Those that the guest has a description of (ncurses-base)."""
_FALLBACK: Final = "xterm-256color"
"""What most others understand well enough; the agent's default."""
_TRUE_COLOUR: Final = frozenset({"truecolor", "24bit"})


def shell_request(
    session: str, size: tuple[int, int], environment: Mapping[str, str], spec: MachineSpec | None = None
) -> Request:
    """Return the request for a shell in a session.

    Args:
        session: Name of the session; made if there is none.
        size: Rows and columns of the person's terminal.
        environment: The person's, for what it says of the terminal: `TERM` and `COLORTERM`. Nothing else is taken.
        spec: Machine for a new session.
    """
    terminal = environment.get("TERM", "")
    told = {"TERM": terminal if terminal in _KNOWN_TERMINALS else _FALLBACK}
    if (colours := environment.get("COLORTERM", "")) in _TRUE_COLOUR:
        told["COLORTERM"] = colours
    return Request(
        title="shell",
        steps=(StepRequest(" ".join(_SHELL), argv=_SHELL),),
        session=session,
        spec=spec,
        env=told,
        stdin_follows=True,
        terminal=TerminalSize(*size),
    )


def typed_by_a_person(assessment: Assessment, text: str) -> Assessment:
    """Return what is known of a program that a person types into: what it is, and that the rest is not known.

    Medium, not high as for code that is piped in unseen: a person decides about each line as it is typed, sees what
    comes of it, and does so in a machine whose snapshot stands.
    """
    unknown = "what a person types while it runs"
    reason = Reason(
        RiskLevel.MEDIUM, Category.UNKNOWN, "does whatever a person types at its terminal", Span(0, len(text)),
        "run.terminal",
    )  # fmt: skip
    return replace(doubted(assessment, reason, unknown), suggestion=None)
