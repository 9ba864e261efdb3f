"""Which files on this host a run deletes or overwrites, as far as its commands say so before it runs.

What a command does to files that it does not name (a build, a script, a Python program) cannot be known here. What is
found is rather too much than too little.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from tui.risk.shell.model import Invocation, Place, Unknown, Word

_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_WRITING: Final = frozenset({">", ">|", ">>", "&>", "&>>", ">&", "<>"})

Named: TypeAlias = tuple[Word, str]
"""A word that names a file, and the name of what lands in it where the file turns out to be a directory."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What will be deleted or overwritten."""

    paths: tuple[Path, ...]
    """That exist."""
    unknown: tuple[str, ...]
    """What is only known when it runs: `$DIR/x`."""


def find_targets(invocations: Iterable[Invocation], cwd: Path, env: Mapping[str, str]) -> Targets:
    """Return the files that commands delete or overwrite when they run in `cwd` with the variables `env`."""
    paths: list[Path] = []
    unknown: list[str] = []
    for invocation in invocations:
        if invocation.place is not Place.HERE:
            continue
        directory = cwd
        if invocation.cwd is not None:
            known = _text(invocation.cwd, env)
            if known is None:
                unknown += [f"{word.text} in {invocation.cwd.text}" for word, _ in _words(invocation)]
                continue
            directory = cwd / known
        for word, into in _words(invocation):
            found = _expanded(word, directory, env)
            if found is None:
                unknown.append(word.text)
                continue
            paths += [within for path in found if os.path.lexists(within := _landing(path, into))]
        if invocation.appended and invocation.program in _PROGRAMS and not _by_find(invocation):
            unknown.append(f"{invocation.program} of what {' '.join(invocation.chain)} reads")
    return Targets(tuple(dict.fromkeys(paths)), tuple(dict.fromkeys(unknown)))


def _landing(path: Path, into: str) -> Path:
    """Return what is overwritten by putting `into` at a path: in a directory, the file of that name."""
    return path / into if into and path.is_dir() else path


def _by_find(invocation: Invocation) -> bool:
    return bool(invocation.chain) and invocation.chain[-1].startswith("find")


def _words(invocation: Invocation) -> Iterator[Named]:
    for redirect in invocation.redirects:
        # `>&2` and `>&-` are about descriptors.
        descriptor = redirect.operator == ">&" and redirect.target.text.rstrip("-").isdigit()
        if redirect.operator in _WRITING and not descriptor and not redirect.target.text.startswith("/dev/"):
            yield redirect.target, ""
    if invocation.program in _PROGRAMS:
        # What find puts in place of {} lies below the places that find itself names.
        arguments = [word for word in invocation.argv[1:] if not (_by_find(invocation) and "{}" in word.text)]
        yield from _PROGRAMS[invocation.program](arguments)


def _text(word: Word, env: Mapping[str, str]) -> str | None:
    """Return what a word means, with the variables that are known; None if that is only known when it runs."""
    parts: list[str] = []
    for part in word.parts:
        if isinstance(part, Unknown):
            match = _VARIABLE.fullmatch(part.source)
            value = env.get(match[1] or match[2]) if match else None
            if value is None:
                return None
            parts.append(value)
        else:
            parts.append(part)
    return "".join(parts)


def _expanded(word: Word, directory: Path, env: Mapping[str, str]) -> list[Path] | None:
    """Return the paths a word may mean; None if that is only known when it runs."""
    text = _text(word, env)
    if text is None:
        return None
    found = [directory / text]
    if text.startswith("~"):
        found.append(_home(text))
    if word.globs:
        # As in a shell, `*` leaves hidden names out.
        found += [directory / name for name in glob.glob(text, root_dir=directory)]  # noqa: PTH207
    return found


def _home(word: str) -> Path:
    try:
        return Path(word).expanduser()
    except RuntimeError:  # nobody of that name: the shell leaves the word as it is, too
        return Path(word)


# --- which arguments are files that get destroyed --------------------------------------------------------------------


def _operands(arguments: Sequence[Word], valued: str = "") -> list[Word]:
    """Return the arguments that are no options; letters in `valued` are options that take the next argument."""
    found: list[Word] = []
    rest = iter(arguments)
    for argument in rest:
        text = argument.text
        if text == "--":
            return [*found, *rest]
        if not text.startswith("-") or len(text) == 1:
            found.append(argument)
        elif not text.startswith("--") and text[-1] in valued:
            next(rest, None)
    return found


def _option(arguments: Sequence[Word], short: str, long: str) -> Word | None:
    for position, argument in enumerate(arguments[:-1]):
        if argument.text in {short, long}:
            return arguments[position + 1]
    for argument in arguments:
        if argument.text.startswith(f"{long}="):
            return Word((argument.text.partition("=")[2],), argument.span, argument.globs)
    return None


def _all(arguments: Sequence[Word]) -> Iterator[Named]:
    for operand in _operands(arguments):
        yield operand, ""


def _truncate(arguments: Sequence[Word]) -> Iterator[Named]:
    for operand in _operands(arguments, "sr"):
        yield operand, ""


def _copy(arguments: Sequence[Word]) -> Iterator[Named]:
    target = _option(arguments, "-t", "--target-directory")
    operands = _operands(arguments, "tSgmo")
    if target is None:
        if len(operands) < 2:
            return
        target = operands.pop()
    for source in operands:
        yield target, Path(source.text).name or source.text


def _move(arguments: Sequence[Word]) -> Iterator[Named]:
    yield from _copy(arguments)
    operands = _operands(arguments, "tS")
    for source in operands if _option(arguments, "-t", "--target-directory") else operands[:-1]:
        yield source, ""


def _dd(arguments: Sequence[Word]) -> Iterator[Named]:
    for argument in arguments:
        first, *others = argument.parts or ("",)
        if isinstance(first, str) and first.startswith("of="):
            yield Word((first[3:], *others), argument.span), ""


def _in_place(arguments: Sequence[Word]) -> Iterator[Named]:
    if any(re.match(r"-[a-zA-Z]*i|--in-place", argument.text) for argument in arguments):
        # The script is among the operands; it is no file, so nothing comes of it.
        yield from _all(arguments)


def _find(arguments: Sequence[Word]) -> Iterator[Named]:
    if not {"-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint"} & {argument.text for argument in arguments}:
        return
    places: list[Word] = []
    for argument in arguments:
        if argument.text in {"-H", "-L", "-P"}:
            continue
        if argument.text.startswith("-") or argument.text in {"(", "!"}:
            break
        places.append(argument)
    for place in places or [Word((".",), arguments[0].span)]:
        yield place, ""


def _rsync(arguments: Sequence[Word]) -> Iterator[Named]:
    operands = _operands(arguments, "efB")
    if len(operands) > 1 and ":" not in operands[-1].text.partition("/")[0]:
        yield operands[-1], ""


_PROGRAMS: Final[Mapping[str, Callable[[Sequence[Word]], Iterator[Named]]]] = {
    "rm": _all, "unlink": _all, "rmdir": _all, "shred": _all, "srm": _all, "wipe": _all, "tee": _all,
    "truncate": _truncate, "cp": _copy, "install": _copy, "ln": _copy, "mv": _move, "dd": _dd,
    "sed": _in_place, "perl": _in_place, "find": _find, "rsync": _rsync,
}  # fmt: skip
