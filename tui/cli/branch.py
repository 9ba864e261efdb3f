"""`rollcage branch`: a new session that begins at a snapshot of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, add_session, command
from tui.cli.console import out_json, say
from tui.cli.diff import find
from tui.cli.figures import SHORTEST_ID
from tui.cli.opening import with_engine
from tui.text import clean_line

if TYPE_CHECKING:
    import argparse

    from tui.runs.engine import Engine


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = command(
        subparsers,
        "branch",
        _branch,
        "make a session that begins at a snapshot of another one",
        description="Make a session that begins at a snapshot of another one: memory, processes and files. From there "
        "each goes its own way; either may be deleted without the other.",
        examples=("rollcage branch head experiment", "rollcage branch before-upgrade retry --session server"),
    )
    parser.add_argument(
        "snapshot", metavar="SNAPSHOT", help="id, beginning of an id (4 or more), name, head or last-success"
    )
    parser.add_argument("name", metavar="NAME", help="name of the new session")
    add_session(parser)
    add_json(parser)


def _branch(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        source = find(engine, arguments.session, arguments.snapshot)
        session = await engine.branch(source.id, arguments.name)
        if arguments.json:
            out_json(session)
        else:
            name, origin = clean_line(session.name, 60), clean_line(engine.store.session(source.session_id).name, 60)
            say(f"rollcage: session {name} begins at {source.id[:SHORTEST_ID]} of session {origin}")
        return 0

    return with_engine(action)
