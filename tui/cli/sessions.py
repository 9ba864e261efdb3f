"""`rollcage sessions`: the named lines of machine state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, add_yes, command, family
from tui.cli.codes import EXIT_CANCELLED
from tui.cli.console import agreed, out, out_json, out_table, say
from tui.cli.figures import SHORTEST_ID, describe_machine, when
from tui.cli.opening import with_engine
from tui.text import clean_line
from tui.units import size

if TYPE_CHECKING:
    import argparse

    from tui.runs.engine import Engine
    from tui.store.model import SnapshotRecord


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser, commands = family(
        subparsers,
        "sessions",
        _list,
        "list, show and delete sessions",
        examples=("rollcage sessions", "rollcage sessions show default", "rollcage sessions delete scratch --yes"),
    )
    add_json(parser)
    add_json(command(commands, "list", _list, "list all sessions"), inherit=True)
    show = command(commands, "show", _show, "show one session")
    show.add_argument("session", metavar="NAME")
    add_json(show, inherit=True)
    delete = command(commands, "delete", _delete, "delete a session with its snapshots and its history")
    delete.add_argument("session", metavar="NAME")
    add_yes(delete)


def _stored(snapshots: list[SnapshotRecord]) -> int:
    return sum(snapshot.stored_bytes for snapshot in snapshots)


def _list(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        sessions = engine.store.sessions()
        if arguments.json:
            out_json(sessions)
            return 0
        rows = []
        for session in sessions:
            snapshots = list(engine.store.snapshots(session.id))
            rows.append(
                (
                    session.name,
                    describe_machine(session.spec),
                    str(len(snapshots)),
                    size(_stored(snapshots)),
                    session.head_id[:SHORTEST_ID] if session.head_id else "-",
                    when(session.updated_at),
                )
            )
        if rows:
            out_table(("NAME", "MACHINE", "SNAPSHOTS", "DISK", "HEAD", "LAST USED"), rows)
        else:
            say("rollcage: there are no sessions yet; `rollcage exec` and `rollcage run` make one")
        return 0

    return with_engine(action)


def _show(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        session = engine.store.session(arguments.session)
        snapshots = list(engine.store.snapshots(session.id))
        runs = list(engine.store.runs(session.id, limit=1))
        if arguments.json:
            out_json({"session": session, "snapshots": snapshots, "last_run": runs[0] if runs else None})
            return 0
        out(f"name       {clean_line(session.name)}")
        out(f"id         {session.id}")
        out(f"machine    {describe_machine(session.spec)}")
        out(f"made       {when(session.created_at)}")
        out(f"last used  {when(session.updated_at)}")
        if snapshots and snapshots[0].reason == "branch":
            out(f"began at   {snapshots[0].parent_id}, a snapshot of another session")
        out(f"head       {session.head_id or '-'}")
        out(f"snapshots  {len(snapshots)}, {size(_stored(snapshots))} on disk")
        if runs:
            out(f"last run   {clean_line(runs[0].title, 60)} ({runs[0].state}, {when(runs[0].started_at)})")
        return 0

    return with_engine(action)


def _delete(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        session = engine.store.session(arguments.session)
        snapshots = list(engine.store.snapshots(session.id))
        what = (
            f"Session {clean_line(session.name, 60)} is deleted with {len(snapshots)} snapshots "
            f"({size(_stored(snapshots))}) and its history. This cannot be undone."
        )
        if not agreed(what, "Delete it?", yes=arguments.yes):
            return EXIT_CANCELLED
        await engine.delete_session(session.name)
        say(f"rollcage: deleted session {clean_line(session.name, 60)}")
        return 0

    return with_engine(action)
