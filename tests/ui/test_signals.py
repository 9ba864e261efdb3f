"""SIGTERM and SIGHUP, at a real terminal: the application ends in order, without a question."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.terminals import Person
from tests.ui.test_shell import PROGRAM, ROOT
from tui.paths import Paths

LEFT: Final = b"\x1b[?1049l"
AT_REST: Final = "idle.*Help"
OPEN: Final = "idle.*fake"
"""What the bar says once the engine is open."""
BEGINS: Final = r"touch file; echo be\gun; exec sleep 600"
"""Has something to take back once it prints a word that nobody typed, and ends when it is told to."""

CLOSES_SLOWLY: Final = PROGRAM.replace(
    "async def open_engine():",
    """async def slowly(self):
    Path(sys.argv[1], "closing").touch()
    while not Path(sys.argv[1], "go").exists():
        await asyncio.sleep(0.02)

async def open_engine():
    Engine.close = slowly""",
).replace("import sys\n", "import asyncio\nimport sys\n")


@pytest.fixture
def person() -> Iterator[Person]:
    with Person(30, 110) as person:
        yield person


@pytest.fixture
def home(tmp_path: Path) -> Paths:
    paths = Paths.below(tmp_path)
    paths.create()
    return paths


def command(home: Paths, program: str = PROGRAM) -> list[str]:
    return [sys.executable, "-c", program, str(home.data.parent)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"}


def written(home: Paths) -> str:
    return str(json.loads(home.draft.read_text())["text"])


def runs(home: Paths) -> list[tuple[str, int]]:
    with sqlite3.connect(home.database) as connection:
        return connection.execute("SELECT state, rolled_back FROM runs").fetchall()


def await_(file: Path) -> None:
    end = time.monotonic() + 20
    while not file.exists():
        assert time.monotonic() < end, f"{file.name} never came"
        time.sleep(0.02)


def end_of(program: subprocess.Popen[bytes]) -> int:
    return program.wait(30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_was_written_is_kept_and_the_terminal_restored(
    home: Paths, person: Person, number: signal.Signals
) -> None:
    with person.starts(command(home), environment(), home.data) as app:
        person.wait_for(AT_REST)
        person.type("e")
        person.wait_for("Code in session")
        person.type("echo forty two")
        person.wait_for("assessed|risk")
        app.send_signal(number)
        assert person.see_out(app) == 128 + number
    assert written(home) == "echo forty two"
    assert person.is_as_before
    assert person.seen.rindex(LEFT) > person.seen.rindex(b"\x1b[?1049h")
    assert person.seen.rindex(b"\x1b[?25h") > person.seen.rindex(b"\x1b[?25l")
    assert person.seen.rindex(b"\x1b[?1003l") > person.seen.rindex(b"\x1b[?1003h")


def type_code_and_run(person: Person, code: str) -> None:
    person.wait_for(AT_REST)
    person.type("e")
    person.wait_for("Code in session")
    person.type(code)
    person.type("\x12")  # ctrl+r


def test_a_run_in_progress_is_cancelled_and_taken_back(home: Paths, person: Person) -> None:
    with person.starts(command(home), environment(), home.data) as app:
        type_code_and_run(person, BEGINS)
        person.wait_for("begun")
        app.send_signal(signal.SIGTERM)
        assert person.see_out(app) == 128 + signal.SIGTERM
    assert runs(home) == [("cancelled", 1)]


def test_a_terminal_that_is_gone_ends_it_in_order(home: Paths, person: Person) -> None:
    with person.starts(command(home), environment(), home.data) as app:
        type_code_and_run(person, BEGINS)
        person.wait_for("begun")
        person.type("e")
        person.wait_for("Code in session")
        person.type("Z")
        person.wait_for("Z")
        person.leave()
        assert end_of(app) == 128 + signal.SIGHUP
    assert runs(home) == [("cancelled", 1)]
    assert written(home).count("Z") == 1
    assert not [line for line in logged(home) if "Traceback" in line]


def logged(home: Paths) -> list[str]:
    return [line for file in home.logs.glob("*") for line in file.read_text().splitlines()]


def test_told_twice_it_ends_at_once_with_the_terminal_restored(home: Paths, person: Person) -> None:
    with person.starts(command(home, CLOSES_SLOWLY), environment(), home.data) as app:
        person.wait_for(OPEN)
        app.send_signal(signal.SIGTERM)
        await_(home.data.parent / "closing")
        person.look(0.1)
        assert app.poll() is None
        app.send_signal(signal.SIGTERM)
        assert person.see_out(app) == 128 + signal.SIGTERM
    person.look(0.1)
    assert person.is_as_before
    assert person.seen.rindex(LEFT) > person.seen.rindex(b"\x1b[?1049h")


def test_a_terminal_that_goes_while_it_ends_hurries_nobody(home: Paths, person: Person) -> None:
    with person.starts(command(home, CLOSES_SLOWLY), environment(), home.data) as app:
        person.wait_for(OPEN)
        app.send_signal(signal.SIGTERM)
        await_(home.data.parent / "closing")
        person.leave()
        time.sleep(0.3)
        assert app.poll() is None
        (home.data.parent / "go").touch()
        assert end_of(app) == 128 + signal.SIGTERM


def test_a_pager_ends_first_and_the_terminal_is_not_taken_again(home: Paths, person: Person, tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho PAGER IS OPEN\nexec sleep 600\n")
    pager.chmod(0o700)
    with person.starts(command(home), {**environment(), "PAGER": str(pager)}, home.data) as app:
        type_code_and_run(person, "echo forty two")
        person.wait_for("succeeded")
        person.type("P")
        person.wait_for("PAGER IS OPEN")
        app.send_signal(signal.SIGTERM)
        assert person.see_out(app) == 128 + signal.SIGTERM
    assert person.is_as_before
    assert person.seen.rindex(LEFT) > person.seen.rindex(b"\x1b[?1049h")
