"""`rollcage pool`: what runs and what lies on disk, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.machines.test_inventory import made
from tui.audit.reader import AuditReader
from tui.cli.main import main
from tui.machines import inventory
from tui.machines.inventory import Hypervisor, MemoryUse
from tui.machines.qemu import processes
from tui.paths import Paths

Run = Callable[..., tuple[int, str, str]]
AT = datetime(2026, 1, 2, 14, 0, tzinfo=UTC)
MIB = 1024 * 1024
CLONE = Hypervisor(20, 10, True, AT, 256, 1, Path("/cache/templates/43017c93510f"))
STRAY = Hypervisor(21, 11, False, AT, 512, 2, Path("/cache/templates/43017c93510f"))
BOOTING = Hypervisor(22, 10, True, AT, None, None, None)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("ROLLCAGE_HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    found = Paths.from_environment()
    found.create()
    return found


@pytest.fixture
def run(home: Paths, capsys: pytest.CaptureFixture[str]) -> Run:
    def running(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments, lambda *_: 0)  # type: ignore[arg-type]
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return running


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "hypervisors", lambda: (CLONE, STRAY, BOOTING))
    uses = {20: MemoryUse(140 * MIB, 76 * MIB)}
    monkeypatch.setattr(inventory, "memory_of", uses.get)


@pytest.mark.parametrize("arguments", [("pool",), ("pool", "list")], ids=" ".join)
@pytest.mark.usefixtures("machines")
def test_machines_of_every_process_are_listed(run: Run, arguments: tuple[str, ...]):
    code, out, _ = run(*arguments)
    heading, clone, stray, booting = out.splitlines()
    assert code == 0
    assert heading.split()[:4] == ["PID", "ROLLCAGE", "STARTED", "RAM"]
    assert clone.split() == ["20", "10", "2026-01-02", "14:00:00", "256", "MiB", "1", "76.0", "MiB", "140", "MiB",
                             "43017c93"]  # fmt: skip
    assert stray.split()[4:9] == ["512", "MiB", "2", "-", "-"]
    assert "left behind" in stray
    assert "boots, to become a template" in booting


@pytest.mark.usefixtures("machines")
def test_what_is_not_known_of_a_machine_is_null_for_programs(run: Run):
    code, out, _ = run("pool", "list", "--json")
    clone, stray, booting = json.loads(out)
    assert code == 0
    assert clone["memory"] == {"rss": 140 * MIB, "pss": 76 * MIB}
    assert (stray["memory"], stray["owner_alive"]) == (None, False)
    assert (booting["template"], booting["memory_mb"]) == (None, None)


def test_where_nothing_runs_and_nothing_lies_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(processes, "hypervisors", tuple)
    assert run("pool") == (0, "", "rollcage: no machine runs\n")
    assert run("pool", "list", "--json")[1] == "[]\n"
    code, out, said = run("pool", "templates")
    assert (code, out) == (0, "")
    assert "no templates yet" in said


def test_templates_are_listed_and_removed_and_that_is_recorded(run: Run, home: Paths):
    made(home, "43017c93510f112ecea0ef8545e3a7e5")
    row = run("pool", "templates")[1].splitlines()[1]
    assert row.startswith("43017c93  256 MiB, 2 CPUs  tcg")
    (listed,) = json.loads(run("pool", "templates", "--json")[1])
    assert (listed["id"], listed["machines"], listed["boot_ms"]) == ("43017c93510f112ecea0ef8545e3a7e5", [], 2500.0)
    code, out, said = run("pool", "remove-template", "4301")
    assert (code, out) == (0, "")
    assert "template 43017c93 removed" in said
    reader = AuditReader.read(home)
    assert reader is not None
    (record,) = [each for each in reader.page(limit=10) if each.kind == "template-removed"]
    reader.close()
    assert record.details["template"] == listed["id"]
    assert run("pool", "remove-template", "4301")[0] == 121


def test_a_removed_template_is_told_to_programs(run: Run, home: Paths):
    made(home, "43017c93510f112ecea0ef8545e3a7e5")
    code, out, _ = run("pool", "remove-template", "4301", "--json")
    assert code == 0
    assert json.loads(out)["id"].startswith("43017c93")
