"""What every backend must do, because the engine relies on it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal

import pytest

from tests.support.machines import label, output_of, run
from tui.errors import NotFound
from tui.machines.errors import CapabilityLacking, GuestRefused, MachineError, MachineLost
from tui.machines.inspection import FileKind
from tui.machines.kinds import Capability, Stream
from tui.machines.model import PROFILES, Command
from tui.machines.protocol import Backend, Machine

MINIMAL = PROFILES["minimal"]


def shell(text: str, **options: object) -> Command:
    return Command("shell", text=text, **options)  # type: ignore[arg-type]


@pytest.fixture
async def machine(backend: Backend) -> Machine:
    made = await backend.clone(MINIMAL)
    await made.resume()
    return made


async def test_it_says_what_it_is(backend: Backend):
    assert backend.name
    assert backend.why
    assert set(backend.capabilities) == set(Capability)


async def test_a_clone_stands_still_until_it_is_resumed(backend: Backend):
    machine = await backend.clone(MINIMAL)
    with pytest.raises(MachineError):
        await machine.execute(shell("true"))
    await machine.resume()
    await machine.resume()
    assert await output_of(machine, shell("echo up")) == "up\n"


async def test_streams_stay_apart_and_the_exit_code_is_the_commands(machine: Machine):
    report, stdout, stderr = await run(machine, shell("echo out; echo err >&2; exit 3"))
    assert (report.exit_code, report.signal, report.shell_code) == (3, None, 3)
    assert (stdout, stderr) == (b"out\n", b"err\n")


async def test_a_signal_is_reported_as_one(machine: Machine):
    report, _, _ = await run(machine, shell("kill -TERM $$"))
    assert (report.exit_code, report.signal, report.shell_code) == (None, 15, 143)


async def test_stdin_environment_and_directory_reach_the_command(machine: Machine):
    await output_of(machine, shell("mkdir -p sub"))
    _, stdout, _ = await run(
        machine, shell('echo "$WORD"; basename "$PWD"; cat', env={"WORD": "a b"}, cwd="sub"), b"in"
    )
    assert stdout == b"a b\nsub\nin"


async def test_a_program_gets_its_arguments_as_they_are(machine: Machine):
    assert await output_of(machine, Command("argv", argv=("printf", "%s|", "a b", "$HOME", ""))) == "a b|$HOME||"


async def test_python_runs_as_code(machine: Machine):
    assert await output_of(machine, Command("code", text="print(6 * 7)", language="python")) == "42\n"


async def test_a_large_output_arrives_whole(machine: Machine):
    process = await machine.execute(shell("head -c 3000000 /dev/zero"))
    total = 0
    async for chunk in process.output():
        assert chunk.stream is Stream.STDOUT
        total += len(chunk.data)
    assert total == 3_000_000
    assert (await process.wait()).exit_code == 0


async def test_what_cannot_start_is_refused_and_not_retryable(machine: Machine):
    with pytest.raises(GuestRefused, match="no-such-program") as refused:
        await machine.execute(Command("argv", argv=("no-such-program",)))
    assert not refused.value.retryable
    with pytest.raises(GuestRefused):
        await machine.execute(shell("true", cwd="no/such/place"))


async def test_a_signal_reaches_every_descendant(machine: Machine):
    process = await machine.execute(shell("sh -c 'echo up; sleep 600' & wait"))
    async for chunk in process.output():
        assert chunk.data == b"up\n"
        await process.signal(signal.SIGKILL)
    assert (await process.wait()).signal == signal.SIGKILL


async def test_a_background_child_does_not_hold_up_the_end(machine: Machine):
    report, stdout, _ = await run(machine, shell("sleep 600 & echo done"))
    assert report.exit_code == 0
    assert stdout == b"done\n"


async def test_a_snapshot_brings_back_the_files_in_another_machine(backend: Backend, machine: Machine):
    await output_of(machine, shell("echo one > file"))
    cost = await backend.capture(machine, taken := label())
    assert cost.stored_bytes > 0
    await output_of(machine, shell("echo two > file; echo more > other"))
    restored = await backend.restore(taken.id)
    assert restored.id != machine.id
    assert restored.spec == machine.spec
    with pytest.raises(MachineError):
        await restored.execute(shell("true"))
    await restored.resume()
    assert await output_of(restored, shell("cat file; ls")) == "one\nfile\n"
    assert await output_of(machine, shell("cat file")) == "two\n"


async def test_a_snapshot_leaves_a_standing_machine_standing(backend: Backend, machine: Machine):
    await machine.pause()
    await machine.pause()
    await backend.capture(machine, label())
    with pytest.raises(MachineError):
        await machine.execute(shell("true"))
    await machine.resume()
    assert await output_of(machine, shell("echo on")) == "on\n"


async def test_a_machine_can_be_captured_while_a_command_runs(backend: Backend, machine: Machine):
    # In the restored machine the command goes on too, where there is memory in snapshots, but reads end-of-file.
    process = await machine.execute(shell("echo half > file; echo ready; read line && echo $line > file"))
    async for chunk in process.output():
        if chunk.data == b"ready\n":
            await backend.capture(machine, taken := label())
            await process.write_stdin(b"whole\n")
    assert (await process.wait()).exit_code == 0
    assert await output_of(machine, shell("cat file")) == "whole\n"
    restored = await backend.restore(taken.id)
    await restored.resume()
    assert await output_of(restored, shell("cat file")) == "half\n"


async def test_labels_are_listed_and_deleting_keeps_the_others_whole(backend: Backend, machine: Machine):
    await output_of(machine, shell("echo one > file"))
    await backend.capture(machine, parent := label())
    await output_of(machine, shell("echo two > file"))
    await backend.capture(machine, child := label(parent.id))
    assert await backend.stored() == {parent.id: parent, child.id: child}
    await backend.delete({parent.id})
    assert await backend.stored() == {child.id: child}
    await backend.verify(child.id)
    with pytest.raises(NotFound):
        await backend.restore(parent.id)
    restored = await backend.restore(child.id)
    await restored.resume()
    assert await output_of(restored, shell("cat file")) == "two\n"


async def test_anticipation_changes_nothing_but_time(backend: Backend, machine: Machine):
    await output_of(machine, shell("echo one > file"))
    await backend.capture(machine, taken := label())
    await backend.anticipate(taken.id)
    for _ in range(2):
        restored = await backend.restore(taken.id)
        await restored.resume()
        assert await output_of(restored, shell("cat file")) == "one\n"


async def test_a_killed_hypervisor_is_a_lost_machine(backend: Backend, machine: Machine):
    process = await machine.execute(shell("echo before; sleep 600"))
    received: list[bytes] = []

    async def follow() -> None:
        async for chunk in process.output():
            received.append(chunk.data)
            os.kill(machine.pid, signal.SIGKILL)
        await process.wait()

    with pytest.raises(MachineLost) as lost:
        await follow()
    assert lost.value.retryable
    assert b"".join(received) == b"before\n"
    assert not machine.alive
    with pytest.raises(MachineLost):
        await machine.execute(shell("true"))
    with pytest.raises(MachineError):
        await backend.capture(machine, label())
    assert isinstance(await machine.log_tail(), str)


async def test_discarding_twice_is_no_error_and_ends_what_runs(machine: Machine):
    process = await machine.execute(shell("echo up; sleep 600"))
    waiting = asyncio.create_task(process.wait())
    await machine.discard()
    await machine.discard()
    assert not machine.alive
    with pytest.raises(MachineLost):
        await waiting


async def test_a_snapshot_is_looked_into_as_often_as_one_likes(backend: Backend, machine: Machine):
    await output_of(machine, shell("echo one > file"))
    await backend.capture(machine, taken := label())
    await output_of(machine, shell("echo second > file"))
    inspection = await backend.inspect(taken.id)
    for _ in range(2):
        contents = await inspection.contents()
        (path,) = [path for path in contents.written if path.endswith("/file")]
        facts = contents.written[path]
        assert facts is not None
        assert (facts.kind, facts.size) == (FileKind.FILE, 4)
        assert await inspection.read(path, 2) == b"on"
        assert await inspection.digests([path, f"{path}-not"]) == {path: hashlib.sha256(b"one\n").hexdigest()}
    with pytest.raises(GuestRefused):
        await inspection.read(f"{path}-not", 2)
    await inspection.discard()
    await inspection.discard()
    assert await output_of(machine, shell("cat file")) == "second\n"
    with pytest.raises(NotFound):
        await backend.inspect(label().id)


async def test_a_copy_of_a_snapshot_and_its_source_go_each_alone(backend: Backend, machine: Machine):
    await output_of(machine, shell("echo one > file"))
    await backend.capture(machine, source := label())
    copies = [label(source.id), label(source.id)]
    for copy in copies:
        assert await backend.copy(source.id, copy) > 0
    assert await backend.stored() == {each.id: each for each in (source, *copies)}
    await backend.delete({source.id, copies[0].id})
    await backend.verify(copies[1].id)
    restored = await backend.restore(copies[1].id)
    await restored.resume()
    assert await output_of(restored, shell("cat file")) == "one\n"
    with pytest.raises(NotFound):
        await backend.copy(source.id, label(source.id))


async def test_memories_are_compared_or_it_is_said_why_not(backend: Backend, machine: Machine):
    await backend.capture(machine, older := label())
    await output_of(machine, shell("echo one > file"))
    await backend.capture(machine, newer := label(older.id))
    if backend.capabilities[Capability.MEMORY_SNAPSHOTS]:
        with pytest.raises(CapabilityLacking):
            await backend.memory_difference(older.id, newer.id)
        return
    difference = await backend.memory_difference(older.id, newer.id)
    assert 0 < difference.pages < difference.total_pages == (MINIMAL.memory_mb << 20) // difference.page_bytes
    assert (await backend.memory_difference(newer.id, newer.id)).pages == 0
