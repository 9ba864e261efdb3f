"""What several commands take on their command line."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, TypeAlias

from tui.levels import RiskLevel
from tui.machines.model import PROFILES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.definitions.kinds import ExecutionMode

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

DEFAULT_SESSION = "default"

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration(text: str) -> float:
    """Return the seconds `text` means: a number, or one followed by `ms`, `s`, `m` or `h`."""
    match = _DURATION.fullmatch(text.strip().lower())
    seconds = float(match[1]) * _SECONDS[match[2] or "s"] if match else 0.0
    if seconds <= 0:
        raise argparse.ArgumentTypeError(f"not a duration: {text!r} (examples: 30, 1.5m, 2h)")
    return seconds


def assignment(text: str) -> tuple[str, str]:
    """Return the two sides of `KEY=VALUE`."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"not KEY=VALUE: {text!r}")
    return key, value


def risk_level(text: str) -> RiskLevel:
    """Return the risk level `text` names, in any case."""
    try:
        return RiskLevel(text.strip().lower())
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a risk level: {text!r} (one of {', '.join(RiskLevel)})") from None


def execution_mode(text: str) -> ExecutionMode:
    """Return the execution mode `text` names, in any case; `vm` is a synonym of `firecracker`."""
    from tui.errors import InvalidInput
    from tui.runs.modes import mode_named

    try:
        return mode_named(text)
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def command(
    subparsers: Subparsers,
    name: str,
    function: Callable[[argparse.Namespace], int],
    summary: str,
    *,
    description: str = "",
    examples: tuple[str, ...] = (),
) -> argparse.ArgumentParser:
    """Declare a command that calls `function` and explains itself with examples."""
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=description or f"{summary[0].upper()}{summary[1:]}.",
        epilog="examples:\n" + "\n".join(f"  {line}" for line in examples) if examples else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(function=function)
    return parser


def family(
    subparsers: Subparsers,
    name: str,
    function: Callable[[argparse.Namespace], int],
    summary: str,
    *,
    examples: tuple[str, ...] = (),
) -> tuple[argparse.ArgumentParser, Subparsers]:
    """Declare a command that has commands of its own; alone it calls `function`."""
    parser = command(subparsers, name, function, summary, examples=examples)
    return parser, parser.add_subparsers(metavar="COMMAND", title="commands")


def add_session(parser: argparse.ArgumentParser, *, inherit: bool = False) -> None:
    """Let the command choose a session; with `inherit` it may also have been chosen before a command of a family."""
    parser.add_argument(
        "-s",
        "--session",
        default=argparse.SUPPRESS if inherit else DEFAULT_SESSION,
        metavar="NAME",
        help=f"session (default: {DEFAULT_SESSION})",
    )


def add_json(parser: argparse.ArgumentParser, what: str = "print JSON", *, inherit: bool = False) -> None:
    """Let the command print for programs; `inherit` as for `add_session`."""
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS if inherit else False, help=what)


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Let the command go on without asking."""
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask; required when there is no terminal")


def add_running(parser: argparse.ArgumentParser) -> None:
    """Add what every command that runs something takes."""
    add_session(parser)
    parser.add_argument(
        "-t", "--timeout", type=duration, metavar="TIME", help="end the run after this long: 30, 1.5m, 2h"
    )
    parser.add_argument("-p", "--profile", choices=tuple(PROFILES), help="machine of a new session")
    parser.add_argument("--no-rollback", action="store_true", help="leave the session as a failed run left it")
    parser.add_argument(
        "-m",
        "--mode",
        type=execution_mode,
        metavar="MODE",
        help="where to run: local (only what is harmless), vm or hybrid (default: the definition's, else vm)",
    )
    add_answers(parser)
    add_json(parser, "print the event stream, one JSON object a line, instead of the output")
    parser.add_argument("--raw", action="store_true", help="do not clean output shown on a terminal (dangerous)")
    add_talk(parser)


def add_answers(parser: argparse.ArgumentParser) -> None:
    """Let the command be told beforehand what a person would be asked."""
    parser.add_argument(
        "--yes-up-to", type=risk_level, metavar="LEVEL",
        help="run without asking what is at most low, medium, high or critical; policy and hooks still refuse",
    )  # fmt: skip
    parser.add_argument(
        "--yes-to-rules", action="store_true",
        help="with --yes-up-to: also where the policy or a hook wants a person to decide",
    )  # fmt: skip


def add_talk(parser: argparse.ArgumentParser) -> None:
    """Let the command say less or more than usual."""
    talk = parser.add_mutually_exclusive_group()
    talk.add_argument("-q", "--quiet", action="store_true", help="say nothing about snapshots and rollbacks")
    talk.add_argument("-v", "--verbose", action="store_true", help="say every event: machine, snapshots, steps")
