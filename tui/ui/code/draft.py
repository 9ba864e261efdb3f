"""What was written in the code editor, kept across restarts in a file only its owner can read."""

from __future__ import annotations

import itertools
import json
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


class Draft:
    """The file of what was written.

    Two applications at once do not overwrite what the other has written: who finds that the file is not the one it
    knows goes on in another one, and what is loaded is the newest of them.
    """

    def __init__(self, path: Path) -> None:
        self._first = self._path = path
        self._saved: Code | None = None
        self._known: tuple[int, int] | None = None
        """Which file it was when it was last read or written here."""

    def load(self) -> Code:
        """Return what was saved last, or nothing written.

        Raises:
            InvalidInput: the file cannot be read; it is moved out of the way, not overwritten.
        """
        self._path = max(_siblings(self._first), key=_written, default=self._first)
        self._known = _identity(self._path)
        try:
            with self._path.open("rb") as file:
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
            aside = self._path.with_suffix(".unreadable")
            with suppress(OSError):
                self._path.replace(aside)
                self._known = None
            raise InvalidInput(
                f"the draft of the code editor makes no sense: {error}", hint=f"it was moved to {aside}"
            ) from None
        return self._saved

    def save(self, code: Code) -> None:
        """Keep what was written, all or nothing.

        Raises:
            InvalidInput: it could not be written; or it was, but to another file, as another application writes there.
        """
        if code == self._saved:
            return
        theirs = None
        if _identity(self._path) not in (None, self._known):
            theirs, self._path = self._path, _free(self._first)
        data = json.dumps({"version": _VERSION, **asdict(code)}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        try:
            replace_file(self._path, data)
        except OSError as error:
            raise InvalidInput(f"the code cannot be kept: {error.strerror}", hint=str(self._path.parent)) from None
        self._saved, self._known = code, _identity(self._path)
        if theirs is not None:
            raise InvalidInput(
                f"another Rollcage keeps its code in {theirs.name}: that of this one is kept in {self._path.name}",
                hint=str(self._path.parent),
            )


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


def _free(path: Path) -> Path:
    return next(each for number in itertools.count(2) if not (each := path.with_stem(f"{path.stem}-{number}")).exists())


def _read(data: Any) -> Code:
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        raise ValueError("not written by this version")
    text, language, choices = data.get("text"), data.get("language"), data.get("choices")
    if not isinstance(text, str):
        raise ValueError("its text is missing")
    if language is not None and language not in INTERPRETED:
        raise ValueError(f"no such language: {str(language)[:40]!r}")
    if not isinstance(choices, list) or not all(_is_choice(each) for each in choices):
        raise ValueError("its choices are no pairs of a number and yes or no")
    code = Code(text, Language(language) if language else None, choices=tuple((at, yes) for at, yes in choices))
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
