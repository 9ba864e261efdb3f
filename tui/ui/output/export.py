"""Taking rows out of the view: as text, piece by piece, however many there are."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from tui.errors import RollcageError
from tui.text import PLAIN, Line

if TYPE_CHECKING:
    from tui.ui.output.finding import Wanted
    from tui.ui.output.log import OutputLog, Piece
    from tui.ui.output.rows import Row

_PIECES: Final = 16
"""Pieces taken out in a thread at a time."""


class CannotSave(RollcageError):
    """The output could not be saved where it should."""


def plain(row: Row) -> str:
    """Return a row as text."""
    return row.line.text


def coloured(row: Row) -> str:
    """Return a row with its colours as escape sequences, and nothing else a terminal obeys."""
    line = row.line
    return _coloured(line) if line.spans else line.text


def _coloured(line: Line) -> str:
    parts, position = [], 0
    for start, end, look in line.spans:
        parts += [line.text[position:start], look.to_escape(), line.text[start:end], PLAIN.to_escape()]
        position = end
    return "".join([*parts, line.text[position:]])


async def rows_as_text(
    log: OutputLog,
    wanted: Wanted,
    *,
    first: int = 0,
    end: int | None = None,
    with_notes: bool = False,
    spell: Callable[[Row], str] = plain,
) -> AsyncIterator[str]:
    """Yield the rows that are wanted as lines, many at a time; those that are cut go on in the same line.

    Args:
        log: It may grow meanwhile: what comes after the call is not in it.
        wanted: Which rows.
        first: Absolute number of the first row.
        end: One past the last; None for all there are, incomplete ones too.
        with_notes: Also what Rollcage itself said.
        spell: Makes text of a row.
    """
    partial = log.partial() if end is None else []
    position, stop = max(first, log.first), log.end if end is None else min(end, log.end)

    def taken(pieces: list[Piece]) -> str:
        return "".join(_lines(piece, wanted, with_notes, spell) for piece in pieces)

    while position < stop:
        pieces: list[Piece] = []
        while len(pieces) < _PIECES and (piece := log.piece(position, stop)) is not None:
            pieces.append(piece)
            position = piece.first + piece.count
        if not pieces:
            break
        yield await asyncio.to_thread(taken, pieces)
    for row in partial:
        if wanted.accepts(row.kind, row.line.text):
            yield f"{spell(row)}\n"


def _lines(piece: Piece, wanted: Wanted, with_notes: bool, spell: Callable[[Row], str]) -> str:
    rows, indexes = piece.load()
    numbers = wanted.find(piece) if not wanted.is_all else range(piece.first, piece.first + piece.count)
    offset = indexes.start - piece.first
    parts: list[str] = []
    for number in numbers:
        row = rows.row(number + offset)
        if with_notes or row.kind.is_output:
            parts.append(spell(row) if row.line.cut else f"{spell(row)}\n")
    return "".join(parts)


def _opened(path: Path, *, overwrite: bool) -> TextIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_TRUNC if overwrite else os.O_EXCL)
    return os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", errors="replace")


async def save(path: Path, lines: AsyncIterator[str], *, overwrite: bool = False) -> int:
    """Write lines to a file of the person's choosing. Returns the bytes written.

    Raises:
        CannotSave: the file is there already and must not be overwritten, or cannot be written.
    """
    try:
        with _opened(path, overwrite=overwrite) as file:
            size = 0
            async for text in lines:
                size += await asyncio.to_thread(file.write, text)
            return size
    except FileExistsError:
        raise CannotSave(f"{path} exists already", hint="choose another name") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CannotSave(f"{path} cannot be written: {reason}") from error


async def short_text(lines: AsyncIterator[str], largest: int) -> tuple[str, bool]:
    """Return the text, and whether that was all: it ends a little after `largest` bytes."""
    parts, size = [], 0
    async for text in lines:
        parts.append(text)
        size += len(text.encode())
        if size > largest:
            return "".join(parts), False
    return "".join(parts), True
