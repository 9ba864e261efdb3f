"""What the kernel tells of machines, and what may be removed from the shelf of templates."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tui.errors import Busy, NotFound
from tui.ids import new_id, time_of
from tui.machines.inventory import MemoryUse, memory_of
from tui.machines.model import MachineSpec
from tui.machines.protocol import SnapshotLabel
from tui.machines.qemu import shelf
from tui.machines.qemu.command_line import KVM, BootFiles, Channels, machine_arguments
from tui.machines.qemu.processes import hypervisors, process_name
from tui.machines.qemu.snapshot_file import Manifest
from tui.machines.qemu.vault import Vault
from tui.paths import Paths

SPEC = MachineSpec(256, 2)
ROLLUP = """\
55d0c6e00000-7ffd ---p 00000000 00:00 0                       [rollup]
Rss:              143360 kB
Pss:               77824 kB
Pss_Dirty:           100 kB
Shared_Clean:      65536 kB
"""


class Proc:
    """A made-up /proc."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def process(self, pid: int, arguments: list[str], started: int = 100) -> None:
        entry = self.root / str(pid)
        entry.mkdir(parents=True)
        (entry / "cmdline").write_bytes("\0".join(arguments).encode() + b"\0")
        (entry / "stat").write_text(f"{pid} (a) b) S {' '.join(['0'] * 18)} {started} 0 0")

    def machine(self, pid: int, owner: int, started: int, memory_file: Path) -> str:
        id_ = new_id()
        boot = BootFiles(Path("k"), Path("i"), Path("r"), "key")
        self.process(
            pid,
            machine_arguments(SPEC, KVM, boot, memory_file=memory_file, shared=False, channels=Channels(1, 2, 3),
                              name=f"rollcage-{owner}-{started}-{id_}"),
        )  # fmt: skip
        return id_


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    root = tmp_path / "proc"
    root.mkdir()
    (root / "self").mkdir()
    return Proc(root)


# --- processes -----------------------------------------------------------------------------------------------------


def test_every_machine_is_found_with_its_owner_and_its_template(proc: Proc):
    proc.process(10, ["python", "rollcage"], started=100)
    template = Path("/cache/a,b/templates/key")
    first = proc.machine(20, 10, 100, template / "memory")
    proc.machine(21, 10, 99, template / "memory")  # pid 10 belongs to another program since
    proc.machine(22, 11, 100, Path("/proc/self/fd/7"))
    proc.process(30, ["qemu-system-x86_64", "-name", "guest=mine"])
    proc.process(31, ["grep", "guest=rollcage-10-100-" + new_id()])
    found = {each.pid: each for each in hypervisors(proc.root)}
    assert set(found) == {20, 21, 22}
    assert (found[20].owner_pid, found[20].owner_alive, found[20].template) == (10, True, template)
    assert (found[20].memory_mb, found[20].cpus, found[20].started_at) == (256, 2, time_of(first))
    assert [found[pid].owner_alive for pid in (21, 22)] == [False, False]
    assert found[22].template is None


def test_this_process_names_itself_as_the_owner(proc: Proc):
    stat = Path(f"/proc/{os.getpid()}/stat").read_text()
    assert process_name("x") == f"rollcage-{os.getpid()}-{stat.rpartition(')')[2].split()[19]}-x"


def test_memory_is_what_the_kernel_says(tmp_path: Path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "smaps_rollup").write_text(ROLLUP)
    assert memory_of(7, tmp_path) == MemoryUse(143360 * 1024, 77824 * 1024)


@pytest.mark.parametrize("content", [None, "", "header\n", "header\nRss: 1 kB\n", "header\nRss: x kB\nPss: 1 kB\n"])
def test_memory_that_cannot_be_read_is_unknown_and_not_zero(tmp_path: Path, content: str | None):
    (tmp_path / "7").mkdir()
    if content is not None:
        (tmp_path / "7" / "smaps_rollup").write_text(content)
    assert memory_of(7, tmp_path) is None


def test_memory_of_a_real_process_is_shared_at_most_whole():
    use = memory_of(os.getpid())
    assert use is not None
    assert 0 < use.pss <= use.rss


