"""Says which files and processes a machine has, to whoever looks into one of its snapshots.

What a machine wrote is what lies in the upper directory of its overlay: files as they are now, a device 0/0 where one
of the image was removed, and directories marked as opaque where one of the image was replaced
(https://docs.kernel.org/filesystems/overlayfs.html). Only that is walked: a few files, where the image has many
thousands.

Answers are JSON, in which names that are not UTF-8 have lone surrogates (PEP 383), or the bytes of a file.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from typing import Any

IMAGE = "/proc/1/fd/8"
WRITTEN = "/proc/1/fd/9"
MOST_FILES = 50_000
"""Walking so many takes seconds where the CPU is emulated."""
MOST_NAMED = 4 * 1024 * 1024
"""Characters of their paths, together."""
MOST_DIGESTED = 64 * 1024 * 1024
"""Bytes read for digests in one go, together."""
_PIECE = 256 * 1024
_OPAQUE = "trusted.overlay.opaque"
_LONGEST_ARGUMENTS = 4096
_LONGEST_REASON = 1000
_MOST_NOTES = 20
_KERNEL_THREAD = 0x00200000
"""PF_KTHREAD of include/linux/sched.h."""
_LOOKING = b"0::/rehearsals/"
"""Where the control groups of `Groups.take` are while a machine is looked into: others may be about to end there."""
_FIXED = ("/", "/proc/sys/kernel/random/boot_id")
_AGENTS = ("/etc/machine-id", "/run/rollcage")
"""What the agent writes in every life of a machine, also in the one in which it is looked into."""
_WITHOUT_FILES = {
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "fusectl",
    "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "securityfs", "sysfs", "tracefs",
}  # fmt: skip
_WALKED = {"btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "ramfs", "tmpfs", "vfat", "xfs"}


class Survey:
    """Collects what there is."""

    def __init__(self, image: str = IMAGE, written: str = WRITTEN) -> None:
        """Open both layers of the root."""
        self._image = os.open(image, os.O_RDONLY | os.O_DIRECTORY)
        self._written = os.open(written, os.O_RDONLY | os.O_DIRECTORY)
        self.files: list[list[object]] = []
        self.lower: list[list[object]] = []
        self.replaced: list[str] = []
        self.notes: list[str] = []
        self.partial = False
        self._named = 0

    def walk_root(self, covered: Iterable[str] = ()) -> None:
        """Collect what was written to the root, but for what other file systems cover."""
        replaced = set()
        for path, is_directory in self._walk(self._written, "", set(covered)):
            self._look_below(path)
            if not is_directory:
                continue
            if _is_opaque(f"/proc/self/fd/{self._written}/{path}"):
                replaced.add(path)
            elif path.rpartition("/")[0] in replaced:
                replaced.add(path)  # the image is hidden from there on
            else:
                continue
            self.replaced.append(path)
            for name in self._names(self._image, path):
                self._look_below(f"{path}/{name}")

    def walk_mount(self, path: str) -> None:
        """Collect all of another file system."""
        try:
            root = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            self._fail(path[1:], error)
            return
        try:
            for _ in self._walk(root, path[1:], set()):
                pass
        finally:
            os.close(root)

    def _walk(self, root: int, prefix: str, leave_out: set[str]) -> Iterator[tuple[str, bool]]:
        """Collect everything below a directory on the same device and yield each path, with whether to look into it."""
        device = os.fstat(root).st_dev
        waiting = [""]
        while waiting:
            inside = waiting.pop()
            for name in self._names(root, inside):
                below = f"{inside}/{name}" if inside else name
                path = f"{prefix}/{below}" if prefix else below
                self._named += len(path)
                if len(self.files) >= MOST_FILES or self._named > MOST_NAMED:
                    self.partial = True
                    return
                if f"/{path}" in _AGENTS:
                    continue
                try:
                    status = os.lstat(below, dir_fd=root)
                except OSError as error:
                    self._fail(path, error)
                    continue
                self.files.append(_facts(path, below, root, status))
                is_directory = stat.S_ISDIR(status.st_mode)
                if is_directory and status.st_dev == device and f"/{path}" not in leave_out:
                    waiting.append(below)
                    yield path, True
                else:
                    yield path, False

    def _names(self, root: int, inside: str) -> list[str]:
        try:
            directory = os.open(inside or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self._fail(inside, error)
            return []
        try:
            # In order, so that of two machines with too many files the same ones are looked at.
            return sorted(os.listdir(directory))
        finally:
            os.close(directory)

    def _fail(self, path: str, error: OSError) -> None:
        self.partial = True
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(f"/{path} cannot be looked at: {error.strerror}")

    def _look_below(self, path: str) -> None:
        """Collect what the image has at a path."""
        try:
            status = os.lstat(path, dir_fd=self._image)
        except OSError:
            return
        self.lower.append(_facts(path, path, self._image, status))


def _is_opaque(path: str) -> bool:
    try:
        return os.getxattr(path, _OPAQUE, follow_symlinks=False) == b"y"
    except OSError:
        return False


def _facts(path: str, below: str, root: int, status: os.stat_result) -> list[object]:
    extra: object = None
    if stat.S_ISLNK(status.st_mode):
        try:
            extra = os.readlink(below, dir_fd=root)
        except OSError:
            extra = ""
    elif stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
        extra = [os.major(status.st_rdev), os.minor(status.st_rdev)]
    return [
        path, status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_mtime_ns, status.st_ino,
        status.st_ctime_ns, extra,
    ]  # fmt: skip


def mounts(table: str) -> Iterator[tuple[str, str]]:
    """Yield (mount point, type) of each file system in a mountinfo table."""
    for line in table.splitlines():
        fields = line.split(" ")
        if "-" not in fields or len(fields) < 7:
            continue
        # Blanks and the like are octal in it: proc_pid_mountinfo(5).
        point = fields[4].encode("utf-8", "surrogateescape").decode("unicode_escape").encode("latin-1")
        yield os.fsdecode(point), fields[fields.index("-") + 1]


def processes() -> list[list[object]]:
    """Return the processes that are neither the kernel's nor the agent's."""
    agent = _read("/proc/1/cmdline")
    me = str(os.getpid())
    pids = [name for name in os.listdir("/proc") if name.isdigit() and name not in ("1", me)]
    return [found for pid in pids if (found := _process(pid, agent)) is not None]


def _process(pid: str, agent: bytes) -> list[object] | None:
    try:
        title, _, rest = _read(f"/proc/{pid}/stat").partition(b"(")[2].rpartition(b")")
        fields = rest.split()
        state, parent, flags, started = fields[0], int(fields[1]), int(fields[6]), int(fields[19])
        if state == b"Z" or flags & _KERNEL_THREAD:
            return None
        group = _read(f"/proc/{pid}/cgroup").strip()
        if group.startswith(_LOOKING):
            return None
        arguments = _read(f"/proc/{pid}/cmdline")[:_LONGEST_ARGUMENTS]
        if arguments == agent:
            if parent == 1 and group == b"0::/":
                return None  # it stands ready for the next command
            title, arguments = b"Python interpreter", b""
        words = arguments.rstrip(b"\0").split(b"\0") if arguments else []
        uid = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None  # it has just ended
    return [int(pid), parent, uid, os.fsdecode(title), [os.fsdecode(word) for word in words], started]


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = b""
        while piece := os.read(descriptor, _PIECE):
            data += piece
        return data
    finally:
        os.close(descriptor)


def contents() -> dict[str, object]:
    """Return all there is."""
    survey = Survey()
    covering = [
        (point, kind) for point, kind in mounts(os.fsdecode(_read("/proc/self/mountinfo"))) if point not in _FIXED
    ]
    survey.walk_root(point for point, _ in covering)
    for point, kind in covering:
        if kind in _WALKED:
            survey.walk_mount(point)
        elif kind not in _WITHOUT_FILES:
            survey.notes.append(f"{point} is a mounted file system ({kind}) that was not looked at")
    return {
        "files": survey.files, "image": survey.lower, "replaced": survey.replaced, "processes": processes(),
        "notes": survey.notes, "partial": survey.partial,
    }  # fmt: skip


def digests(paths: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each regular file that can be read, as far as the bytes allowed for all of them go."""
    found = {}
    left = MOST_DIGESTED
    for path in paths:
        try:
            descriptor = _regular(path)
        except OSError:
            continue
        try:
            size = os.fstat(descriptor).st_size
            if size <= left:
                left -= size
                found[path] = _digest(descriptor)
        except OSError:
            continue
        finally:
            os.close(descriptor)
    return found


