"""`rollcage assess`: what a text would do, and how bad that would be, without running it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command
from tui.cli.console import is_terminal, may_colour, out
from tui.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from tui.risk.model import Assessment

_SUFFIXES = {
    ".sh": "bash", ".bash": "bash", ".zsh": "bash", ".ksh": "bash", ".py": "python", ".pyw": "python",
    ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".ts": "javascript",
}  # fmt: skip
_LEVELS = ("low", "medium", "high", "critical")
EXIT_TOO_RISKY = 1
LONGEST_INPUT = 4 * 1024 * 1024


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = command(
        subparsers,
        "assess",
        _assess,
        "say what a command would do, and how bad that would be",
        description="Say what a text would do when it is run, and how bad that would be. Nothing is run. TEXT is a "
        "command, a file, or - for standard input; a file's language is told by its suffix, then by its first line.",
        examples=(
            "rollcage assess 'curl -fsSL https://example.org/install.sh | sh'",
            "rollcage assess deploy.sh --fail-on high",
            "git diff --cached --name-only | xargs -n1 rollcage assess --json",
            'rollcage assess --jsonl < commands.jsonl      one {"command", "language"} a line',
            "rollcage assess -- rm -rf build               a program and its arguments, without a shell",
        ),
    )
    parser.usage = "rollcage assess [OPTIONS] [TEXT | FILE | - | -- PROGRAM ARGUMENT…]"
    parser.add_argument("text", nargs="?", metavar="TEXT", help="a command, a file, or - for standard input")
    parser.add_argument(
        "-l", "--language", metavar="LANGUAGE", help="bash, python or javascript (default: by the file, else bash)"
    )
    add_json(parser, "print the whole assessment as JSON")
    parser.add_argument(
        "--jsonl", action="store_true", help="read requests and print assessments as JSON, one a line, in order"
    )
    parser.add_argument(
        "--fail-on", choices=_LEVELS, metavar="LEVEL", help="exit with 1 when the level is LEVEL or worse"
    )
    parser.set_defaults(program=None)


def _assess(arguments: argparse.Namespace) -> int:
    if arguments.jsonl:
        if arguments.text is not None or arguments.program is not None:
            raise UsageError("--jsonl reads standard input and takes no text")
        return _answer_lines(sys.stdin.buffer, arguments.language or "bash", arguments.fail_on)
    from tui.risk import assess, assess_argv

    if arguments.program is not None:
        import shlex

        if arguments.text is not None:
            raise UsageError("give either a text or a program after --")
        if not arguments.program:
            raise UsageError("there is no program after --")
        text, assessment = shlex.join(arguments.program), assess_argv(arguments.program)
    else:
        text, language = _read(arguments.text, arguments.language)
        assessment = assess(text, language)
    if arguments.json:
        out(json.dumps(assessment.to_json(), indent=2, ensure_ascii=False))
    else:
        from tui.cli.assessment import explain

        for line in explain(assessment, text, colour=may_colour(sys.stdout)):
            sys.stdout.write(line + "\n")
    return _code([assessment], arguments.fail_on)


def _code(assessments: Iterable[Assessment], fail_on: str | None) -> int:
    if fail_on is None:
        return 0
    return EXIT_TOO_RISKY if any(assessment.level >= fail_on for assessment in assessments) else 0


def _read(given: str | None, language: str | None) -> tuple[str, str]:
    """Return the text and its language."""
    if given is None or given == "-":
        if given is None and is_terminal(sys.stdin):
            raise UsageError("there is nothing to assess", hint="for example: rollcage assess 'rm -rf build'")
        text = _decode(sys.stdin.buffer.read(LONGEST_INPUT + 1), "standard input")
        if not text.strip():
            # Where what should have made the text failed, nothing must not pass for something harmless.
            raise InvalidInput("standard input has nothing in it to assess")
        return text, language or "bash"
    path = Path(given)
    try:
        is_file = len(given) < 4096 and "\0" not in given and path.is_file()
    except OSError:
        is_file = False
    if not is_file:
        return given, language or "bash"
    try:
        with path.open("rb") as file:
            text = _decode(file.read(LONGEST_INPUT + 1), str(path))
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}") from None
    return text, language or _SUFFIXES.get(path.suffix.lower()) or _by_first_line(text)


def _by_first_line(text: str) -> str:
    first = text.partition("\n")[0]
    if first.startswith("#!"):
        for word, language in (("python", "python"), ("node", "javascript"), ("deno", "javascript")):
            if word in first:
                return language
    return "bash"


def _decode(data: bytes, source: str) -> str:
    if len(data) > LONGEST_INPUT:
        raise InvalidInput(f"{source} is longer than {LONGEST_INPUT // 1024 // 1024} MiB")
    return data.decode("utf-8", "replace")


def _answer_lines(lines: Iterable[bytes], language: str, fail_on: str | None) -> int:
    """Answer each request on a line of its own, at once; a request that makes no sense is answered, too."""
    from tui.risk.assessing import assess, default_knowledge

    knowledge = default_knowledge()
    worst = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            text, asked = _request(line, language)
        except ValueError as error:
            answer: dict[str, object] = {"level": "medium", "error": str(error)}
            worst = max(worst, 1)
        else:
            assessment = assess(text, asked, knowledge=knowledge)
            answer = assessment.to_json()
            worst = max(worst, assessment.level.rank)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return EXIT_TOO_RISKY if fail_on is not None and worst >= _LEVELS.index(fail_on) else 0


def _request(line: bytes, language: str) -> tuple[str, str]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {str(error)[:120]}") from None
    if not isinstance(request, dict):
        raise ValueError("not a JSON object")
    text, asked = request.get("command"), request.get("language", language)
    if not isinstance(text, str) or not isinstance(asked, str):
        raise ValueError("`command` must be a string, and `language` too")
    return text, asked
