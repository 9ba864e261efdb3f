"""What changed between snapshots of real machines, and sessions that branch off from them."""

from __future__ import annotations

import asyncio

import pytest

from tests.machine.conftest import OpenEngine
from tests.support.runs import execute, start
from tests.support.runs import output_of as output_of_run
from tui.machines.guest.link_process import AgentProcess
from tui.machines.model import MachineSpec
from tui.runs.comparison import Aspect, ChangeKind, Comparison, FileKind, LineKind
from tui.runs.engine import Engine
from tui.store.model import RunRecord
from tui.store.states import MoveKind

pytestmark = pytest.mark.machine

DISK = MachineSpec(128, disk_mb=512)
PREPARE = r"""
mkdir -p /work/d; echo one > /work/d/edited; echo same > /work/touched; echo gone > /work/gone
ln -s one /work/link; seq 200000 > /work/large; printf '\0\1' > /work/binary
"""
CHANGE = r"""
echo two > /work/d/edited; touch /work/touched; rm /work/gone; ln -sfn two /work/link
seq 200001 > /work/large; printf '\0\2' > /work/binary
printf 'x\n' > "$(printf '/work/new\nline\033]0;title\007\377')"
chmod 600 /etc/passwd; rm -rf /usr/share/perl5; rm -rf /var/log; mkdir /var/log
mkfifo /work/pipe; echo kept > /dev/shm/shared
sleep 1000 >/dev/null 2>&1 &
"""


async def changed(engine: Engine, **options: object) -> tuple[RunRecord, Comparison]:
    first = await execute(engine, PREPARE, **options)
    run = await execute(engine, CHANGE, **options)
    assert first.after_id is not None
    assert run.after_id is not None
    assert run.before_id == first.after_id
    return run, await engine.compare(first.after_id, run.after_id)


@pytest.mark.parametrize("spec", [None, DISK], ids=["ram", "disk"])
async def test_files_processes_and_memory_that_differ_are_found_and_the_session_is_untouched(
    engine: Engine, spec: MachineSpec | None
):
    run, comparison = await changed(engine, spec=spec)
    found = {change.path: change for change in comparison.files}
    logs = [found.pop(path) for path in list(found) if path.startswith("/var/log/")]
    assert {change.change for change in logs} == {ChangeKind.REMOVED}
    odd = "/work/new\nline\x1b]0;title\x07\udcff"
    assert {path: (change.change, change.aspects) for path, change in found.items()} == {
        "/dev/shm/shared": (ChangeKind.ADDED, ()),
        "/etc/passwd": (ChangeKind.CHANGED, (Aspect.MODE,)),
        "/usr/share/perl5": (ChangeKind.REMOVED, ()),
        "/work/binary": (ChangeKind.CHANGED, (Aspect.CONTENT,)),
        "/work/d/edited": (ChangeKind.CHANGED, (Aspect.CONTENT,)),
        "/work/gone": (ChangeKind.REMOVED, ()),
        "/work/large": (ChangeKind.CHANGED, (Aspect.SIZE, Aspect.CONTENT)),
        "/work/link": (ChangeKind.CHANGED, (Aspect.TARGET,)),
        odd: (ChangeKind.ADDED, ()),
        "/work/pipe": (ChangeKind.ADDED, ()),
    }
    assert found["/usr/share/perl5"].with_contents
    assert found["/work/pipe"].facts.kind is FileKind.FIFO
    assert found[odd].shown == "/work/new␤line␛]0;title␇�"
    assert [(change.change, change.facts.name, change.facts.argv) for change in comparison.processes] == [
        (ChangeKind.ADDED, "sleep", ("sleep", "1000"))
    ]
    assert comparison.memory is not None
    assert 0 < comparison.memory.pages < comparison.memory.total_pages
    assert comparison.notes == ()

    older, newer = comparison.older.id, comparison.newer.id
    diff = await engine.file_diff(older, newer, "/work/d/edited")
    assert [str(line) for line in diff.lines] == ["@@ -1 +1 @@", "-one", "+two"]
    assert [str(line) for line in (await engine.file_diff(older, newer, odd)).lines] == ["@@ -0,0 +1 @@", "+x"]
    binary = await engine.file_diff(older, newer, "/work/binary")
    assert binary.is_binary
    assert None is not binary.before_sha256 != binary.after_sha256 is not None
    large = await engine.file_diff(older, newer, "/work/large")
    assert large.truncated
    assert large.lines == ()
    assert (await engine.file_diff(older, newer, "/etc/passwd")).lines == ()

    session = engine.store.session("s")
    assert session.head_id == run.after_id
    assert [move.kind for move in engine.store.moves(session.id)] == [MoveKind.RUN, MoveKind.RUN]
    assert len(engine.store.snapshots(session.id)) == 3
    assert await output_of_run(await start(engine, "cat d/edited; pgrep -c sleep")) == b"two\n1\n"


