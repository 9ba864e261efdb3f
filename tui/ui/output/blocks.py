"""Blocks of rows: in memory, or read back from the file with all that the run printed.

A block remembers where in the file its first byte stands and what the cleaners of both streams knew there. Cleaning
the same bytes again from that state gives the same rows, so memory need not hold them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from tui.errors import RollcageError
from tui.machines.kinds import Stream
from tui.store.errors import StoreError
from tui.store.output import OutputReader, stored_size
from tui.text import LineCleaner
from tui.ui.output.rows import RowKind, Rows

BLOCK_BYTES: Final = 64 * 1024
"""Bytes after which a block is full: what is read and cleaned again to show one row takes about a millisecond."""
BLOCK_ROWS: Final = 1024
"""Rows after which a block is full; what a block remembers costs about 700 bytes."""


class Position(NamedTuple):
    """A place in the output file."""

    frame: int
    """Where the frame begins."""
    skip: int = 0
    """How many bytes of what it carries come before."""


_NOWHERE: Final = Position(0)


class Note(NamedTuple):
    """What came between frames: lines that were not complete ended there, and Rollcage may have added rows."""

    frame: int
    """The frame that follows begins here."""
    kind: RowKind
    lines: tuple[str, ...]
    at_ns: int


Cleaners = dict[Stream, LineCleaner]


@dataclass(slots=True)
class Block:
    """Neighbouring rows."""

    first: int
    """Absolute number of the first row."""
    start: Position
    cleaners: Cleaners
    """As they were at `start`; never fed."""
    rows: Rows | None = field(default_factory=Rows)
    """None while they are only in the file."""
    count: int = 0
    bytes: int = 0
    notes: list[Note] = field(default_factory=list)
    end: Position = field(default=_NOWHERE)
    """Known when the block is full."""


def copied(cleaners: Cleaners) -> Cleaners:
    """Return cleaners that go on from where these are."""
    return {stream: cleaner.copy() for stream, cleaner in cleaners.items()}


def add_finished(rows: Rows, cleaners: Cleaners, at_ns: int) -> None:
    """End the lines that were not complete."""
    for stream, cleaner in cleaners.items():
        lines = cleaner.finish()
        looks = {index: line for index, line in enumerate(lines) if line.spans or line.cut}
        rows.extend(RowKind(stream), [line.text for line in lines], looks, at_ns)


def read_back(path: Path, block: Block) -> Rows:
    """Return the rows of a full block from the file. Safe in any thread; where that fails, the rows say so."""
    try:
        rows = _read(path, block)
        if len(rows) == block.count:
            return rows
        problem = "it changed"
    except (RollcageError, OSError) as error:
        problem = error.message if isinstance(error, StoreError) else str(error)
    lost = Rows()
    lost.extend(RowKind.WARNING, [f"this row cannot be read back from {path.name}: {problem}"] * block.count, {}, 0)
    return lost


def _read(path: Path, block: Block) -> Rows:
    rows, cleaners, notes = Rows(), copied(block.cleaners), iter(block.notes)
    note = next(notes, None)
    (position, skip), end = block.start, block.end
    reader = OutputReader(path)
    try:
        while position < end.frame or (end.skip and position == end.frame):
            limit = end.frame + stored_size(end.skip) if end.skip else end.frame
            frames, _ = reader.read(position, limit)
            if not frames:
                raise StoreError("it ends early")
            for frame in frames:
                while note is not None and note.frame <= position:
                    add_note(rows, cleaners, note)
                    note = next(notes, None)
                data = frame.data[: end.skip] if end.skip and position == end.frame else frame.data
                texts, lines = cleaners[frame.stream].feed_texts(data[skip:] if skip else data)
                rows.extend(RowKind(frame.stream), texts, lines, frame.at_ns)
                skip = 0
                if position == end.frame:
                    break
                position += stored_size(len(frame.data))
            else:
                continue
            break
    finally:
        reader.close()
    while note is not None:
        add_note(rows, cleaners, note)
        note = next(notes, None)
    return rows


def add_note(rows: Rows, cleaners: Cleaners, note: Note) -> None:
    """Add what came between frames."""
    add_finished(rows, cleaners, note.at_ns)
    rows.extend(note.kind, list(note.lines), {}, note.at_ns)
