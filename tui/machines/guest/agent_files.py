"""Moves files and directories through the streams of a process forked for it."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from typing import Any, NoReturn

from tui.machines.guest.agent_command import Request

_PIECE = 256 * 1024
_AS_IS: dict[str, Any] = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}


class _Unsafe(Exception):
    """An archive wants to write outside its directory or to make a device."""


def task(request: Request) -> Callable[[], NoReturn]:
    """Return what a forked child does for a request; it ends with exit code 1 and a message on stderr on failure."""
    work: dict[str, Callable[[Request], None]] = {
        "read-file": _read_file,
        "write-file": _write_file,
        "pack": _pack,
        "unpack": _unpack,
    }

    def run() -> NoReturn:
        try:
            work[request.kind](request)
        except (OSError, tarfile.TarError, _Unsafe) as error:
            os.write(2, f"{request.kind} {request.text}: {error}\n".encode(errors="replace"))
            os._exit(1)
        os._exit(0)

    return run


def _read_file(request: Request) -> None:
    with open(request.text, "rb", buffering=0) as source, open(1, "wb", buffering=0) as sink:
        shutil.copyfileobj(source, sink, _PIECE)


def _write_file(request: Request) -> None:
    # Through a temporary file beside it: a reader sees the old file or the new one, never a part.
    path = os.path.realpath(request.text)
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path} is a directory")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".rollcage-", dir=os.path.dirname(path))
    try:
        with open(0, "rb", buffering=0) as source, open(descriptor, "wb", buffering=0) as sink:
            shutil.copyfileobj(source, sink, _PIECE)
            os.fchmod(descriptor, request.file_mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _pack(request: Request) -> None:
    path = request.text
    inside = "." if os.path.isdir(path) else os.path.basename(path)
    with (
        open(1, "wb", buffering=_PIECE) as sink,
        tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        archive.add(path, arcname=inside)


def _unpack(request: Request) -> None:
    os.makedirs(request.text, exist_ok=True)
    root = os.path.realpath(request.text)
    with open(0, "rb", buffering=_PIECE) as source:
        with tarfile.open(fileobj=source, mode="r|*") as archive:
            for member in archive:
                _check(member, root)
                archive.extract(member, root, **_AS_IS)
        while source.read(_PIECE):
            pass


def _check(member: tarfile.TarInfo, root: str) -> None:
    """Refuse a member that would be written outside `root`, also through a link an earlier member made (CVE-2007-4559).

    Links may point anywhere, as those of a Python environment do; nothing is written through them. Python's own
    extraction filters are not used: they come with 3.11.4, refuse such links and change permission bits.
    """
    if member.isdev():
        raise _Unsafe(f"{member.name!r} is a device")
    place = _inside(member.name, root)
    if member.islnk():
        _inside(member.linkname, root)
    if os.path.islink(place):
        os.unlink(place)
    member.uid = member.gid = 0
    member.uname = member.gname = ""


def _inside(name: str, root: str) -> str:
    path = f"{root}/{name}"
    directory = os.path.realpath(os.path.dirname(path))
    above = root.rstrip("/") + "/"
    if name.startswith("/") or ".." in name.split("/") or not f"{directory}/".startswith(above):
        raise _Unsafe(f"{name!r} leads out of the directory")
    return path
