"""`rollcage diff`: what changed between two snapshots."""

from __future__ import annotations

import posixpath
import sys
from typing import TYPE_CHECKING, Any

from tui.cli.arguments import Subparsers, add_json, add_session, command
from tui.cli.console import may_colour, out, out_json, out_table, say
from tui.cli.figures import SHORTEST_ID, when
from tui.cli.opening import with_engine
from tui.text import clean, clean_line
from tui.units import size

if TYPE_CHECKING:
    import argparse

    from tui.runs.comparison import Comparison, FileChange, FileDiff, FileFacts, MemoryChange, ProcessFacts
    from tui.runs.engine import Engine
    from tui.store.model import SnapshotRecord

_WORK = "/work"


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = command(
        subparsers,
        "diff",
        _diff,
        "say what changed between two snapshots",
        description="Say what changed from snapshot A to snapshot B: files, processes and memory. They are looked into "
        "in machines of their own; no session is touched.",
        examples=(
            "rollcage diff before-upgrade                     from there to the head",
            "rollcage diff 01K9Z3X7QM 01K9Z42C5D              between any two",
            "rollcage diff last-success --file /etc/passwd    the lines of one file",
        ),
    )
    what = "id, beginning of an id (4 or more), name, head or last-success"
    parser.add_argument("older", metavar="A", help=f"{what}; a whole id may be of another session")
    parser.add_argument("newer", nargs="?", default="head", metavar="B", help="the same (default: head)")
    parser.add_argument("--file", metavar="PATH", help="show the lines in which this file differs (from /work)")
    add_session(parser)
    add_json(parser)


