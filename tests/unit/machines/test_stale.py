"""What no version in use can use goes; what fits stays."""

from __future__ import annotations

import json
from pathlib import Path

from tui.machines.model import MachineSpec
from tui.machines.qemu.command_line import KVM, BootFiles, tcg
from tui.machines.qemu.template import Templates

SPEC = MachineSpec(256)
EMULATED = tcg(2_000_000)


def templates(directory: Path, image: str) -> Templates:
    return Templates(directory, BootFiles(Path("k"), Path("i"), Path("r"), image), qemu_version="7", cpu="cpu")


def made(directory: Path, key: str, accelerator: str) -> Path:
    path = directory / key
    path.mkdir(parents=True)
    (path / "template.json").write_text(json.dumps({"spec": SPEC.to_json(), "accelerator": accelerator}))
    return path


def test_templates_of_another_image_are_dropped_and_no_others(tmp_path: Path):
    now, earlier = templates(tmp_path, "now"), templates(tmp_path, "earlier")
    fits = made(tmp_path, now.key(SPEC, EMULATED), "tcg")
    stale = made(tmp_path, earlier.key(SPEC, EMULATED), "tcg")
    other_accelerator = made(tmp_path, earlier.key(SPEC, KVM), "kvm")
    being_made = made(tmp_path, f"{earlier.key(SPEC, EMULATED)}.tmp", "tcg")
    (tmp_path / "unreadable").mkdir()
    now.drop_stale(EMULATED)
    assert not stale.exists()
    assert all(path.exists() for path in (fits, other_accelerator, being_made, tmp_path / "unreadable"))