async def test_a_process_that_runs_on_does_not_move_while_its_snapshot_is_looked_into(engine: Engine):
    count = "(i=0; while :; do i=$((i+1)); echo $i 1<>i; done) >/dev/null 2>&1 &"
    run = await execute(engine, f"{count} until [ -s i ]; do :; done; seq 9 > other")
    other = await execute(engine, "true")
    assert run.after_id is not None
    assert other.after_id is not None
    first = await engine.compare(run.after_id, other.after_id)
    diffs = [await engine.file_diff(run.after_id, other.after_id, "/work/i") for _ in range(3)]
    assert diffs[0].lines
    assert diffs[0] == diffs[1] == diffs[2]
    assert await engine.compare(run.after_id, other.after_id) == first


async def test_comparisons_that_were_broken_off_leave_nothing_in_the_next(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    one = await execute(engine, "sleep 1000 >/dev/null 2>&1 &")
    other = await execute(engine, "echo two > file")
    assert one.after_id is not None
    assert other.after_id is not None
    first = await engine.compare(one.after_id, other.after_id)
    diff = await engine.file_diff(one.after_id, other.after_id, "/work/file")
    put, contents = AgentProcess.write_stdin, engine._comparer._snapshots._contents
    asked = asyncio.Event()

    async def put_and_tell(process: AgentProcess, data: bytes) -> None:
        await put(process, data)
        asked.set()

    monkeypatch.setattr(AgentProcess, "write_stdin", put_and_tell)
    for _ in range(5):
        contents.clear()  # so that the same machines are asked again
        asked.clear()
        asking = asyncio.create_task(engine.compare(one.after_id, other.after_id))
        await asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    contents.clear()
    assert await engine.compare(one.after_id, other.after_id) == first
    looked_into = [{each.name for each in known.processes} for known in contents.values()]
    assert looked_into == [{"sleep"}, {"sleep"}]
    assert await engine.file_diff(one.after_id, other.after_id, "/work/file") == diff


async def test_what_two_lines_of_a_session_made_of_a_file_of_the_image_is_compared_with_the_image(engine: Engine):
    one = await execute(engine, "echo one >> /etc/hosts")
    await engine.undo("s")
    other = await execute(engine, "rm /etc/motd")
    assert one.after_id is not None
    assert other.after_id is not None
    comparison = await engine.compare(one.after_id, other.after_id)
    assert [(change.path, change.change) for change in comparison.files] == [
        ("/etc/hosts", ChangeKind.CHANGED), ("/etc/motd", ChangeKind.REMOVED),
    ]  # fmt: skip
    diff = await engine.file_diff(one.after_id, other.after_id, "/etc/hosts")
    assert [line.text for line in diff.lines if line.kind is LineKind.REMOVED] == ["one"]


async def test_a_branch_goes_its_own_way_and_outlives_what_it_came_from(open_engine: OpenEngine):
    engine = await open_engine()
    first = await execute(engine, "echo one > file; sleep 1000 >/dev/null 2>&1 &")
    await execute(engine, "echo two > file")
    assert first.after_id is not None
    branch = await engine.branch(first.after_id, "twin")
    assert (await engine.compare(first.after_id, branch.head_id or "")).is_empty
    assert await output_of_run(await start(engine, "cat file; pgrep -c sleep", session="twin")) == b"one\n1\n"
    await engine.undo("twin")
    await engine.delete_session("s")
    await engine.collect_garbage()
    await execute(engine, "echo three > file; false", session="twin")
    assert await output_of_run(await start(engine, "cat file", session="twin")) == b"one\n"
    await engine.close()
    again = await open_engine()
    assert await output_of_run(await start(again, "cat file; pgrep -c sleep", session="twin")) == b"one\n1\n"
    await again.verify_snapshot(branch.head_id or "")


async def test_what_a_branch_came_from_outlives_it(engine: Engine):
    first = await execute(engine, "echo one > file", spec=DISK)
    assert first.after_id is not None
    branch = await engine.branch(first.after_id, "twin")
    await execute(engine, "echo two > file", session="twin")
    await engine.delete_session("twin")
    await engine.collect_garbage()
    assert branch.head_id is not None
    assert await output_of_run(await start(engine, "cat file")) == b"one\n"
    await engine.rollback("s", first.after_id)
    assert await output_of_run(await start(engine, "cat file")) == b"one\n"
