"""Moves files and directories through the streams of a process of their own."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from typing import Any, NoReturn

from tui.machines.guest.agent_survey import answer

_PIECE = 256 * 1024
_AS_IS: dict[str, Any] = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}


class _Unsafe(Exception):
    """An archive wants to write outside its directory or to make a device."""


def carry_out(kind: str, path: str, mode: int) -> NoReturn:
    """Do what a command of this kind asks and end the process: exit code 1 and a message on stderr if it failed."""
    try:
        if kind == "read-file":
            _read_file(path)
        elif kind == "write-file":
            _write_file(path, mode)
        elif kind == "pack":
            _pack(path)
        elif kind == "survey":
            answer()
        else:
            _unpack(path)
    except (OSError, tarfile.TarError, _Unsafe) as error:
        os.write(2, f"{kind} {path}: {error}\n".encode(errors="replace"))
        os._exit(1)
    os._exit(0)


def _read_file(path: str) -> None:
    with open(path, "rb", buffering=0) as source, open(1, "wb", buffering=0) as sink:
        shutil.copyfileobj(source, sink, _PIECE)


def _write_file(path: str, mode: int) -> None:
    # Through a temporary file beside it: a reader sees the old file or the new one, never a part.
    path = os.path.realpath(path)
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path} is a directory")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".rollcage-", dir=os.path.dirname(path))
    try:
        with open(0, "rb", buffering=0) as source, open(descriptor, "wb", buffering=0) as sink:
            shutil.copyfileobj(source, sink, _PIECE)
            os.fchmod(descriptor, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _pack(path: str) -> None:
    inside = "." if os.path.isdir(path) else os.path.basename(path)
    with (
        open(1, "wb", buffering=_PIECE) as sink,
        tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        archive.add(path, arcname=inside)


def _unpack(path: str) -> None:
    os.makedirs(path, exist_ok=True)
    root = os.path.realpath(path)
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
    if os.path.islink(place) or (os.path.lexists(place) and not os.path.isdir(place) and not member.isdir()):
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
