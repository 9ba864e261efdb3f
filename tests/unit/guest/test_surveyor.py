"""Nothing a guest says of itself is believed that cannot be."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tui.machines.errors import GuestRefused, MachineError
from tui.machines.guest.surveyor import Surveyor, parse_contents
from tui.machines.inspection import ProcessFacts
from tui.machines.kinds import Stream
from tui.machines.model import Command, OutputChunk

GOOD: dict[str, Any] = {"files": [], "image": [], "replaced": [], "processes": [], "notes": [], "partial": False}
ROW = ["a", 0o100644, 0, 0, 1, 2, 3, 4, None]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=10) | st.dictionaries(st.sampled_from(list(GOOD)), inner, max_size=5),
    max_leaves=30,
)


@given(JSON)
def test_any_answer_is_contents_or_an_error_for_people(answer: object) -> None:
    with contextlib.suppress(MachineError):
        parse_contents(answer)


@given(st.sampled_from(["files", "image", "processes"]), st.lists(JSON, max_size=10))
def test_any_row_is_a_file_or_an_error_for_people(table: str, row: list[object]) -> None:
    with contextlib.suppress(MachineError):
        parse_contents({**GOOD, table: [row]})


@pytest.mark.parametrize("path", ["", "/a", "a/../b", "a//b", "./a", "..", "a\0", "a/"])
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(MachineError):
        parse_contents({**GOOD, "files": [[path, *ROW[1:]]]})


def test_processes_and_many_notes() -> None:
    answer = {**GOOD, "processes": [[5, 1, 0, "sh", ["sh", "-c"], 77]], "notes": [str(number) for number in range(99)]}
    contents = parse_contents(answer)
    assert contents.processes == (ProcessFacts(5, 1, 0, "sh", ("sh", "-c"), 77),)
    assert len(contents.notes) == 99


def said(answer: bytes, word: str = "ok") -> bytes:
    """An answer as the guest sends it."""
    return f"{word} {len(answer)}\n".encode() + answer


class Process:
    """Gives one prepared answer to each question, in pieces, and ends where there is none left."""

    def __init__(self, answers: list[bytes], complaint: bytes) -> None:
        self._answers = answers
        self._complaint = complaint
        self.was_asked = asyncio.Event()
        self.asked: list[object] = []
        self.signals: list[int] = []

    async def output(self) -> AsyncIterator[OutputChunk]:
        for answer in self._answers:
            await self.was_asked.wait()
            self.was_asked.clear()
            for at in range(0, len(answer), 7):
                yield OutputChunk(Stream.STDOUT, answer[at : at + 7])
        await self.was_asked.wait()
        yield OutputChunk(Stream.STDERR, self._complaint)

    async def write_stdin(self, data: bytes) -> None:
        self.asked.append(json.loads(data))
        self.was_asked.set()

    async def signal(self, signum: int) -> None:
        self.signals.append(signum)


class Silent(Process):
    """Never answers."""

    async def output(self) -> AsyncIterator[OutputChunk]:
        await asyncio.Event().wait()
        yield OutputChunk(Stream.STDOUT, b"")


class Machine:
    """A machine that gives prepared answers."""

    def __init__(self, *answers: bytes, complaint: bytes = b"", hangs: bool = False) -> None:
        self.process = Process(list(answers), complaint)
        self.executed = 0
        self.discarded = False
        self._hangs = hangs

    async def resume(self) -> None:
        if self._hangs:
            raise TimeoutError

    async def execute(self, command: Command) -> Process:
        assert (command.kind, command.network) == ("survey", False)
        self.executed += 1
        return self.process

    async def discard(self) -> None:
        self.discarded = True


def surveyor(machine: Machine) -> Surveyor:
    return Surveyor(machine)  # type: ignore[arg-type]


async def test_digests_are_those_that_were_asked_for() -> None:
    good = "0" * 64
    machine = Machine(said(json.dumps({"/a": good, "/b": "no digest", "/other": good}).encode()))
    assert await surveyor(machine).digests(["/a", "/b"]) == {"/a": good}
    assert machine.process.asked == [{"what": "digests", "paths": ["/a", "/b"]}]


async def test_all_questions_are_put_to_one_execution() -> None:
    machine = Machine(said(b"one\n"), said(b"is not a regular file", "no"), said(b""))
    asking = surveyor(machine)
    assert await asking.read("/a", 9) == b"one\n"
    with pytest.raises(GuestRefused, match="is not a regular file"):
        await asking.read("/b", 9)
    assert await asking.read("/c", 9) == b""
    assert machine.executed == 1


@pytest.mark.parametrize("answer", [b"no JSON", b"[" * 100_000, b'{"files": 1}', b"9" * 5000, b"\xff"])
async def test_nonsense_is_an_error_for_people(answer: bytes) -> None:
    with pytest.raises(MachineError, match="the machine of the snapshot answered with"):
        await surveyor(Machine(said(answer))).contents()


@pytest.mark.parametrize("raw", [b"ok -1\n", b"ok 99999999999\n", b"maybe 1\nx", b"x" * 1000, b"\n", said(b"x" * 11)])
async def test_an_answer_that_is_none_or_too_long_is_an_error_for_people(raw: bytes) -> None:
    with pytest.raises(MachineError, match="the machine of the snapshot answered with"):
        await surveyor(Machine(raw)).read("/file", 10)


async def test_why_a_guest_broke_off_is_said() -> None:
    with pytest.raises(MachineError, match="MemoryError"):
        await surveyor(Machine(complaint=b"Traceback\nMemoryError\n")).contents()


async def test_after_an_interruption_the_late_answer_is_nobodys() -> None:
    machine = Machine()
    machine.process = silent = Silent([], b"")
    asking = surveyor(machine)
    reading = asyncio.create_task(asking.read("/a", 9))
    await silent.was_asked.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert silent.signals == [9]
    machine.process = Process([said(b"fresh")], b"")
    assert await asking.read("/b", 9) == b"fresh"
    assert machine.executed == 2


async def test_an_execution_that_answers_with_nonsense_is_ended() -> None:
    machine = Machine(b"no header of an answer\n")
    with pytest.raises(MachineError):
        await surveyor(machine).read("/file", 10)
    assert machine.process.signals == [9]


async def test_a_guest_that_does_not_answer_is_given_up() -> None:
    machine = Machine(hangs=True)
    with pytest.raises(MachineError, match="said nothing"):
        await surveyor(machine).contents()
    assert machine.discarded
