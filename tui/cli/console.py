"""Where the command line talks: data on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from tui.cli.plain import plain
from tui.errors import UsageError
from tui.text import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tui.errors import RollcageError


def is_terminal(stream: TextIO) -> bool:
    """Say whether a person reads the stream."""
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def bell_of(stream: TextIO) -> Callable[[], object] | None:
    """Return what rings the bell of a stream's terminal, or None where nobody would hear it."""
    return (lambda: print("\a", end="", file=stream, flush=True)) if is_terminal(stream) else None


def may_colour(stream: TextIO) -> bool:
    """Say whether colours are welcome: on a terminal that can, unless NO_COLOR (https://no-color.org) is set."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def out(text: str = "") -> None:
    """Print lines of data."""
    sys.stdout.write(clean(text) + "\n")


def out_json(value: Any) -> None:
    """Print a value as JSON."""
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=not _prints_unicode(sys.stdout)) + "\n")


def _prints_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "") == "utf8"


def say(text: str) -> None:
    """Say something to the person, on standard error."""
    sys.stdout.flush()
    line = clean(text)
    if may_colour(sys.stderr):
        line = f"\x1b[2m{line}\x1b[0m"
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def say_error(error: RollcageError) -> None:
    """Say what went wrong and, where it is known, what to do."""
    colour = may_colour(sys.stderr)
    prefix = "\x1b[1;31mrollcage:\x1b[0m" if colour else "rollcage:"
    sys.stdout.flush()
    sys.stderr.write(f"{prefix} {clean(error.message)}\n")
    if error.hint:
        sys.stderr.write("".join(f"  {line}\n" for line in clean(error.hint).splitlines()))
    sys.stderr.flush()


def out_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in aligned columns, with a header for people on a terminal and in files alike.

    Cells are cleaned. On a terminal the last column is cut at its right edge; elsewhere nothing is.
    """
    cells = [tuple(headers), *(tuple(clean_line(cell) for cell in row) for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    limit = os.get_terminal_size(sys.stdout.fileno()).columns if is_terminal(sys.stdout) else None
    bold = may_colour(sys.stdout)
    for number, row in enumerate(cells):
        padded = [cell + " " * (width - _width(cell)) for cell, width in zip(row[:-1], widths, strict=False)]
        line = "  ".join((*padded, row[-1])).rstrip()
        if limit is not None and _width(line) > limit:
            line = line[: max(limit - 1, 1)] + "…"
        sys.stdout.write((f"\x1b[1m{line}\x1b[0m" if bold and number == 0 else line) + "\n")


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def agreed(what: str, question: str, *, yes: bool) -> bool:
    """Say what is about to happen and return whether the person wants it; with `yes` nobody is asked.

    Raises:
        UsageError: there is nobody to ask.
    """
    if yes:
        return True
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise UsageError("this asks before it does anything, and there is no terminal", hint="say --yes to go on")
    sys.stdout.flush()
    sys.stderr.write(f"{clean(what)}\n{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    say("rollcage: nothing was changed")
    return False
