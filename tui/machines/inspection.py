"""Looking into a stored snapshot: which files and processes are in it, without anything in it moving.

Everything here was said by a guest, so it is untrusted: texts are as they came, with bytes that are not UTF-8 as lone
surrogates (PEP 383), and go through `tui.text` before a person sees them.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class FileKind(enum.StrEnum):
    """What a name in a directory is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    FIFO = "fifo"
    SOCKET = "socket"
    CHARACTER_DEVICE = "character-device"
    BLOCK_DEVICE = "block-device"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a file without reading it."""

    kind: FileKind
    mode: int
    """Permission bits, setuid, setgid and sticky among them."""
    uid: int
    gid: int
    size: int | None = None
    """Bytes; None of what has no content of its own."""
    modified_ns: int = 0
    """Nanoseconds since the epoch, by the guest's clock."""
    target: str = ""
    """Where a symbolic link leads."""
    device: tuple[int, int] | None = None
    """Major and minor number of a device."""
    stamp: tuple[int, int] = field(default=(0, 0), repr=False)
    """Inode number and time of the last change, which a program in the guest cannot set: of two snapshots of one line,
    equal ones with equal `modified_ns` and `size` mean that the content was not written in between."""


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """A process of a user, not of the kernel and not of the agent."""

    pid: int
    parent_pid: int
    uid: int
    name: str
    argv: tuple[str, ...]
    """Its command line, cut after some thousand characters; empty where there is none."""
    started: int = 0
    """Clock ticks after the boot of the machine; tells processes of one number apart."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The files and processes of one snapshot.

    Only files that the machine wrote, changed or removed are in it. The others are those of the guest image, which is
    the same for all machines, and of which `image` holds what lies at a path of `written` or directly in one of
    `replaced`.
    """

    written: Mapping[str, FileFacts | None]
    """By absolute path. None: it was removed."""
    image: Mapping[str, FileFacts]
    replaced: frozenset[str] = frozenset()
    """Directories that hide the image: in their place an earlier one of it, with all that was in it, is gone. Those
    written below such a one are among them."""
    processes: tuple[ProcessFacts, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be looked at. Untrusted text."""
    partial: bool = False
    """There may be more in `written` and `replaced`: not all could be looked at."""

    def hides_image(self, path: str) -> bool:
        """Whether a directory above `path` was removed, replaced or is a directory no more."""
        for above in ancestors(path):
            if above in self.replaced:
                return True
            if above in self.written:
                facts = self.written[above]
                if facts is None or facts.kind is not FileKind.DIRECTORY:
                    return True
        return False


def ancestors(path: str) -> Iterator[str]:
    """Yield the directories above an absolute path, the nearest first, without `/`."""
    while (cut := path.rfind("/")) > 0:
        path = path[:cut]
        yield path


class Inspection(Protocol):
    """A snapshot being looked into. Nothing that ran in it runs meanwhile."""

    async def contents(self) -> Contents:
        """Return its files and processes.

        Raises:
            MachineError: the guest did not answer, or not with sense.
        """
        ...

    async def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return the SHA-256 of regular files, in hexadecimal. What is missing could not be read, or was too much."""
        ...

    async def read(self, path: str, limit: int) -> bytes:
        """Return the first `limit` bytes of a regular file.

        Raises:
            GuestRefused: it cannot be read.
        """
        ...

    async def discard(self) -> None:
        """End it. Never fails; may be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryDifference:
    """How much of the memory of two snapshots differs."""

    pages: int
    total_pages: int
    page_bytes: int
