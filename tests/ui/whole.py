"""The whole application, all five areas of it, on an engine a test drives: files, an audit log, machines, scenarios."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.scripted_engine import Plan, ScriptedRun
from tests.ui.fleet import FleetEngine
from tests.ui.records import entries_of_run, open_log
from tui.audit.log import AuditLog
from tui.config import Settings
from tui.definitions.catalog import Catalog
from tui.definitions.kinds import Scope
from tui.errors import NotFound
from tui.machines.guest.image import ImageStatus
from tui.paths import Paths
from tui.runs.comparison.model import FileDiff
from tui.runs.events import RolledBack
from tui.runs.request import Request
from tui.store.model import SnapshotRecord
from tui.store.states import RunState
from tui.ui.app import RollcageApp
from tui.ui.preparation import HostState

SCENARIO = """---
name: demo
description: A demonstration
---

## It says hello

```bash
echo hello
```

```step
expect: {state: succeeded, output_contains: hello}
```

## It fails

```bash
exit 3
```

```step
expect: {state: failed, exit_code: 3, rolled_back: true}
```
"""


class WholeEngine(FleetEngine):
    """Refuses what the real engine refuses, whatever it is asked."""

    def run(self, request: Request) -> ScriptedRun:
        run = super().run(request)
        self.tell()
        return run

    async def plan_rollback(self, session: str, target: str) -> Plan:
        record = self.store.session(session)
        if target == "last-success":
            good = [run.after_id for run in self.store.runs(record.id) if run.state is RunState.SUCCEEDED]
            if not good:
                raise NotFound("no run of this session succeeded")
            target = max(filter(None, good))
        lost, at = [], record.head_id
        while at is not None and at != target and (snapshot := self.store.snapshot_records.get(at)) is not None:
            if snapshot.run_id in self.store.run_records:
                lost.append(self.store.run_records[snapshot.run_id or ""])
            at = snapshot.parent_id
        return Plan(self._snapshot(target), self.store.snapshot_records.get(record.head_id or ""), tuple(lost))

    def _snapshot(self, snapshot_id: str) -> SnapshotRecord:
        if snapshot_id not in self.store.snapshot_records:
            raise NotFound("there is no such snapshot")
        return self.store.snapshot_records[snapshot_id]

    async def rollback(self, session: str, target: str) -> RolledBack:
        self._snapshot(target)
        return await super().rollback(session, target)

    async def plan_undo(self, session: str) -> Plan | None:
        return await self._plan(session, self._done, 0)

    async def plan_redo(self, session: str) -> Plan | None:
        return await self._plan(session, self._undone, 1)

    async def _plan(self, session: str, moves: dict[str, list[tuple[str, str]]], end: int) -> Plan | None:
        while moves.get(session) and moves[session][-1][end] not in self.store.snapshot_records:
            moves[session].pop()
        return await self.plan_rollback(session, moves[session][-1][end]) if moves.get(session) else None

    async def undo(self, session: str) -> RolledBack:
        if await self.plan_undo(session) is None:
            raise NotFound("there is nothing to undo")
        return await super().undo(session)

    async def redo(self, session: str) -> RolledBack:
        if await self.plan_redo(session) is None:
            raise NotFound("there is nothing to redo")
        return await super().redo(session)

    async def snapshot(self, session: str, name: str = "") -> SnapshotRecord:
        record = self.store.session(session)
        if not self.store.runs(record.id):
            raise NotFound("there is no machine yet")
        return await super().snapshot(session, name)

    async def set_snapshot(self, snapshot_id: str, *, name: str | None = None, pinned: bool | None = None) -> None:
        self._snapshot(snapshot_id)
        await super().set_snapshot(snapshot_id, name=name, pinned=pinned)

    async def delete_snapshots(self, snapshot_ids: Iterable[str]) -> int:
        ids = list(snapshot_ids)
        for each in ids:
            self._snapshot(each)
        return await super().delete_snapshots(ids)

    async def compare(self, older_id: str, newer_id: str) -> object:  # type: ignore[override]
        self._snapshot(older_id)
        self._snapshot(newer_id)
        return await super().compare(older_id, newer_id)

    async def file_diff(self, older_id: str, newer_id: str, path: str) -> FileDiff:
        if path not in {change.path for change in self.changed}:
            raise NotFound("neither snapshot has such a file")
        return await super().file_diff(older_id, newer_id, path)

    async def branch(self, snapshot_id: str, name: str) -> object:  # type: ignore[override]
        self._snapshot(snapshot_id)
        return await super().branch(snapshot_id, name)


@dataclass
class Whole:
    """An application with all it shows."""

    app: RollcageApp
    engine: WholeEngine
    log: AuditLog
    commands: Path
    scenarios: Path


def make_whole(paths: Paths, root: Path, *, theme: str = "rollcage-dark", records: int = 20) -> Whole:
    """Return an application that was not started yet. Scenarios are read from the user's own directory and shipped."""
    commands = root / "commands"
    commands.mkdir(exist_ok=True)
    paths.user_scenarios.mkdir(exist_ok=True)
    (paths.user_scenarios / "demo.md").write_text(SCENARIO)
    engine, log = WholeEngine(), open_log(paths)
    for number in range(records):
        name = ("deploy", "backup", "hello", "curl")[number % 4]
        log.append(*entries_of_run(f"01RUN{number:02}", name, "x", denied=number % 4 == 3))

    async def open_engine() -> WholeEngine:
        return engine

    def open_catalog() -> Catalog:
        catalog = Catalog([(Scope.PROJECT, commands)])
        catalog.refresh()
        return catalog

    async def look_at_host(_: Paths) -> HostState:
        return HostState((), ImageStatus(True, paths.images, "there"))

    app = RollcageApp(
        paths, replace(Settings(), theme=theme), open_engine=open_engine, open_catalog=open_catalog,
        look_at_host=look_at_host,
    )  # type: ignore[arg-type]  # fmt: skip
    return Whole(app, engine, log, commands, paths.user_scenarios)
