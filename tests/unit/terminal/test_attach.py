"""Attaching a terminal: what passes either way, how it ends, and that the terminal is as before."""

from __future__ import annotations

import asyncio
import os
import signal
import termios
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.support.terminals import Person
from tui.terminal.attach import Ending, attach
from tui.terminal.detach import parse_key

KEY = parse_key("ctrl+]")
DETACH = b"\x1d"


class ScriptedLine:
    """The other end: prints what a test says."""

    def __init__(self) -> None:
        self.typed = b""
        self.sizes: list[tuple[int, int]] = []
        self.hung_up = False
        self.reads = asyncio.Event()
        """Cleared while the program reads nothing."""
        self.reads.set()
        self._pieces: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()

    def prints(self, data: bytes) -> None:
        self._pieces.put_nowait(data)

    def ends(self, error: Exception | None = None) -> None:
        self._pieces.put_nowait(error)

    async def output(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def write(self, data: bytes) -> None:
        await self.reads.wait()
        self.typed += data

    async def resize(self, rows: int, columns: int) -> None:
        self.sizes.append((rows, columns))

    def hang_up(self) -> None:
        self.hung_up = True


@pytest.fixture
def person() -> Iterator[Person]:
    with Person() as person:
        yield person


@pytest.fixture
def line() -> ScriptedLine:
    return ScriptedLine()


async def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.002)


async def seen(person: Person, wanted: bytes) -> None:
    def look() -> bool:
        person.look()
        return wanted in person.seen

    await until(look)


class Attached:
    """An attachment that goes on while a test acts."""

    def __init__(self, person: Person, line: ScriptedLine, *end_on: signal.Signals) -> None:
        self.device = person.device()
        self.task = asyncio.create_task(attach(line, self.device, KEY, end_on=end_on or (signal.SIGHUP,)))
        self.line = line

    async def __aenter__(self) -> asyncio.Task[Ending]:
        await until(lambda: self.line.sizes or self.task.done())
        return self.task

    async def __aexit__(self, *error: object) -> None:
        if not self.task.done():
            self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.device.close()


async def test_keys_go_in_as_they_are_and_output_comes_out_filtered(person: Person, line: ScriptedLine) -> None:
    async with Attached(person, line) as attached:
        person.type(b"ls\r\x03\x04\x1a")
        await until(lambda: line.typed == b"ls\r\x03\x04\x1a")
        line.prints(b"a\x1b]52;c;eA==\x07b\r\n")
        await seen(person, b"ab\r\n")
        line.ends()
        assert await attached is Ending.EXITED
    assert person.is_as_before
    person.look()
    assert b"\x1b]" not in person.seen


async def test_the_size_is_told_at_first_and_when_it_changes(person: Person, line: ScriptedLine) -> None:
    async with Attached(person, line) as attached:
        assert line.sizes == [(24, 80)]
        person.resize(50, 132)
        os.kill(os.getpid(), signal.SIGWINCH)
        await until(lambda: line.sizes[-1] == (50, 132))
        line.ends()
        await attached


async def test_the_size_is_told_although_the_program_reads_nothing(person: Person, line: ScriptedLine) -> None:
    async with Attached(person, line):
        line.reads.clear()
        person.type(b"typed ahead")
        person.resize(30, 90)
        os.kill(os.getpid(), signal.SIGWINCH)
        await until(lambda: line.sizes[-1] == (30, 90))


async def test_the_key_leaves_and_hangs_up_although_the_program_reads_nothing(
    person: Person, line: ScriptedLine
) -> None:
    async with Attached(person, line) as attached:
        line.prints(b"\x1b[?1049h\x1b[?1000h$ ")
        await seen(person, b"$ ")
        line.reads.clear()
        person.type(b"x" * 1000)
        person.type(DETACH + b"rm -rf /\r")
        assert await attached is Ending.DETACHED
    assert line.hung_up
    assert person.is_as_before
    person.look()
    assert person.seen.index(b"\x1b[?1000l") < person.seen.index(b"\x1b[?1049l")
    assert person.seen.endswith(b"\r\n")


async def test_what_was_typed_after_the_key_is_no_command_of_the_shell_outside(
    person: Person, line: ScriptedLine
) -> None:
    async with Attached(person, line) as attached:
        person.type(DETACH + b"echo outside\r")
        await attached
    os.set_blocking(person.end, False)
    with pytest.raises(BlockingIOError):
        os.read(person.end, 100)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
async def test_a_signal_ends_it_and_is_handled_as_before_afterwards(
    person: Person, line: ScriptedLine, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    async with Attached(person, line, signal.SIGHUP, signal.SIGTERM) as attached:
        os.kill(os.getpid(), number)
        assert await attached is Ending.HUNG_UP
    assert line.hung_up
    assert person.is_as_before
    assert signal.getsignal(number) == before


async def test_a_window_that_is_closed_hangs_up(person: Person, line: ScriptedLine) -> None:
    async with Attached(person, line) as attached:
        person.leave()
        assert await attached is Ending.HUNG_UP
    assert line.hung_up


@pytest.mark.parametrize("how", ["error", "cancelled"])
async def test_an_error_restores_the_terminal(person: Person, line: ScriptedLine, how: str) -> None:
    async with Attached(person, line) as attached:
        line.prints(b"\x1b[?25l\x1b[?2004h\x1b[31m")
        await seen(person, b"\x1b[31m")
        if how == "error":
            line.ends(RuntimeError("a defect"))
            with pytest.raises(RuntimeError):
                await attached
        else:
            attached.cancel()
            with pytest.raises(asyncio.CancelledError):
                await attached
    assert line.hung_up
    assert person.is_as_before
    person.look()
    for wanted in (b"\x1b[?2004l", b"\x1b[0m", b"\x1b[?25h"):
        assert wanted in person.seen


async def test_a_terminal_that_takes_nothing_holds_up_neither_the_key_nor_the_end(
    person: Person, line: ScriptedLine
) -> None:
    async with Attached(person, line) as attached:
        for _ in range(20):
            line.prints(b"x" * 65536)
        await asyncio.sleep(0)  # nobody looks, so the terminal is full soon
        person.type(DETACH)
        assert await attached is Ending.DETACHED
    assert person.is_as_before


async def test_a_late_answer_about_the_cursor_is_not_typed_into_the_shell_outside(
    person: Person, line: ScriptedLine
) -> None:
    async with Attached(person, line) as attached:

        def answer() -> None:
            person.wait_for(rb"\x1b\[6n.*\x1b\[0m")  # once the program has ended and the terminal was restored
            time.sleep(0.05)  # as over a network
            person.type(b"\x1b[24;80R\r")

        answering = asyncio.get_running_loop().run_in_executor(None, answer)
        line.prints(b"\x1b[6n")
        line.ends()
        await attached
        await answering
    os.set_blocking(person.end, False)
    with pytest.raises(BlockingIOError):
        os.read(person.end, 100)


async def test_after_a_stop_the_terminal_is_raw_again(person: Person, line: ScriptedLine) -> None:
    async with Attached(person, line) as attached:
        raw = termios.tcgetattr(person.end)
        assert raw != person.settings
        termios.tcsetattr(person.end, termios.TCSANOW, person.settings)
        os.kill(os.getpid(), signal.SIGCONT)
        await until(lambda: termios.tcgetattr(person.end) == raw)
        line.ends()
        await attached
