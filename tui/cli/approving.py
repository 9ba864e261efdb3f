"""Asking on the terminal before something runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import Final

from tui.cli.console import is_terminal, may_colour
from tui.levels import RiskLevel
from tui.runs.approval import Answer, Question
from tui.text import clean, clean_line

_TERMINAL: Final = "/dev/tty"
_ANSWERS: Final = {
    "o": Answer.ONCE, "once": Answer.ONCE, "y": Answer.ONCE, "yes": Answer.ONCE,
    "s": Answer.SESSION, "session": Answer.SESSION,
    "n": Answer.DENY, "no": Answer.DENY, "": Answer.DENY,
    "v": Answer.DENY_ALWAYS, "never": Answer.DENY_ALWAYS,
}  # fmt: skip
_CHOICES: Final = "[o]nce, for this [s]ession, [n]o, ne[v]er"
_LONGEST_ANSWER: Final = 4096


class TerminalApprover:
    """Asks whoever sits at the terminal, also when standard input is something else; without one the answer is no."""

    def __init__(self, yes_up_to: RiskLevel | None, *, yes_to_rules: bool = False, readable: bool = True) -> None:
        """Ask about what is more dangerous than `yes_up_to`, and, unless `yes_to_rules`, where policy or a hook asks.

        Nobody is asked where `readable` is false.
        """
        self._yes_up_to = yes_up_to
        self._yes_to_rules = yes_to_rules
        self._readable = readable
        self.by = ""

    async def ask(self, question: Question) -> Answer | None:
        """Ask, and wait for the answer."""
        self.by = ""
        if self._agreed_beforehand(question):
            self.by = f"--yes-up-to {self._yes_up_to}{' --yes-to-rules' if question.by_rules else ''}"
            return Answer.ONCE
        if not (self._readable and is_terminal(sys.stderr)):
            return None
        try:
            terminal = os.open(_TERMINAL, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError:
            return None
        try:
            return await self._asked(question, terminal)
        finally:
            os.close(terminal)

    def _agreed_beforehand(self, question: Question) -> bool:
        if self._yes_up_to is None or question.level > self._yes_up_to:
            return False
        return self._yes_to_rules or not question.by_rules

    async def _asked(self, question: Question, terminal: int) -> Answer | None:
        sys.stdout.flush()
        _forget_typed(terminal)
        _write("\n".join(describe(question, colour=may_colour(sys.stderr))) + "\n")
        if question.to_type:
            line = await _line(terminal, f"Type {clean_line(question.to_type)!r} to run it, anything else not to: ")
            if line is None:
                return None
            return Answer.ONCE if line == question.to_type else Answer.DENY
        while True:
            line = await _line(terminal, f"Run it? {_CHOICES}: ")
            if line is None:
                return None
            if (answer := _ANSWERS.get(line.lower())) is not None:
                return answer


def describe(question: Question, *, colour: bool) -> list[str]:
    """Return what a person needs to know to decide, cleaned for a terminal."""
    from tui.cli.assessment import explain

    lines = [f"rollcage: {clean_line(question.title, 80)} needs your word, in session {clean_line(question.session)}:"]
    # What follows the first line of a reason is indented, so that it can pass for nothing else.
    lines += ["  - " + clean(reason).replace("\n", "\n    ") for reason in question.reasons]
    for number, step in enumerate(question.proposal.steps, 1):
        if step.assessment is None or (step.assessment.level <= RiskLevel.LOW and len(question.proposal.steps) > 1):
            continue
        if len(question.proposal.steps) > 1:
            lines.append(f"step {number} of {len(question.proposal.steps)}:")
        lines += explain(step.assessment, step.text, colour=colour)
    return [*lines, clean_line(question.mode_reason, 300)]


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _forget_typed(terminal: int) -> None:
    """Drop what was typed before there was a question: it cannot be an answer to it."""
    import termios

    with contextlib.suppress(termios.error):
        termios.tcflush(terminal, termios.TCIFLUSH)


async def _line(terminal: int, prompt: str) -> str | None:
    """Return a line from the terminal without blocking the loop; None at its end."""
    _write(prompt)
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[bytes] = loop.create_future()

    def read() -> None:
        loop.remove_reader(terminal)
        if ready.done():
            return
        try:
            ready.set_result(os.read(terminal, _LONGEST_ANSWER))
        except OSError:  # the terminal is gone
            ready.set_result(b"")

    loop.add_reader(terminal, read)
    try:
        data = await ready
    finally:
        loop.remove_reader(terminal)
    return data.decode(errors="replace").strip() if data else None
