"""The command line of a QEMU microvm, and the key under which what it saved may be restored.

The machine is a `microvm`: no PCI, no BIOS probing, direct PVH boot of an uncompressed kernel, at most eight
virtio-mmio devices. ACPI stays on because the Debian cloud kernel finds those devices through it only.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.machines.guest.wire import PORT_NAME
from tui.machines.model import MachineSpec

QEMU: Final = "qemu-system-x86_64"
NETWORK: Final = "net"
"""QEMU's name of the network: user mode, so the guest reaches what this host reaches, and nothing reaches the guest."""

KERNEL_ARGUMENTS: Final = (
    "console=ttyS0 quiet loglevel=3 panic=-1 reboot=t random.trust_cpu=on no_timer_check cryptomgr.notests"
    " rcupdate.rcu_expedited=1 init_on_alloc=0 noreplace-smp lsm=landlock,yama"
    " initcall_blacklist=init_kprobe_trace,tracer_init_tracefs,trace_eval_init,init_blk_tracer,"
    "load_system_certificate_list,crypto_kdf108_init,slab_sysfs_init"
)
"""The second line and those after it save a third of a boot under TCG; they cost the guest the files of the kernel's
tracers, AppArmor and TOMOYO, the kernel's own certificates, /sys/kernel/slab and the zeroing of its own allocations."""

_SECCOMP: Final = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"


@dataclass(frozen=True, slots=True)
class Accelerator:
    """How guest instructions are executed."""

    name: str
    """`kvm` or `tcg`."""
    arguments: tuple[str, ...]
    """The QEMU options that select it."""
    kernel_arguments: str = ""


KVM: Final = Accelerator("kvm", ("-accel", "kvm", "-cpu", "host,migratable=on"))


def tcg(tsc_khz: int) -> Accelerator:
    """Return the emulator, for a host whose time stamp counter has this frequency (see `tsc`).

    QEMU keeps translated code by its address, so programs must lie where they lay before: with address randomisation
    off, starting one again takes a quarter of the time (/bin/true 18 ms, then 4; bash 42, then 11). `rep movsb` is
    emulated byte by byte, so the guest is told not to copy with it (copying takes a third less time).
    """
    return Accelerator(
        "tcg",
        ("-accel", "tcg,thread=multi,tb-size=128", "-cpu", "max,-erms,-fsrm"),
        f" tsc=reliable tsc_early_khz={tsc_khz} norandmaps",
    )


@dataclass(frozen=True, slots=True)
class BootFiles:
    """What a guest boots from."""

    kernel: Path
    initrd: Path
    rootfs: Path
    key: str
    """Content key of the three together."""


@dataclass(frozen=True, slots=True)
class Channels:
    """File descriptors a QEMU inherits."""

    qmp: int
    agent: int
    console: int


def machine_arguments(
    spec: MachineSpec,
    accelerator: Accelerator,
    boot: BootFiles,
    *,
    memory_file: Path,
    shared: bool,
    channels: Channels,
    name: str,
    disk: str | None = None,
) -> list[str]:
    """Return the whole command line of a machine.

    Args:
        spec: What the machine is made of.
        accelerator: `KVM` or what `tcg` returns.
        boot: Kernel, initramfs and root file system.
        memory_file: The file that backs guest RAM.
        shared: Write RAM through to the file (a template being made) or copy on write (a clone).
        channels: Inherited sockets for QMP, the agent and the console.
        name: Marks the process so that strays can be found.
        disk: QEMU's JSON description of the block node under the writable root, for a spec that has a disk.
    """
    kernel_arguments = KERNEL_ARGUMENTS + accelerator.kernel_arguments
    if spec.network:
        kernel_arguments += " rollcage.net=1"
    if disk is not None:
        kernel_arguments += " rollcage.disk=1"
    rootfs = {
        "driver": "raw",
        "node-name": "root",
        "read-only": True,
        "file": {"driver": "file", "filename": str(boot.rootfs), "locking": "off", "read-only": True},
    }
    arguments = [
        QEMU,
        "-name", f"guest={name}",
        "-M", "microvm,acpi=on,rtc=on,pit=on,pic=on,isa-serial=on,suppress-vmdesc=on,memory-backend=ram",
        *accelerator.arguments,
        "-smp", str(spec.cpus),
        "-m", f"{spec.memory_mb}M",
        "-object", f"memory-backend-file,id=ram,size={spec.memory_mb}M,mem-path={_escaped(memory_file)},"
        f"share={'on' if shared else 'off'}",
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-sandbox", _SECCOMP,
        "-global", "migration.send-configuration=off",
        "-chardev", f"socket,id=qmp,fd={channels.qmp}", "-mon", "chardev=qmp,mode=control",
        "-chardev", f"socket,id=console,fd={channels.console}", "-serial", "chardev:console",
        "-kernel", str(boot.kernel), "-initrd", str(boot.initrd), "-append", kernel_arguments,
        "-blockdev", json.dumps(rootfs), "-device", "virtio-blk-device,drive=root",
        "-device", "virtio-serial-device,max_ports=2",
        "-chardev", f"socket,id=agent,fd={channels.agent}",
        "-device", f"virtserialport,chardev=agent,name={PORT_NAME}",
    ]  # fmt: skip
    if disk is not None:
        arguments += ["-blockdev", disk, "-device", "virtio-blk-device,drive=disk"]
    if spec.network:
        arguments += ["-netdev", f"user,id={NETWORK},ipv6=off", "-device", f"virtio-net-device,netdev={NETWORK}"]
    return arguments


def _escaped(path: Path) -> str:
    """QEMU's option syntax doubles a comma inside a value."""
    return str(path).replace(",", ",,")


def template_key(spec: MachineSpec, accelerator: Accelerator, boot: BootFiles, *, qemu_version: str, cpu: str) -> str:
    """Return the key of all that a saved state depends on.

    Device order, RAM size, CPU model, kernel and QEMU version must be equal where a state is loaded, so they are all
    part of the key, by way of the command line itself.
    """
    shape = machine_arguments(
        spec, accelerator, BootFiles(Path("k"), Path("i"), Path("r"), boot.key),
        memory_file=Path("m"), shared=False, channels=Channels(0, 0, 0), name="n",
        disk="d" if spec.disk_mb is not None else None,
    )  # fmt: skip
    text = json.dumps([shape, spec.to_json(), boot.key, qemu_version, cpu])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
