"""Locks between processes: who drives a session, and which engines are alive.

They are `flock` locks, so the kernel drops them with the process, however it ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import Final

from tui.ids import checked_id

_PATIENCE: Final = 100
_PAUSE_S: Final = 0.005


class Held(Exception):
    """Another process holds the lock; `pid` is what it wrote, if it is known."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"held by process {pid}" if pid else "held by another process")
        self.pid = pid


class Lock:
    """A lock that is held. Release it with `release`, or by ending."""

    def __init__(self, path: Path, file: int) -> None:
        self._path = path
        self._file = file

    @classmethod
    def acquire(cls, directory: Path, id_: str) -> Lock:
        """Take the lock named by an id at once.

        Raises:
            Held: another process, or this one, has it.
        """
        path = directory / f"{checked_id(id_)}.lock"
        patience = _PATIENCE
        while True:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = _pid(file)
                os.close(file)
                if pid is None or _is_alive(pid) or not patience:
                    raise Held(pid) from None
                # A holder that was killed while it started a program: the child lets go as soon as it executes it.
                patience -= 1
                time.sleep(_PAUSE_S)
                continue
            except BaseException:
                os.close(file)
                raise
            if _is_still_there(path, file):
                os.ftruncate(file, 0)
                os.pwrite(file, str(os.getpid()).encode(), 0)
                return cls(path, file)
            os.close(file)  # its last holder removed it while this process waited

    def release(self, *, remove: bool = False) -> None:
        """Let go; with `remove` the file goes too, for a lock that nobody will want again."""
        if self._file < 0:
            return
        if remove:
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()
        os.close(self._file)
        self._file = -1


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _pid(file: int) -> int | None:
    try:
        return int(os.pread(file, 20, 0))
    except ValueError:
        return None


def _is_still_there(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
