"""The image boots: kernel, initramfs and root, with an agent of the test's own as the first process."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tui.machines.guest import initramfs
from tui.machines.guest.image import GuestImage, find_image
from tui.paths import Paths

pytestmark = pytest.mark.machine

DEADLINE_S = 120

LOOK_AROUND = """
import json, os, socket, subprocess

def text(*argv):
    done = subprocess.run(argv, capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip()

mounts = {line.split()[1]: line.split()[2] for line in open("/proc/mounts")}
overlay = os.statvfs("/")
facts = {
    "pid": os.getpid(),
    "mounts": mounts,
    "ports": {name: os.path.exists("/dev/virtio-ports/" + name) for name in os.listdir("/dev/virtio-ports")},
    "agent": sorted(os.listdir("/run/rollcage")),
    "writable_mb": overlay.f_blocks * overlay.f_frsize >> 20,
    "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
    "machine_id": open("/etc/machine-id").read(),
    "hostname": open("/etc/hostname").read().strip(),
    "loopback": text("ip", "-brief", "address", "show", "lo"),
    "network": text("ip", "-brief", "address", "show", "eth0"),
    "tools": {name: text(*argv) for name, argv in {
        "bash": ["bash", "-c", "echo $BASH_VERSION"], "git": ["git", "--version"], "node": ["node", "--version"],
        "curl": ["curl", "--version"], "python": ["python3", "--version"], "jq": ["jq", "--version"]}.items()},
    "ssh_keys": [name for name in os.listdir("/etc/ssh") if "key" in name],
}
open("/work/file", "w").write("written")
os.makedirs("/dev/pts", exist_ok=True)
master, _ = os.openpty()
facts["pty"] = os.ptsname(master) if hasattr(os, "ptsname") else os.ttyname(_)
with open("/dev/console", "w") as console:
    print("FACTS" + json.dumps(facts), file=console, flush=True)
subprocess.run(["busybox", "reboot", "-f"])
"""


@pytest.fixture
def image(machine_paths: Paths, tmp_path: Path) -> GuestImage:
    """The shared image with an initramfs whose agent looks around, prints what it saw and reboots."""
    found = find_image(machine_paths)
    init = Path(initramfs.__file__).with_name("init.sh").read_bytes()
    agent = initramfs.agent_archive(init, {"agent.py": LOOK_AROUND.encode()})
    initrd = tmp_path / "initrd.img"
    initrd.write_bytes((found.rootfs.parent / "base.cpio").read_bytes() + agent)
    return replace(found, initrd=initrd)


def boot(image: GuestImage, options: str = "", *more: str, rootfs: Path | None = None) -> str:
    """Boot until the guest reboots, and return what its console printed."""
    done = subprocess.run(
        [
            "qemu-system-x86_64", "-M", "microvm,acpi=on,rtc=on,pit=on,pic=on", "-accel", "tcg", "-cpu", "max",
            "-m", "256", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
            "-kernel", str(image.kernel), "-initrd", str(image.initrd), "-append",
            f"console=ttyS0 quiet panic=-1 reboot=t tsc_early_khz=1000000 tsc=reliable {options}",
            "-drive", f"id=root,file={rootfs or image.rootfs},format=raw,if=none,readonly=on",
            "-device", "virtio-blk-device,drive=root", "-device", "virtio-serial-device",
            "-chardev", "null,id=agent", "-device", "virtserialport,chardev=agent,name=rollcage.agent", *more,
        ],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    return (done.stdout + done.stderr).decode(errors="replace")


def facts_of(console: str) -> dict[str, object]:
    lines = [line for line in console.splitlines() if line.startswith("FACTS")]
    assert lines, console
    found = json.loads(lines[0].removeprefix("FACTS"))
    assert isinstance(found, dict)
    return found


def test_the_guest_comes_up_with_everything_in_place(image: GuestImage) -> None:
    facts = facts_of(boot(image))

    assert facts["pid"] == 1
    mounts = facts["mounts"]
    assert isinstance(mounts, dict)
    assert mounts["/"] == "overlay"
    expected = {"/proc": "proc", "/sys": "sysfs", "/dev": "devtmpfs", "/dev/pts": "devpts", "/run": "tmpfs"}
    assert {path: mounts.get(path) for path in expected} == expected
    assert mounts["/dev/shm"] == "tmpfs"
    assert mounts["/sys/fs/cgroup"] == "cgroup2"
    assert facts["ports"] == {"rollcage.agent": True}
    assert facts["agent"] == ["agent.py", "boot_id"]
    assert "127.0.0.1/8" in str(facts["loopback"])
    assert "does not exist" in str(facts["network"])
    assert facts["machine_id"] == ""
    assert facts["hostname"] == "rollcage"
    assert facts["ssh_keys"] == []
    assert str(facts["pty"]).startswith("/dev/pts/")
    tools = facts["tools"]
    assert isinstance(tools, dict)
    assert all(any(character.isdigit() for character in version) for version in tools.values()), tools


def test_the_writable_layer_is_bounded(image: GuestImage) -> None:
    facts = facts_of(boot(image, "rollcage.tmpfs=32m"))
    assert facts["writable_mb"] == 32


def test_a_disk_and_a_network_are_used_when_asked_for(image: GuestImage, tmp_path: Path) -> None:
    disk = tmp_path / "disk.img"
    disk.touch()
    os.truncate(disk, 1 << 30)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", str(disk)], check=True, capture_output=True)
    facts = facts_of(
        boot(
            image,
            "rollcage.disk=1 rollcage.net=1",
            "-drive",
            f"id=disk,file={disk},format=raw,if=none",
            "-device",
            "virtio-blk-device,drive=disk",
            "-netdev",
            "user,id=net,restrict=on",
            "-device",
            "virtio-net-device,netdev=net",
        )
    )
    assert "10.0.2.15/24" in str(facts["network"])
    assert 800 < int(str(facts["writable_mb"])) < 1024


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("rollcage.disk=1", "no writable disk"),
        ("rollcage.net=1", "no network device"),
        ("rollcage.tmpfs=nonsense", "no writable layer"),
    ],
)
def test_a_guest_that_cannot_start_says_so_in_one_line_and_stops(image: GuestImage, options: str, says: str) -> None:
    console = boot(image, options)
    lines = [line for line in console.splitlines() if "the guest cannot start" in line]
    assert len(lines) == 1, console
    assert says in lines[0]


def test_a_root_that_is_no_image_is_reported(image: GuestImage, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.img"
    wrong.write_bytes(bytes(1 << 20))
    assert "is not the guest image" in boot(image, rootfs=wrong)
