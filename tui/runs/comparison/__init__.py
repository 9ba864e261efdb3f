"""What changed between any two snapshots: files, processes and memory.

`Engine.compare(older_id, newer_id)` gives a `Comparison`; `Engine.file_diff(older_id, newer_id, path)` the lines in
which one file of it differs, fetched when they are wanted.
"""

from tui.runs.comparison.model import (
    Aspect,
    ChangeKind,
    Comparison,
    DiffLine,
    FileChange,
    FileDiff,
    FileFacts,
    FileKind,
    LineKind,
    MemoryChange,
    ProcessChange,
    ProcessFacts,
)

__all__ = [
    "Aspect", "ChangeKind", "Comparison", "DiffLine", "FileChange", "FileDiff", "FileFacts", "FileKind", "LineKind",
    "MemoryChange", "ProcessChange", "ProcessFacts",
]  # fmt: skip