def _digest(descriptor: int) -> str:
    digest = hashlib.sha256()
    while piece := os.read(descriptor, _PIECE):
        digest.update(piece)
    return digest.hexdigest()


def read(path: str, limit: int) -> bytes:
    """Return the beginning of a regular file."""
    descriptor = _regular(path)
    try:
        data = b""
        while len(data) < limit and (piece := os.read(descriptor, min(limit - len(data), _PIECE))):
            data += piece
        return data
    finally:
        os.close(descriptor)


def _regular(path: str) -> int:
    """Open a file without waiting for whoever writes to a pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is not a regular file")
    return descriptor


def _say(data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(1, rest) :]


def answer() -> None:
    """Answer what is asked on stdin, one line of JSON after the other, until it ends.

    A question has a `what`: `contents`, `digests` of `paths`, or `read` of a `path` up to a `limit`. An answer is
    `ok` or `no`, a blank, its length and a newline; then the bytes: what was asked for, or why not.
    """
    with open(0, "rb", closefd=False) as questions:
        for line in questions:
            try:
                found, word = _answer(json.loads(line)), "ok"
            except (OSError, ValueError, KeyError, TypeError) as error:
                found, word = str(error).encode("utf-8", "replace")[:_LONGEST_REASON], "no"
            _say(f"{word} {len(found)}\n".encode())
            _say(found)


def _answer(question: dict[str, Any]) -> bytes:
    if question["what"] == "read":
        return read(question["path"], question["limit"])
    found = contents() if question["what"] == "contents" else digests(question["paths"])
    return json.dumps(found).encode()
