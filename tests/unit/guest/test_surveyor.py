"""Nothing a guest says of itself is believed that cannot be."""

from __future__ import annotations

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
from tui.machines.model import Command, ExitReport, OutputChunk, ResourceUsage, Stream

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


class Process:
    def __init__(self, chunks: list[OutputChunk], exit_code: int) -> None:
        self._chunks = chunks
        self._exit_code = exit_code
        self.asked = b""

    async def output(self) -> AsyncIterator[OutputChunk]:
        for chunk in self._chunks:
            yield chunk

    async def write_stdin(self, data: bytes) -> None:
        self.asked += data

    async def close_stdin(self) -> None:
        pass

    async def wait(self) -> ExitReport:
        return ExitReport(self._exit_code, None, ResourceUsage(0.0))


class Machine:
    """A machine that gives prepared answers."""

    def __init__(self, stdout: bytes = b"", stderr: bytes = b"", exit_code: int = 0, *, hangs: bool = False) -> None:
        self.process = Process(
            [OutputChunk(Stream.STDOUT, stdout), OutputChunk(Stream.STDERR, stderr)], exit_code
        )  # fmt: skip
        self.discarded = False
        self._hangs = hangs

    async def resume(self) -> None:
        if self._hangs:
            raise TimeoutError

    async def execute(self, command: Command) -> Process:
        assert (command.kind, command.network) == ("survey", False)
        return self.process

    async def discard(self) -> None:
        self.discarded = True


def surveyor(machine: Machine) -> Surveyor:
    return Surveyor(machine)  # type: ignore[arg-type]


async def test_digests_are_those_that_were_asked_for() -> None:
    good = "0" * 64
    machine = Machine(json.dumps({"/a": good, "/b": "no digest", "/other": good}).encode())
    assert await surveyor(machine).digests(["/a", "/b"]) == {"/a": good}
    assert json.loads(machine.process.asked) == {"what": "digests", "paths": ["/a", "/b"]}


@pytest.mark.parametrize("answer", [b"no JSON", b"[" * 100_000, b'{"files": 1}', b"9" * 5000, b"\xff"])
async def test_nonsense_is_an_error_for_people(answer: bytes) -> None:
    with pytest.raises(MachineError, match="the machine of the snapshot answered with"):
        await surveyor(Machine(answer)).contents()


async def test_a_guest_that_says_more_than_it_was_asked_for_is_ended() -> None:
    machine = Machine(b"x" * 11)
    with pytest.raises(MachineError):
        await surveyor(machine).read("/file", 10)
    assert machine.discarded


async def test_why_a_file_cannot_be_read_is_said() -> None:
    with pytest.raises(GuestRefused, match="is not a regular file"):
        await surveyor(Machine(b"", b"survey : x is not a regular file\n", 1)).read("/x", 10)


async def test_a_guest_that_does_not_answer_is_given_up() -> None:
    machine = Machine(hangs=True)
    with pytest.raises(MachineError, match="said nothing"):
        await surveyor(machine).contents()
    assert machine.discarded
