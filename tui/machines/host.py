"""What Rollcage needs of the host: checks that look by doing, and an installation of what is missing through apt."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.errors import HostNotReady
from tui.machines.guest.bootstrap_log import explain_failure
from tui.machines.guest.image import NEEDED_BYTES, image_status
from tui.machines.guest.sources import ARCHIVE_KEYRING
from tui.machines.local.confinement import probe
from tui.paths import Paths

OLDEST_QEMU: Final = (7, 2)
"""The oldest version this is tested with."""
ENOUGH_MEMORY_MB: Final = 1024
"""A template and two clones of the smallest profile, and the application."""

_PROGRAMS: Final = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mksquashfs": "squashfs-tools",
    "mount": "mount",
    "mkfs.ext4": "e2fsprogs",
    "setpriv": "util-linux",
}
"""Program -> Debian package."""
_BUILDERS: Final = frozenset({"mmdebstrap", "mksquashfs", "mount"})
"""Programs that only the building of the image uses."""
_SPACE_TO_RUN: Final = 500_000_000
"""A template of the smallest profile and some snapshots."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing about the host."""

    name: str
    ok: bool
    detail: str
    hint: str = ""
    """What to do, when it is not ok."""
    required: bool = True
    """Whether machines cannot run or be made without it."""


def check_host(paths: Paths) -> list[Check]:
    """Look at everything; takes well under a second and changes nothing.

    What only the building of the image needs is not required where the image is there.
    """
    built = image_status(paths).ready
    return [
        _check_platform(),
        *(_check_program(name, required=not (built and name in _BUILDERS)) for name in _PROGRAMS),
        _check_keyring(required=not built),
        _check_build_rights(required=not built),
        _check_space(paths, _SPACE_TO_RUN if built else NEEDED_BYTES),
        _check_memory(),
        _check_child_memory(),
        _check_kvm(),
        _check_confinement(paths),
        _check_installer(),
    ]


def require(paths: Paths) -> None:
    """Raise HostNotReady naming everything required that is not there."""
    lacking = [check for check in check_host(paths) if check.required and not check.ok]
    if lacking:
        raise HostNotReady(
            "; ".join(f"{check.name}: {check.detail}" for check in lacking),
            hint="\n".join(dict.fromkeys(check.hint for check in lacking if check.hint)),
        )


def _check_platform() -> Check:
    found = f"{platform.system()} {platform.machine()}"
    return Check(
        "platform", found == "Linux x86_64", f"{found}, kernel {platform.release()}", "Rollcage needs Linux on x86-64"
    )


def find_program(name: str) -> str | None:
    """Return the path of a program; /sbin and /usr/sbin count, which a user's PATH often lacks."""
    path = os.environ.get("PATH", os.defpath)
    return shutil.which(name, path=f"{path}:/usr/sbin:/sbin")


def _check_program(program: str, *, required: bool) -> Check:
    hint = f"`rollcage setup`, or apt-get install {_PROGRAMS[program]}"
    found = find_program(program)
    if found is None:
        return Check(program, False, "not installed", hint, required)
    if program != "qemu-system-x86_64":
        return Check(program, True, found, required=required)
    try:
        run = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check(program, False, f"{found} does not run: {error}", hint)
    version = re.search(r"version (\d+)\.(\d+)(?:\.\d+)*", run.stdout)
    if version is None:
        return Check(
            program, False, f"{found} does not say its version: {(run.stderr or run.stdout).strip()[:200]}", hint
        )
    oldest = ".".join(map(str, OLDEST_QEMU))
    if (int(version[1]), int(version[2])) < OLDEST_QEMU:
        return Check(program, False, f"{version[0]} is too old", f"QEMU {oldest} or newer is needed")
    return Check(program, True, f"{version[0]} ({found})")


def _check_keyring(*, required: bool) -> Check:
    return Check(
        "Debian keyring",
        ARCHIVE_KEYRING.exists(),
        str(ARCHIVE_KEYRING) if ARCHIVE_KEYRING.exists() else "not installed",
        "`rollcage setup`, or apt-get install debian-archive-keyring",
        required,
    )


def _check_build_rights(*, required: bool) -> Check:
    """Whether this user may unpack a Debian system: as root, or in a user namespace with subordinate ids."""
    name = "right to build the image"
    if os.geteuid() == 0:
        return Check(name, True, "root", required=required)
    hint = "run `sudo rollcage setup`, or give your user ranges in /etc/subuid and /etc/subgid and install uidmap"
    if find_program("newuidmap") is None:
        return Check(name, False, "newuidmap is not installed", hint, required)
    unshared = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--map-auto", "true"], capture_output=True, text=True, check=False
    )
    if unshared.returncode == 0:
        return Check(name, True, "user namespace with subordinate ids", required=required)
    return Check(name, False, f"no user namespace: {unshared.stderr.strip()}", hint, required)


def _check_space(paths: Paths, needed: int) -> Check:
    place = paths.cache
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Check(
        "disk space",
        free >= needed,
        f"{free / 1e9:.1f} GB free in {place}",
        f"{needed / 1e9:.1f} GB are needed; ROLLCAGE_HOME can name a directory on another disk",
    )