def _diff(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        older, newer = (find(engine, arguments.session, text) for text in (arguments.older, arguments.newer))
        if arguments.file is not None:
            path = posixpath.normpath(posixpath.join(_WORK, arguments.file))
            _show_file(await engine.file_diff(older.id, newer.id, path), older, newer, as_json=arguments.json)
        else:
            _show(await engine.compare(older.id, newer.id), as_json=arguments.json)
        return 0

    return with_engine(action)


def find(engine: Engine, session: str, text: str) -> SnapshotRecord:
    """Return the snapshot that `text` means in a session; a whole id may be one of any session."""
    from tui.errors import NotFound
    from tui.ids import is_id
    from tui.runs.rollback import resolve

    if is_id(text.upper()):
        return engine.store.snapshot(text.upper())
    try:
        known = engine.store.session(session)
    except NotFound as error:
        raise NotFound(f"there is no snapshot {text!r}: {error.message}", hint=error.hint) from None
    return resolve(engine.store, known, text)


# One file


def _show_file(diff: FileDiff, older: SnapshotRecord, newer: SnapshotRecord, *, as_json: bool) -> None:
    if as_json:
        out_json(
            {
                "path": _path(diff.path, diff.shown), "shown": diff.shown, "before": _facts(diff.before),
                "after": _facts(diff.after), "lines": diff.lines, "is_binary": diff.is_binary,
                "truncated": diff.truncated, "before_sha256": diff.before_sha256, "after_sha256": diff.after_sha256,
                "notes": diff.notes,
            }
        )  # fmt: skip
        return
    if diff.lines:
        out(f"--- {diff.shown if diff.before else '/dev/null'}  {older.id[:SHORTEST_ID]}")
        out(f"+++ {diff.shown if diff.after else '/dev/null'}  {newer.id[:SHORTEST_ID]}")
    colours = {"hunk": "36", "removed": "31", "added": "32"} if may_colour(sys.stdout) else {}
    for line in diff.lines:
        text = clean(str(line))
        colour = colours.get(line.kind)
        sys.stdout.write(f"\x1b[{colour}m{text}\x1b[0m\n" if colour else f"{text}\n")
    for note in _notes_of_file(diff):
        say(f"rollcage: {diff.shown}: {note}")


def _notes_of_file(diff: FileDiff) -> list[str]:
    notes = list(diff.notes)
    if diff.is_binary or diff.before_sha256 or diff.after_sha256:
        for facts, digest in ((diff.before, diff.before_sha256), (diff.after, diff.after_sha256)):
            if facts is None:
                notes.append("no such file")
            else:
                notes.append(f"{_size(facts)}, SHA-256 {digest or 'not known'}")
    if diff.is_binary:
        notes.insert(0, "a binary file; before and after:")
    elif diff.truncated and diff.lines:
        notes.append("there is more that differs")
    elif not diff.lines and not notes:
        notes.append("its lines are the same")
    return notes


# All of it


def _show(comparison: Comparison, *, as_json: bool) -> None:
    if as_json:
        out_json(_plain(comparison))
        return
    say(f"rollcage: from {_moment(comparison.older)} to {_moment(comparison.newer)}")
    if comparison.files:
        out_table(("CHANGE", "KIND", "MODE", "OWNER", "SIZE", "FILE"), map(_file_row, comparison.files))
    if comparison.processes:
        if comparison.files:
            out()
        rows = [
            (str(change.change), str(change.facts.pid), str(change.facts.uid), _command(change.facts))
            for change in comparison.processes
        ]
        out_table(("CHANGE", "PID", "USER", "PROCESS"), rows)
    if comparison.is_empty:
        say("rollcage: no file and no process differs")
    if comparison.memory is not None:
        say(f"rollcage: memory: {_memory(comparison.memory)}")
    for note in comparison.notes:
        say(f"rollcage: {note}")


def _moment(snapshot: SnapshotRecord) -> str:
    name = f" {clean_line(snapshot.name, 60)!r}" if snapshot.name else ""
    return f"{snapshot.id[:SHORTEST_ID]}{name} ({when(snapshot.created_at)})"


def _memory(change: MemoryChange) -> str:
    return f"{change.pages} of {change.total_pages} pages differ ({size(change.changed_bytes)})"


def _file_row(change: FileChange) -> tuple[str, ...]:
    def both(one: str, other: str) -> str:
        return one if one == other else f"{one} → {other}"

    before, after = change.before or change.facts, change.after or change.facts
    name = change.shown
    if change.facts.kind == "directory":
        name = name.rstrip("/") + "/"
    if change.facts.target:
        name += f" → {change.facts.target}"
    if change.with_contents:
        name += "  (with all that is in it)"
    if not change.content_known:
        name += "  (content not compared)"
    elif change.aspects and "content" not in change.aspects and change.facts.kind == "file":
        name += "  (content is the same)"
    return (
        str(change.change), both(before.kind, after.kind), both(f"{before.mode:o}", f"{after.mode:o}"),
        both(f"{before.uid}:{before.gid}", f"{after.uid}:{after.gid}"), both(_size(before), _size(after)), name,
    )  # fmt: skip


def _size(facts: FileFacts) -> str:
    return "-" if facts.size is None else size(facts.size)


def _command(process: ProcessFacts) -> str:
    return " ".join(process.argv) or f"[{process.name}]"


# For programs


def _plain(comparison: Comparison) -> dict[str, Any]:
    memory = comparison.memory
    return {
        "older": comparison.older,
        "newer": comparison.newer,
        "files": [
            {
                "path": _path(change.path, change.shown), "shown": change.shown, "change": change.change,
                "before": _facts(change.before), "after": _facts(change.after), "aspects": change.aspects,
                "content_known": change.content_known, "with_contents": change.with_contents,
            }
            for change in comparison.files
        ],
        "processes": comparison.processes,
        "memory": None if memory is None else {
            "pages": memory.pages, "total_pages": memory.total_pages, "page_bytes": memory.page_bytes,
        },
        "notes": comparison.notes,
    }  # fmt: skip


def _path(path: str, shown: str) -> bytes | None:
    """Return the exact path, or None if it holds a secret, which only `shown` is without."""
    return path.encode("utf-8", "surrogateescape") if clean_line(path, len(shown)) == shown else None


def _facts(facts: FileFacts | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    return {
        "kind": facts.kind, "mode": f"{facts.mode:04o}", "uid": facts.uid, "gid": facts.gid, "size": facts.size,
        "modified_ns": facts.modified_ns, "target": facts.target or None, "device": facts.device,
    }  # fmt: skip
