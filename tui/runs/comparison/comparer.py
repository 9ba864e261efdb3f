"""Compares two snapshots, and says it so that it may be shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from tui.errors import NotFound
from tui.machines.errors import CapabilityLacking
from tui.machines.inspection import Contents, FileFacts, FileKind, ProcessFacts
from tui.machines.protocol import Backend
from tui.redaction import Redactor
from tui.runs.comparison.difference import facts_at, file_changes, process_changes, settled, undecided
from tui.runs.comparison.model import Comparison, FileChange, FileDiff, MemoryChange, ProcessChange
from tui.runs.comparison.snapshots import Snapshots, together
from tui.runs.comparison.text_diff import diff, is_binary
from tui.store.model import SnapshotRecord
from tui.text import clean_line
from tui.units import size

LARGEST_TEXT: Final = 1024 * 1024
"""Bytes of a file that is compared line by line."""
_LONGEST_SHOWN: Final = 1000


class Comparer:
    """Compares snapshots of any sessions. Neither they nor the sessions are touched by it."""

    def __init__(
        self,
        backend: Callable[[], Awaitable[Backend]],
        holding_back: Callable[[], AbstractContextManager[None]],
        redactor: Redactor,
    ) -> None:
        """Prepare to compare; `holding_back` keeps others from making machines meanwhile."""
        self._backend = backend
        self._snapshots = Snapshots(backend, holding_back)
        self._redactor = redactor

    async def compare(self, older: SnapshotRecord, newer: SnapshotRecord) -> Comparison:
        """Return what changed from one snapshot to the other.

        Raises:
            SnapshotError, NotFound: one of them is of no use.
            MachineError: a guest did not answer, or not with sense.
        """
        async with self._snapshots.asking():
            before, after = await self._snapshots.contents(older.id, newer.id)
            changes = await asyncio.to_thread(file_changes, before, after)
            if paths := undecided(changes):
                changes = settled(changes, *await self._snapshots.digests(paths, older.id, newer.id))
            memory, why_not = await self._memory(older.id, newer.id)
        notes = [*_unknown(before, after, changes), *why_not]
        processes = process_changes(before, after)
        # Ten thousands of names are not looked through for secrets while somebody waits for a key to be obeyed.
        return await asyncio.to_thread(
            lambda: Comparison(
                older, newer, tuple(map(self._file, changes)), tuple(map(self._process_change, processes)), memory,
                tuple(map(self._shown, notes)),
            )
        )  # fmt: skip

    async def _memory(self, older_id: str, newer_id: str) -> tuple[MemoryChange | None, list[str]]:
        try:
            found = await (await self._backend()).memory_difference(older_id, newer_id)
        except CapabilityLacking as error:
            return None, [f"memory is not compared: {error.message}"]
        return MemoryChange(found.pages, found.total_pages, found.page_bytes), []

    async def file_diff(self, older: SnapshotRecord, newer: SnapshotRecord, path: str) -> FileDiff:
        """Return how one file differs, by its path in the guest.

        Raises:
            NotFound: neither snapshot changed such a file.
            SnapshotError, MachineError: as `compare` does.
        """
        async with self._snapshots.asking():
            contents = await self._snapshots.contents(older.id, newer.id)
            image = {**contents[0].image, **contents[1].image}
            before, after = (facts_at(path, each, image) for each in contents)
            if before is None and after is None:
                raise NotFound(f"no file {self._shown(path)} was changed in, or before, either snapshot")
            found = FileDiff(path, self._shown(path), before, after)
            if before == after:
                return replace(found, before=self._facts(before), after=self._facts(after))
            if _is_large(before) or _is_large(after):
                note = f"it is not shown line by line: a file of more than {size(LARGEST_TEXT)}"
                found = await self._with_digests(replace(found, truncated=True, notes=(note,)), older.id, newer.id)
            else:
                found = await self._compared(found, older.id, newer.id)
        return replace(found, before=self._facts(before), after=self._facts(after))

    async def _compared(self, found: FileDiff, older_id: str, newer_id: str) -> FileDiff:
        one, other = await together(
            [
                self._content(older_id, found.path, found.before),
                self._content(newer_id, found.path, found.after),
            ]
        )
        if is_binary(one) or is_binary(other):
            return await self._with_digests(replace(found, is_binary=True), older_id, newer_id)
        return await asyncio.to_thread(self._lines, found, one, other)

    async def _content(self, id_: str, path: str, facts: FileFacts | None) -> bytes:
        if facts is not None and facts.kind is FileKind.SYMLINK:
            return facts.target.encode("utf-8", "surrogateescape") + b"\n"
        if facts is None or facts.kind is not FileKind.FILE or not facts.size:
            return b""
        return await self._snapshots.read(id_, path, LARGEST_TEXT)

    def _lines(self, found: FileDiff, one: bytes, other: bytes) -> FileDiff:
        # Before it is cut into lines, as there are secrets of many lines.
        shown_one, shown_other = self._redactor.data(one), self._redactor.data(other)
        lines, truncated = diff(shown_one, shown_other)
        if one != other and shown_one == shown_other:
            found = replace(found, notes=("it differs only in secrets, which are not shown",))
        return replace(found, lines=lines, truncated=truncated)

    async def _with_digests(self, found: FileDiff, older_id: str, newer_id: str) -> FileDiff:
        one, other = await self._snapshots.digests([found.path], older_id, newer_id)
        return replace(found, before_sha256=one.get(found.path), after_sha256=other.get(found.path))

    async def close(self) -> None:
        """Discard the machines in which snapshots were looked into."""
        await self._snapshots.close()

    # What may be shown

    def _shown(self, text: str) -> str:
        return clean_line(self._redactor.text(text), _LONGEST_SHOWN)

    def _facts(self, facts: FileFacts | None) -> FileFacts | None:
        return replace(facts, target=self._shown(facts.target)) if facts is not None and facts.target else facts

    def _file(self, change: FileChange) -> FileChange:
        before, after = self._facts(change.before), self._facts(change.after)
        return replace(change, shown=self._shown(change.path), before=before, after=after)

    def _process_change(self, change: ProcessChange) -> ProcessChange:
        return replace(change, before=self._process(change.before), after=self._process(change.after))

    def _process(self, process: ProcessFacts | None) -> ProcessFacts | None:
        if process is None:
            return None
        argv = tuple(clean_line(word, _LONGEST_SHOWN) for word in self._redactor.value(list(process.argv)))
        return replace(process, name=self._shown(process.name), argv=argv)


def _unknown(older: Contents, newer: Contents, changes: Sequence[FileChange]) -> Iterator[str]:
    """Yield sentences on what the changes do not tell."""
    for which, contents in (("from", older), ("to", newer)):
        yield from (f"{which}: {note}" for note in contents.notes)
    if older.partial or newer.partial:
        yield "not all files could be looked at; some that differ may not be listed"
    if unknown := sum(not change.content_known for change in changes):
        yield f"{unknown} files were written to and are too large to say whether their content differs"


def _is_large(facts: FileFacts | None) -> bool:
    return facts is not None and (facts.size or 0) > LARGEST_TEXT
