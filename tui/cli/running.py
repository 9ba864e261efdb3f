"""Following one run from its request to an exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.cli.approving import TerminalApprover
from tui.cli.codes import EXIT_CANCELLED, EXIT_MACHINE, EXIT_NOBODY_READS, exit_code
from tui.cli.console import say
from tui.cli.display import Display, JsonDisplay, OutputDisplay
from tui.cli.figures import describe_machine
from tui.cli.narration import Narrator
from tui.cli.opening import with_engine
from tui.cli.stdin import forward
from tui.cli.writer import Writer
from tui.definitions.kinds import ExecutionMode
from tui.errors import RollcageError, UsageError
from tui.runs.events import RunFinished
from tui.text import clean_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from tui.config import Settings
    from tui.runs.engine import Engine, Run
    from tui.runs.request import Request


def run_and_follow(
    arguments: argparse.Namespace, request: Request, *, forward_stdin: bool, demanded: bool = False
) -> int:
    """Run a request as the common arguments (`add_running`) say, and return the exit code.

    `demanded` says that the person named the machine, and does not want another.
    """

    async def action(engine: Engine) -> int:
        compare_machines(engine, request, demanded=demanded, quiet=arguments.quiet)
        asked = replace(request, stdin_follows=forward_stdin)
        stdin = sys.stdin.fileno() if forward_stdin else None
        return await follow(engine, asked, _display(arguments, Writer()), stdin=stdin)

    return _with_engine(arguments, action)


def run_in_order(
    arguments: argparse.Namespace,
    requests: Sequence[Request],
    names: Sequence[str],
    *,
    keep_going: bool,
    demanded: bool = False,
) -> int:
    """Run requests one after another until one fails, and return the exit code of the first that did, or 0.

    Args:
        arguments: The common ones (`add_running`).
        requests: What to run; none of them gets any input.
        names: What each is called, when there are several.
        keep_going: Go on after a failure. Who cancels one cancels the rest, and so does who stops reading.
        demanded: Whether the person named the machine, and does not want another.
    """
    tells = not arguments.quiet and len(requests) > 1

    async def action(engine: Engine) -> int:
        compare_machines(engine, requests[0], demanded=demanded, quiet=arguments.quiet)
        writer = Writer()
        first_failure = 0
        for number, (request, name) in enumerate(zip(requests, names, strict=True), 1):
            if tells:
                say(f"rollcage: {number} of {len(requests)}: {name}")
            code = await follow(engine, request, _display(arguments, writer), stdin=None)
            first_failure = first_failure or code
            if code and (not keep_going or code in (EXIT_CANCELLED, EXIT_NOBODY_READS)):
                if tells and number < len(requests):
                    say(f"rollcage: skipped: {'; '.join(names[number:])}")
                break
        return first_failure

    return _with_engine(arguments, action)


def _display(arguments: argparse.Namespace, writer: Writer) -> Display:
    """Return what shows one run."""
    if arguments.json:
        return JsonDisplay(writer, sys.stdout)
    on_host = arguments.mode is ExecutionMode.LOCAL
    narrator = Narrator(quiet=arguments.quiet, verbose=arguments.verbose, host_demanded=on_host)
    return OutputDisplay(writer, narrator, sys.stdout, sys.stderr, raw=arguments.raw)


def _with_engine(arguments: argparse.Namespace, action: Callable[[Engine], Awaitable[int]]) -> int:
    def adjusted(settings: Settings) -> Settings:
        if not arguments.no_rollback:
            return settings
        return replace(settings, snapshots=replace(settings.snapshots, auto_rollback=False))

    # Standard input that is forwarded to the command is not the terminal, which can still be asked.
    return with_engine(
        action, adjust=adjusted, approver=TerminalApprover(arguments.yes_up_to, yes_to_rules=arguments.yes_to_rules)
    )


def compare_machines(engine: Engine, request: Request, *, demanded: bool, quiet: bool) -> None:
    """Do not let it go unnoticed that a session keeps the machine it was made with.

    Raises:
        UsageError: that machine is not the one that was demanded.
    """
    known = next((session for session in engine.store.sessions() if session.name == request.session), None)
    if known is None or request.spec is None or request.spec == known.spec:
        return
    name = clean_line(known.name, 60)
    if demanded:
        raise UsageError(
            f"session {name} has a machine of {describe_machine(known.spec)}, and keeps it",
            hint=f"name another session to get one of {describe_machine(request.spec)}",
        )
    if not quiet:
        wanted = describe_machine(request.spec)
        say(f"rollcage: note: session {name} keeps its machine of {describe_machine(known.spec)}, not {wanted}")


async def follow(engine: Engine, request: Request, display: Display, *, stdin: int | None) -> int:
    """Run `request`, show its events and return the exit code. `stdin` is a descriptor to forward, if any."""
    run = engine.run(request)
    with _interruptible(run):
        if stdin is None:
            await run.close_stdin()
        else:
            forward(run, stdin)
        finished: RunFinished | None = None
        readers_left = True
        async for event in run.events():
            if isinstance(event, RunFinished):
                finished = event
            if readers_left:
                try:
                    await display.show(event)
                except BrokenPipeError:
                    # As for a local command whose reader goes away: it ends. What it did is rolled back.
                    readers_left = False
                    await run.cancel()
    if not readers_left:
        return EXIT_NOBODY_READS
    if isinstance(run.failure, RollcageError):
        return run.failure.exit_code
    return exit_code(finished) if finished else EXIT_MACHINE


@contextmanager
def _interruptible(run: Run) -> Iterator[None]:
    """Let the first signal cancel the run, the second kill the command at once, the third end this process."""
    loop = asyncio.get_running_loop()
    ending: set[asyncio.Task[None]] = set()
    received = 0

    def on_signal(signum: int) -> None:
        nonlocal received
        received += 1
        if received == 1:
            os.write(sys.stderr.fileno(), b"\nrollcage: cancelling the run; once more to kill it\n")
            ending.add(asyncio.ensure_future(run.cancel()))
        elif received == 2:
            ending.add(asyncio.ensure_future(run.cancel(at_once=True)))
        else:
            os._exit(128 + signum)

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for signum in signals:
        loop.add_signal_handler(signum, on_signal, signum)
    try:
        yield
    finally:
        for signum in signals:
            loop.remove_signal_handler(signum)
