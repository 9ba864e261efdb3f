"""What happened in a run, for any number of readers, each at its own pace.

Facts are kept in memory; output is not: between two facts the log keeps only which part of the output file belongs
there, and readers read that part. So a slow or absent reader never holds up the run and costs no memory, and one that
fell behind catches up with larger pieces. The file was just written and comes from the page cache.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tui.runs.events import Event, OutputReceived
from tui.store.output import OutputFrame, OutputReader

_LARGEST_EVENT: Final = 64 * 1024


@dataclass(slots=True)
class _Span:
    """A part of the output file."""

    start: int
    end: int


class EventLog:
    """The events of one run, in order."""

    def __init__(self, session_id: str, run_id: str, output: Path) -> None:
        self._session_id = session_id
        self._run_id = run_id
        self._output = output
        self._entries: list[Event | _Span] = []
        self._closed = False
        self._waiting: list[asyncio.Future[None]] = []

    def add(self, event: Event) -> None:
        """Append a fact other than output."""
        self._entries.append(event)
        self._wake()

    def add_output(self, start: int, end: int) -> None:
        """Append the output between two positions of the file."""
        last = self._entries[-1] if self._entries else None
        if isinstance(last, _Span) and last.end == start:
            last.end = end
        else:
            self._entries.append(_Span(start, end))
        self._wake()

    def close(self) -> None:
        """Nothing follows."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def _more(self) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    async def read(self) -> AsyncIterator[Event]:
        """Yield every event from the first on, until the log is closed."""
        index = 0
        reader: OutputReader | None = None
        try:
            while True:
                if index == len(self._entries):
                    if self._closed:
                        return
                    await self._more()
                    continue
                entry = self._entries[index]
                if isinstance(entry, Event):
                    index += 1
                    yield entry
                    continue
                position = entry.start
                # The last span grows until another fact follows it.
                while position < entry.end or (entry is self._entries[-1] and not self._closed):
                    if position == entry.end:
                        await self._more()
                        continue
                    reader = reader or OutputReader(self._output)
                    frames, after = reader.read(position, entry.end)
                    if not frames:
                        break
                    position = after
                    for frame in _merged(frames):
                        yield self._event(frame)
                    await asyncio.sleep(0)  # a reader that never waits must not keep others from running
                index += 1
        finally:
            if reader is not None:
                reader.close()

    def _event(self, frame: OutputFrame) -> OutputReceived:
        at = datetime.fromtimestamp(frame.at_ns / 1e9, UTC)
        return OutputReceived(
            at=at, session_id=self._session_id, run_id=self._run_id, stream=frame.stream, data=frame.data
        )


def _merged(frames: Iterable[OutputFrame]) -> list[OutputFrame]:
    """Join neighbours of one stream, so that a reader who is behind has fewer and larger events to handle."""
    merged: list[OutputFrame] = []
    for frame in frames:
        last = merged[-1] if merged else None
        if last is not None and last.stream is frame.stream and len(last.data) + len(frame.data) <= _LARGEST_EVENT:
            merged[-1] = replace(last, data=last.data + frame.data)
        else:
            merged.append(frame)
    return merged
