"""A guest that misbehaves ends its own command with a clear outcome and harms nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.support.machines import label, output_of, run
from tui.machines.errors import GuestRefused, MachineLost
from tui.machines.model import PROFILES, Command
from tui.machines.protocol import Machine
from tui.machines.qemu.backend import QemuBackend

pytestmark = pytest.mark.machine

MINIMAL = PROFILES["minimal"]


@pytest.fixture
async def machine(backend: QemuBackend) -> Machine:
    made = await backend.clone(MINIMAL)
    await made.resume()
    return made


async def answers(machine: Machine) -> bool:
    return await output_of(machine, Command("shell", text="echo well")) == "well\n"


async def test_a_memory_hog_is_ended_and_named(machine: Machine):
    hog = "b = []\nwhile True: b.append(b'x' * (4 << 20))"
    report, _, _ = await run(machine, Command("code", text=hog, language="python"))
    assert report.out_of_memory
    assert report.shell_code == 137
    assert await answers(machine)


async def test_a_full_disk_is_the_commands_own_error(machine: Machine):
    report, _, stderr = await run(machine, Command("shell", text="dd if=/dev/zero of=/work/fill bs=1M"))
    assert report.exit_code == 1
    assert b"No space left" in stderr
    await output_of(machine, Command("shell", text="rm /work/fill"))
    assert await answers(machine)


async def test_a_fork_bomb_dies_with_its_command(machine: Machine):
    process = await machine.execute(Command("shell", text="b() { b | b & }; b; sleep 1000"))
    reading = asyncio.create_task(_drain(process))
    ticks = await machine.execute(Command("shell", text="until [ $(ls -d /proc/[0-9]* | wc -l) -gt 300 ]; do :; done"))
    await _drain(ticks)
    await ticks.wait()
    await process.signal(signal.SIGKILL)
    report = await process.wait()
    await reading
    assert report.shell_code == 137
    # All are dead; the guest's first process takes a moment to bury a thousand.
    await output_of(machine, Command("shell", text="until [ $(ls -d /proc/[0-9]* | wc -l) -lt 100 ]; do :; done"))


async def _drain(process) -> int:  # type: ignore[no-untyped-def]
    total = 0
    async for chunk in process.output():
        total += len(chunk.data)
    return total


async def test_a_flood_of_output_arrives_whole_without_filling_the_host(machine: Machine):
    before = _resident_kb()
    size = 96 << 20
    process = await machine.execute(Command("shell", text=f"head -c {size} /dev/zero"))
    total = 0
    async for chunk in process.output():
        total += len(chunk.data)
    assert total == size
    assert (await process.wait()).exit_code == 0
    assert _resident_kb() - before < 32 * 1024


def _resident_kb() -> int:
    with Path("/proc/self/status").open() as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


async def test_a_hung_command_can_be_killed(machine: Machine):
    process = await machine.execute(Command("shell", text="trap '' TERM INT; echo up; while :; do :; done"))
    async for chunk in process.output():
        assert chunk.data == b"up\n"
        await process.signal(signal.SIGTERM)
        await process.signal(signal.SIGKILL)
    assert (await process.wait()).signal == signal.SIGKILL
    assert await answers(machine)


async def test_a_panic_is_a_lost_machine_and_the_snapshot_still_works(backend: QemuBackend, machine: Machine):
    await output_of(machine, Command("shell", text="echo kept > /work/kept"))
    await backend.capture(machine, snapshot := label())
    process = await machine.execute(
        Command("shell", text="echo before; read -r; echo c > /proc/sysrq-trigger; sleep 100")
    )
    output = b""
    with pytest.raises(MachineLost):
        async for chunk in process.output():
            output += chunk.data
            await process.write_stdin(b"now\n")
        await process.wait()
    assert output == b"before\n"
    assert not machine.alive
    assert "sysrq" in (await machine.log_tail()).lower()
    restored = await backend.restore(snapshot.id)
    await restored.resume()
    assert await output_of(restored, Command("shell", text="cat /work/kept")) == "kept\n"


async def test_a_killed_hypervisor_is_a_lost_machine(backend: QemuBackend, machine: Machine):
    process = await machine.execute(Command("shell", text="echo before; sleep 100"))
    output = b""
    with pytest.raises(MachineLost):
        async for chunk in process.output():
            output += chunk.data
            os.kill(machine.pid, signal.SIGKILL)
        await process.wait()
    assert output == b"before\n"
    with pytest.raises(MachineLost):
        await machine.execute(Command("shell", text="true"))
    with pytest.raises(MachineLost):
        await backend.capture(machine, label())
    other = await backend.clone(MINIMAL)
    await other.resume()
    assert await answers(other)


async def test_the_agent_cannot_be_killed_by_what_it_runs(machine: Machine):
    await run(machine, Command("shell", text="kill -9 1; kill -9 -1"))
    assert await answers(machine)


async def test_what_cannot_start_is_refused_with_the_reason(machine: Machine):
    with pytest.raises(GuestRefused, match="no-such-program"):
        await machine.execute(Command("argv", argv=("no-such-program",)))
    with pytest.raises(GuestRefused, match="/no/such/place"):
        await machine.execute(Command("shell", text="true", cwd="/no/such/place"))
    with pytest.raises(GuestRefused, match="cobol"):
        await machine.execute(Command("code", text="DISPLAY 'X'.", language="cobol"))
    assert await answers(machine)


async def test_usage_of_a_run_is_measured(machine: Machine):
    work = "sum(range(3_000_000)); x = bytearray(40 << 20); open('/work/f', 'wb').write(bytes(10 << 20))"
    report, _, _ = await run(machine, Command("code", text=work, language="python"))
    usage = report.usage
    assert usage.wall_s > 0
    assert usage.cpu_user_s is not None
    assert usage.cpu_user_s > 0.01
    assert usage.peak_memory_bytes is not None
    assert usage.peak_memory_bytes > 40 << 20
    assert usage.disk_written_bytes is not None
    assert 10 << 20 <= usage.disk_written_bytes < 14 << 20
