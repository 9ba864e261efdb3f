"""A snapshot is the whole machine: memory, processes and files come back, and nothing else does."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from tests.support.machines import label, output_of, run
from tui.errors import NotFound
from tui.machines.errors import MachineLost, SnapshotDamaged
from tui.machines.model import PROFILES, Command
from tui.machines.qemu.backend import QemuBackend

pytestmark = pytest.mark.machine

MINIMAL = PROFILES["minimal"]
PYTHON: dict[str, str] = {"language": "python"}
TREE_HASH = (
    "find /etc /home /opt /root /srv /tmp /var /work -xdev ! -path /etc/machine-id -type f -print0"
    " | sort -z | xargs -0r sha256sum | sha256sum"
)
"""Of every file that may change, but for the identity of the machine."""


async def test_a_nonce_in_guest_ram_survives_snapshot_and_rollback(backend: QemuBackend):
    """Restored, not rebooted: the value lives only in the memory of a process that keeps running."""
    machine = await backend.clone(MINIMAL)
    await machine.resume()
    make = Command("code", text="import os; nonce = os.urandom(16).hex(); print(nonce)", interpreter="main", **PYTHON)
    nonce = (await output_of(machine, make)).strip()
    uptime = float(await output_of(machine, Command("shell", text="cut -d' ' -f1 /proc/uptime")))
    await backend.capture(machine, snapshot := label())
    await run(machine, Command("code", text="nonce = 'gone'", interpreter="main", **PYTHON))
    restored = await backend.restore(snapshot.id)
    await machine.discard()
    await restored.resume()
    again = Command("code", text="print(nonce)", interpreter="main", **PYTHON)
    assert (await output_of(restored, again)).strip() == nonce
    assert float(await output_of(restored, Command("shell", text="cut -d' ' -f1 /proc/uptime"))) >= uptime


async def test_files_and_a_running_process_come_back_exactly(backend: QemuBackend):
    machine = await backend.clone(MINIMAL)
    await machine.resume()
    await output_of(
        machine, Command("shell", text="mkdir -p /work/tree && seq 20000 > /work/tree/a && ln -s a /work/tree/l")
    )
    # A background process counts in memory only and shows its count when asked.
    counter = """
        count=0
        trap 'count=$((count+1)); echo $count > /work/count' USR1
        touch /work/ready
        while :; do sleep 1000 & wait $!; done
    """
    await output_of(
        machine,
        Command(
            "shell", text=f"({counter}) >/dev/null 2>&1 & echo $! > /work/pid; until [ -e /work/ready ]; do :; done"
        ),
    )
    ask = Command(
        "shell",
        text="rm -f /work/count; kill -USR1 $(cat /work/pid); until [ -s /work/count ]; do :; done; cat /work/count",
    )
    assert await output_of(machine, ask) == "1\n"
    before = await output_of(machine, Command("shell", text=TREE_HASH))
    await backend.capture(machine, snapshot := label())
    assert await output_of(machine, ask) == "2\n"
    await output_of(machine, Command("shell", text="rm -rf /work/tree; kill -9 $(cat /work/pid); echo x > /etc/motd"))
    assert await output_of(machine, Command("shell", text=TREE_HASH)) != before

    restored = await backend.restore(snapshot.id)
    await restored.resume()
    assert await output_of(restored, Command("shell", text=TREE_HASH)) == before
    assert await output_of(restored, ask) == "2\n"


async def test_clones_differ_in_randomness_and_boot_id_and_agree_on_the_time(backend: QemuBackend):
    look = Command(
        "shell", text="head -c 16 /dev/urandom | sha256sum; cat /proc/sys/kernel/random/boot_id; hostname; date +%s"
    )
    seen: list[list[str]] = []
    for _ in range(20):
        machine = await backend.clone(MINIMAL)
        await machine.resume()
        started = time.time()
        seen.append((await output_of(machine, look)).split("\n"))
        assert abs(int(seen[-1][3]) - started) <= 2
        await machine.discard()
    for column in range(3):
        assert len({lines[column] for lines in seen}) == 20


async def test_a_rollback_gets_a_new_identity(backend: QemuBackend):
    machine = await backend.clone(MINIMAL)
    await machine.resume()
    look = Command("code", text="import os, random; print(os.urandom(8).hex(), random.random())", **PYTHON)
    await backend.capture(machine, snapshot := label())
    seen = {await output_of(machine, look)}
    for _ in range(3):
        restored = await backend.restore(snapshot.id)
        await restored.resume()
        seen.add(await output_of(restored, look))
        await restored.discard()
    assert len(seen) == 4


async def test_nothing_of_one_machine_is_visible_in_another(backend: QemuBackend):
    first, second = await backend.clone(MINIMAL), await backend.clone(MINIMAL)
    await first.resume()
    await second.resume()
    secret = "correct-horse-battery"
    await output_of(
        first, Command("shell", text=f"echo {secret} > /work/secret; export S={secret}; sleep 1000 >/dev/null 2>&1 &")
    )
    found = await output_of(
        second,
        Command(
            "shell",
            text="grep -rl correct-[h]orse /work /tmp /root /run; ls /work; ps ax | grep -c 'slee[p] 1000'; true",
        ),
    )
    assert found == "0\n"
    memory = second.template.memory_file.read_bytes()  # type: ignore[attr-defined]
    assert secret.encode() not in memory


async def test_snapshots_form_a_tree_any_point_of_which_can_be_returned_to(backend: QemuBackend):
    machine = await backend.clone(MINIMAL)
    await machine.resume()
    labels = [label()]
    await backend.capture(machine, labels[0])
    for step in range(1, 5):
        await output_of(
            machine,
            Command(
                "shell",
                text=f"echo {step} > /work/step; dd if=/dev/urandom of=/work/data{step} bs=64k count=4 status=none",
            ),
        )
        labels.append(label(parent=labels[-1].id))
        await backend.capture(machine, labels[-1])
    await machine.discard()
    for step in (3, 1, 4, 2):
        restored = await backend.restore(labels[step].id)
        await restored.resume()
        assert (
            await output_of(restored, Command("shell", text="cat /work/step; ls /work | wc -l"))
            == f"{step}\n{step + 1}\n"
        )
        await restored.discard()
    await backend.delete({labels[1].id, labels[3].id})
    restored = await backend.restore(labels[4].id)
    await restored.resume()
    assert await output_of(restored, Command("shell", text="cat /work/step")) == "4\n"
    with pytest.raises(NotFound):
        await backend.restore(labels[3].id)


async def test_a_damaged_snapshot_is_refused_and_the_machine_goes_on(backend: QemuBackend):
    machine = await backend.clone(MINIMAL)
    await machine.resume()
    await backend.capture(machine, snapshot := label())
    path = backend._vault._path(snapshot.id)
    raw = bytearray(path.read_bytes())
    raw[5000] ^= 1
    path.write_bytes(raw)
    with pytest.raises(SnapshotDamaged):
        await backend.verify(snapshot.id)
    with pytest.raises(SnapshotDamaged):
        await backend.restore(snapshot.id)
    assert await output_of(machine, Command("shell", text="echo still here")) == "still here\n"


async def test_a_snapshot_in_the_middle_of_a_run_does_not_disturb_it(backend: QemuBackend):
    machine = await backend.clone(MINIMAL)
    await machine.resume()
    process = await machine.execute(Command("shell", text="for i in $(seq 30000); do echo line $i; done"))
    received = bytearray()
    snapshot = None
    async for chunk in process.output():
        received += chunk.data
        if snapshot is None:
            await backend.capture(machine, snapshot := label())
    assert (await process.wait()).exit_code == 0
    assert received.decode().split("\n")[:-1] == [f"line {number}" for number in range(1, 30001)]
    assert snapshot is not None
    restored = await backend.restore(snapshot.id)
    await restored.resume()
    assert await output_of(restored, Command("shell", text="echo answers")) == "answers\n"


async def test_an_anticipated_restore_is_the_same_restore(backend: QemuBackend):
    machine = await backend.clone(MINIMAL)
    await machine.resume()
    await output_of(machine, Command("shell", text="echo one > /work/x"))
    await backend.capture(machine, first := label())
    await output_of(machine, Command("shell", text="echo two > /work/x"))
    await backend.capture(machine, second := label(parent=first.id))
    await backend.anticipate(first.id)
    await backend.anticipate(second.id)
    for snapshot, text in ((second, "two"), (first, "one")):
        restored = await backend.restore(snapshot.id)
        await restored.resume()
        assert await output_of(restored, Command("shell", text="cat /work/x")) == f"{text}\n"


async def test_nothing_a_user_left_running_moves_during_a_rehearsal(backend: QemuBackend):
    machine = await backend.clone(MINIMAL)
    await machine.resume()
    count = "(i=0; while :; do i=$((i+1)); echo $i > /work/i.new; mv /work/i.new /work/i; done) >/dev/null 2>&1 &"
    await output_of(machine, Command("shell", text=f"{count} until [ -e /work/i ]; do :; done"))
    await machine.pause()
    look = Command("shell", text="cat /work/i; seq 20000 >/dev/null; cat /work/i", cwd="/")
    await machine.resume(rehearsal=True)  # type: ignore[call-arg]
    first, second = (await output_of(machine, look)).split()
    await machine.pause()
    assert first == second
    await machine.resume()
    wait = Command("shell", text=f"until [ $(cat /work/i) -gt {second} ]; do :; done; echo moved")
    assert await output_of(machine, wait) == "moved\n"


async def test_a_command_may_start_while_the_machine_is_captured(backend: QemuBackend):
    machine = await backend.clone(MINIMAL)
    await machine.resume()
    for _ in range(5):
        capturing = asyncio.create_task(backend.capture(machine, label()))
        outputs = await asyncio.gather(*(output_of(machine, Command("shell", text="echo x")) for _ in range(3)))
        assert outputs == ["x\n"] * 3
        await capturing


async def test_a_machine_that_is_discarded_while_it_is_captured_is_lost_and_nothing_else(backend: QemuBackend):
    for turns in range(0, 40, 4):
        machine = await backend.clone(MINIMAL)
        await machine.resume()
        capturing = asyncio.create_task(backend.capture(machine, label()))
        for _ in range(turns):
            await asyncio.sleep(0)
        await machine.discard()
        with contextlib.suppress(MachineLost):  # unless it was done before
            await capturing
