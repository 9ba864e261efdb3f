"""A shell in a real machine: full-screen programs, sizes, leaving, snapshots, and what must not reach the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support.terminals import Person

pytestmark = pytest.mark.machine

ROOT = Path(__file__).resolve().parents[2]
PROMPT = r"/work# "
DETACH = b"\x1d"


class Rollcage:
    def __init__(self, home: Path, person: Person) -> None:
        self._person = person
        self._cwd = home
        self._environment = {**os.environ, "ROLLCAGE_HOME": str(home), "NO_COLOR": "1", "TERM": "xterm-256color"}
        self._command = [sys.executable, "-m", "tui"]
        self._environment["PYTHONPATH"] = str(ROOT)

    def shell(self, *arguments: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        return self._person.starts([*self._command, "shell", *arguments], self._environment, self._cwd)

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments], cwd=self._cwd, env=self._environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def person() -> Iterator[Person]:
    with Person(24, 80) as person:
        yield person


@pytest.fixture
def rollcage(tmp_path: Path, machine_cache: Path, person: Person) -> Rollcage:
    home = tmp_path / "home"
    home.mkdir()
    (home / "cache").symlink_to(machine_cache)
    return Rollcage(home, person)


def test_a_person_works_in_the_machine_leaves_it_and_takes_that_back(rollcage: Rollcage, person: Person) -> None:
    with rollcage.shell() as shell:
        person.wait_for("leaves and ends it.*" + PROMPT)
        assert not person.is_as_before

        person.type("stty size; tty; echo precious > file\r")
        person.wait_for("24 80.*/dev/pts/.*" + PROMPT)
        person.resize(40, 100)
        person.type("stty size\r")
        person.wait_for("40 100.*" + PROMPT)

        person.type("printf '\\033]52;c;aGFja2Vk\\007\\033]0;owned\\007\\033[c\\033[5n'; echo end$((1 + 1))\r")
        person.wait_for("end2.*" + PROMPT)
        assert b"aGFja2Vk\x07" not in person.seen
        assert b"\x1b]" not in person.seen
        assert b"\x1b[c" not in person.seen

        person.type("bash -c 'echo begun$((1 + 1)); exec sleep 100'\r")
        person.wait_for("begun2\r\n")
        person.type(b"\x03")
        person.wait_for(r"\^C.*" + PROMPT)

        person.type("top\r")
        person.wait_for("Tasks:.*COMMAND")
        person.type("q")
        person.wait_for(PROMPT)

        person.type("vim file\r")
        person.wait_for(r"\x1b\[\?1049h.*precious")
        person.type("onew line\x1b:w\r")
        person.wait_for("written")
        person.type(DETACH)  # from within the editor
        restored = person.wait_for("rollcage undo")
        assert person.see_out(shell) == 0
    assert b"\x1b[?1049l" in restored
    assert person.is_as_before

    assert rollcage("exec", "cat file; ps -A | grep -cw vim || true") == "precious\nnew line\n0\n"
    run = next(run for run in json.loads(rollcage("history", "--json")) if run["title"] == "shell")
    snapshots = {item["id"]: item for item in json.loads(rollcage("snapshots", "--json"))["snapshots"]}
    assert (snapshots[run["before_id"]]["reason"], snapshots[run["after_id"]]["reason"]) == ("before", "after")
    assert (run["state"], run["rolled_back"]) == ("succeeded", False)

    rollcage("undo")
    rollcage("undo")
    assert rollcage("exec", "ls") == ""


def test_a_machine_that_is_lost_gives_the_terminal_back(rollcage: Rollcage, person: Person) -> None:
    with rollcage.shell() as shell:
        person.wait_for(PROMPT)
        person.type("printf '\\033[?2004h\\033[?25l'\r")
        person.wait_for(rb"\x1b\[\?25l")  # what is on its way when a machine is lost is lost with it
        person.type("echo c > /proc/sysrq-trigger\r")
        person.wait_for("the machine was lost")
        assert person.see_out(shell) == 125
    assert person.is_as_before
    assert person.seen.rindex(b"\x1b[?25h") > person.seen.rindex(b"\x1b[?25l")


def test_a_flood_reaches_the_screen_and_the_key_ends_it(rollcage: Rollcage, person: Person) -> None:
    with rollcage.shell() as shell:
        person.wait_for(PROMPT)
        person.type("yes rollcage\r")
        for _ in range(50):
            person.wait_for("(rollcage\r\n){20}")
        person.type(DETACH)
        person.wait_for("rollcage undo")
        assert person.see_out(shell) == 0
    assert person.is_as_before
