"""The projections of a run's events on the command line: its output, or its events as JSON lines."""

from __future__ import annotations

import json
from typing import Protocol, TextIO

from tui.cli.console import is_terminal, may_colour
from tui.cli.narration import Narrator
from tui.cli.writer import Writer
from tui.machines.kinds import Stream
from tui.runs.events import Event, OutputReceived, RunExited
from tui.text import TerminalCleaner, clean


class Display(Protocol):
    """Something that shows a run while it happens."""

    async def show(self, event: Event) -> None:
        """Show one event.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        ...


class JsonDisplay:
    """Every event as one line of JSON."""

    def __init__(self, writer: Writer, stdout: TextIO) -> None:
        self._writer = writer
        self._descriptor = stdout.fileno()

    async def show(self, event: Event) -> None:
        """Print the event."""
        await self._writer.write(self._descriptor, json.dumps(event.to_json()).encode() + b"\n")


class OutputDisplay:
    """Standard output and error as the command wrote them, and what there is to say on standard error.

    A stream that goes to a file or a pipe gets the exact bytes; one that goes to a terminal is cleaned, because the
    bytes are a guest's.
    """

    def __init__(
        self, writer: Writer, narrator: Narrator, stdout: TextIO, stderr: TextIO, *, raw: bool = False
    ) -> None:
        self._writer = writer
        self._narrator = narrator
        files = {Stream.STDOUT: stdout, Stream.STDERR: stderr}
        self._descriptors = {stream: file.fileno() for stream, file in files.items()}
        self._on_screen = {stream for stream, file in files.items() if is_terminal(file)}
        self._cleaners = {} if raw else {stream: TerminalCleaner() for stream in self._on_screen}
        self._dim = may_colour(stderr)
        self._line_open = False

    async def show(self, event: Event) -> None:
        """Print the event's output, or say it."""
        if isinstance(event, OutputReceived):
            await self._output(event.stream, event.data)
        elif isinstance(event, RunExited):
            for stream, cleaner in self._cleaners.items():
                await self._print(stream, cleaner.finish().encode())
        for line in self._narrator.lines(event):
            await self._say(line)

    async def _output(self, stream: Stream, data: bytes) -> None:
        cleaner = self._cleaners.get(stream)
        await self._print(stream, cleaner.feed(data).encode(errors="replace") if cleaner else data)

    async def _print(self, stream: Stream, data: bytes) -> None:
        if data:
            if stream in self._on_screen:
                self._line_open = not data.endswith(b"\n")
            await self._writer.write(self._descriptors[stream], data)

    async def _say(self, line: str) -> None:
        text = clean(line)
        text = f"\x1b[2m{text}\x1b[0m\n" if self._dim else f"{text}\n"
        if self._line_open and Stream.STDERR in self._on_screen:
            text = "\n" + text
        self._line_open = False
        await self._writer.write(self._descriptors[Stream.STDERR], text.encode())
