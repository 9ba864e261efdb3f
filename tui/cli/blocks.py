"""`rollcage exec --blocks`: the code blocks of a text, such as the reply of a language model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tui.cli.console import out, out_json, out_table, say
from tui.errors import InvalidInput, UsageError
from tui.text import clean_line

if TYPE_CHECKING:
    import argparse

    from tui.definitions.reply import CodeBlock, Reply
    from tui.risk.model import Assessment
    from tui.runs.request import Request

_PART: Final = re.compile(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--blocks", metavar="FILE",
        help="run the code blocks of a text in their order, each a run of its own; - reads it from standard input",
    )  # fmt: skip
    parser.add_argument("--choose", metavar="NUMBERS", help="with --blocks: only these, such as 1,3-4")
    parser.add_argument("--list", action="store_true", help="with --blocks: show them and their risk, run nothing")
    parser.add_argument("--keep-going", action="store_true", help="with --blocks: go on after one that failed")
    parser.add_argument(
        "--as-one", action="store_true", help="with --blocks: make them one run; a failure rolls everything back"
    )


def are_asked_for(arguments: argparse.Namespace) -> bool:
    """Say whether blocks are to be run.

    Raises:
        UsageError: the options contradict each other.
    """
    chosen = {"--choose": arguments.choose is not None, "--list": arguments.list,
              "--keep-going": arguments.keep_going, "--as-one": arguments.as_one}  # fmt: skip
    given = [option for option, is_given in chosen.items() if is_given]
    if arguments.blocks is None:
        if given:
            raise UsageError(f"{given[0]} is for --blocks FILE")
        return False
    if any(source is not None for source in (arguments.code, arguments.file, arguments.program)):
        raise UsageError("give the code once: --blocks FILE has it")
    if arguments.keep_going and arguments.as_one:
        raise UsageError("--as-one makes one run of the blocks: there is nothing to go on with after it failed")
    return True


def run_blocks(arguments: argparse.Namespace, text: str, like: Request) -> int:
    """Run or list the blocks of a text; `like` is a request with all that the options say."""
    from tui.cli.running import run_in_order
    from tui.definitions.reply import read_reply
    from tui.languages import language_named
    from tui.runs.blocks import requests_for

    reply = read_reply(text, language_named(arguments.language or ""))
    if reply.left_out:
        raise InvalidInput(f"the text has {len(reply.blocks) + reply.left_out} blocks, too many to look at",
                           hint=f"at most {len(reply.blocks)} are read: cut it into several")  # fmt: skip
    if arguments.list:
        return _list(reply, like, as_json=arguments.json)
    blocks = chosen(reply, arguments.choose)
    if not arguments.quiet and arguments.choose is None:
        for block in reply.blocks:
            if block not in blocks:
                say(f"rollcage: {_name(block)} is not run: {_why_left(block)}")
    requests = requests_for(blocks, like, as_one=arguments.as_one)
    names = [f"{_name(block)}, {clean_line(block.title, 60)}" for block in blocks][: len(requests)]
    return run_in_order(arguments, requests, names, keep_going=arguments.keep_going, demanded=like.spec is not None)


def chosen(reply: Reply, choice: str | None) -> list[CodeBlock]:
    """Return the blocks to run: the chosen ones, or all about which nothing is in doubt.

    Raises:
        UsageError: the choice cannot be read, or there are no such blocks, or they cannot be run: all that is wrong.
        InvalidInput: without a choice there is nothing to run.
    """
    if choice is None:
        blocks = [block for block in reply.blocks if block.is_certain]
        if not blocks:
            reasons = [f"{_name(block)}: {_why_left(block)}" for block in reply.blocks]
            raise InvalidInput("no block of the text can be run as it is", hint="\n".join(reasons))
        return blocks
    numbers, problems = _numbers(choice, len(reply.blocks))
    blocks = [block for block in reply.blocks if block.number in numbers]
    problems += [f"{_name(block)} cannot be run: {block.why_not}" for block in blocks if not block.can_run]
    if problems:
        raise UsageError("; ".join(problems), hint="--list shows the blocks and what can be run")
    return blocks


def _numbers(choice: str, count: int) -> tuple[set[int], list[str]]:
    """Return the numbers that `1,3-4` means, and what is wrong with it."""
    numbers: set[int] = set()
    problems = []
    for part in choice.split(","):
        match = _PART.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match is not None else (0, 0)
        if match is None or first > last:
            problems.append(f"--choose takes numbers such as 1,3-4, not {clean_line(part, 40)!r}")
        elif not 1 <= first <= last <= count:
            problems.append(f"there is no block {last if first >= 1 else first}: the text has {count}")
        else:
            numbers |= set(range(first, last + 1))
    return numbers, problems


def _why_left(block: CodeBlock) -> str:
    return block.why_not or f"{'; '.join(block.doubts)} (--choose {block.number} runs it)"


def _name(block: CodeBlock) -> str:
    lines = f"line {block.first_line}" if block.first_line == block.last_line else f"lines {_span(block)}"
    return f"block {block.number} ({block.language or block.named}, {lines})"


def _span(block: CodeBlock) -> str:
    return f"{block.first_line}-{block.last_line}"


def _list(reply: Reply, like: Request, *, as_json: bool) -> int:
    """Show the blocks with the risk of each."""
    from tui.risk import assess

    found: list[tuple[CodeBlock, Assessment | None]] = [
        (block, assess(block.text, str(block.language), env=like.env, cwd=like.cwd) if block.can_run else None)
        for block in reply.blocks
    ]
    if as_json:
        out_json([_to_json(block, assessment) for block, assessment in found])
        return 0
    if not found:
        out("no code")
        return 0
    rows = [
        (
            str(block.number), _span(block), str(block.language or block.named or "?"),
            str(assessment.level) if assessment is not None else "-",
            _remark(block, assessment), block.title,
        )
        for block, assessment in found
    ]  # fmt: skip
    out_table(("BLOCK", "LINES", "LANGUAGE", "RISK", "REMARK", "TITLE"), rows)
    return 0


def _remark(block: CodeBlock, assessment: Assessment | None) -> str:
    if block.why_not:
        return f"not run: {block.why_not}"
    worst = [assessment.reasons[0].effect] if assessment is not None and assessment.reasons else []
    return "; ".join(clean_line(remark, 80) for remark in (*block.doubts, *worst)) or "-"


def _to_json(block: CodeBlock, assessment: Assessment | None) -> dict[str, object]:
    return {
        "number": block.number, "first_line": block.first_line, "last_line": block.last_line, "named": block.named,
        "language": block.language, "title": block.title, "text": block.text, "can_run": block.can_run,
        "why_not": block.why_not, "doubts": list(block.doubts), "note": block.note,
        "assessment": assessment.to_json() if assessment is not None else None,
    }  # fmt: skip
