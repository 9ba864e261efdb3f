"""What a terminal showed: commands behind their prompts, and what they printed between them.

Only what stands behind a prompt is a command. Lines that go on with it are its own: behind a backslash, inside a
here-document, and behind a `>` where the command is not complete without them (`npm run` prints lines with `>`, too).
"""

from __future__ import annotations

import re
import shlex
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from tui.languages import Language

SESSIONS: Final[Mapping[str, Language]] = MappingProxyType({
    **dict.fromkeys(
        ("console", "shell-session", "shellsession", "bash-session", "sh-session", "terminal"), Language.BASH
    ),
    "pycon": Language.PYTHON,
    "python-repl": Language.PYTHON,
})  # fmt: skip
"""Names of blocks that hold what a terminal showed, and what the commands in them are written in."""

_SHELL_PROMPT: Final = re.compile(r"(?:\([^()\n]*\) )?(?:\[?[\w.-]+@[\w.-]+[^$#%\n]{0,80}[$#%]|[$%]) ")
_ROOT_PROMPT: Final = re.compile(r"# ")
_HERE_DOCUMENT: Final = re.compile(r"(?<!<)<<-?\s*(['\"]?)([A-Za-z_]\w*)\1")
_GOES_ON: Final = re.compile(r"(?:\\|&&|\|\||\||\b(?:do|then|else|in)|[{(])$")


class Line(NamedTuple):
    """A line of code, and where it begins in the source: its line there from 1, its column from 0."""

    text: str
    number: int
    column: int

    def behind(self, characters: int) -> Line:
        """Return what stands behind some characters."""
        return Line(self.text[characters:], self.number, self.column + characters)


def is_transcript(lines: Sequence[Line], language: Language | None) -> bool:
    """Say whether the first line that is not blank begins with a prompt."""
    first = next((line.text for line in lines if line.text.strip()), "")
    if language is Language.PYTHON:
        return first.startswith(">>> ")
    return language is Language.BASH and _SHELL_PROMPT.match(first) is not None


def commands_of(lines: Sequence[Line], language: Language) -> list[Line]:
    """Return the lines that were typed, without their prompts."""
    return _python(lines) if language is Language.PYTHON else _shell(lines)


def _python(lines: Sequence[Line]) -> list[Line]:
    found = []
    was_typed = False
    for line in lines:
        prompt = line.text[:4].rstrip()
        was_typed = prompt == ">>>" or (was_typed and prompt == "...")
        if was_typed:
            found.append(line.behind(4))
    return found


def _shell(lines: Sequence[Line]) -> list[Line]:
    prompt = _SHELL_PROMPT if any(_SHELL_PROMPT.match(line.text) for line in lines) else _ROOT_PROMPT
    ends: dict[str, list[int]] = {}
    for at, line in enumerate(lines):
        ends.setdefault(_unprompted(line).text.strip(), []).append(at)
    found: list[Line] = []
    at = 0
    while at < len(lines):
        match = prompt.match(lines[at].text)
        if match is None:
            at += 1
            continue
        found.append(lines[at].behind(match.end()))
        more = _here_document(found[-1].text, lines, at + 1, ends) or _continuation(found[-1].text, lines, at + 1)
        found += more
        at += 1 + len(more)
    return found


def _here_document(command: str, lines: Sequence[Line], at: int, ends: Mapping[str, Sequence[int]]) -> list[Line]:
    """Return the here-document of a command that stands from a line on, its end included. `ends` knows where a line
    of some text is."""
    here = _HERE_DOCUMENT.search(command)
    places = ends.get(here[2], ()) if here is not None else ()
    place = bisect_left(places, at)
    if place == len(places):
        return []
    typed = lines[at : places[place] + 1]
    is_prompted = all(line.text.startswith(">") for line in typed)
    return [_unprompted(line) for line in typed] if is_prompted else list(typed)


def _continuation(command: str, lines: Sequence[Line], at: int) -> list[Line]:
    """Return the lines from one on that a command goes on with."""
    if not _is_incomplete(command):
        return []
    found: list[Line] = []
    for line in (lines[number] for number in range(at, len(lines))):
        goes_on = line.text.startswith(">") or (found[-1].text if found else command).rstrip().endswith("\\")
        if not goes_on:
            break
        found.append(_unprompted(line))
    return found


def _unprompted(line: Line) -> Line:
    if line.text.startswith("> "):
        return line.behind(2)
    return line.behind(1) if line.text == ">" else line


def _is_incomplete(command: str) -> bool:
    if _GOES_ON.search(command.rstrip()):
        return True
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False
