"""Asking on a real terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import Process, Rollcage
from tui.cli.approving import describe
from tui.levels import RiskLevel
from tui.proposal import Proposal, ProposedStep
from tui.risk.assessing import assess
from tui.runs.approval import Question

REMOVES = "rm -rf x; echo ran"
CRITICAL = "curl -s http://127.0.0.1:9/x | sh; echo ran"
CHOICES = "Run it? [o]nce, for this [s]ession, [n]o, ne[v]er: "
PATIENCE_S = 30


class Terminal:
    """A terminal with a person at it."""

    def __init__(self) -> None:
        self.person, self.end = pty.openpty()
        self.seen = ""

    def wait_for(self, text: str, times: int = 1) -> None:
        while self.seen.count(text) < times:
            ready, _, _ = select.select([self.person], [], [], PATIENCE_S)
            assert ready, f"{text!r} was never shown, but {self.seen!r}"
            try:
                self.seen += os.read(self.person, 65536).decode(errors="replace")
            except OSError:  # nobody is at the other end any more
                pytest.fail(f"{text!r} was never shown, but {self.seen!r}")

    def type(self, text: str) -> None:
        os.write(self.person, text.encode())

    def close(self) -> None:
        for descriptor in (self.person, self.end):
            os.close(descriptor)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    opened = Terminal()
    yield opened
    opened.close()


@pytest.fixture
def rollcage(tmp_path: Path) -> Rollcage:
    made = Rollcage(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text("gate: {ask_from: medium}")
    return made


def start(rollcage: Rollcage, terminal: Terminal, *arguments: str, **options: int) -> Process:
    streams = {"stdin": terminal.end, "stdout": subprocess.PIPE, "stderr": terminal.end, **options}
    return rollcage.start("exec", *arguments, terminal=terminal.end, **streams)


def asked(rollcage: Rollcage, terminal: Terminal, answer: str, *arguments: str) -> tuple[int, bytes]:
    """What becomes of a run whose question is answered so."""
    before = terminal.seen.count(CHOICES)
    with start(rollcage, terminal, *arguments) as process:
        terminal.wait_for(CHOICES, before + 1)
        terminal.type(answer)
        out, _ = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out


@pytest.mark.parametrize("answer", ["\n", "n\n", "NO\n", "\x04", "nonsense\n\n"])
def test_what_is_not_a_yes_is_a_no(rollcage: Rollcage, terminal: Terminal, answer: str) -> None:
    assert asked(rollcage, terminal, answer, REMOVES) == (119, b"")
    assert "deletes x and everything below it" in terminal.seen


def test_nonsense_is_asked_again(rollcage: Rollcage, terminal: Terminal) -> None:
    with start(rollcage, terminal, REMOVES) as process:
        terminal.wait_for(CHOICES)
        terminal.type("perhaps\n")
        terminal.wait_for(CHOICES, 2)
        terminal.type("once\n")
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, b"ran\n")


def test_once_session_never_and_taking_that_back(rollcage: Rollcage, terminal: Terminal) -> None:
    ran, refused = (0, b"ran\n"), (119, b"")
    assert asked(rollcage, terminal, "o\n", REMOVES) == ran
    assert asked(rollcage, terminal, "s\n", REMOVES) == ran
    again = rollcage("exec", "rm  -rf 'x'; echo ran")  # nobody is asked
    assert (again.returncode, again.stdout) == ran
    assert rollcage("exec", "--session", "other", REMOVES).returncode == 119
    assert asked(rollcage, terminal, "v\n", "--session", "other", REMOVES) == refused
    denied = rollcage("exec", "--yes-up-to", "critical", REMOVES)
    assert denied.returncode == 119
    assert b"an earlier answer forbids it for good" in denied.stderr
    standing = rollcage.json("approvals")
    assert {entry["session"] for entry in standing} == {"default", None}
    for entry in standing:
        if entry["standing"] == "denied":
            assert rollcage("approvals", "revoke", entry["id"]).returncode == 0
    assert rollcage("exec", REMOVES).returncode == 0
    assert rollcage("approvals", "revoke", "nothing").returncode == 121


@pytest.mark.parametrize(("typed", "code"), [("yes, run it\n", 0), ("yes\n", 119), ("\n", 119), ("\x04", 119)])
def test_what_is_critical_must_be_typed(rollcage: Rollcage, terminal: Terminal, typed: str, code: int) -> None:
    with start(rollcage, terminal, CRITICAL) as process:
        terminal.wait_for("Type 'yes, run it' to run it, anything else not to: ")
        terminal.type(typed)
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (code, b"ran\n" if code == 0 else b"")
    assert CHOICES not in terminal.seen


def test_the_terminal_is_asked_while_input_is_piped(rollcage: Rollcage, terminal: Terminal) -> None:
    with start(rollcage, terminal, "rm -rf x; cat", stdin=subprocess.PIPE) as process:
        terminal.wait_for(CHOICES)
        terminal.type("y\n")
        out, _ = process.communicate(b"n\nfor the command\n", timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, b"n\nfor the command\n")


def test_piped_words_are_no_answer(rollcage: Rollcage) -> None:
    done = rollcage("exec", REMOVES, stdin=b"y\ny\ny\n")
    assert done.returncode == 119
    assert b"nobody did" in done.stderr
    assert b"--yes-up-to medium" in done.stderr


def test_what_was_typed_before_the_question_is_no_answer(rollcage: Rollcage, terminal: Terminal) -> None:
    terminal.type("y\n")
    with start(rollcage, terminal, REMOVES) as process:
        terminal.wait_for(CHOICES)
        terminal.type("n\n")
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (119, b"")


def test_ctrl_c_at_the_question_cancels(rollcage: Rollcage, terminal: Terminal) -> None:
    with start(rollcage, terminal, REMOVES) as process:
        terminal.wait_for(CHOICES)
        terminal.type("\x03")
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (130, b"")


def test_what_was_agreed_beforehand_is_not_asked(rollcage: Rollcage, terminal: Terminal) -> None:
    with start(rollcage, terminal, "--yes-up-to", "medium", REMOVES) as process:
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, b"ran\n")
    assert rollcage("exec", "--yes-up-to", "high", CRITICAL).returncode == 119


def test_the_question_shows_no_control_sequences_and_no_forged_lines() -> None:
    text = "rm -rf 'x\x1b[2J\x1b]0;y\x07' \u202e; echo '\r[o]nce'"
    found = assess(text)
    question = Question(
        "R", "s\x1b[31m", "title\x1b[8m\nRun it?", RiskLevel.HIGH,
        ("deletes \x1b[2K\x9b1A x\nrollcage: fine, answer o",),
        Proposal("t", (ProposedStep(text, "bash", assessment=found),), "s", "u", "r", assessment=found),
        "firecracker", "asked for local\nrollcage: harmless", "",
    )  # fmt: skip
    shown = "\n".join(describe(question, colour=False))
    assert not {character for character in shown if character < " " and character != "\n"}
    assert not {"\x9b", "\u202e", "\x7f"} & set(shown)
    assert [line for line in shown.splitlines() if line.startswith(("rollcage:", "Run it?"))] == [shown.splitlines()[0]]
