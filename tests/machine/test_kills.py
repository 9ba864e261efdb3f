"""`kill -9` of the application, of QEMU and of the guest's agent, at random moments of random work.

`ROLLCAGE_KILLS` says how many (200 for the full proof), `ROLLCAGE_SEED` which.
"""

from __future__ import annotations

import ast
import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.gates import OpenGate
from tests.support.runs import output_of
from tests.support.victim import SETTINGS, SHOW, meet_long_chains, python, token_of
from tui.machines.qemu.backend import QemuBackend
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.store.states import RunState, SnapshotReason

pytestmark = [pytest.mark.machine, pytest.mark.slow]

KILLS: Final = int(os.environ.get("ROLLCAGE_KILLS", "6"))
SEED: Final = int(os.environ.get("ROLLCAGE_SEED", "1"))
ROOT: Final = Path(__file__).parents[2]
LONGEST_CHAIN: Final = 20
"""Twelve, and what was added by applications that were killed before they could shorten it, and by looking."""
MOST_LINES: Final = 40
"""About five deeds."""


def hypervisors(owner: int) -> list[int]:
    """The QEMU processes of an application, and what is about to become one."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"guest=rollcage-{owner}-".encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@dataclass
class Witness:
    """What an application said before it was killed."""

    pid: int
    lines: int = 0
    heads: dict[str, str | None] = field(default_factory=dict)
    """By session: the last head it told."""
    begun: dict[str, Any] | None = None
    """What it was doing."""
    printed: dict[str, int] = field(default_factory=dict)
    """By run: bytes of output that had been kept."""
    ended: dict[str, dict[str, Any]] = field(default_factory=dict)

    def hear(self, line: bytes) -> None:
        said = json.loads(line)
        self.lines += 1
        if "begins" in said:
            self.begun = said
        elif "head" in said:
            self.heads[said["session"]] = said["head"]
            self.begun = None
        elif "ended" in said:
            self.ended[said["ended"]] = said
        elif "printed" in said:
            self.printed[said["run"]] = said["printed"]


async def following(stream: asyncio.StreamReader, witness: Witness) -> AsyncIterator[int]:
    """Hear every line, and yield how many there were."""
    while line := await stream.readline():
        witness.hear(line)
        yield witness.lines


async def torment(paths: Paths, kind: str, chance: random.Random) -> tuple[Witness, bool]:
    """Run an application and kill something; return what it said, and whether it itself was killed."""
    options = {"home": str(paths.data.parent), "cache": str(paths.cache), "seed": chance.randrange(1 << 30)}
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.victim", json.dumps({**options, "kills_agent": kind == "agent"}),
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert victim.stdin is not None
    assert victim.stdout is not None
    assert victim.stderr is not None
    complaints = asyncio.create_task(victim.stderr.read())
    witness, moment, has_killed = Witness(victim.pid), chance.randrange(1, MOST_LINES), False
    async for lines in following(victim.stdout, witness):
        if has_killed:
            continue
        if kind == "agent":
            has_killed = any(ended["state"] == RunState.MACHINE_LOST for ended in witness.ended.values())
        elif lines >= moment:
            await asyncio.sleep(chance.choice([0, 0, chance.random() * 0.05]))
            has_killed = kill(victim.pid, kind, chance)
        if has_killed:
            victim.stdin.close()
    code = await victim.wait()
    stderr = (await complaints).decode()
    assert has_killed, (kind, witness, stderr)
    if kind == "application":
        assert code == -signal.SIGKILL, stderr
    else:
        assert (code, stderr) == (0, ""), (kind, witness)
    return witness, kind == "application"


def kill(victim: int, kind: str, chance: random.Random) -> bool:
    """Kill the application, or one of its QEMUs, some of them after they hang."""
    if kind == "application":
        os.kill(victim, signal.SIGKILL)
        return True
    if not (targets := hypervisors(victim)):
        return False
    target = chance.choice(targets)
    try:
        if kind == "hung hypervisor":
            os.kill(target, signal.SIGSTOP)
        os.kill(target, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


async def examine(paths: Paths, witness: Witness, *, killed: bool) -> None:
    """Open everything again and compare it with what was said."""
    backend = await QemuBackend.open(paths)
    while hypervisors(witness.pid):  # noqa: ASYNC110 - they are killed, but that takes the kernel a moment
        await asyncio.sleep(0.01)
    async with await Engine.open(paths, SETTINGS, backend=backend, gate=OpenGate()) as engine:
        store = engine.store
        assert store.unfinished() == []
        assert_no_litter(backend, paths)
        await engine.collect_garbage()  # after the records and the disk were compared
        recorded = {item.id for record in store.sessions() for item in store.snapshots(record.id)}
        assert set(await backend.stored()) == recorded
        assert {path.stem for path in paths.snapshots.glob("*.snap")} == recorded
        for id_ in recorded:
            await engine.verify_snapshot(id_)

        for run_id, printed in witness.printed.items():
            run = store.run(run_id)
            output = b"".join(frame.data for frame in store.output(run_id))
            assert len(output) == run.output_bytes >= printed
            *whole, _ = output.decode().split("\n")
            assert whole == [f"line {number}" for number in range(len(whole))]
        for run_id, said in witness.ended.items():
            run = store.run(run_id)
            assert (str(run.state), run.error, run.output_bytes) == (said["state"], said["error"], said["printed"])
            assert run.state is RunState.SUCCEEDED or run.error
        if killed and witness.begun is not None and "run" in witness.begun:
            assert store.run(witness.begun["run"]).state is not RunState.RUNNING

        for session, head in witness.heads.items():
            now = store.session(session).head_id
            if now != head:
                assert witness.begun is not None, (session, head, now)
                assert killed
                assert witness.begun["session"] == session
                assert_is_outcome(engine, witness.begun, now)
        for record in store.sessions():
            expected = token_of(store, record.name, record.head_id)
            run = engine.run(python("show", SHOW, record.name))
            shown = await output_of(run)
            assert (await run.result()).state is RunState.SUCCEEDED, await run.result()
            assert ast.literal_eval(shown.decode()) == [expected, expected], record.name


def assert_no_litter(backend: QemuBackend, paths: Paths) -> None:
    """No half snapshot, no layer or page file that no snapshot needs."""
    manifests = backend._vault.manifests().values()
    assert list(paths.snapshots.glob("*.tmp")) == []
    layers = {layer for manifest in manifests for layer in manifest.disk_layers}
    assert {path.stem for path in paths.snapshots.glob("*.qcow2")} == layers
    assert max((len(manifest.disk_layers) for manifest in manifests), default=0) <= LONGEST_CHAIN
    files = {file for manifest in manifests for file in manifest.files}
    assert {path.stem for path in paths.snapshots.glob("*.pack")} | set(backend._vault.manifests()) >= files
    assert {path.stem for path in paths.snapshots.glob("*.pack")} <= files


def assert_is_outcome(engine: Engine, begun: dict[str, Any], head: str | None) -> None:
    """The head is where the deed that was interrupted leads when it is done."""
    if "target" in begun:
        assert head == begun["target"]
        return
    assert head is not None
    snapshot = engine.store.snapshot(head)
    assert snapshot.reason in {SnapshotReason.AFTER, SnapshotReason.BEFORE}
    assert snapshot.run_id in {None, begun.get("run")}


@pytest.mark.timeout(60 + 30 * KILLS)
async def test_nothing_is_lost_whatever_is_killed(machine_paths: Paths, monkeypatch: pytest.MonkeyPatch):
    meet_long_chains(monkeypatch.setattr)  # whoever examines adds layers too
    chance = random.Random(SEED)
    kinds = ["application", "hypervisor", "agent", "application", "hung hypervisor", "agent"]
    for number in range(KILLS):
        witness, was_killed = await torment(machine_paths, kinds[number % len(kinds)], chance)
        await examine(machine_paths, witness, killed=was_killed)
