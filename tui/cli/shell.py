"""`rollcage shell`: a shell in a session's machine, on this terminal."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from tui.cli.arguments import DEFAULT_SESSION, Subparsers, add_answers, add_session, add_talk, command, duration
from tui.cli.console import is_terminal, say
from tui.cli.figures import SHORTEST_ID
from tui.errors import InvalidInput, RollcageError, UsageError
from tui.machines.model import PROFILES
from tui.text import clean_line

if TYPE_CHECKING:
    from tui.cli.narration import Narrator
    from tui.runs.engine import Engine, Run
    from tui.runs.events import RunFinished
    from tui.terminal.attach import Ending
    from tui.terminal.detach import DetachKey
    from tui.terminal.device import Device


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = command(
        subparsers,
        "shell",
        _shell,
        "open a shell in a session",
        description="Open a shell in a session's machine, on this terminal. What is done in it is a run: a snapshot "
        "stands before and after it, and `rollcage undo` takes it back. Nothing of it is rolled back by itself, "
        "whatever the shell's exit code, which is passed on. The key to leave with ends the shell.",
        examples=(
            "rollcage shell",
            "rollcage shell --session demo --profile development",
            "rollcage shell --detach-key ctrl+q             leave it with ctrl+q, as vim needs ctrl+]",
        ),
    )
    add_session(parser)
    parser.add_argument("-p", "--profile", choices=tuple(PROFILES), help="machine of a new session")
    parser.add_argument("--network", action="store_true", help="give a new session's machine the network")
    parser.add_argument(
        "--detach-key", type=_key, metavar="KEY", help="ctrl+ and the key that leaves the shell (default: the setting)"
    )
    parser.add_argument("-t", "--timeout", type=duration, metavar="TIME", help="end the shell after this long")
    add_answers(parser)
    add_talk(parser)


def _key(text: str) -> DetachKey:
    from tui.terminal.detach import parse_key

    try:
        return parse_key(text)
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(error.message) from None


def _shell(arguments: argparse.Namespace) -> int:
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        raise UsageError(
            "a shell needs a terminal, and standard input or output is none",
            hint="`rollcage exec` runs code without one",
        )
    from dataclasses import replace

    from tui.cli.approving import TerminalApprover
    from tui.cli.execute import spec_asked_for
    from tui.cli.narration import Narrator
    from tui.cli.opening import with_engine
    from tui.cli.running import compare_machines
    from tui.config import load_settings
    from tui.paths import Paths
    from tui.runs.interactive import shell_request
    from tui.terminal.detach import parse_key
    from tui.terminal.device import Device

    key = arguments.detach_key or parse_key(load_settings(Paths.from_environment()).shell.detach_key)
    narrator = Narrator(quiet=arguments.quiet, verbose=arguments.verbose)
    spec = spec_asked_for(arguments)

    async def action(engine: Engine) -> int:
        with closing(Device.open()) as device:
            request = shell_request(arguments.session, device.size, os.environ, spec)
            request = replace(request, timeout_s=arguments.timeout)
            compare_machines(engine, request, demanded=spec is not None, quiet=arguments.quiet)
            return await _attended(engine.run(request), device, key, narrator, quiet=arguments.quiet)

    return with_engine(action, approver=TerminalApprover(arguments.yes_up_to, yes_to_rules=arguments.yes_to_rules))


async def _attended(run: Run, device: Device, key: DetachKey, narrator: Narrator, *, quiet: bool) -> int:
    """Follow a run, lend it the terminal when its program has started, and return the exit code."""
    from tui.runs.events import OutputReceived, RunFinished, StepStarted
    from tui.terminal.attach import Ending, attach

    assert run.terminal is not None
    ending, finished = Ending.EXITED, None
    session = clean_line(run.session, 60)
    async for event in run.events():
        if isinstance(event, OutputReceived):
            continue
        if ending is not Ending.HUNG_UP:
            for line in narrator.lines(event):
                say(line)
        if isinstance(event, StepStarted):
            greeting = "" if quiet else f"rollcage: a shell in session {session}; {key.name} leaves and ends it"
            ending = await attach(run.terminal, device, key, greeting)
            if ending is Ending.HUNG_UP:
                # Whoever closed the terminal may say so twice; what was done in the shell is still to be kept.
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
        elif isinstance(event, RunFinished):
            finished = event
    if isinstance(run.failure, RollcageError):
        return run.failure.exit_code
    assert finished is not None
    if not quiet and ending is not Ending.HUNG_UP:
        _say_end(finished, ending, session)
    return _exit_code(finished, ending)


def _say_end(finished: RunFinished, ending: Ending, session: str) -> None:
    from tui.store.states import RunState
    from tui.terminal.attach import Ending

    if finished.state is RunState.SUCCEEDED:
        how = "left the shell, which has ended" if ending is Ending.DETACHED else "the shell has ended"
        snapshot = f"snapshot {finished.after_id[:SHORTEST_ID]}; " if finished.after_id else ""
        undo = "rollcage undo" if session == DEFAULT_SESSION else f"rollcage undo -s {session}"
        say(f"rollcage: {how}; {snapshot}`{undo}` takes back what was done in it")


def _exit_code(finished: RunFinished, ending: Ending) -> int:
    """Return the shell's own exit code where it ended by itself, 0 where a person left it."""
    from tui.cli.codes import exit_code
    from tui.store.states import RunState
    from tui.terminal.attach import Ending

    if finished.state is RunState.SUCCEEDED and ending is Ending.EXITED:
        return finished.exit_code or 0
    return exit_code(finished)
