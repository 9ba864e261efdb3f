"""Which files of a directory are definitions.

Below a directory of definitions every regular `*.md` file counts, to a depth of ten directories. `README.md`, and
names that begin with a dot, do not. Symbolic links are followed; a directory is entered once however it is reached.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tui.definitions.problems import Problem, Severity

MAX_DEPTH: Final = 10
_MAX_LINKS: Final = 40


@dataclass(frozen=True, slots=True)
class Found:
    """A definition file and what the file system says of it."""

    path: Path
    status: os.stat_result


@dataclass(slots=True)
class Scan:
    """What was found below a directory."""

    files: list[Found] = field(default_factory=list)
    directories: list[Path] = field(default_factory=list)
    """Every directory whose changes matter, those of link targets included."""
    problems: list[Problem] = field(default_factory=list)


def scan(root: Path, entered: set[tuple[int, int]]) -> Scan:
    """Look below `root`, which need not exist. `entered` holds device and inode of directories already looked at."""
    found = Scan()
    _enter(root, 0, entered, found)
    found.files.sort(key=lambda file: file.path)
    return found


def is_definition_name(name: str) -> bool:
    """Say whether a file of this name can be a definition."""
    return name.endswith(".md") and not name.startswith(".") and name.lower() != "readme.md"


def _enter(directory: Path, depth: int, entered: set[tuple[int, int]], found: Scan) -> None:
    try:
        status = directory.stat()
        key = (status.st_dev, status.st_ino)
        if not stat.S_ISDIR(status.st_mode):
            if depth == 0:
                found.problems.append(_problem(directory, "is not a directory"))
            return
        if key in entered:
            return
        if depth > MAX_DEPTH:
            message = f"lies more than {MAX_DEPTH} directories deep and is not read"
            found.problems.append(_problem(directory, message))
            return
        entered.add(key)
        with os.scandir(directory) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        found.problems.append(_problem(directory, f"cannot be read: {error.strerror}"))
        return
    found.directories.append(directory)
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        if entry.is_symlink():
            found.directories.extend(directories_of_links(path))
        if _is_directory(entry):
            _enter(path, depth + 1, entered, found)
        elif is_definition_name(entry.name):
            _file(path, found)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _file(path: Path, found: Scan) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            found.problems.append(_problem(path, "is a link to nothing"))
        return
    except OSError as error:
        found.problems.append(_problem(path, f"cannot be read: {error.strerror}"))
        return
    if stat.S_ISREG(status.st_mode):
        found.files.append(Found(path, status))
    else:
        found.problems.append(_problem(path, "is not a regular file"))


def directories_of_links(path: Path) -> Iterator[Path]:
    """Yield the directory of every target in a chain of links: replacing any of them changes what `path` is."""
    for _ in range(_MAX_LINKS):
        try:
            target = path.readlink()
        except OSError:
            return
        path = Path(os.path.normpath(path.parent.resolve() / target))
        if path.parent.is_dir():
            yield path.parent


def _problem(path: Path, message: str) -> Problem:
    return Problem(str(path), 1, None, Severity.ERROR, message)
