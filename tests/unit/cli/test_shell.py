"""`rollcage shell` in processes of its own, over a backend of directories whose terminals are pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support.terminals import Person

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from tests.support.fake_backend import FakeBackend
from tui.runs import engine

async def fake(paths, settings):
    return FakeBackend(paths.data / "fake")

engine.open_default = fake
from tui.__main__ import main
sys.exit(main())
"""
DETACH = b"\x1d"
LEAVES = "leaves and ends it"


class Rollcage:
    def __init__(self, home: Path, person: Person) -> None:
        self.home = home
        self.person = person
        self.environment = {**os.environ, "ROLLCAGE_HOME": str(home), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        self.command = [sys.executable, "-c", PROGRAM]

    def shell(self, *arguments: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        return self.person.starts([*self.command, "shell", *arguments], self.environment, self.home)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        streams = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "check": False}
        return subprocess.run([*self.command, *arguments], cwd=self.home, env=self.environment, **streams)


@pytest.fixture
def person() -> Iterator[Person]:
    with Person() as person:
        yield person


@pytest.fixture
def rollcage(tmp_path: Path, person: Person) -> Rollcage:
    return Rollcage(tmp_path, person)


def test_without_a_terminal_it_says_so_and_exits_with_2(rollcage: Rollcage) -> None:
    done = rollcage("shell")
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "rollcage exec" in done.stderr


@pytest.mark.parametrize("key", ["enter", "ctrl+m", ""])
def test_a_key_that_cannot_be_one_is_an_error_of_the_command_line(rollcage: Rollcage, key: str) -> None:
    done = rollcage("shell", "--detach-key", key)
    assert done.returncode == 2
    assert "--detach-key" in done.stderr


def test_its_exit_code_is_passed_on_and_nothing_is_rolled_back(rollcage: Rollcage, person: Person) -> None:
    with rollcage.shell() as shell:
        person.wait_for(LEAVES)
        person.type("echo kept > file; echo $((6 * 7))\n")
        person.wait_for("42")
        person.type("exit 3\n")
        person.wait_for("rollcage undo")
        assert person.see_out(shell) == 3
    assert person.is_as_before
    assert rollcage("exec", "cat file").stdout == "kept\n"


def test_the_key_leaves_and_what_was_done_stays_until_it_is_undone(rollcage: Rollcage, person: Person) -> None:
    with rollcage.shell("-s", "demo", "--detach-key", "^Q") as shell:
        person.wait_for("session demo; ctrl\\+q leaves")
        person.type("echo kept > file; echo $((6 * 7))\n")
        person.wait_for("42")
        person.type(b"\x11")
        person.wait_for("left the shell.*rollcage undo -s demo")
        assert person.see_out(shell) == 0
    assert person.is_as_before
    assert rollcage("exec", "-s", "demo", "cat file").stdout == "kept\n"
    assert rollcage("undo", "-s", "demo").returncode == 0
    assert rollcage("undo", "-s", "demo").returncode == 0
    assert rollcage("exec", "-s", "demo", "ls").stdout == ""


def test_the_key_of_the_settings_is_used(rollcage: Rollcage, person: Person) -> None:
    config = rollcage.home / "config"
    config.mkdir(exist_ok=True)
    (config / "config.yaml").write_text("shell:\n  detach_key: ctrl+q\n")
    with rollcage.shell() as shell:
        person.wait_for("ctrl\\+q leaves")
        person.type(b"\x11")
        assert person.see_out(shell) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 130), (signal.SIGHUP, 0)])
def test_a_signal_restores_the_terminal_and_keeps_what_was_done(
    rollcage: Rollcage, person: Person, number: signal.Signals, code: int
) -> None:
    with rollcage.shell() as shell:
        person.wait_for(LEAVES)
        person.type("echo kept > file; printf '\\033[?2004h'; echo $((6 * 7))\n")
        person.wait_for("42")
        assert not person.is_as_before
        shell.send_signal(number)
        person.wait_for(rb"\x1b\[\?2004l")
        assert person.see_out(shell) == code
    assert person.is_as_before
    assert rollcage("exec", "cat file").stdout == "kept\n"


def test_a_window_that_is_closed_keeps_what_was_done(rollcage: Rollcage, person: Person) -> None:
    with rollcage.shell() as shell:
        person.wait_for(LEAVES)
        person.type("echo kept > file; echo $((6 * 7))\n")
        person.wait_for("42")
        person.leave()
        shell.wait(30)
    assert rollcage("exec", "cat file").stdout == "kept\n"


def test_a_policy_that_asks_is_answered_before_the_terminal_is_lent(rollcage: Rollcage, person: Person) -> None:
    config = rollcage.home / "config"
    config.mkdir(exist_ok=True)
    (config / "config.yaml").write_text("gate:\n  ask_from: medium\n")
    with rollcage.shell() as shell:
        person.wait_for("types at its terminal.*Run it")
        person.type("n\n")
        assert person.see_out(shell) == 119
    with rollcage.shell() as shell:
        person.wait_for("Run it")
        person.type("o\n")
        person.wait_for(LEAVES)
        person.type(DETACH)
        assert person.see_out(shell) == 0
