"""Limits are enforced, and exceeding one ends the command with that reason."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.support.machines import label, output_of, run
from tui.definitions.model import ResourceLimits
from tui.machines.kinds import Limit
from tui.machines.model import PROFILES, Command, Limits
from tui.machines.protocol import Machine
from tui.machines.qemu.backend import QemuBackend
from tui.runs.engine import Engine
from tui.runs.request import Request, StepRequest
from tui.store.states import RunState

pytestmark = pytest.mark.machine

MINIMAL = PROFILES["minimal"]
MIB = 1 << 20
HOST_SEEN_FROM_GUEST = "10.0.2.2"
SPIN = "while :; do :; done"
HOG = "held = bytearray(100 << 20); print(len(held))"


@pytest.fixture
async def machine(backend: QemuBackend) -> Machine:
    made = await backend.clone(MINIMAL)
    await made.resume()
    return made


def shell(text: str, limits: Limits | None = None, *, network: bool = True) -> Command:
    return Command("shell", text=text, limits=limits, network=network)


def python(text: str, limits: Limits | None = None, interpreter: str | None = None) -> Command:
    return Command("code", text=text, language="python", limits=limits, interpreter=interpreter)


async def works(machine: Machine) -> bool:
    return await output_of(machine, shell("echo well")) == "well\n"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(shell(SPIN), id="one process"),
        pytest.param(shell(f"({SPIN}) & ({SPIN}) & wait"), id="several together"),
        pytest.param(shell("while :; do (i=0; while ((i++ < 2000)); do :; done); done"), id="processes that ended"),
        pytest.param(shell(f"setsid bash -c '{SPIN}' & wait"), id="another session"),
        pytest.param(shell(f"trap '' TERM INT XCPU; {SPIN}"), id="deaf to signals"),
        pytest.param(python("while True: pass"), id="python"),
    ],
)
async def test_cpu_time_is_limited_for_all_processes_together(machine: Machine, command: Command):
    report, _, _ = await run(machine, replace(command, limits=Limits(cpu_time_s=0.4)))
    assert (report.limit, report.signal, report.detached) == (Limit.CPU_TIME, signal.SIGKILL, 0)
    assert not report.out_of_memory
    assert report.usage.cpu_user_s is not None
    assert report.usage.cpu_system_s is not None
    assert 0.4 <= report.usage.cpu_user_s + report.usage.cpu_system_s < 0.7
    assert await works(machine)


async def test_time_asleep_is_not_cpu_time(machine: Machine):
    report, stdout, _ = await run(machine, shell("sleep 1.2; echo rested", Limits(cpu_time_s=1)))
    assert (report.limit, report.exit_code, stdout) == (None, 0, b"rested\n")
    assert report.usage.sent_bytes is None


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(python(HOG), id="python"),
        pytest.param(shell(f"python3 -c '{HOG}'"), id="below a shell"),
        pytest.param(shell("head -c 100M /dev/zero > /dev/shm/file; echo written"), id="shared memory"),
    ],
)
async def test_memory_is_limited_below_what_the_machine_has(machine: Machine, command: Command):
    report, stdout, _ = await run(machine, replace(command, limits=Limits(memory_bytes=50 * MIB)))
    assert (report.limit, report.signal, stdout) == (Limit.MEMORY, signal.SIGKILL, b"")
    assert report.usage.peak_memory_bytes is not None
    assert 45 * MIB < report.usage.peak_memory_bytes < 60 * MIB
    report, _, _ = await run(machine, command)
    assert (report.limit, report.exit_code) == (None, 0)


async def test_the_machines_own_end_of_memory_is_no_limit(machine: Machine):
    hog = "b = []\nwhile True: b.append(b'x' * (4 << 20))"
    report, _, _ = await run(machine, python(hog, Limits(memory_bytes=1024 * MIB)))
    assert report.out_of_memory
    assert report.limit is None


async def test_what_a_kept_interpreter_holds_counts(machine: Machine):
    await output_of(machine, python("held = bytearray(60 << 20)", interpreter="kept"))
    limits = Limits(memory_bytes=80 * MIB)
    assert await output_of(machine, python("print(len(held) >> 20)", limits, "kept")) == "60\n"
    report, _, _ = await run(machine, python("more = bytearray(60 << 20)", limits, "kept"))
    assert (report.limit, report.interpreter_lost) == (Limit.MEMORY, True)
    assert await works(machine)


@pytest.mark.parametrize("disk_mb", [None, 256])
async def test_disk_is_limited(backend: QemuBackend, disk_mb: int | None):
    machine = await backend.clone(replace(MINIMAL, disk_mb=disk_mb))
    await machine.resume()
    limits = Limits(disk_bytes=8 * MIB)
    fill = "head -c 5M /dev/zero > /work/a"
    enough = f"{fill}; {fill}; rm /work/a; {fill}"
    report, _, _ = await run(machine, shell(enough, limits))
    assert (report.limit, report.exit_code) == (None, 0)
    report, _, _ = await run(machine, shell("cat /dev/zero > /work/b", limits))
    assert (report.limit, report.signal) == (Limit.DISK, signal.SIGKILL)
    assert report.usage.disk_written_bytes is not None
    assert report.usage.disk_written_bytes > 8 * MIB
    report, _, _ = await run(machine, shell("head -c 20M /dev/zero > /work/c; rm /work/b; exit 0", limits))
    assert report.limit is Limit.DISK
    assert await works(machine)


async def test_what_goes_on_in_the_background_stays_limited(machine: Machine):
    left = "(sleep 2; while :; do echo x >> /work/ticks; done) & disown; echo left"
    report, stdout, _ = await run(machine, shell(left, Limits(cpu_time_s=0.5)))
    assert (report.limit, report.detached > 0, stdout) == (None, True, b"left\n")
    gone = "until [ $(pgrep -c bash) -le 1 ]; do sleep 0.05; done; echo gone"
    assert await output_of(machine, shell(gone)) == "gone\n"


async def test_limits_go_on_after_a_snapshot_and_in_a_restored_machine(backend: QemuBackend, machine: Machine):
    limits = Limits(cpu_time_s=2)
    process = await machine.execute(shell(f"echo up; {SPIN}", limits))
    output = process.output()
    assert (await anext(output)).data == b"up\n"
    await backend.capture(machine, snapshot := label())
    async for _ in output:
        pass
    assert (await process.wait()).limit is Limit.CPU_TIME
    restored = await backend.restore(snapshot.id)
    await restored.resume()
    gone = "until [ $(pgrep -c bash) -le 1 ]; do sleep 0.05; done; echo gone"
    assert await output_of(restored, shell(gone)) == "gone\n"


@pytest.fixture
async def greeted() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A service of the host: its port, and what it was told."""
    heard: list[bytes] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readline())
        writer.write(b"hello\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], heard
    server.close()
    await server.wait_closed()


async def test_only_a_run_that_was_granted_it_reaches_the_network(
    backend: QemuBackend, greeted: tuple[int, list[bytes]]
):
    port, heard = greeted
    talk = f"exec 3<>/dev/tcp/{HOST_SEEN_FROM_GUEST}/{port}; echo $WHO >&3; cat <&3"
    machine = await backend.clone(replace(MINIMAL, network=True))
    await machine.resume()

    usage = (await run(machine, shell("true")))[0].usage
    assert usage.sent_bytes is not None
    assert usage.sent_bytes < 1000  # the kernel looks for neighbours of its own accord
    report, _, _ = await run(
        machine, shell(f"head -c 50000 /dev/zero > /dev/tcp/{HOST_SEEN_FROM_GUEST}/{port}; sleep 1")
    )
    assert report.usage.sent_bytes is not None
    assert 50_000 < report.usage.sent_bytes < 100_000
    assert report.usage.received_bytes is not None
    assert 0 < report.usage.received_bytes < 50_000
    heard.clear()

    async def reaches(who: str, *, network: bool, machine: Machine = machine) -> bool:
        command = Command("shell", text=f"timeout 10 bash -c '{talk}'", env={"WHO": who}, network=network)
        report, stdout, _ = await run(machine, command)
        return report.exit_code == 0 and stdout == b"hello\n"

    report, _, stderr = await run(machine, shell(talk, network=False))
    assert b"Network is unreachable" in stderr
    assert await reaches("b", network=True)
    assert not await reaches("c", network=False)
    # Root in the guest may do what it likes: the cable is pulled outside.
    up = "ip link set eth0 up && ip route replace default via 10.0.2.2 dev eth0 && ip neigh && "
    report, _, _ = await run(machine, shell(f"{up} timeout 2 bash -c '{talk}'", network=False))
    assert report.exit_code != 0
    assert not await reaches("d", network=False)
    await backend.capture(machine, snapshot := label())
    restored = await backend.restore(snapshot.id)
    await restored.resume()
    assert not await reaches("e", network=False, machine=restored)
    assert await reaches("f", network=True, machine=restored)
    assert heard == [b"b\n", b"f\n"]


async def test_a_run_ends_with_the_limit_it_exceeded_and_is_rolled_back(engine: Engine):
    def limited(*texts: str, **limits: int) -> Request:
        return Request("limited", tuple(map(StepRequest, texts)), session="s", limits=ResourceLimits(**limits))

    record = await engine.run(limited("true", max_cpu_time=60)).result()
    assert record.state is RunState.SUCCEEDED
    head = engine.store.session("s").head_id
    # Half of the time each: the second step has what the first left.
    burn = "python3 -c 'import time\nwhile time.process_time() < 0.7: pass'"
    record = await engine.run(limited(burn, "echo half", burn, max_cpu_time=1)).result()
    assert record.state is RunState.LIMIT_EXCEEDED
    assert record.error.startswith("step 3 of 3 exceeded its CPU time limit of 1 s (used 1.")
    assert record.output_head == b"half\n"
    assert record.rolled_back
    assert engine.store.session("s").head_id == head
    assert record.usage is not None
    assert 1 <= (record.usage.cpu_user_s or 0) + (record.usage.cpu_system_s or 0) < 1.4
    record = await engine.run(limited("head -c 9M /dev/zero > a", "head -c 9M /dev/zero > b", max_disk_mb=10)).result()
    assert (record.state, record.rolled_back) == (RunState.LIMIT_EXCEEDED, True)
    assert record.error.startswith("step 2 of 2 exceeded its disk limit of 10 MiB (used ")
    record = await engine.run(limited(f"python3 -c '{HOG}'", max_memory_mb=64)).result()
    assert (record.state, record.exit_code) == (RunState.LIMIT_EXCEEDED, 137)
    assert record.error.startswith("exceeded its memory limit of 64 MiB (used 6")
