"""`rollcage exec`: code or a program, in a session."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli import blocks
from tui.cli.arguments import Subparsers, add_running, assignment, command
from tui.cli.console import is_terminal
from tui.errors import InvalidInput, UsageError
from tui.languages import INTERPRETED, NAMES, SUFFIXES, Language

if TYPE_CHECKING:
    import argparse

    from tui.machines.model import MachineSpec
    from tui.runs.request import Request, StepRequest

LARGEST_CODE = 4 * 1024 * 1024


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = command(
        subparsers,
        "exec",
        _exec,
        "run code or a program",
        description="Run code, a file, or a program with its arguments in a session's machine. The session is made if "
        "there is none. What is piped in goes to the command, unless it is the code.",
        examples=(
            "rollcage exec 'apt list --installed | wc -l'",
            "rollcage exec -l python 'print(6 * 7)'",
            "rollcage exec --file report.py --env MONTH=11 < figures.csv",
            "generate-code | rollcage exec --language python -",
            "rollcage exec --session demo --timeout 30 -- git clone /src /work/copy",
            "rollcage exec --mode local 'grep -rn TODO .'           on the host, confined, if it is harmless",
            "rollcage exec --yes-up-to high --file migrate.sh       in a script, where nobody can be asked",
            "rollcage exec --secret-env TOKEN 'use \"$TOKEN\"'       its value is in no record and no output",
            "rollcage exec -l python --keep-interpreter 'x = 1'     x is still there in the next such run",
            "rollcage exec --blocks reply.md --list                 the code blocks of a text, and their risk",
            "rollcage exec --blocks reply.md --choose 1,3-4         runs these, each a run of its own",
        ),
    )
    parser.usage = "rollcage exec [OPTIONS] [CODE | - | --file FILE | --blocks FILE | -- PROGRAM ARGUMENT…]"
    parser.add_argument("code", nargs="?", metavar="CODE", help="the code; - reads it from standard input")
    parser.add_argument("-f", "--file", type=Path, metavar="FILE", help="read the code from a file")
    parser.add_argument(
        "-l", "--language", choices=[name for name, meant in NAMES.items() if meant in INTERPRETED], metavar="LANGUAGE",
        help="bash, python or javascript (default: by the file's suffix, else bash)",
    )  # fmt: skip
    parser.add_argument(
        "-e", "--env", type=assignment, action="append", default=[], metavar="KEY=VALUE", help="variable, repeatable"
    )
    parser.add_argument(
        "--secret-env", action="append", default=[], metavar="KEY",
        help="hand on a variable of this environment and keep its value out of records and output, repeatable",
    )  # fmt: skip
    parser.add_argument("--cwd", metavar="DIR", help="working directory in the machine (default: /work)")
    parser.add_argument("--network", action="store_true", help="give a new session's machine the network")
    parser.add_argument(
        "--keep-interpreter", action="store_true", help="run Python in the session's own interpreter: variables persist"
    )
    blocks.add(parser)
    add_running(parser)
    parser.set_defaults(program=None)


def _exec(arguments: argparse.Namespace) -> int:
    from tui.cli.running import run_and_follow

    if blocks.are_asked_for(arguments):
        return blocks.run_blocks(arguments, _source(arguments.blocks), _request(arguments, "", ()))
    step, title, from_stdin = _step(arguments)
    if arguments.keep_interpreter and step.language != "python":
        raise UsageError("--keep-interpreter is for --language python")
    request = _request(arguments, title, (step,))
    piped = not from_stdin and not is_terminal(sys.stdin)
    return run_and_follow(arguments, request, forward_stdin=piped, demanded=request.spec is not None)


def _request(arguments: argparse.Namespace, title: str, steps: tuple[StepRequest, ...]) -> Request:
    """Return a request with all that the options say."""
    from tui.runs.request import Request

    secrets = _secrets(arguments.secret_env)
    return Request(
        title=title,
        steps=steps,
        session=arguments.session,
        spec=spec_asked_for(arguments),
        env={**dict(arguments.env), **secrets},
        cwd=arguments.cwd,
        timeout_s=arguments.timeout,
        keep_interpreter=arguments.keep_interpreter,
        mode=arguments.mode,
        secrets=secrets,
    )


def _secrets(names: list[str]) -> dict[str, str]:
    """Return the values of variables of this environment."""
    # Who writes NAME=VALUE has put the secret there already; it need not be shown as well.
    missing = [name.partition("=")[0] for name in names if name not in os.environ]
    if missing:
        raise UsageError(f"not in the environment: {', '.join(missing)}", hint="--secret-env takes names, not values")
    return {name: os.environ[name] for name in names}


def _step(arguments: argparse.Namespace) -> tuple[StepRequest, str, bool]:
    """Return the step, its title, and whether standard input was read for it."""
    from tui.runs.request import StepRequest

    sources = [source for source in (arguments.code, arguments.file, arguments.program) if source is not None]
    if len(sources) > 1:
        raise UsageError("give the code once: as an argument, with --file, from standard input, or a program after --")
    if arguments.program is not None:
        import shlex

        if not arguments.program:
            raise UsageError("there is no program after --")
        if arguments.language:
            raise UsageError("a program after -- has no language")
        text = shlex.join(arguments.program)
        return StepRequest(text, argv=tuple(arguments.program)), _title(text), False
    if arguments.file is not None:
        by_suffix = SUFFIXES.get(arguments.file.suffix.lower(), Language.BASH)
        language = NAMES[arguments.language] if arguments.language else by_suffix
        return StepRequest(_read(arguments.file), str(language)), arguments.file.name, False
    language = NAMES[arguments.language or "bash"]
    if arguments.code is not None and arguments.code != "-":
        if not arguments.code.strip():
            raise InvalidInput("CODE has no code in it")
        return StepRequest(arguments.code, str(language)), _title(arguments.code), False
    if arguments.code is None and is_terminal(sys.stdin):
        raise UsageError("there is nothing to run", hint="for example: rollcage exec 'uname -a'   (more with --help)")
    text = _source("-")
    return StepRequest(text, str(language)), _title(text), True


def _source(given: str) -> str:
    """Return the text of a file, or of standard input for `-`."""
    if given == "-":
        return _decode(sys.stdin.buffer.read(LARGEST_CODE + 1), "standard input")
    return _read(Path(given))


def _title(code: str) -> str:
    first = next((line.strip() for line in code.splitlines() if line.strip()), "")
    return first[:120]


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return _decode(file.read(LARGEST_CODE + 1), str(path))
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}") from None


def _decode(data: bytes, source: str) -> str:
    if len(data) > LARGEST_CODE:
        raise InvalidInput(f"{source} is longer than {LARGEST_CODE // 1024 // 1024} MiB, too long for code")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{source} is not UTF-8 text: byte {error.start} cannot be read") from None
    if not text.strip():
        raise InvalidInput(f"{source} has no code in it")
    return text


def spec_asked_for(arguments: argparse.Namespace) -> MachineSpec | None:
    """Return what a new session's machine is made of; None leaves it to the settings."""
    if arguments.profile is None and not arguments.network:
        return None
    from tui.config import load_settings
    from tui.machines.model import PROFILES
    from tui.paths import Paths

    profile = arguments.profile or load_settings(Paths.from_environment()).profile
    return replace(PROFILES[profile], network=arguments.network)
