"""In what the contents of two snapshots differ, found without reading a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tui.machines.inspection import Contents, FileFacts, FileKind, ProcessFacts
from tui.runs.comparison.model import Aspect, ChangeKind, FileChange, ProcessChange


def file_changes(older: Contents, newer: Contents) -> list[FileChange]:
    """Return the files that differ, or may: of those whose `content_known` is False, `settled` must decide.

    Texts in it are still as they came.
    """
    image = {**older.image, **newer.image}
    paths = {*older.written, *newer.written, *image}
    for contents in (older, newer):
        if contents.partial:  # what is not in it may be there all the same
            paths &= contents.written.keys()
    return [change for path in sorted(paths) if (change := _file_change(path, older, newer, image)) is not None]


def facts_at(path: str, contents: Contents, image: Mapping[str, FileFacts]) -> FileFacts | None:
    """Return what a snapshot has at a path; `image` is of both snapshots that are compared."""
    if path in contents.written:
        return contents.written[path]
    return None if contents.hides_image(path) else image.get(path)


def _file_change(path: str, older: Contents, newer: Contents, image: Mapping[str, FileFacts]) -> FileChange | None:
    before, after = facts_at(path, older, image), facts_at(path, newer, image)
    if before is None and after is None:
        return None
    with_contents = _shows_directory(path, older, image) != _shows_directory(path, newer, image)
    if before is None or after is None:
        change = ChangeKind.ADDED if before is None else ChangeKind.REMOVED
        return FileChange(path, path, change, before, after, with_contents=with_contents)
    aspects = tuple(_aspects(before, after))
    known = Aspect.CONTENT in aspects or not _may_differ(before, after)
    if not aspects and known:
        return None
    with_contents = with_contents and Aspect.KIND in aspects
    return FileChange(path, path, ChangeKind.CHANGED, before, after, aspects, known, with_contents)


def _shows_directory(path: str, contents: Contents, image: Mapping[str, FileFacts]) -> bool:
    """Whether a directory of the image is seen at a path, with what it holds there."""
    below = image.get(path)
    if below is None or below.kind is not FileKind.DIRECTORY or contents.hides_image(path) or path in contents.replaced:
        return False
    written = contents.written.get(path, below)
    return written is not None and written.kind is FileKind.DIRECTORY


def _aspects(before: FileFacts, after: FileFacts) -> Iterator[Aspect]:
    if before.kind is not after.kind:
        yield Aspect.KIND
        return
    if before.mode != after.mode and before.kind is not FileKind.SYMLINK:
        yield Aspect.MODE
    if (before.uid, before.gid) != (after.uid, after.gid):
        yield Aspect.OWNER
    if before.size != after.size:
        yield Aspect.SIZE
        yield Aspect.CONTENT
    if (before.target, before.device) != (after.target, after.device):
        yield Aspect.TARGET


def _may_differ(before: FileFacts, after: FileFacts) -> bool:
    """Whether files of one size may differ in content: an equal inode, written at equal times, was not written."""
    is_file = before.kind is after.kind is FileKind.FILE
    return is_file and bool(before.size) and (before.stamp, before.modified_ns) != (after.stamp, after.modified_ns)


def undecided(changes: list[FileChange]) -> list[str]:
    """Return the paths of the files whose contents must be compared, the smallest first."""
    open_ = [change for change in changes if not change.content_known]
    return [change.path for change in sorted(open_, key=lambda change: (change.facts.size or 0, change.path))]


def settled(changes: list[FileChange], older: Mapping[str, str], newer: Mapping[str, str]) -> list[FileChange]:
    """Return the changes without those that are none, by the checksums of the contents, as far as these are known."""
    found = []
    for change in changes:
        if change.content_known or change.path not in older or change.path not in newer:
            found.append(change)
        elif older[change.path] != newer[change.path]:
            found.append(replace(change, aspects=(*change.aspects, Aspect.CONTENT), content_known=True))
        elif change.aspects:
            found.append(replace(change, content_known=True))
    return found


def process_changes(older: Contents, newer: Contents) -> list[ProcessChange]:
    """Return the processes that came, went, or became another program. Texts in it are still as they came."""
    before, after = ({(item.pid, item.started): item for item in each.processes} for each in (older, newer))
    found = []
    for key in sorted({*before, *after}):
        one, other = before.get(key), after.get(key)
        if one is None or other is None:
            found.append(ProcessChange(ChangeKind.ADDED if one is None else ChangeKind.REMOVED, one, other))
        elif _program(one) != _program(other):
            found.append(ProcessChange(ChangeKind.CHANGED, one, other))
    return found


def _program(process: ProcessFacts) -> tuple[int, str, tuple[str, ...]]:
    return process.uid, process.name, process.argv
