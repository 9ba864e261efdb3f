"""Which files on this host a run deletes or overwrites, as far as its commands say so before it runs.

What is found is rather too much than too little: a relative name counts in every directory the commands change to. What
a command does to files that it does not name (a build, a script, a Python program) cannot be known here, and is said.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.risk.model import RealCommand

_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_UNKNOWN: Final = re.compile(r"[$`]")
_WILDCARD: Final = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Targets:
    """What will be deleted or overwritten."""

    paths: tuple[Path, ...]
    """That exist."""
    unknown: tuple[str, ...]
    """Words that only mean something when they run: `$DIR/x`."""


def find_targets(
    commands: Iterable[RealCommand], redirects: Iterable[str], cwd: Path, env: Mapping[str, str]
) -> Targets:
    """Return the files that commands delete or overwrite when they run in `cwd` with the variables `env`."""
    directories = [cwd]
    words: list[tuple[str, str]] = [("", redirect) for redirect in redirects]
    for command in commands:
        program = command.argv[0].rpartition("/")[2] if command.argv else ""
        arguments = command.argv[1:]
        if program in {"cd", "pushd"} and arguments:
            directories += [place for place in _expanded(arguments[-1], directories, env) or () if place.is_dir()]
        elif program in _PROGRAMS:
            words += _PROGRAMS[program](arguments)
    paths: list[Path] = []
    unknown: list[str] = []
    for into, word in words:
        found = _expanded(word, directories, env)
        if found is None:
            unknown.append(word)
            continue
        for path in found:
            # What is copied to a directory overwrites the file of its name in it.
            within = path / into if into and path.is_dir() else path
            if os.path.lexists(within):
                paths.append(within)
    return Targets(tuple(dict.fromkeys(paths)), tuple(dict.fromkeys(unknown)))


def _expanded(word: str, directories: Sequence[Path], env: Mapping[str, str]) -> list[Path] | None:
    """Return the paths a word may mean in any of the directories; None if that is only known when it runs."""
    known = _VARIABLE.sub(lambda match: env.get(match[1] or match[2], match[0]), word)
    if known.startswith("~"):
        known = str(_home(known))
    if _UNKNOWN.search(known) and not any(os.path.lexists(place / known) for place in directories):
        return None
    found = [place / known for place in directories]
    if _WILDCARD.search(known):
        # Quotes are gone by now: the word may be a pattern or the very name.
        for place in directories:
            found += [place / name for name in glob.glob(known, root_dir=place)]  # noqa: PTH207  # as a shell: no hidden names
    return found


def _home(word: str) -> Path:
    try:
        return Path(word).expanduser()
    except RuntimeError:  # nobody of that name: the shell leaves it as it is, too
        return Path(word)


# --- which arguments are files that get destroyed: pairs of a name within a directory, and a word --------------------


def _operands(arguments: Sequence[str], valued: str = "") -> list[str]:
    """Return the arguments that are no options; letters in `valued` are options that take the next argument."""
    found: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*found, *rest]
        if argument.startswith("-") and len(argument) > 1:
            if not argument.startswith("--") and argument[-1] in valued:
                next(rest, None)
        elif argument != "{}":
            found.append(argument)
    return found


def _all(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    for operand in _operands(arguments):
        yield "", operand


def _truncate(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    for operand in _operands(arguments, "sr"):
        yield "", operand


def _copy(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    operands = _operands(arguments, "tSgmo")
    target = _option(arguments, "-t", "--target-directory")
    sources = operands if target else operands[:-1]
    if target is None and len(operands) > 1:
        target = operands[-1]
    if target is not None:
        for source in sources:
            yield Path(source).name or source, target


def _move(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield from _copy(arguments)
    operands = _operands(arguments, "tS")
    for source in operands if _option(arguments, "-t", "--target-directory") else operands[:-1]:
        yield "", source


def _option(arguments: Sequence[str], short: str, long: str) -> str | None:
    for position, argument in enumerate(arguments):
        if argument in {short, long} and position + 1 < len(arguments):
            return arguments[position + 1]
        if argument.startswith(f"{long}="):
            return argument.partition("=")[2]
    return None


def _dd(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    for argument in arguments:
        if argument.startswith("of="):
            yield "", argument[3:]


def _in_place(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    if any(re.match(r"-[a-zA-Z]*i|--in-place", argument) for argument in arguments):
        # The script is among them; it is no file, so it is not found.
        yield from _all(arguments)


def _find(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not {"-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint"} & set(arguments):
        return
    places = []
    for argument in arguments:
        if argument.startswith("-") or argument in {"(", "!"}:
            if argument in {"-H", "-L", "-P"}:
                continue
            break
        places.append(argument)
    for place in places or ["."]:
        yield "", place


def _rsync(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    operands = _operands(arguments, "efB")
    if len(operands) > 1 and ":" not in operands[-1].partition("/")[0]:
        yield "", operands[-1]


_PROGRAMS: Final[Mapping[str, Callable[[Sequence[str]], Iterator[tuple[str, str]]]]] = {
    "rm": _all, "unlink": _all, "rmdir": _all, "shred": _all, "srm": _all, "wipe": _all, "tee": _all,
    "truncate": _truncate, "cp": _copy, "install": _copy, "ln": _copy, "mv": _move, "dd": _dd,
    "sed": _in_place, "perl": _in_place, "find": _find, "rsync": _rsync,
}  # fmt: skip
