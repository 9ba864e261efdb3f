"""What reaches a real terminal, byte by byte, when everything that is shown wants to be obeyed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.support.hostility import IN_ONE_LINE
from tests.support.terminals import Person
from tests.support.wire import Wire

ROOT: Final = Path(__file__).parents[2]
ROWS, COLUMNS = 35, 120
PATIENCE_S: Final = 60.0
PASTE: Final = IN_ONE_LINE.replace("\x1b", "")
"""As a terminal hands it on: escapes are taken out, for they could end what is pasted."""
F5, F6, F7, F8, F9 = (f"\x1b[{number}~" for number in (15, 17, 18, 19, 20))
"""The areas, from whatever has the focus."""

pytestmark = pytest.mark.machine
"""Not of virtual machines: it types like a person at a real terminal, and so runs where nothing else does."""


class Watched:
    """The application on a pseudo-terminal, and all that it sent."""

    def __init__(self, person: Person, program: subprocess.Popen[bytes]) -> None:
        self.person = person
        self.program = program

    @property
    def wire(self) -> Wire:
        return Wire(self.person.seen, ROWS, COLUMNS)

    def wait_for(self, *words: str) -> None:
        """Wait until words were drawn since the last look; how a word is drawn does not matter."""
        end = time.monotonic() + PATIENCE_S
        start = len(self.person.seen)
        while not all(word in Wire(self.person.seen[start:], ROWS, COLUMNS).text() for word in words):
            left = end - time.monotonic()
            text = Wire(self.person.seen[start:], ROWS, COLUMNS).text()
            assert left > 0, f"{[word for word in words if word not in text]} never came, but {text[-2000:]!r}"
            assert self.program.poll() is None, f"it ended: {self.person.seen[-3000:]!r}"
            self.person.look(min(left, 0.2))

    def press(self, keys: str, *words: str) -> None:
        """Press keys and wait for what that draws."""
        self.person.look()
        self.person.type(keys)
        self.wait_for(*words)

    def leave(self) -> None:
        """Quit, and see everything to the end."""
        self.person.type("\x11")
        end = time.monotonic() + PATIENCE_S
        while self.program.poll() is None:
            assert time.monotonic() < end
            self.person.look(0.1)
        self.person.look(0.1)


@contextmanager
def application(tmp_path: Path, **variables: str) -> Iterator[Watched]:
    """Start the application in which every text is hostile."""
    command = (sys.executable, "-m", "tests.support.hostile_application", str(tmp_path / "home"))
    base = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TMUX")}
    environment: Mapping[str, str] = {
        **base, "TERM": "xterm-256color", "COLORTERM": "truecolor", "TEXTUAL_ANIMATIONS": "none", "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(ROOT), **variables,
    }  # fmt: skip
    with Person(ROWS, COLUMNS) as person, person.starts(command, environment, tmp_path) as program:
        yield Watched(person, program)


def test_nothing_hostile_reaches_the_terminal(tmp_path: Path) -> None:
    with application(tmp_path) as watched:
        watched.wait_for("OUTPUTISOVER", "UNEXPECTED", "NAMED")
        watched.press("\x10", "Palette")
        watched.press("trap", "DESCRIPTION")
        watched.press("\r", "HEADING", "HIGH risk")
        watched.press("\x10", "Palette")
        watched.press("form", "FORM")
        watched.press("\r", "PARAMETER")
        watched.press(F6, "HEAD")
        watched.press("g", "FILE", "PROCESS")
        watched.press("]", "Lines")
        watched.press("\r", "DIFFERENCE")
        watched.press(F7, "RECORD")
        watched.press("\r", "run_id")
        watched.press("\x1b", "Verify")
        watched.press(F8, "LEASED")
        watched.press("\r", "CONSOLE")
        watched.press(F9, "QUESTION", "REASON")
        watched.press("\x1b", "DENIED")
        watched.press("Gk", "STEP")
        watched.press(F5, "Commands")
        watched.press("\x10", "Palette")
        watched.press("Write code", "Write code")
        watched.press("\r", "assessed")
        watched.press(f"\x1b[200~PASTEDCODE {PASTE}\x1b[201~", "PASTEDCODE")
        watched.leave()
        assert watched.program.returncode == 0
    assert watched.wire.strange() == []
    modes = [each[0] for each in watched.wire.sequences() if each["parameters"] == "1049"]
    assert modes == ["\x1b[?1049h", "\x1b[?1049l"]


def codes(watched: Watched) -> set[str]:
    """Return how text was drawn from the start to the palette and back."""
    watched.wait_for("OUTPUTISOVER", "UNEXPECTED")
    watched.press("\x10", "Palette")
    watched.press("form", "FORM")
    watched.leave()
    assert watched.wire.strange() == []
    return watched.wire.selected()


def test_the_theme_of_the_terminals_own_colours_has_no_others(tmp_path: Path) -> None:
    with application(tmp_path, ROLLCAGE_TEST_THEME="ansi") as watched:
        chosen = codes(watched)
    assert any(re.search(r"(^|;)(3|4|9|10)[0-7](;|$)", code) for code in chosen)
    # One cell, between two scrollbars: `ScrollBarCorner` of Textual 8.2.8 draws a transparent colour as black.
    assert [code for code in chosen - {"48;2;0;0;0"} if re.search(r"(^|;)[34]8;", code)] == []


def test_without_colour_there_are_greys_and_strokes_only(tmp_path: Path) -> None:
    """Textual draws colours as greys of the same brightness; of the terminal's own colours none is used."""
    with application(tmp_path, NO_COLOR="1") as watched:
        chosen = codes(watched)
    greys = [found.groups() for code in chosen for found in re.finditer(r"[34]8;2;(\d+);(\d+);(\d+)", code)]
    assert greys
    assert [grey for grey in greys if len(set(grey)) > 1] == []
    assert [
        code
        for code in chosen
        if re.search(r"[34]8;5;|(^|;)(3|4|9|10)[1-7](;|$)", re.sub(r"[34]8;2;\d+;\d+;\d+", "", code))
    ] == []
