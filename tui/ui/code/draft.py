"""What was written in the code editor, kept across restarts in a file only its owner can read."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import weakref
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from tui.errors import InvalidInput
from tui.files import replace_file
from tui.languages import INTERPRETED, Language

LONGEST_TEXT: Final = 1_000_000
"""Characters that can be pasted; in more, every key would be felt."""
_LARGEST_FILE: Final = 16 * LONGEST_TEXT
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Code:
    """What was written, and how it is to run."""

    text: str = ""
    language: Language | None = None
    """Of a text without fences; None takes the one it seems to be in."""
    keep_interpreter: bool = False
    stop_on_failure: bool = True
    as_one: bool = False
    """Whether the chosen blocks are one run, of which a failure takes back everything."""
    choices: tuple[tuple[int, bool], ...] = ()
    """Numbers of blocks, and whether a person chose them or chose to leave them out."""
    session: str = ""
    """Name of the session in which it was written last, where that is known."""


class Draft:
    """The file of what was written.

    Each application has one to itself, held by a lock that goes with its process. What is loaded is the newest one with
    something in it that nobody else holds; so what one window left is found by the next one.
    """

    def __init__(self, path: Path) -> None:
        self._first = path
        self._path: Path | None = None
        """The one that is held."""
        self._lock: weakref.finalize[[int], Draft] | None = None
        self._saved: Code | None = None
        self._known: tuple[int, int] | None = None
        """Which file it was when it was last read or written here."""

    def load(self) -> Code:
        """Return what was saved last and nobody else works on, or nothing written. Those with no text go.

        Raises:
            InvalidInput: the file cannot be read; it is moved out of the way, not overwritten.
        """
        for path in sorted(_siblings(self._first), key=_written, reverse=True):
            if not self._hold(path):
                continue
            code = self._read_file()
            if code.text.strip():
                return code
            if path != self._first:
                path.unlink(missing_ok=True)
        self._take_place()
        return self._read_file()

    def save(self, code: Code) -> str:
        """Keep what was written, all or nothing; return what is to be told of that, or nothing.

        Raises:
            InvalidInput: it could not be written.
        """
        if code == self._saved:
            return ""
        path = self._path or self._take_place()
        theirs = None
        if _identity(path) not in (None, self._known):  # by whoever does not heed the lock
            theirs, path = path, self._take_place(unused=True)
        try:
            if not code.text.strip() and path != self._first:
                path.unlink(missing_ok=True)
            else:
                values = {"version": _VERSION, **asdict(code)}
                replace_file(path, json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise InvalidInput(f"the code cannot be kept: {error.strerror}", hint=str(path.parent)) from None
        self._saved, self._known = code, _identity(path)
        return f"Something else writes to {theirs.name}; this code is kept in {path}." if theirs is not None else ""

    def close(self) -> None:
        """Let another application have it."""
        if self._lock is not None:
            self._lock()
        self._lock = None

    # --- which file ------------------------------------------------------------------------------------------------

    def _take_place(self, *, unused: bool = False) -> Path:
        """Hold the first place that nobody else does; with `unused` one with no file."""
        numbers = itertools.count(2)
        path = self._first
        while (unused and path.exists()) or not self._hold(path):
            path = self._first.with_stem(f"{self._first.stem}-{next(numbers)}")
        return path

    def _hold(self, path: Path) -> bool:
        """Hold a place instead of the one held before; say whether that was possible."""
        if path == self._path:
            return True
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            file = -1  # nothing can be written here, which is told when something is to be kept
        if file >= 0:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(file)
                return False
        self.close()
        self._path, self._known = path, None
        self._lock = weakref.finalize(self, os.close, file) if file >= 0 else None
        return True

    def _read_file(self) -> Code:
        assert self._path is not None
        path = self._path
        self._known = _identity(path)
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST_FILE + 1)
        except FileNotFoundError:
            return Code()
        except OSError as error:
            self._known = None  # so that it is not overwritten
            raise InvalidInput(f"the draft of the code editor cannot be read: {error.strerror}") from None
        try:
            if len(data) > _LARGEST_FILE:
                raise ValueError(f"longer than {_LARGEST_FILE:,} bytes")
            self._saved = _read(json.loads(data.decode("utf-8", "surrogatepass")))
        except (ValueError, RecursionError) as error:
            aside = path.with_suffix(".unreadable")
            with suppress(OSError):
                path.replace(aside)
                self._known = None
            raise InvalidInput(
                f"the draft of the code editor makes no sense: {error}", hint=f"it was moved to {aside}"
            ) from None
        return self._saved


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what changes with every writing of a file, as each makes a new one; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _written(path: Path) -> int:
    identity = _identity(path)
    return -1 if identity is None else identity[1]


def _siblings(path: Path) -> list[Path]:
    return [path, *path.parent.glob(f"{path.stem}-*{path.suffix}")]


def _read(data: Any) -> Code:
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        raise ValueError("not written by this version")
    text, language, choices = data.get("text"), data.get("language"), data.get("choices")
    session = data.get("session", "")
    if not isinstance(text, str):
        raise ValueError("its text is missing")
    if not isinstance(session, str):
        raise ValueError("its session is no name")
    if language is not None and language not in INTERPRETED:
        raise ValueError(f"no such language: {str(language)[:40]!r}")
    if not isinstance(choices, list) or not all(_is_choice(each) for each in choices):
        raise ValueError("its choices are no pairs of a number and yes or no")
    pairs = tuple((at, yes) for at, yes in choices)
    code = Code(text, Language(language) if language else None, choices=pairs, session=session)
    for name in ("keep_interpreter", "stop_on_failure", "as_one"):
        if not isinstance(data.get(name), bool):
            raise ValueError(f"{name} must be yes or no")
        code = replace(code, **{name: data[name]})
    return code


def _is_choice(value: object) -> bool:
    match value:
        case [bool(), _]:
            return False
        case [int(), bool()]:
            return True
        case _:
            return False