# --- templates -----------------------------------------------------------------------------------------------------


def made(paths: Paths, id_: str, *, build: int = 5, boot_s: float = 2.5) -> Path:
    directory = paths.templates / id_
    directory.mkdir()
    (directory / "memory").write_bytes(b"m" * 8192)
    about = {
        "spec": SPEC.to_json(), "accelerator": "tcg", "qemu": "QEMU 7.2", "boot_s": boot_s, "memory_mtime_ns": build,
    }  # fmt: skip
    (directory / "template.json").write_text(json.dumps(about))
    return directory


def snapshot_of(paths: Paths, template: str, build: int = 0) -> None:
    label = SnapshotLabel(new_id(), new_id(), None, "after", "2026-01-01T00:00:00+00:00")
    manifest = Manifest(label, SPEC, template, (), 0, 0, 0, 0, 0, True, 3)
    page = np.zeros((1, 4096), np.uint8)
    Vault(paths.snapshots).add(replace(manifest, template_build=build), np.array([1], np.uint32), page, b"devices")


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "hypervisors", lambda: ())


def test_templates_are_listed_with_what_they_take(paths: Paths):
    directory = made(paths, "a" * 32)
    made(paths, "b" * 32 + ".tmp")
    (paths.templates / "broken").mkdir()
    (paths.templates / "broken" / "template.json").write_text("{}")
    (info,) = shelf.templates(paths)
    assert (info.id, info.spec, info.accelerator, info.boot_ms) == ("a" * 32, SPEC, "tcg", 2500.0)
    assert info.disk_bytes == sum(path.stat().st_blocks * 512 for path in directory.iterdir()) > 0
    assert (info.machines, info.snapshots) == ((), 0)


def test_without_a_directory_there_are_no_templates(tmp_path: Path):
    assert shelf.templates(Paths.below(tmp_path / "nothing")) == ()


def test_a_template_nobody_needs_goes(paths: Paths):
    made(paths, "abc1")
    made(paths, "abd2")
    assert shelf.remove_template(paths, "abc").id == "abc1"
    assert [each.id for each in shelf.templates(paths)] == ["abd2"]
    assert not list(paths.templates.glob("abc1*/"))


@pytest.mark.parametrize(("beginning", "said"), [("ab", "2 templates"), ("zz", "no template"), ("", "no template")])
def test_a_template_must_be_named_without_doubt(paths: Paths, beginning: str, said: str):
    made(paths, "abc1")
    made(paths, "abd2")
    with pytest.raises(NotFound, match=said):
        shelf.remove_template(paths, beginning)
    assert len(shelf.templates(paths)) == 2


def test_a_template_whose_memory_a_machine_shares_stays(paths: Paths, proc: Proc, monkeypatch: pytest.MonkeyPatch):
    directory = made(paths, "abc1")
    proc.machine(20, 10, 100, directory.resolve() / "memory")
    monkeypatch.setattr(shelf, "hypervisors", lambda: hypervisors(proc.root))
    with pytest.raises(Busy, match=r"1 machine shares the memory of template abc1 \(pid 20\)"):
        shelf.remove_template(paths, "abc1")
    assert directory.is_dir()


@pytest.mark.parametrize(("build", "needed"), [(0, True), (5, True), (4, False)], ids=["unsaid", "this", "earlier"])
def test_a_template_stays_while_a_snapshot_rests_on_it(paths: Paths, build: int, needed: bool):
    made(paths, "abc1", build=5)
    snapshot_of(paths, "abc1", build)
    snapshot_of(paths, "other")
    assert shelf.find_template(paths, "abc1").snapshots == int(needed)
    if needed:
        with pytest.raises(Busy, match="1 snapshot holds only what differs from template abc1"):
            shelf.remove_template(paths, "abc1")
    else:
        shelf.remove_template(paths, "abc1")
    assert (paths.templates / "abc1").is_dir() == needed


def test_a_template_that_is_being_made_stays(paths: Paths):
    made(paths, "abc1")
    with (paths.templates / "abc1.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Busy, match="is making template abc1"):
            shelf.remove_template(paths, "abc1")
    assert (paths.templates / "abc1").is_dir()