def _check_memory() -> Check:
    match = re.search(r"^MemAvailable:\s+(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    if match is None:
        return Check("memory", False, "the kernel does not say how much is available", required=False)
    available = int(match[1]) // 1024
    return Check(
        "memory",
        available >= ENOUGH_MEMORY_MB,
        f"{available} MiB available",
        f"{ENOUGH_MEMORY_MB} MiB keep a template and two machines of the smallest profile in memory",
        required=False,
    )


def _check_child_memory() -> Check:
    """Whether the memory of a child process can be read, as snapshots do; by reading some."""
    name = "snapshots (/proc/PID/mem)"
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
        try:
            first = Path(f"/proc/{child.pid}/maps").read_text().split("-", 1)[0]
            with open(f"/proc/{child.pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 - not a path of ours
                memory.seek(int(first, 16))
                read = len(memory.read(16))
        except (OSError, ValueError) as error:
            setting = scope.read_text().strip() if scope.exists() else "absent"
            return Check(
                name,
                False,
                f"the memory of a child process cannot be read: {error} (yama ptrace_scope: {setting})",
                "set kernel.yama.ptrace_scope to 0 or 1, and allow ptrace in the container",
            )
        finally:
            child.kill()
    return Check(name, read == 16, "the memory of a child process can be read")


def _check_kvm() -> Check:
    name, device = "/dev/kvm", Path("/dev/kvm")
    if not device.exists():
        return Check(name, False, "not there; machines are emulated, which is slower", required=False)
    if not os.access(device, os.R_OK | os.W_OK):
        return Check(
            name, False, "no access; machines are emulated, which is slower", "add your user to the group kvm", False
        )
    return Check(name, True, "can be opened; whether a guest runs with it is found out by trying", required=False)


def _check_confinement(paths: Paths) -> Check:
    """Whether commands can be confined on the host itself; by confining one."""
    name = "confinement on the host"
    with tempfile.TemporaryDirectory(prefix="rollcage-") as workspace:
        found = probe(Path(workspace), paths)
    if found.available:
        return Check(name, True, f"bubblewrap works ({found.program})", required=False)
    hint = "what asks to run on the host runs in a machine instead"
    return Check(name, False, found.reason or found.unfit, hint, required=False)


def _check_installer() -> Check:
    name = "installing by apt"
    if shutil.which("apt-get") is None:
        return Check(name, False, "there is no apt-get", "install what is missing with your package manager", False)
    if (prefix := _as_root()) is None:
        return Check(name, False, "neither root nor sudo without a password", "run `sudo rollcage setup`", False)
    return Check(name, True, "as root" if not prefix else "through sudo", required=False)


def _as_root() -> list[str] | None:
    """Return what to put before a command to run it as root; None if that is not possible."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return ["sudo", "-n"] if allowed.returncode == 0 else None


def missing_packages() -> list[str]:
    """Return the Debian packages whose programs or files are missing."""
    missing = [package for program, package in _PROGRAMS.items() if find_program(program) is None]
    if not ARCHIVE_KEYRING.exists():
        missing.append("debian-archive-keyring")
    if os.geteuid() != 0 and find_program("newuidmap") is None:
        missing.append("uidmap")
    return sorted(missing)


def install_missing(progress: Callable[[float | None, str], None], log: Path) -> list[str]:
    """Install what `missing_packages` names and return it; does nothing when nothing is missing.

    Args:
        progress: called with the fraction done (None: unknown) and what is being done.
        log: file that apt's whole output is added to.

    Raises:
        HostNotReady: there is no apt, no right to use it, no network or no space; the hint has the command to run.
    """
    missing = missing_packages()
    if not missing:
        return []
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if shutil.which("apt-get") is None:
        raise HostNotReady(
            f"missing: {', '.join(missing)}; there is no apt-get to install them with",
            hint="install them with your package manager (the names are Debian's)",
        )
    if (prefix := _as_root()) is None:
        raise HostNotReady(
            f"missing: {', '.join(missing)}; installing them takes root",
            hint=f"run: sudo apt-get update && sudo {' '.join(install)}",
        )
    as_root = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"]
    _run_apt([*as_root, "apt-get", "update", "--error-on=any"], progress, log)
    # sudo closes every other descriptor, so apt reports among its output.
    _run_apt([*as_root, *install, "-o", "APT::Status-Fd=1", "-o", "DPkg::Lock::Timeout=120"], progress, log)
    if still := missing_packages():
        raise HostNotReady(f"apt succeeded, but {', '.join(still)} is still missing", hint=f"the full log is {log}")
    return missing


def _run_apt(argv: list[str], progress: Callable[[float | None, str], None], log: Path) -> None:
    tail: deque[str] = deque(maxlen=200)
    progress(None, "reading package lists" if "update" in argv else "downloading packages")
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        log.open("a", encoding="utf-8") as log_file,
        subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            log_file.write(line)
            if status := re.match(r"(dl|pm)status:[^:]*:([\d.]+):(.*)", line):
                share = float(status[2]) / 200
                progress(share if status[1] == "dl" else 0.5 + share, status[3].strip())
            else:
                tail.append(line.rstrip())
    if process.returncode != 0:
        raise explain_failure(list(tail), str(log), "install what is missing")
