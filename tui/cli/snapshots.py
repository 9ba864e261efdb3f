"""`rollcage snapshots`: the moments a session can return to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, add_session, add_yes, command, family
from tui.cli.codes import EXIT_CANCELLED
from tui.cli.console import agreed, out_json, out_table, say
from tui.cli.figures import SHORTEST_ID, id_length, when
from tui.cli.opening import with_engine
from tui.text import clean_line
from tui.units import size

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tui.runs.engine import Engine
    from tui.store.model import SnapshotRecord


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser, commands = family(
        subparsers,
        "snapshots",
        _list,
        "list, take, name, pin, check and delete snapshots",
        examples=(
            "rollcage snapshots                       the tree of the session",
            "rollcage snapshots create before-upgrade",
            "rollcage snapshots pin 01K9Z3X7QM        garbage collection keeps it",
            "rollcage snapshots verify                read all of them and compare checksums",
        ),
    )
    add_session(parser)
    add_json(parser)
    create = command(commands, "create", _create, "take a snapshot of the session now")
    create.add_argument("name", nargs="?", default="", metavar="NAME")
    name = command(commands, "name", _name, "give a snapshot a name; an empty one takes it away")
    name.add_argument("snapshot", metavar="SNAPSHOT")
    name.add_argument("name", metavar="NAME")
    pin = command(commands, "pin", _pin, "keep snapshots from garbage collection")
    unpin = command(commands, "unpin", _unpin, "let garbage collection have snapshots again")
    delete = command(commands, "delete", _delete, "delete snapshots")
    for each in (pin, unpin, delete):
        each.add_argument("snapshots", nargs="+", metavar="SNAPSHOT")
    add_yes(delete)
    verify = command(commands, "verify", _verify, "read snapshots in full and compare their checksums")
    verify.add_argument("snapshots", nargs="*", metavar="SNAPSHOT", help="default: all of the session")
    for each in (command(commands, "list", _list, "show the tree"), create, name, pin, unpin, delete, verify):
        add_session(each, inherit=True)
        add_json(each, inherit=True)


def _list(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        from tui.cli.tree import tree

        session = engine.store.session(arguments.session)
        snapshots = list(engine.store.snapshots(session.id))
        if arguments.json:
            out_json({"session": session.name, "head_id": session.head_id, "snapshots": snapshots})
            return 0
        titles = {run.id: run.title for run in engine.store.runs(session.id, limit=len(snapshots) + 1)}
        length = id_length(snapshot.id for snapshot in snapshots)
        rows = []
        for line in tree(snapshots, session.head_id):
            snapshot = line.snapshot
            marks = [
                mark for mark, yes in (("head", snapshot.id == session.head_id), ("pinned", snapshot.pinned)) if yes
            ]
            rows.append(
                (
                    f"{line.art} {snapshot.id[:length]}",
                    str(snapshot.reason),
                    when(snapshot.created_at),
                    size(snapshot.stored_bytes),
                    " ".join(marks) or "-",
                    snapshot.name or titles.get(snapshot.run_id or "", ""),
                )
            )
        if rows:
            out_table(("SNAPSHOT", "REASON", "TAKEN", "DISK", "MARKS", "NAME OR RUN"), rows)
        else:
            say(f"rollcage: session {clean_line(session.name, 60)} has no snapshots")
        return 0

    return with_engine(action)


def _create(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        snapshot = await engine.snapshot(arguments.session, arguments.name)
        if arguments.json:
            out_json(snapshot)
        else:
            cost = f"paused {snapshot.pause_ms:.1f} ms, {size(snapshot.stored_bytes)}"
            say(f"rollcage: snapshot {snapshot.id[:SHORTEST_ID]} taken ({cost})")
        return 0

    return with_engine(action)


def _resolve(engine: Engine, name: str, texts: Sequence[str]) -> list[SnapshotRecord]:
    """Return the snapshots that ids, beginnings of ids or names mean."""
    from tui.runs.rollback import resolve

    session = engine.store.session(name)
    return [resolve(engine.store, session, text) for text in texts]


def _name(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        (snapshot,) = _resolve(engine, arguments.session, [arguments.snapshot])
        await engine.set_snapshot(snapshot.id, name=arguments.name)
        return _show_changed(arguments, engine, [snapshot.id])

    return with_engine(action)


def _pin(arguments: argparse.Namespace) -> int:
    return _set_pinned(arguments, pinned=True)


def _unpin(arguments: argparse.Namespace) -> int:
    return _set_pinned(arguments, pinned=False)


def _set_pinned(arguments: argparse.Namespace, *, pinned: bool) -> int:
    async def action(engine: Engine) -> int:
        found = _resolve(engine, arguments.session, arguments.snapshots)
        for snapshot in found:
            await engine.set_snapshot(snapshot.id, pinned=pinned)
        return _show_changed(arguments, engine, [snapshot.id for snapshot in found])

    return with_engine(action)


def _show_changed(arguments: argparse.Namespace, engine: Engine, ids: Sequence[str]) -> int:
    snapshots = [engine.store.snapshot(id_) for id_ in ids]
    if arguments.json:
        out_json(snapshots)
    else:
        for snapshot in snapshots:
            name = clean_line(snapshot.name, 60) or "without a name"
            say(f"rollcage: snapshot {snapshot.id[:SHORTEST_ID]} is {name}{', pinned' if snapshot.pinned else ''}")
    return 0


def _delete(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        found = _resolve(engine, arguments.session, arguments.snapshots)
        lines = [
            f"  {snapshot.id[:SHORTEST_ID]}  {when(snapshot.created_at)}  {clean_line(snapshot.name, 60)}"
            for snapshot in found
        ]
        what = "\n".join(("These snapshots are deleted, which cannot be undone:", *lines))
        if not agreed(what, "Delete them?", yes=arguments.yes):
            return EXIT_CANCELLED
        freed = await engine.delete_snapshots([snapshot.id for snapshot in found])
        say(f"rollcage: deleted {len(found)} snapshots, {size(freed)} freed")
        return 0

    return with_engine(action)


def _verify(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        from tui.machines.errors import SnapshotError

        session = engine.store.session(arguments.session)
        snapshots = _resolve(engine, session.name, arguments.snapshots) or engine.store.snapshots(session.id)
        problems: dict[str, str] = {}
        for snapshot in snapshots:
            try:
                await engine.verify_snapshot(snapshot.id)
            except SnapshotError as error:
                problems[snapshot.id] = str(error)
        if arguments.json:
            out_json([{"id": each.id, "problem": problems.get(each.id)} for each in snapshots])
        else:
            for id_, problem in problems.items():
                say(f"rollcage: snapshot {id_[:SHORTEST_ID]} is damaged: {problem}")
            say(f"rollcage: {len(snapshots) - len(problems)} of {len(snapshots)} snapshots are whole")
        return SnapshotError.exit_code if problems else 0

    return with_engine(action)
