"""Putting the files of a backup back where they were, or somewhere else."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tui.hooks.backups import Backup, BackupError, Backups
from tui.hooks.inventory import Entry, Inventory, Kind

_UNBOUNDED: Final = 2**62


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    written: tuple[str, ...]
    unchanged: int
    """Entries that were there already, as they were saved."""
    saved_first: str | None
    """Id of the backup of what was overwritten."""
    problems: tuple[str, ...]
    """What could not be put back entirely: mostly owners, for which one has to be root."""


def conflicts(backup: Backup, into: Path | None = None) -> tuple[str, ...]:
    """Return the paths at which something else is by now."""
    return tuple(entry.path for entry in _moved(backup, into) if _state(entry) == "different")


def restore(backups: Backups, backup: Backup, *, into: Path | None = None, overwrite: bool = False) -> Restored:
    """Write back what a backup holds: below its old paths, or the same paths below `into`.

    What differs by now is only overwritten on request, and is backed up itself first. Every file is written beside its
    place, compared with its hash, and then moved there; a file is never half restored.

    Raises:
        BackupError: something else is in the way, a directory has become a link, a saved content is damaged, or the
            disk is full. What was already put back stays.
    """
    entries = _moved(backup, into)
    states = {entry.path: _state(entry) for entry in entries}
    if into is None:
        _check_directories(entries)
    different = [entry for entry in entries if states[entry.path] == "different"]
    _check_overwriting(different, overwrite=overwrite)
    saved_first = _save_first(backups, backup, different)
    written: list[str] = []
    problems: list[str] = []
    try:
        for entry in entries:
            if states[entry.path] != "same":
                _put(backups, entry, problems)
                written.append(entry.path)
        # Filling a directory changes its time, so directories come last, the innermost first.
        for entry in reversed(entries):
            if entry.kind is Kind.DIRECTORY and states[entry.path] != "same":
                _set_attributes(entry, problems)
    except OSError as error:
        raise BackupError(f"cannot restore {error.filename or ''}: {error.strerror or error}") from None
    return Restored(tuple(written), len(entries) - len(written), saved_first, tuple(problems))


def _moved(backup: Backup, into: Path | None) -> list[Entry]:
    if into is None:
        return list(backup.entries)
    root = into.resolve()
    return [replace(entry, path=str(root / entry.path.lstrip("/"))) for entry in backup.entries]


def _state(entry: Entry) -> str:
    """Return `absent`, `same` or `different`. A directory that is there is the same, whatever is in it."""
    now = Entry.of(entry.place)
    if now is None:
        return "different" if os.path.lexists(entry.path) else "absent"
    if now.kind is not entry.kind or now.target != entry.target or now.size != entry.size:
        return "different"
    if entry.kind is not Kind.FILE:
        return "same"
    return "same" if now.mode == entry.mode and _digest(entry.place) == entry.sha256 else "different"


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_directories(entries: Sequence[Entry]) -> None:
    """Refuse to write through a link that was not there when the backup was made: it may lead anywhere."""
    for directory in {entry.place.parent for entry in entries}:
        if directory.resolve() != directory:
            raise BackupError(
                f"{directory} is, or is below, a link by now", hint="use --into to restore to another place"
            )


def _check_overwriting(different: Sequence[Entry], *, overwrite: bool) -> None:
    if different and not overwrite:
        listed = "".join(f"\n  {entry.path}" for entry in different[:20])
        raise BackupError(
            f"{len(different)} paths are different by now:{listed}", hint="--overwrite replaces them, after a backup"
        )
    for entry in different:
        now = Entry.of(entry.place)
        if now is None or (now.kind is Kind.DIRECTORY) != (entry.kind is Kind.DIRECTORY):
            raise BackupError(f"{entry.path} is something else by now", hint="move it away, or use --into")


def _save_first(backups: Backups, backup: Backup, different: Sequence[Entry]) -> str | None:
    if not different:
        return None
    paths = [entry.place for entry in different]
    inventory = Inventory.take(paths, max_bytes=_UNBOUNDED, max_files=_UNBOUNDED)
    return backups.save(inventory, {"title": f"before restoring {backup.id}"}).id


def _put(backups: Backups, entry: Entry, problems: list[str]) -> None:
    parent = entry.place.parent
    parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if entry.kind is Kind.DIRECTORY:
        entry.place.mkdir(mode=0o700, exist_ok=True)
        return
    descriptor, name = tempfile.mkstemp(dir=parent, prefix=".rollcage-")
    scratch = Path(name)
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123  # a descriptor, not a path
            if entry.kind is Kind.FILE:
                stream.writelines(backups.content(entry))
                stream.flush()
                os.fsync(stream.fileno())
        if entry.kind is Kind.LINK:
            scratch.unlink()
            scratch.symlink_to(entry.target)
        _set_attributes(replace(entry, path=name), problems)
        scratch.replace(entry.place)
    finally:
        scratch.unlink(missing_ok=True)


def _set_attributes(entry: Entry, problems: list[str]) -> None:
    now = entry.place.lstat()
    if (now.st_uid, now.st_gid) != (entry.uid, entry.gid):
        try:
            os.chown(entry.path, entry.uid, entry.gid, follow_symlinks=False)
        except PermissionError:
            problems.append(f"{entry.path}: it belonged to {entry.uid}:{entry.gid}, which only root can give back")
    if entry.kind is not Kind.LINK:
        entry.place.chmod(entry.mode)
    os.utime(entry.path, ns=(entry.mtime_ns, entry.mtime_ns), follow_symlinks=False)
