"""`rollcage history`: the runs there were, and what they printed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command, family
from tui.cli.console import is_terminal, out, out_json, out_table, say
from tui.cli.figures import id_length, when
from tui.cli.opening import with_engine
from tui.text import LineCleaner, TerminalCleaner, clean_line
from tui.units import duration, size

if TYPE_CHECKING:
    import argparse

    from tui.runs.engine import Engine
    from tui.store.model import RunRecord


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser, commands = family(
        subparsers,
        "history",
        _list,
        "list past runs, show one with its output",
        examples=(
            "rollcage history --session default --limit 50",
            "rollcage history --state failed",
            "rollcage history show 01K9Z3X7QM",
            "rollcage history show 01K9Z3X7QM --output > log.txt",
        ),
    )
    _add_list(parser, inherit=False)
    _add_list(command(commands, "list", _list, "list runs, the newest first"), inherit=True)
    show = command(commands, "show", _show, "show one run")
    show.add_argument("run", metavar="RUN", help="id, or the beginning of one")
    show.add_argument("--output", action="store_true", help="print what the run printed, and nothing else")
    add_json(show, inherit=True)


def _add_list(parser: argparse.ArgumentParser, *, inherit: bool) -> None:
    import argparse

    from tui.store.states import RunState

    def default(value: object) -> object:
        return argparse.SUPPRESS if inherit else value

    states = [str(state) for state in RunState]
    parser.add_argument("-s", "--session", default=default(None), metavar="NAME", help="only of this session")
    parser.add_argument("-n", "--limit", type=int, default=default(20), metavar="N", help="at most (default: 20)")
    parser.add_argument("--definition", default=default(None), metavar="NAME", help="only of this definition")
    parser.add_argument("--state", choices=states, default=default(None), metavar="STATE", help=", ".join(states))
    add_json(parser, inherit=inherit)


def _list(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        from tui.store.states import RunState

        store = engine.store
        runs = list(
            store.runs(
                store.session(arguments.session).id if arguments.session else None,
                limit=arguments.limit,
                definition=arguments.definition,
                state=RunState(arguments.state) if arguments.state else None,
            )
        )
        if arguments.json:
            out_json(runs)
            return 0
        if not runs:
            say("rollcage: no such runs")
            return 0
        names = {session.id: session.name for session in store.sessions()}
        length = id_length(run.id for run in runs)
        out_table(
            ("RUN", "STARTED", "SESSION", "STATE", "EXIT", "TOOK", "ROLLED BACK", "TITLE"),
            [
                (
                    run.id[:length],
                    when(run.started_at),
                    names.get(run.session_id, "(deleted)"),
                    str(run.state),
                    _code(run),
                    _took(run),
                    "yes" if run.rolled_back else "-",
                    run.title,
                )
                for run in runs
            ],
        )
        return 0

    return with_engine(action)


def _code(run: RunRecord) -> str:
    return "-" if run.exit_code is None else str(run.exit_code)


def _took(run: RunRecord) -> str:
    """Return how long a run took; of one that goes on, or that was killed with its Rollcage, nobody knows."""
    return "-" if run.took is None else duration(run.took)


def _show(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        run = engine.store.run(arguments.run)
        if arguments.json:
            out_json(run)
        elif arguments.output:
            _copy_output(engine, run)
        else:
            _describe(engine, run)
        return 0

    return with_engine(action)


def _copy_output(engine: Engine, run: RunRecord) -> None:
    """Print all a run printed, each stream to its own: byte for byte, but cleaned for a terminal."""
    from tui.machines.kinds import Stream
    from tui.store.output import read_output

    targets = {Stream.STDOUT: sys.stdout, Stream.STDERR: sys.stderr}
    cleaners = {stream: TerminalCleaner() for stream, target in targets.items() if is_terminal(target)}
    for frame in read_output(engine.store.output_path(run.id)):
        cleaner = cleaners.get(frame.stream)
        data = cleaner.feed(frame.data).encode(errors="replace") if cleaner else frame.data
        target = targets[frame.stream].buffer
        target.write(data)
        target.flush()
    for stream, cleaner in cleaners.items():
        targets[stream].write(cleaner.finish())


def _describe(engine: Engine, run: RunRecord) -> None:
    sessions = {session.id: session.name for session in engine.store.sessions()}
    facts = {
        "run": run.id,
        "title": clean_line(run.title, 200),
        "session": clean_line(sessions.get(run.session_id, "(deleted)")),
        "state": str(run.state),
        "exit code": _code(run),
        "error": "\n".join(clean_line(line, 500) for line in run.error.splitlines()).replace("\n", "\n" + " " * 12),
        "started": when(run.started_at),
        "took": _took(run),
        "before": run.before_id or "",
        "after": run.after_id or "",
        "rolled back": "yes" if run.rolled_back else "no",
        "attempts": str(run.attempts) if run.attempts > 1 else "",
        **_consumed(run),
        "output": size(run.output_bytes),
    }
    for name, value in facts.items():
        if value:
            out(f"{name:<12}{value}")
    if run.output_head:
        out()
        cleaner = LineCleaner()
        for line in (*cleaner.feed(run.output_head), *cleaner.finish()):
            out(line.text)
        if run.output_bytes > len(run.output_head):
            say(f"rollcage: the rest is printed by: rollcage history show {run.id} --output")


def _consumed(run: RunRecord) -> dict[str, str]:
    """Return what was measured; what was not is left out."""
    if run.usage is None:
        return {}
    usage = run.usage
    figures = {}
    if usage.cpu_user_s is not None and usage.cpu_system_s is not None:
        figures["cpu time"] = duration(usage.cpu_user_s + usage.cpu_system_s)
    if usage.peak_memory_bytes is not None:
        figures["memory"] = f"{size(usage.peak_memory_bytes)} at most"
    if usage.disk_written_bytes is not None:
        figures["disk"] = f"{size(usage.disk_written_bytes)} written"
    if usage.received_bytes is not None and usage.sent_bytes is not None:
        figures["network"] = f"{size(usage.received_bytes)} received, {size(usage.sent_bytes)} sent"
    return figures
