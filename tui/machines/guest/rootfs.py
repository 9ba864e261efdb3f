"""Turns the tar stream of a fresh Debian tree into the squashfs image, and keeps what the boot needs on the way.

Nothing is unpacked on the host, so this needs no root, and no file of the guest is ever a file of the host.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, Final

from tui.machines.guest import packages

_MODULE: Final = re.compile(r"(?:usr/)?lib/modules/(?P<release>[^/]+)/(?P<path>.+)")
_KERNEL: Final = re.compile(r"boot/vmlinuz-.+")
_BUSYBOX: Final = ("bin/busybox", "usr/bin/busybox")
_STATUS: Final = "var/lib/dpkg/status"


@dataclass(slots=True)
class BootParts:
    """What of the tree is needed to boot it, and what it is made of."""

    kernel: bytes = b""
    busybox: bytes = b""
    release: str = ""
    modules: dict[str, bytes] = field(default_factory=dict)
    """Path below /lib/modules/RELEASE -> bytes; `modules.dep` and `modules.builtin` among them."""
    dpkg_status: bytes = b""


def strip_tree(source: IO[bytes], target: IO[bytes], additions: Iterable[tuple[tarfile.TarInfo, bytes]]) -> BootParts:
    """Copy a tar stream without what a guest has no use for, with `additions` at its end.

    Raises:
        tarfile.TarError, OSError: a stream broke off.
    """
    parts = BootParts()
    with (
        tarfile.open(fileobj=source, mode="r|", bufsize=1 << 20) as incoming,
        tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT, bufsize=1 << 20) as outgoing,
    ):
        for member in incoming:
            path = member.name.removeprefix("./").rstrip("/")
            data = _notice(parts, path, member, incoming)
            if path in ("", ".") or not is_kept(path, member):
                continue
            if data is not None:
                outgoing.addfile(member, io.BytesIO(data))
            else:
                outgoing.addfile(member, incoming.extractfile(member) if member.isreg() else None)
        for info, data in additions:
            outgoing.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return parts


def _notice(parts: BootParts, path: str, member: tarfile.TarInfo, incoming: tarfile.TarFile) -> bytes | None:
    """Read a file the boot needs; a stream gives every file once only, so it is returned for whoever wants it too."""
    module = _MODULE.fullmatch(path)
    wanted = module or path in _BUSYBOX or path == _STATUS or _KERNEL.fullmatch(path)
    if not member.isreg() or not wanted or (module and not is_kept(path, member)):
        return None
    file = incoming.extractfile(member)
    assert file is not None
    data = file.read()
    if module:
        parts.release = module["release"]
        parts.modules[module["path"]] = data
    elif path in _BUSYBOX:
        parts.busybox = data
    elif path == _STATUS:
        parts.dpkg_status = data
    else:
        parts.kernel = data
    return data


def is_kept(path: str, member: tarfile.TarInfo) -> bool:
    """Say whether a guest has use for the file at `path`."""
    if path in packages.LEFT_OUT or member.ischr() or member.isblk():
        return False
    if any(path.startswith(f"{emptied}/") for emptied in packages.EMPTIED):
        # Empty directories below /var/cache and /var/log stay: programs expect them.
        return member.isdir() and path.startswith(("var/cache/", "var/log/", "var/lib/apt/lists/"))
    if path.startswith("etc/apt/sources.list"):
        return member.isdir()
    module = _MODULE.fullmatch(path)
    return module is None or _has_use(module["path"], member)


def _has_use(module: str, member: tarfile.TarInfo) -> bool:
    if member.isdir():
        return True
    if module.startswith("kernel/arch/"):
        return "/crypto/" in module
    if not module.startswith("kernel/drivers/"):
        return True
    below = module.removeprefix("kernel/drivers/")
    return below.startswith(tuple(f"{name}/" for name in packages.DRIVERS_KEPT)) and not below.startswith(
        packages.DRIVERS_DROPPED
    )


def added(path: str, data: bytes | None = None, mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    """Return a tar member of root's: a file with `data`, or a directory."""
    info = tarfile.TarInfo(f"./{path}")
    info.mode = mode
    if data is None:
        info.type = tarfile.DIRTYPE
        return info, b""
    info.size = len(data)
    return info, data


def linked(path: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    """Return a tar member that is a symbolic link of root's."""
    info = tarfile.TarInfo(f"./{path}")
    info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
    return info, b""


def installed_packages(dpkg_status: str) -> dict[str, str]:
    """Return name -> version of the packages a dpkg status file lists."""
    found: dict[str, str] = {}
    for stanza in dpkg_status.split("\n\n"):
        name = re.search(r"^Package: (.+)$", stanza, re.MULTILINE)
        version = re.search(r"^Version: (.+)$", stanza, re.MULTILINE)
        if name and version:
            found[name[1]] = version[1]
    return found
