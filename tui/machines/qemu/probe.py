"""Which accelerator to use, found out by doing.

That /dev/kvm opens, and even that KVM_CREATE_VM succeeds, does not mean that a stock guest runs (nested and
para-virtual hosts). So KVM is believed once a guest has booted, been frozen, restored and has answered; the verdict is
kept until the image, QEMU, the kernel or the CPU changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from shutil import which
from typing import Final

from tui.errors import HostNotReady
from tui.machines.errors import MachineError
from tui.machines.qemu.command_line import KVM, QEMU, Accelerator

KVM_DEADLINE_S: Final = 12.0
_KVM_DEVICE: Final = Path("/dev/kvm")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The accelerator chosen, and why."""

    accelerator: str
    reason: str


@cache
def qemu_version(cache_directory: Path) -> str:
    """Return QEMU's version, remembered by the program file's size and time because asking takes 30 ms.

    Raises:
        HostNotReady: QEMU is not installed or does not run.
    """
    program = which(QEMU)
    if program is None:
        raise HostNotReady(f"{QEMU} is not installed", hint="run `rollcage setup`")
    status = Path(program).stat()
    stamp = f"{program}:{status.st_size}:{status.st_mtime_ns}"
    memory = cache_directory / "qemu-version.json"
    try:
        known = json.loads(memory.read_text())
        if known["stamp"] == stamp:
            return str(known["version"])
    except (OSError, ValueError, KeyError):
        pass
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30)
    except (subprocess.SubprocessError, OSError) as error:
        raise HostNotReady(f"{program} does not run: {error}") from error
    version = answer.stdout.splitlines()[0].strip()
    cache_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(memory, {"stamp": stamp, "version": version})
    return version


@cache
def cpu_key() -> str:
    """Return a digest of the CPU's model and flags, which a KVM guest sees."""
    wanted = ("vendor_id", "cpu family", "model\t", "stepping", "flags", "microcode")
    lines = set()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(wanted):
            lines.add(line)
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


async def choose(
    preference: str,
    verdicts: Path,
    image_key: str,
    version: str,
    attempt: Callable[[Accelerator, float], Awaitable[None]],
) -> Verdict:
    """Choose KVM where it really works, else TCG.

    Args:
        preference: `auto`, `kvm` (fail rather than fall back) or `tcg`.
        verdicts: The file that remembers.
        image_key: Key of the guest image.
        version: QEMU's version.
        attempt: Boots, freezes, restores and talks to a guest before a deadline, or raises.

    Raises:
        HostNotReady: KVM was demanded and does not work.
    """
    if preference == "tcg":
        return Verdict("tcg", "chosen in the settings")
    refusal = _kvm_refusal()
    if refusal is None:
        key = hashlib.sha256(f"{image_key}|{version}|{platform.release()}|{cpu_key()}".encode()).hexdigest()
        known = _remembered(verdicts, key)
        if known is None:
            try:
                await attempt(KVM, KVM_DEADLINE_S)
                known = Verdict(KVM.name, "a guest booted, was frozen, restored and answered under KVM")
            except (MachineError, TimeoutError) as error:
                first = str(error).splitlines()[0] if str(error) else "it did not answer in time"
                known = Verdict("tcg", f"/dev/kvm is there but cannot run the guest: {first}")
            _write(verdicts, {"key": key, **asdict(known)})
        if known.accelerator == KVM.name or preference == "auto":
            return known
        refusal = known.reason
    if preference == "kvm":
        raise HostNotReady(f"KVM is demanded by the settings but does not work: {refusal}", hint="set `backend: auto`")
    return Verdict("tcg", refusal)


def _kvm_refusal() -> str | None:
    """Return why KVM cannot even be tried."""
    if not _KVM_DEVICE.exists():
        return "there is no /dev/kvm on this host"
    if not os.access(_KVM_DEVICE, os.R_OK | os.W_OK):
        return "this user may not open /dev/kvm (join the group `kvm`)"
    return None


def _remembered(verdicts: Path, key: str) -> Verdict | None:
    try:
        known = json.loads(verdicts.read_text())
        return Verdict(str(known["accelerator"]), str(known["reason"])) if known["key"] == key else None
    except (OSError, ValueError, KeyError):
        return None


def _write(path: Path, data: dict[str, str]) -> None:
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps(data))
    draft.rename(path)
