"""Machines seen, replaced and discarded for real; and templates that snapshots need."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Button

from tests.support.gates import OpenGate
from tests.support.pilots import until
from tests.support.runs import output_of, start
from tui.config import PoolSettings, Settings
from tui.definitions.catalog import Catalog
from tui.errors import Busy
from tui.machines.errors import SnapshotIncompatible
from tui.machines.guest.image import ImageStatus
from tui.machines.inventory import Origin
from tui.machines.model import PROFILES
from tui.machines.qemu.backend import QemuBackend
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.events import PoolChanged
from tui.runs.fleet import MachineInfo, MachineState
from tui.ui.app import RollcageApp
from tui.ui.preparation import HostState
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.pool import PoolArea
from tui.ui.widgets.machine_list import MachineList

pytestmark = pytest.mark.machine

MINIMAL = PROFILES["minimal"]
SETTINGS = replace(Settings(), profile="minimal", pool=PoolSettings(low=1, high=1))


@pytest.fixture
async def engine(machine_paths: Paths) -> AsyncIterator[Engine]:
    async with await Engine.open(machine_paths, SETTINGS, gate=OpenGate(), warm_pool=True) as opened:
        yield opened


async def ready(engine: Engine) -> MachineInfo:
    news = asyncio.Event()
    stop = engine.subscribe(lambda event: news.set() if isinstance(event, PoolChanged) else None)
    async with asyncio.timeout(60):
        while not engine.pool_status().ready:
            await news.wait()
            news.clear()
    stop()
    return next(each for each in await engine.machines() if each.state is MachineState.READY)


async def of_session(engine: Engine) -> MachineInfo:
    return next(each for each in await engine.machines() if each.session and each.state is MachineState.LEASED)


async def python(engine: Engine, text: str) -> bytes:
    run = await start(engine, text, language="python", keep_interpreter=True, spec=MINIMAL)
    output = await output_of(run)
    assert (await run.result()).error == ""
    return output


async def test_machines_are_seen_drained_and_replaced_without_loss(engine: Engine):
    waiting = await ready(engine)
    assert waiting.birth is not None
    assert (waiting.birth.origin, waiting.profile) == (Origin.CLONED, "minimal")
    assert waiting.birth.rehearsal_ms is not None
    assert waiting.memory is not None
    assert 20 << 20 < waiting.memory.pss <= waiting.memory.rss

    await python(engine, "x = [1]")
    first = await of_session(engine)
    assert (first.id, first.source, first.uses) == (waiting.id, "pool", 1)
    await python(engine, "x.append(2)")

    await engine.restart_machine(first.id)
    second = await of_session(engine)
    assert second.id != first.id
    assert second.birth is not None
    assert second.birth.origin is Origin.RESTORED
    assert await python(engine, "x.append(3); print(x)") == b"[1, 2, 3]\n"

    await engine.discard_machine(second.id)
    assert second.id not in {each.id for each in await engine.machines()}
    assert await python(engine, "print(x)") == b"[1, 2, 3]\n"

    await ready(engine)
    assert await engine.drain_pool() == 1
    assert MachineState.READY not in {each.state for each in await engine.machines()}
    assert [len(each.samples) > 0 for each in (engine.measurements.claim, engine.measurements.restore)] == [True, True]

    mine = {each.pid for each in await engine.machines()}
    template = next(each for each in await engine.templates() if mine & set(each.machines))
    assert template.spec == MINIMAL
    assert template.snapshots > 0
    assert template.fits
    with pytest.raises(Busy, match="memory of template"):
        await engine.remove_template(template.id)


@pytest.fixture
async def own_templates(machine_paths: Paths, tmp_path: Path) -> tuple[Paths, Path]:
    """Paths with a copy of one template, and where that is."""
    backend = await QemuBackend.open(machine_paths)
    await backend.prepare(MINIMAL)
    key = backend._templates.key(MINIMAL, backend._accelerator)
    await backend.close()
    paths = replace(machine_paths, cache=tmp_path / "cache")
    paths.templates.mkdir(parents=True)
    paths.images.symlink_to(machine_paths.images)
    for file in machine_paths.cache.glob("*.json"):
        shutil.copy2(file, paths.cache)
    shutil.copytree(machine_paths.templates / key, paths.templates / key)
    return paths, paths.templates / key


async def test_a_snapshot_is_not_restored_onto_a_template_that_was_made_anew(own_templates: tuple[Paths, Path]):
    paths, directory = own_templates
    settings = replace(SETTINGS, pool=PoolSettings(low=0, high=0))
    async with await Engine.open(paths, settings, gate=OpenGate()) as engine:
        assert await output_of(await start(engine, "echo kept > file; cat file", spec=MINIMAL)) == b"kept\n"
        (template,) = await engine.templates()
        await engine.discard_machine((await of_session(engine)).id)
        with pytest.raises(Busy, match="hold only what differs"):
            await engine.remove_template(template.id)
        head = engine.store.session("s").head_id
        assert head is not None

    def pretend_it_was_made_at(moment_ns: int) -> None:
        about = json.loads((directory / "template.json").read_text())
        os.utime(directory / "memory", ns=(moment_ns, moment_ns))
        (directory / "template.json").write_text(json.dumps({**about, "memory_mtime_ns": moment_ns}))

    made_ns = (directory / "memory").stat().st_mtime_ns
    for moment_ns, fits in ((made_ns + 1, False), (made_ns, True)):
        pretend_it_was_made_at(moment_ns)
        backend = await QemuBackend.open(paths)
        try:
            if fits:
                assert (await backend.restore(head)).alive
            else:
                with pytest.raises(SnapshotIncompatible, match="made anew has other memory"):
                    await backend.restore(head)
        finally:
            await backend.close()


async def test_a_person_sees_a_machine_and_restarts_it(machine_paths: Paths):
    def open_catalog() -> Catalog:
        catalog = Catalog([])
        catalog.refresh()
        return catalog

    async def look(_: Paths) -> HostState:
        return HostState((), ImageStatus(True, machine_paths.images, "there"))

    async def open_engine() -> Engine:
        return await Engine.open(machine_paths, SETTINGS, gate=OpenGate())

    app = RollcageApp(machine_paths, SETTINGS, open_engine=open_engine, open_catalog=open_catalog, look_at_host=look)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        assert app.engine is not None
        assert await output_of(await start(app.engine, "echo kept > file; cat file", spec=MINIMAL)) == b"kept\n"
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, PoolArea) and app.screen.query(MachineList))
        screen = app.screen
        assert isinstance(screen, PoolArea)
        await until(pilot, lambda: screen.machine is not None and screen.machine.state is MachineState.LEASED)
        before = screen.machine
        assert before is not None
        assert before.memory is not None
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and isinstance(app.focused, Button))
        await pilot.press("right", "enter")
        await until(pilot, lambda: screen.machine is not None and screen.machine.id != before.id, patience_s=30)
        assert await output_of(await start(app.engine, "cat file")) == b"kept\n"
