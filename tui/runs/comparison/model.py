"""What a comparison of two snapshots says. All of it may be shown: texts are cleaned, and secrets are taken out."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from tui.machines.inspection import FileFacts, FileKind, ProcessFacts
from tui.store.model import SnapshotRecord


class ChangeKind(enum.StrEnum):
    """What became of a file or a process from the older snapshot to the newer."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Aspect(enum.StrEnum):
    """In what a file that is in both snapshots differs."""

    KIND = "kind"
    MODE = "mode"
    OWNER = "owner"
    SIZE = "size"
    CONTENT = "content"
    TARGET = "target"
    """Where a symbolic link leads, or the number of a device."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that is not the same in both snapshots."""

    path: str
    """Absolute, exactly as in the guest: the key for `Engine.file_diff`, not for showing. Bytes that are not UTF-8 are
    lone surrogates."""
    shown: str
    """The path for people, in one line."""
    change: ChangeKind
    before: FileFacts | None
    after: FileFacts | None
    aspects: tuple[Aspect, ...] = ()
    """In what it differs; empty unless it changed."""
    content_known: bool = True
    """False: the file was written to, but it is too large to say whether its content differs."""
    with_contents: bool = False
    """It is a directory of the guest image, and all that is in it came or went with it without being listed."""

    @property
    def facts(self) -> FileFacts:
        """What is known of it after the change, or before its removal."""
        facts = self.after or self.before
        assert facts is not None
        return facts


@dataclass(frozen=True, slots=True)
class ProcessChange:
    """A process that runs in only one of the snapshots, or has become another program since."""

    change: ChangeKind
    before: ProcessFacts | None
    after: ProcessFacts | None

    @property
    def facts(self) -> ProcessFacts:
        """What is known of it after the change, or before its end."""
        facts = self.after or self.before
        assert facts is not None
        return facts


@dataclass(frozen=True, slots=True)
class MemoryChange:
    """Pages of the machine's RAM whose content differs; the kernel's and the agent's are among them."""

    pages: int
    total_pages: int
    page_bytes: int

    @property
    def changed_bytes(self) -> int:
        """The size of the pages that differ."""
        return self.pages * self.page_bytes


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one snapshot to another."""

    older: SnapshotRecord
    newer: SnapshotRecord
    files: tuple[FileChange, ...]
    """In order of their paths."""
    processes: tuple[ProcessChange, ...]
    """In order of their numbers."""
    memory: MemoryChange | None
    """None: it cannot be compared, and a note says why."""
    notes: tuple[str, ...] = ()
    """What is not known, in sentences for people."""

    @property
    def is_empty(self) -> bool:
        """No file and no process differs, as far as is known."""
        return not self.files and not self.processes


class LineKind(enum.StrEnum):
    """What a line of a diff is."""

    HUNK = "hunk"
    """`@@ -1,3 +1,4 @@`: where the following lines are."""
    CONTEXT = "context"
    REMOVED = "removed"
    ADDED = "added"
    NOTE = "note"
    """Says something of the line before it, such as that no newline ends it."""


_MARKS = {LineKind.CONTEXT: " ", LineKind.REMOVED: "-", LineKind.ADDED: "+", LineKind.NOTE: "\\ "}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a unified diff."""

    kind: LineKind
    text: str
    """Without mark and newline."""
    before: int | None = None
    """Number of the line in the older file, from 1."""
    after: int | None = None

    def __str__(self) -> str:
        return _MARKS.get(self.kind, "") + self.text


@dataclass(frozen=True, slots=True)
class FileDiff:
    """How the content of one file differs."""

    path: str
    shown: str
    before: FileFacts | None
    """None: the older snapshot has no such file."""
    after: FileFacts | None
    lines: tuple[DiffLine, ...] = ()
    is_binary: bool = False
    truncated: bool = False
    """There is more that differs than the lines say."""
    before_sha256: str | None = None
    """Of the whole file, where it is not shown line by line; None: not known, or no such file."""
    after_sha256: str | None = None
    notes: tuple[str, ...] = ()
    """What the lines cannot say, in sentences for people."""


__all__ = [
    "Aspect", "ChangeKind", "Comparison", "DiffLine", "FileChange", "FileDiff", "FileFacts", "FileKind", "LineKind",
    "MemoryChange", "ProcessChange", "ProcessFacts",
]  # fmt: skip
