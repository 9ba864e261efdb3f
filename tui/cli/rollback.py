"""`rollcage rollback`, `undo` and `redo`: moving a session's head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, add_session, add_yes, command
from tui.cli.codes import EXIT_CANCELLED
from tui.cli.console import agreed, out_json, say
from tui.cli.figures import SHORTEST_ID, when
from tui.cli.opening import with_engine
from tui.errors import UsageError
from tui.text import clean_line
from tui.units import duration

if TYPE_CHECKING:
    import argparse

    from tui.runs.engine import Engine, RollbackPlan
    from tui.runs.events import RolledBack
    from tui.store.model import SnapshotRecord

LAST_SUCCESS = "last-success"


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser = command(
        subparsers,
        "rollback",
        _rollback,
        "put a session back to a snapshot",
        description="Put a session back to a snapshot. Nothing is deleted: `rollcage undo` takes it back.",
        examples=(
            "rollcage rollback 01K9Z3X7QM     the snapshot whose id begins so",
            "rollcage rollback before-upgrade",
            "rollcage rollback --to-last-success --yes",
        ),
    )
    parser.add_argument("snapshot", nargs="?", metavar="SNAPSHOT", help="id, beginning of an id (4 or more), or name")
    parser.add_argument("--to-last-success", action="store_true", help="the state after the last successful run")
    add_yes(parser)
    undo = command(subparsers, "undo", _undo, "take back the last run or rollback of a session")
    redo = command(subparsers, "redo", _redo, "repeat what was last undone")
    for each in (parser, undo, redo):
        add_session(each)
        add_json(each)


def _rollback(arguments: argparse.Namespace) -> int:
    if (arguments.snapshot is not None) is arguments.to_last_success:
        raise UsageError(
            "name a snapshot or say --to-last-success, one of the two",
            hint=f"rollcage snapshots --session {arguments.session}   lists them",
        )
    target = LAST_SUCCESS if arguments.to_last_success else arguments.snapshot

    async def action(engine: Engine) -> int:
        plan = await engine.plan_rollback(arguments.session, target)
        if not agreed(describe(plan, arguments.session), "Roll back?", yes=arguments.yes):
            return EXIT_CANCELLED
        # By id: a name may have moved to another snapshot while the person was reading.
        return _report(arguments, await engine.rollback(arguments.session, plan.target.id))

    return with_engine(action)


def _undo(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        return _report(arguments, await engine.undo(arguments.session))

    return with_engine(action)


def _redo(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        return _report(arguments, await engine.redo(arguments.session))

    return with_engine(action)


def describe(plan: RollbackPlan, session: str) -> str:
    """Return what a rollback will do, for the person who decides."""
    lines = [f"Session {clean_line(session, 60)} goes back to {_moment(plan.target)}."]
    if plan.lost_runs:
        lines.append("Its state will no longer contain what these runs did:")
        lines += [f"  {when(run.started_at)}  {run.state:<10}  {clean_line(run.title, 50)}" for run in plan.lost_runs]
    else:
        lines.append("No run is undone by it.")
    lines.append("Nothing is deleted: `rollcage undo` takes it back.")
    return "\n".join(lines)


def _moment(snapshot: SnapshotRecord) -> str:
    name = f" {clean_line(snapshot.name, 60)!r}" if snapshot.name else ""
    return f"snapshot {snapshot.id[:SHORTEST_ID]}{name} ({snapshot.reason}, {when(snapshot.created_at)})"


def _report(arguments: argparse.Namespace, moved: RolledBack) -> int:
    if arguments.json:
        out_json(moved.to_json())
    else:
        session = clean_line(arguments.session, 60)
        say(f"rollcage: session {session} is at {moved.to_id[:SHORTEST_ID]} again, in {duration(moved.took_ms / 1000)}")
    return 0
