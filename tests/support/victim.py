"""An application that works in sessions without end, to be killed at any moment: `python -m tests.support.victim JSON`.

What it did, it says on standard output, one JSON object a line, once it is kept. It ends when its standard input does.

Every run that succeeds leaves a token of its own, in a file and in a variable of the kept interpreter: memory and files
can be compared with each other, and with what the records say the head is.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tests.support.gates import OpenGate
from tui.config import PoolSettings, RunSettings, Settings, SnapshotSettings
from tui.errors import RollcageError
from tui.machines.model import PROFILES, MachineSpec
from tui.machines.qemu import deduplication, disk
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.events import Event, OutputReceived
from tui.runs.request import Request, StepRequest
from tui.store.states import RunState, SnapshotReason
from tui.store.store import Store

SPECS: Final = {
    "a": PROFILES["minimal"],
    "b": PROFILES["minimal"],
    "disk": MachineSpec(128, disk_mb=512),
}
"""Sessions, and the machine of each."""
SETTINGS: Final = Settings(
    snapshots=SnapshotSettings(keep_per_session=5),
    pool=PoolSettings(low=1, high=1, sessions=2),
    runs=RunSettings(timeout_s=60, retries=0),
)
SETS: Final = "set "
"""What the title of a run that leaves a token begins with."""

SET: Final = """
import os, pathlib
for number in range({lines}):
    print("line", number)
pathlib.Path("/work/state").write_text({token!r})
pathlib.Path("/work/noise").write_bytes(os.urandom({noise}))
token = {token!r}
"""
FAIL: Final = "\nimport sys; sys.exit(3)"
KILL_AGENT: Final = """
import time
print("line", number + 1, flush=True)
with open("/proc/1/maps") as maps, open("/proc/1/mem", "r+b", buffering=0) as memory:
    for line in maps:
        where, rights, *_ = line.split()
        start, end = (int(part, 16) for part in where.split("-"))
        if "x" in rights and "/" in line:
            memory.seek(start)
            memory.write(bytes(end - start))
while True:
    number += 1
    print("line", number + 1, flush=True)
    time.sleep(0.01)
"""
"""The first process of a guest ignores every signal it can, so its code is overwritten."""
SHOW: Final = """
import pathlib
path = pathlib.Path("/work/state")
print([path.read_text() if path.exists() else "", globals().get("token", "")])
"""


def python(title: str, text: str, session: str) -> Request:
    """A run in the kept interpreter of a session."""
    step = StepRequest(text, "python")
    return Request(title, (step,), session=session, spec=SPECS[session], keep_interpreter=True)


def token_of(store: Store, session: str, snapshot_id: str | None) -> str | None:
    """What a state holds, read from the records: the last token on the way to it. None: it is the middle of a run."""
    family = store.family(store.session(session).id)
    while snapshot_id is not None:
        snapshot = family[snapshot_id]
        title = store.run(snapshot.run_id).title if snapshot.run_id is not None else ""
        if title.startswith(SETS):
            return title.removeprefix(SETS) if snapshot.reason is SnapshotReason.AFTER else None
        snapshot_id = snapshot.parent_id
    return ""


def say(**facts: Any) -> None:
    """Tell whoever may kill."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


class Victim:
    """Does one random thing after the other."""

    def __init__(self, engine: Engine, seed: int, *, kills_agent: bool) -> None:
        self._engine = engine
        self._random = random.Random(seed)
        self._kills_agent = kills_agent
        self._seed = seed
        self._done = 0
        self._printed: dict[str, int] = {}
        engine.subscribe(self._heard)

    def _heard(self, event: Event) -> None:
        if isinstance(event, OutputReceived) and event.run_id is not None:
            self._printed[event.run_id] = self._printed.get(event.run_id, 0) + len(event.data)
            say(event="OutputReceived", run=event.run_id, printed=self._printed[event.run_id])
        else:
            say(event=type(event).__name__, run=event.run_id)

    async def work(self) -> None:
        """Do one thing and tell how it went."""
        session = self._random.choice(list(SPECS))
        names = {record.name for record in self._engine.store.sessions()}
        deeds = ["set", "set", "fail", "noisy", *(["rollback", "undo", "snapshot"] if session in names else [])]
        if self._kills_agent and self._done >= 1:
            deeds = ["agent"]
        deed = self._random.choice(deeds)
        try:
            await self._do(deed, session)
        except RollcageError as error:
            say(done=deed, session=session, error=str(error))
        self._done += 1
        head = next((record.head_id for record in self._engine.store.sessions() if record.name == session), None)
        say(done=deed, session=session, head=head)

    async def _do(self, deed: str, session: str) -> None:
        if deed in {"rollback", "undo", "snapshot"}:
            record = self._engine.store.session(session)
            known = [
                snapshot.id
                for snapshot in self._engine.store.snapshots(record.id)
                if token_of(self._engine.store, session, snapshot.id) is not None
            ]
            if deed == "rollback" and known:
                target = self._random.choice(known)
                say(begins=deed, session=session, target=target)
                await self._engine.rollback(session, target)
            elif deed == "undo" and (plan := await self._engine.plan_undo(session)) is not None:
                say(begins=deed, session=session, target=plan.target.id)
                await self._engine.undo(session)
            elif deed == "snapshot" and record.head_id is not None:
                say(begins=deed, session=session)
                await self._engine.snapshot(session)
            return
        token = f"{self._seed}-{self._done}"
        text = SET.format(
            lines=20_000 if deed == "noisy" else 3, token=token, noise=self._random.choice([0, 100_000, 4_000_000])
        )
        text += {"fail": FAIL, "agent": KILL_AGENT}.get(deed, "")
        run = self._engine.run(python(SETS + token, text, session))
        say(begins=deed, session=session, run=run.id)
        record_ = await run.result()
        say(ended=run.id, state=record_.state, error=record_.error, printed=record_.output_bytes)
        if deed == "agent":
            assert record_.state is RunState.MACHINE_LOST, record_
            self._kills_agent = False


def meet_long_chains(patch: Callable[[object, str, int], None] = setattr) -> None:
    """Let chains of layers and of files become long soon."""
    patch(disk, "_LONGEST_CHAIN", 12)
    patch(disk, "_MERGED_AT_ONCE", 4)
    patch(deduplication, "_MOST_FILES", 6)


async def main() -> None:
    """Work until told to end, then show that every session can still be used."""
    options = json.loads(sys.argv[1])
    paths = replace(Paths.below(Path(options["home"])), cache=Path(options["cache"]))
    meet_long_chains()
    logging.basicConfig(filename=paths.logs / "victim.log")
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), told.set)
    async with await Engine.open(paths, SETTINGS, warm_pool=True, gate=OpenGate()) as engine:
        victim = Victim(engine, options["seed"], kills_agent=options["kills_agent"])
        while not told.is_set():
            await victim.work()
        loop.remove_reader(sys.stdin.fileno())


if __name__ == "__main__":
    asyncio.run(main())
