"""The guest image: kernel, initramfs and root file system, kept under a key of what they are made of.

    images/KEY/vmlinux              uncompressed kernel
    images/KEY/rootfs.squashfs      the read-only root all machines share
    images/KEY/base.cpio            busybox and kernel modules, the first half of every initramfs
    images/KEY/initrd-DIGEST.img    base.cpio and the agent of this version of Rollcage
    images/KEY/packages.txt         what is installed
    images/KEY/manifest.json        sizes and checksums; its presence means the image is whole

An image is built in a directory beside its place and renamed there when all of it is on disk, so one that can be seen
is complete.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tui.errors import HostNotReady
from tui.machines.guest import AGENT_FILES, packages
from tui.machines.guest.bootstrap import Progress, make_rootfs, remove_workspace
from tui.machines.guest.bytecode import can_compile_for, compiled
from tui.machines.guest.initramfs import AGENT_DIRECTORY, agent_archive, base_archive
from tui.machines.guest.kernel import UnreadableKernel, unpack_kernel
from tui.machines.guest.modules import (
    ALWAYS,
    DISK,
    NETWORK,
    load_order,
    module_name,
    parse_dependencies,
    without_signature,
)
from tui.machines.guest.rootfs import BootParts, installed_packages
from tui.machines.guest.sources import host_suite
from tui.paths import Paths

_KERNEL: Final = "vmlinux"
_ROOTFS: Final = "rootfs.squashfs"
_BASE: Final = "base.cpio"
_MANIFEST: Final = "manifest.json"
_PACKAGES: Final = "packages.txt"
_BUILDING: Final = ".building-"
_RESULT: Final = "result"
_INITRDS_KEPT: Final = 3
NEEDED_BYTES: Final = 1_800_000_000
"""Space a build takes at its peak: about 0.9 GB of unpacked packages beside the image (measured), and a margin."""


@dataclass(frozen=True, slots=True)
class GuestImage:
    """What a machine boots from."""

    kernel: Path
    initrd: Path
    rootfs: Path
    key: str
    """Digest of the content of all three."""
    manifest: dict[str, Any]
    """suite, kernel_release, python, built_at, and per file its bytes and sha256."""


@dataclass(frozen=True, slots=True)
class ImageStatus:
    """Whether there is an image, and if not, why not."""

    ready: bool
    path: Path
    """Where it is, or will be."""
    detail: str


def image_key(suite: str) -> str:
    """Return the key of the image this version of Rollcage makes of `suite`."""
    recipe = [
        packages.FORMAT, suite, packages.KERNEL, packages.TOOLS, packages.LINKS, packages.COMPRESSION,
        packages.UNPACKED_NEVER, packages.EMPTIED, packages.LEFT_OUT, packages.DRIVERS_KEPT, packages.DRIVERS_DROPPED,
        ALWAYS, NETWORK, DISK,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:16]


def image_status(paths: Paths) -> ImageStatus:
    """Say whether the image is there; nothing is changed."""
    directory = _directory(paths)
    if not directory.exists():
        return ImageStatus(False, directory, "not built yet")
    try:
        manifest = _read_manifest(directory)
    except HostNotReady as error:
        return ImageStatus(False, directory, error.message)
    megabytes = sum(file["bytes"] for file in manifest["files"].values()) / 1e6
    return ImageStatus(True, directory, f"{manifest['suite']}, kernel {manifest['kernel_release']}, {megabytes:.0f} MB")


def find_image(paths: Paths) -> GuestImage:
    """Return the image, with an initramfs that carries the agent of this version of Rollcage.

    Raises:
        HostNotReady: there is none, or it is damaged.
    """
    directory = _directory(paths)
    if not directory.exists():
        raise HostNotReady("there is no guest image yet", hint="run `rollcage setup`")
    return _open(directory, _read_manifest(directory))


def build_image(
    paths: Paths, progress: Progress | None = None, log: Path | None = None, *, again: bool = False
) -> GuestImage:
    """Build the image unless it is there, and return it. If another process is building it, wait for that.

    Args:
        paths: where images and logs are kept.
        progress: called with the fraction done and what is being done, from more than one thread but never at once.
        log: file that the whole output of the build is added to; by default `image-build.log` among the logs.
        again: build it anew even if it is there.

    Raises:
        HostNotReady: the host lacks a program, space, network or a right.
        UnreadableKernel: the kernel that was installed cannot be started.
    """
    paths.create()
    directory = _directory(paths)
    log = log or paths.logs / "image-build.log"
    report = progress or (lambda _fraction, _stage: None)
    with _lock(paths.images, report):
        if not again and image_status(paths).ready:
            report(1.0, "the image is there")
            return find_image(paths)
        _clean(paths.images)
        _check_space(paths.images)
        building = paths.images / f"{_BUILDING}{directory.name}"
        try:
            _fill(building, host_suite(), report, log)
            report(0.99, "putting it in place")
            _put_in_place(building / _RESULT, directory)
        finally:
            _clean(paths.images)
        image = find_image(paths)
    report(1.0, "the image is ready")
    return image


def drop_stale_images(paths: Paths) -> None:
    """Remove images built for other packages or another format, which this version cannot use."""
    with _lock(paths.images, lambda _fraction, _stage: None):
        for path in paths.images.iterdir():
            if path.is_dir() and not path.name.startswith(_BUILDING) and path != _directory(paths):
                shutil.rmtree(path, ignore_errors=True)


def _directory(paths: Paths) -> Path:
    return paths.images / image_key(host_suite())


def _fill(building: Path, suite: str, report: Progress, log: Path) -> None:
    workspace, result = building / "workspace", building / _RESULT
    for directory in (building, workspace, result):
        directory.mkdir(mode=0o700)
    parts = make_rootfs(suite, result / _ROOTFS, workspace, report, log)
    report(0.97, "unpacking the kernel")
    (result / _KERNEL).write_bytes(unpack_kernel(parts.kernel))
    (result / _BASE).write_bytes(_base(parts))
    installed = installed_packages(parts.dpkg_status.decode(errors="replace"))
    (result / _PACKAGES).write_text("".join(f"{name} {version}\n" for name, version in sorted(installed.items())))
    report(0.98, "writing to disk")
    manifest = {
        "format": packages.FORMAT,
        "suite": suite,
        "kernel_release": parts.release,
        "python": installed.get("python3-minimal", ""),
        "files": {name: _describe(result / name) for name in (_KERNEL, _ROOTFS, _BASE)},
    }
    (result / _MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    for path in (*result.iterdir(), result):
        _sync(path)


def _base(parts: BootParts) -> bytes:
    if not parts.busybox or "modules.dep" not in parts.modules:
        raise UnreadableKernel("the image lacks busybox or kernel modules")
    table = parse_dependencies(parts.modules["modules.dep"].decode())
    builtin = parts.modules.get("modules.builtin", b"")
    order = load_order(
        table, (*ALWAYS, *NETWORK, *DISK), frozenset(module_name(line) for line in builtin.decode().split())
    )
    try:
        contents = {path: without_signature(parts.modules[path]) for path in order}
    except KeyError as error:
        raise UnreadableKernel(f"module {error} is missing") from error
    return base_archive(
        busybox=parts.busybox, release=parts.release, table=table, paths=order, contents=contents, builtin=builtin
    )


def _open(directory: Path, manifest: dict[str, Any]) -> GuestImage:
    package = Path(__file__).parent
    try:
        init = (package / "init.sh").read_bytes()
        agent = {name: (package / name).read_bytes() for name in AGENT_FILES}
    except OSError as error:
        raise HostNotReady(f"Rollcage is not installed completely: {error}", hint="install it again") from error
    ahead = can_compile_for(manifest["python"])
    digest = hashlib.sha256(manifest["files"][_BASE]["sha256"].encode())
    digest.update(agent_archive(init, agent))
    digest.update(sys.version.encode() if ahead else b"")
    initrd = directory / f"initrd-{digest.hexdigest()[:16]}.img"
    if not initrd.exists():
        if ahead:
            agent |= compiled(agent, AGENT_DIRECTORY)
        _write_whole(initrd, (directory / _BASE).read_bytes() + agent_archive(init, agent))
        _forget_old_initrds(directory)
    for name in (_KERNEL, _ROOTFS):
        digest.update(manifest["files"][name]["sha256"].encode())
    return GuestImage(directory / _KERNEL, initrd, directory / _ROOTFS, digest.hexdigest()[:32], manifest)


def _read_manifest(directory: Path) -> dict[str, Any]:
    damaged = HostNotReady(f"the guest image in {directory} is damaged", hint="run `rollcage setup` to build it anew")
    try:
        manifest = json.loads((directory / _MANIFEST).read_bytes())
        for name in (_KERNEL, _ROOTFS, _BASE):
            if (directory / name).stat().st_size != manifest["files"][name]["bytes"]:
                raise damaged
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged from error
    if not isinstance(manifest, dict):
        raise damaged
    return manifest


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is never seen in part."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(data)
    _sync(partial)
    partial.replace(path)


def _forget_old_initrds(directory: Path) -> None:
    found = sorted(directory.glob("initrd-*.img"), key=lambda path: path.stat().st_mtime_ns)
    for path in found[:-_INITRDS_KEPT]:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put_in_place(result: Path, directory: Path) -> None:
    if directory.exists():
        # A directory cannot be replaced in one step; a crash between the two leaves no image, never half of one.
        directory.rename(directory.with_name(f"{_BUILDING}old-{directory.name}"))
    result.rename(directory)
    _sync(directory.parent)


@contextmanager
def _lock(images: Path, report: Progress) -> Iterator[None]:
    with (images / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(None, "waiting for another process that is building the image")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _check_space(images: Path) -> None:
    free = shutil.disk_usage(images).free
    if free < NEEDED_BYTES:
        raise HostNotReady(
            f"no space to build the guest image: {free / 1e6:.0f} MB free in {images}, "
            f"{NEEDED_BYTES / 1e6:.0f} MB needed",
            hint="free some, or let ROLLCAGE_HOME name a directory on another disk",
        )


def _clean(images: Path) -> None:
    """Remove what builds left. Called with the lock held."""
    for leftover in images.glob(f"{_BUILDING}*"):
        remove_workspace(leftover)
