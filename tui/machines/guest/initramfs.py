"""Assembles the initial root file system of a machine from two archives the kernel unpacks one after the other.

The base (busybox and the kernel modules) comes from the image; the overlay (`init.sh` and the agent) comes from this
package. A changed agent therefore costs milliseconds, not a new image.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.machines.guest import cpio, modules

_APPLETS: Final = (
    "cp", "ifconfig", "ln", "mkdir", "modprobe", "mount", "reboot", "route", "sh", "switch_root",
)  # fmt: skip

_MOUNT_POINTS: Final = ("dev", "lower", "proc", "root", "sys", "upper")

_EARLY: Final = """\
proc /proc proc nosuid,nodev,noexec 0 0
sys /sys sysfs nosuid,nodev,noexec 0 0
dev /dev devtmpfs nosuid,mode=755 0 0
"""

_LATE: Final = """\
proc /root/proc proc nosuid,nodev,noexec 0 0
sys /root/sys sysfs nosuid,nodev,noexec 0 0
dev /root/dev devtmpfs nosuid,mode=755 0 0
devpts /root/dev/pts devpts nosuid,noexec,gid=5,mode=620,ptmxmode=666 0 0
shm /root/dev/shm tmpfs nosuid,nodev 0 0
run /root/run tmpfs nosuid,nodev,mode=755 0 0
cgroup2 /root/sys/fs/cgroup cgroup2 nosuid,nodev,noexec 0 0
"""


def base_archive(
    *,
    busybox: bytes,
    release: str,
    table: modules.Dependencies,
    paths: list[str],
    contents: Mapping[str, bytes],
    builtin: bytes,
) -> bytes:
    """Return the archive of what comes from the image.

    Args:
        busybox: a statically linked busybox.
        release: the kernel's release, as `uname -r` gives it.
        table: the dependencies of the kernel's modules.
        paths: the modules to carry, below `/lib/modules/RELEASE`.
        contents: their bytes.
        builtin: the kernel's `modules.builtin`, by which modprobe knows what needs no loading.
    """
    below = f"lib/modules/{release}"
    dependencies = "".join(f"{path}: {' '.join(table.get(path, ()))}\n" for path in paths)
    return cpio.archive(
        [
            cpio.file("bin/busybox", busybox, 0o755),
            *(cpio.file(f"{below}/{path}", contents[path]) for path in paths),
            cpio.file(f"{below}/modules.dep", dependencies.encode()),
            cpio.file(f"{below}/modules.builtin", builtin),
        ]
    )


AGENT_DIRECTORY: Final = "/run/rollcage"
"""Where `init.sh` puts the agent."""


def agent_archive(init: bytes, agent_files: Mapping[str, bytes]) -> bytes:
    """Return the archive of what comes from this package: `/init` and the files of the agent."""
    return cpio.archive(
        [
            *(cpio.directory(path) for path in _MOUNT_POINTS),
            *(cpio.symlink(f"bin/{name}", "busybox") for name in _APPLETS),
            cpio.file("init", init, 0o755),
            cpio.file("etc/mounts.early", _EARLY.encode()),
            cpio.file("etc/mounts.late", _LATE.encode()),
            *(cpio.file(f"agent/{path}", data) for path, data in agent_files.items()),
        ]
    )
