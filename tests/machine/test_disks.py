"""A machine with a disk: files beyond its RAM, and snapshots that cover memory and disk as one."""

from __future__ import annotations

import pytest

from tests.support.machines import label, output_of
from tests.support.runs import execute, start
from tests.support.runs import output_of as output_of_run
from tui.machines.model import Command, MachineSpec
from tui.machines.qemu import disk
from tui.machines.qemu.backend import QemuBackend
from tui.runs.engine import Engine
from tui.store.states import RunState

pytestmark = pytest.mark.machine

DISK = MachineSpec(128, disk_mb=512)
"""The smallest machine, with a disk larger than its RAM."""


def shell(text: str) -> Command:
    return Command("shell", text=text)


async def test_more_than_the_ram_is_written_and_comes_back_with_the_memory(backend: QemuBackend):
    machine = await backend.clone(DISK)
    await machine.resume()
    write = "with open('large', 'wb') as f: [f.write(bytes([n]) * (1 << 20)) for n in range(160)]"
    await output_of(machine, Command("code", text=write, language="python"))
    # What is in the page cache and not yet on the disk belongs to the snapshot as much as what is.
    await output_of(machine, shell("echo unsynced > /work/young; sleep 1000 >/dev/null 2>&1 & echo $! > /work/pid"))
    read = (
        "f = open('large', 'rb'); print(all(f.read(1 << 20) == bytes([n]) * (1 << 20) for n in range(160)), f.tell())"
    )
    look = shell(f'python3 -c "{read}"; cat young pid; ps -o args= -p $(cat pid)')
    before = await output_of(machine, look)
    assert before.startswith(f"True {160 << 20}\nunsynced\n")
    await backend.capture(machine, snapshot := label())
    await output_of(machine, shell("rm -rf /work/*; kill $(cat pid) 2>/dev/null; head -c 50M /dev/zero > large; sync"))
    restored = await backend.restore(snapshot.id)
    await machine.discard()
    await restored.resume()
    await output_of(restored, shell("echo 3 > /proc/sys/vm/drop_caches"))
    assert await output_of(restored, look) == before


async def test_any_layer_may_be_deleted_and_the_others_stay_whole(backend: QemuBackend):
    machine = await backend.clone(DISK)
    await machine.resume()
    labels = []
    for step in range(8):
        await output_of(machine, shell(f"head -c 1000000 /dev/urandom > part{step}; sha256sum part* > sums; sync"))
        labels.append(label(parent=labels[-1].id if labels else None))
        await backend.capture(machine, labels[-1])
    assert await backend.delete({old.id for old in labels[::2]}) > 0
    assert await output_of(machine, shell("sha256sum --quiet --check sums && ls part* | wc -l")) == "8\n"
    await machine.discard()
    for step in (7, 1):
        restored = await backend.restore(labels[step].id)
        await restored.resume()
        check = "echo 3 > /proc/sys/vm/drop_caches; sha256sum --quiet --check sums && ls part* | wc -l"
        assert await output_of(restored, shell(check)) == f"{step + 1}\n"
        await restored.discard()
    await backend.delete({kept.id for kept in labels[1::2]})
    left = [path.name for path in backend._vault.directory.iterdir()]
    assert left == ["lock"]


async def test_a_long_chain_is_shortened_and_every_snapshot_stays_whole(
    backend: QemuBackend, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(disk, "_LONGEST_CHAIN", 12)
    monkeypatch.setattr(disk, "_MERGED_AT_ONCE", 4)
    machine = await backend.clone(DISK)
    await machine.resume()
    labels = []
    check = "echo 3 > /proc/sys/vm/drop_caches; sha256sum --quiet --check sums && ls part* | wc -l"
    for step in range(30):
        # Some blocks are new, some are written again, some are given back.
        change = (
            f"rm -f part{step - 3}; head -c 300000 /dev/urandom | tee part{step} > part_; sha256sum part* > sums; sync"
        )
        await output_of(machine, shell(change))
        labels.append(label(parent=labels[-1].id if labels else None))
        await backend.capture(machine, labels[-1])
        if step % 7 == 6:  # as another process: what QEMU was told of one by one is now opened as a whole
            await machine.discard()
            machine = await backend.restore(labels[-1].id)
            await machine.resume()
    assert await output_of(machine, shell(check)) == "4\n"
    await machine.discard()
    layers = {id_: manifest.disk_layers for id_, manifest in backend._vault.manifests().items()}
    assert max(map(len, layers.values())) <= 12
    for step in (4, 11, 12, 29):
        restored = await backend.restore(labels[step].id)
        await restored.resume()
        assert await output_of(restored, shell(check)) == "4\n", step
        await restored.discard()
    await backend.delete({old.id for old in labels[:-1]})
    assert {path.stem for path in backend._vault.directory.glob("*.qcow2")} == set(layers[labels[-1].id])
    restored = await backend.restore(labels[-1].id)
    await restored.resume()
    assert await output_of(restored, shell(check)) == "4\n"


async def test_a_session_with_a_disk_rolls_back(engine: Engine):
    good = await execute(engine, "head -c 150M /dev/zero > big; echo good > file; sync", spec=DISK)
    assert good.state is RunState.SUCCEEDED, good.error
    assert good.usage is not None
    assert good.usage.disk_written_bytes is not None
    assert good.usage.disk_written_bytes >= 150 << 20
    failed = await execute(engine, "rm big; echo bad > file; sync; exit 1")
    assert (failed.state, failed.rolled_back) == (RunState.FAILED, True)
    assert await output_of_run(await start(engine, "cat file; stat -c %s big")) == b"good\n%d\n" % (150 << 20)
    full = await execute(engine, "cat /dev/zero > fill")
    assert (full.state, full.exit_code, full.rolled_back) == (RunState.FAILED, 1, True)
    assert b"No space left" in full.output_head
    await engine.undo("s")
    await engine.redo("s")
    await engine.rollback("s", failed.after_id or "")
    assert await output_of_run(await start(engine, "cat file; ls big 2>&1 | wc -l")) == b"bad\n1\n"
