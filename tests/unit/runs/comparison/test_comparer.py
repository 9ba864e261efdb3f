"""Comparing snapshots through the engine, over machines that are directories."""

from __future__ import annotations

import asyncio
import itertools
import shutil

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.runs import execute, state_of
from tui.errors import NotFound, UsageError
from tui.machines.errors import MachineError, SnapshotDamaged
from tui.machines.inspection import ProcessFacts
from tui.runs.comparison import ChangeKind, LineKind, comparer, snapshots
from tui.runs.engine import Engine
from tui.store.model import RunRecord

KEY = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


async def pair(engine: Engine, before: str, after: str) -> tuple[str, str]:
    runs: list[RunRecord] = [await execute(engine, before), await execute(engine, after)]
    older, newer = (run.after_id for run in runs)
    assert older is not None
    assert newer is not None
    return older, newer


async def test_what_changed_is_told_and_nothing_is_touched(engine: Engine, fake: FakeBackend):
    older, newer = await pair(engine, "echo 1 > file; echo same > kept", "echo 2 > file; rm kept; mkdir new")
    moves = engine.store.moves(engine.store.session("s").id)
    machines = set(fake.machines)
    comparison = await engine.compare(older, newer)
    assert [(change.path, change.change) for change in comparison.files] == [
        ("/file", ChangeKind.CHANGED), ("/kept", ChangeKind.REMOVED), ("/new", ChangeKind.ADDED),
    ]  # fmt: skip
    assert (comparison.older.id, comparison.newer.id) == (older, newer)
    assert comparison.memory is None
    assert comparison.notes == ("memory is not compared: a fake machine has no memory",)
    assert engine.store.moves(engine.store.session("s").id) == moves
    assert (fake.machines, engine.store.session("s").head_id) == (machines, newer)
    assert await state_of(engine) == "2"


async def test_the_other_way_round_what_was_added_is_removed(engine: Engine):
    older, newer = await pair(engine, "true", "echo 1 > file")
    (change,) = (await engine.compare(newer, older)).files
    assert change.change is ChangeKind.REMOVED


async def test_a_snapshot_does_not_differ_from_itself(engine: Engine, fake: FakeBackend):
    _, newer = await pair(engine, "true", "echo 1 > file")
    assert (await engine.compare(newer, newer)).is_empty
    assert (await engine.file_diff(newer, newer, "/file")).lines == ()
    assert len(fake.inspections) == 1


async def test_what_is_known_is_not_asked_again(engine: Engine, fake: FakeBackend):
    older, newer = await pair(engine, "echo 1 > file", "echo 2 > file")
    first = await engine.compare(older, newer)
    asked = [list(each.asked) for each in fake.inspections]
    assert asked == [["contents", "digests"]] * 2
    assert await engine.compare(older, newer) == first
    assert [list(each.asked) for each in fake.inspections] == asked
    await engine.file_diff(older, newer, "/file")
    assert [each.asked[2:] for each in fake.inspections] == [["read"]] * 2


async def test_machines_to_look_into_are_few_and_go_when_nobody_asks(engine: Engine, fake: FakeBackend):
    runs = [await execute(engine, f"echo {number} > file") for number in range(4)]
    ids = [run.after_id or "" for run in runs]
    for older, newer in itertools.pairwise(ids):
        await engine.compare(older, newer)
        assert sum(not each.discarded for each in fake.inspections) <= snapshots.MACHINES
    assert len(fake.inspections) == 4
    engine._comparer._snapshots._leave()
    await asyncio.gather(*engine._comparer._snapshots._ending)
    assert all(each.discarded for each in fake.inspections)
    await engine.compare(ids[0], ids[3])
    assert len(fake.inspections) == 4
    await engine.file_diff(ids[0], ids[3], "/file")
    assert len(fake.inspections) == 6
    await engine.close()
    assert all(each.discarded for each in fake.inspections)


async def test_a_machine_that_is_about_to_go_is_not_asked(engine: Engine, fake: FakeBackend):
    older, newer = await pair(engine, "echo 1 > file", "echo 2 > file")
    await engine.compare(older, newer)
    engine._comparer._snapshots._leave()
    diff = asyncio.create_task(engine.file_diff(older, newer, "/file"))
    assert (await diff).lines
    assert [each.asked for each in fake.inspections[2:]] == [["read"], ["read"]]
    assert [each.discarded for each in fake.inspections] == [True, True, False, False]


async def test_a_damaged_or_missing_snapshot_is_an_error_and_leaves_nothing(engine: Engine, fake: FakeBackend):
    older, newer = await pair(engine, "echo 1 > file", "echo 2 > file")
    (fake.root / "snapshots" / newer / "files" / "file").write_text("damaged")
    with pytest.raises(SnapshotDamaged):
        await engine.compare(older, newer)
    assert all(each.discarded for each in fake.inspections)
    shutil.rmtree(fake.root / "snapshots" / newer)
    with pytest.raises(NotFound):
        await engine.compare(older, newer)
    with pytest.raises(NotFound):
        await engine.compare(older, "0" * 26)


