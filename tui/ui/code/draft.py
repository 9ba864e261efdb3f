"""What was written in the code editor, kept across restarts in a file only its owner can read."""

from __future__ import annotations

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
    """The file of what was written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved: Code | None = None

    def load(self) -> Code:
        """Return what was saved last, or nothing written.

        Raises:
            InvalidInput: the file cannot be read; it is moved out of the way, not overwritten.
        """
        try:
            with self._path.open("rb") as file:
                data = file.read(_LARGEST_FILE + 1)
        except FileNotFoundError:
            return Code()
        except OSError as error:
            raise InvalidInput(f"the draft of the code editor cannot be read: {error.strerror}") from None
        try:
            if len(data) > _LARGEST_FILE:
                raise ValueError(f"longer than {_LARGEST_FILE:,} bytes")
            self._saved = _read(json.loads(data.decode("utf-8", "surrogatepass")))
        except (ValueError, RecursionError) as error:
            aside = self._path.with_suffix(".unreadable")
            with suppress(OSError):
                self._path.replace(aside)
            raise InvalidInput(
                f"the draft of the code editor makes no sense: {error}", hint=f"it was moved to {aside}"
            ) from None
        return self._saved

    def save(self, code: Code) -> None:
        """Keep what was written, all or nothing.

        Raises:
            InvalidInput: it could not be written.
        """
        if code == self._saved:
            return
        data = json.dumps({"version": _VERSION, **asdict(code)}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        try:
            replace_file(self._path, data)
        except OSError as error:
            raise InvalidInput(f"the code cannot be kept: {error.strerror}", hint=str(self._path.parent)) from None
        self._saved = code


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
