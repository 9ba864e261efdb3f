"""Every shipped definition runs in the machine it asks for, and ends as it says."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.runs import execute
from tui.config import Settings
from tui.definitions import Catalog, Scope
from tui.paths import shipped
from tui.runs.engine import Engine
from tui.runs.prepare import request_for
from tui.store.model import RunRecord
from tui.store.states import RunState

pytestmark = pytest.mark.machine


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    catalog = Catalog([(Scope.SHIPPED, shipped("commands"))])
    catalog.refresh()
    return catalog


class Runner:
    """Runs definitions, each in a session of its name."""

    def __init__(self, engine: Engine, catalog: Catalog) -> None:
        self.engine = engine
        self._catalog = catalog

    async def __call__(self, name: str, /, **values: object) -> RunRecord:
        definition = self._catalog.index.resolve(name)
        return await self.engine.run(request_for(definition, values, session=name, settings=Settings())).result()

    async def succeeds(self, name: str, /, **values: object) -> str:
        """Run what must succeed and return what it printed."""
        record = await self(name, **values)
        assert record.state is RunState.SUCCEEDED, (record.error, record.output_head.decode())
        return record.output_head.decode()

    async def look(self, name: str, text: str) -> str:
        """What a shell prints in the session of a definition."""
        record = await execute(self.engine, text, session=name)
        assert record.state is RunState.SUCCEEDED, record
        return record.output_head.decode()


@pytest.fixture
def run(engine: Engine, catalog: Catalog) -> Runner:
    return Runner(engine, catalog)


async def test_hello_world(run: Runner):
    output = await run.succeeds("hello-world", name="O'Brien; $(id)", shout="yes")
    assert "HELLO, O'BRIEN; $(ID)!\n" in output
    assert "greets O'BRIEN; $(ID)\n" in output
    assert re.search(r"Node.js v\d+\S* greets O'Brien; \$\(id\)\n1 processor\(s\), \d+ MiB of memory\n", output)


async def test_search(run: Runner):
    await run.succeeds("search", pattern="nothing yet")
    await run.look("search", "mkdir 'a dir'; printf 'one\\ntwo -e\\n' > 'a dir/x.txt'; echo two > y.py")
    output = await run.succeeds("search", pattern="^two( -e)?$")
    assert sorted(output.splitlines()[:2]) == ["./a dir/x.txt:2:two -e", "./y.py:1:two"]
    assert output.endswith("2 matching lines in 2 files below .\n")
    gone = await run("search", pattern="x", path="/gone")
    assert (gone.state, gone.exit_code, gone.rolled_back) == (RunState.FAILED, 2, True)


async def test_test(run: Runner):
    output = await run.succeeds("test")
    assert "OK" in output
    assert re.search(r"pass \d", output)
    failed = await run("test", fail=True)
    assert (failed.state, failed.rolled_back) == (RunState.FAILED, True)
    assert "FAILED" in failed.output_head.decode()
    assert await run.look("test", "cd sample-project && python3 -m unittest -q 2>&1 | tail -1") == "OK\n"


async def test_security_audit(run: Runner):
    report = json.loads(await run.succeeds("security-audit", root="/etc", format="json"))
    assert report["counts"].keys() >= {"high", "medium", "low"}
    await run.look("security-audit", "touch /etc/open && chmod 666 /etc/open")
    record = await run("security-audit", root="/etc", fail_on="high")
    assert (record.state, record.exit_code) == (RunState.FAILED, 1)
    assert "/etc/open" in record.output_head.decode()


async def test_backup(run: Runner):
    output = await run.succeeds("backup", source="/etc", keep=1)
    assert (found := re.search(r"restored and verified (\d+) files", output))
    assert int(found[1]) > 50
    await run.succeeds("backup", source="/etc", keep=1)
    assert await run.look("backup", "ls -d backups/2* | wc -l; cd backups/latest && sha256sum -c SHA256SUMS") == (
        "1\nfiles.tar.gz: OK\nMANIFEST.sha256: OK\n"
    )
    assert (await run("backup", source="/gone")).exit_code == 2


async def test_deploy_and_a_release_that_is_not_well(run: Runner):
    assert "'version': '1.0.0', 'well': True" in await run.succeeds("deploy", version="1.0.0")
    await run.succeeds("deploy", version="1.1.0")
    failed = await run("deploy", version="2.0.0", fail="yes")
    assert (failed.state, failed.exit_code, failed.rolled_back) == (RunState.FAILED, 1, True)
    output = failed.output_head.decode()
    assert re.search(r"current: releases/1\.1\.0-\S+ -> releases/2\.0\.0-\S+\n", output)
    assert "is not well: it answers 503" in output
    # The former release is still current, and nothing of the other is left.
    look = "cat /srv/app/current/VERSION; ls /srv/app/releases | cut -d- -f1; ls /srv/app"
    assert await run.look("deploy", look) == "1.1.0\n1.0.0\n1.1.0\ncurrent\nreleases\n"
    # The failed state is kept for a post-mortem.
    await run.engine.rollback("deploy", failed.after_id or "")
    assert await run.look("deploy", "cat /srv/app/current/VERSION") == "2.0.0\n"