async def test_after_a_machine_failed_another_is_asked(engine: Engine, fake: FakeBackend):
    older, newer = await pair(engine, "echo 1 > file", "echo 2 > file")
    fake.faults["inspect"].append(MachineError("out of sorts"))
    with pytest.raises(MachineError, match="out of sorts"):
        await engine.compare(older, newer)
    assert len((await engine.compare(older, newer)).files) == 1


async def test_closing_in_the_middle_leaves_no_machine(engine: Engine, fake: FakeBackend):
    older, newer = await pair(engine, "echo 1 > file", "echo 2 > file")
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def gate() -> None:
        reached.set()
        await go_on.wait()

    fake.gates["inspect"] = gate
    comparing = [asyncio.create_task(engine.compare(older, newer)) for _ in range(2)]
    await reached.wait()
    closing = asyncio.create_task(engine._comparer.close())
    await asyncio.sleep(0)
    go_on.set()
    await closing
    await asyncio.wait(comparing)
    assert all(each.discarded for each in fake.inspections)
    with pytest.raises(UsageError):
        await engine.file_diff(older, newer, "/file")


async def test_processes_are_told_without_their_secrets(engine: Engine, fake: FakeBackend):
    older, newer = await pair(engine, "true", "true")
    argv = ("curl\x1b[2J", "--token", "hunter2-and-more", KEY)
    fake.processes[newer] = (ProcessFacts(7, 1, 0, "curl\x1b[2J", argv, 5),)
    (change,) = (await engine.compare(older, newer)).processes
    assert (change.change, change.facts.name) == (ChangeKind.ADDED, "curl␛[2J")
    assert change.facts.argv[0] == "curl␛[2J"
    assert "hunter2" not in str(change)
    assert KEY not in str(change)


async def test_a_diff_shows_lines_but_no_secrets(engine: Engine):
    older, newer = await pair(engine, f"echo user=1 > file; echo key={KEY} >> file", "sed -i s/user=1/user=2/ file")
    diff = await engine.file_diff(older, newer, "/file")
    assert [str(line) for line in diff.lines[:3]] == ["@@ -1,2 +1,2 @@", "-user=1", "+user=2"]
    assert KEY not in str(diff)
    assert "redacted" in diff.lines[3].text


async def test_a_secret_that_changed_is_said_to_have(engine: Engine):
    older, newer = await pair(
        engine, f"echo key={KEY} > file", f"echo key={KEY[::-1][:-4]} > file; echo key={KEY[:-1]}9 > file"
    )
    diff = await engine.file_diff(older, newer, "/file")
    assert diff.lines == ()
    assert diff.notes == ("it differs only in secrets, which are not shown",)


async def test_binary_and_large_files_are_told_by_size_and_checksum(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(comparer, "LARGEST_TEXT", 1000)
    older, newer = await pair(
        engine, "printf 'a\\0' > binary; seq 9 > large", "printf 'b\\0' > binary; seq 999 > large; printf '\\0' > new"
    )  # fmt: skip
    binary = await engine.file_diff(older, newer, "/binary")
    assert (binary.is_binary, binary.lines) == (True, ())
    assert None is not binary.before_sha256 != binary.after_sha256 is not None
    large = await engine.file_diff(older, newer, "/large")
    assert (large.is_binary, large.truncated, large.lines) == (False, True, ())
    assert large.after_sha256 is not None
    new = await engine.file_diff(older, newer, "/new")
    assert (new.before, new.before_sha256, new.is_binary) == (None, None, True)


async def test_links_are_compared_by_where_they_lead(engine: Engine):
    older, newer = await pair(engine, "ln -s one link", "ln -sfn two link")
    diff = await engine.file_diff(older, newer, "/link")
    assert [(line.kind, line.text) for line in diff.lines[1:]] == [(LineKind.REMOVED, "one"), (LineKind.ADDED, "two")]


async def test_a_file_nobody_changed_is_not_found(engine: Engine):
    older, newer = await pair(engine, "true", "true")
    with pytest.raises(NotFound, match="no file /x␛ was changed"):
        await engine.file_diff(older, newer, "/x\x1b")


async def test_names_are_kept_as_they_are_and_shown_without_harm(engine: Engine):
    older, newer = await pair(engine, "true", 'echo 1 > "$(printf "a\\nb\\033\\377")"')
    (change,) = (await engine.compare(older, newer)).files
    assert (change.path, change.shown) == ("/a\nb\x1b\udcff", "/a␤b␛�")
    assert [line.text for line in (await engine.file_diff(older, newer, change.path)).lines[1:]] == ["1"]
