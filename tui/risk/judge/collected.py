"""What one command packs, dumps or records into a file and another sends away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tui.levels import RiskLevel
from tui.risk.judge.command import Command
from tui.risk.judge.dataflow import gives_away
from tui.risk.judge.draft import Verdict
from tui.risk.judge.flow import put_out
from tui.risk.model import Category, Effect, Reversibility
from tui.risk.rule import Flow


def collected_and_sent(commands: Sequence[Command]) -> Iterator[tuple[Command, Verdict]]:
    """What one command packs into a file and another sends away leaves the machine all the same."""
    packed: dict[str, Flow] = {}
    archives: dict[str, Flow] = {}
    """Of the working directory: it matters only where they are given away."""
    for command in commands:
        if command.facts.network in ("out", "both") and not command.dry:
            words = {part for word in command.invocation.argv[1:] for part in re.split(r"[=@]", word.text)}
            words |= {redirect.target.text for redirect in command.invocation.redirects if redirect.operator == "<"}
            away = packed if not gives_away(command) else {**archives, **packed}
            if sent := next((path for path in away if path in words), None):
                secret = away[sent] is Flow.CREDENTIAL
                yield command, Verdict(
                    RiskLevel.CRITICAL if secret else RiskLevel.HIGH, Category.EXFIL,
                    f"sends {sent[:80]} away, which holds {'secrets' if secret else 'files of this machine'}",
                    "net.send-collected", ("T1560", "T1041"), frozenset({Effect.NETWORK_OUT}),
                    Reversibility.IRREVERSIBLE,
                )  # fmt: skip
                return
        for path in _records_into(command):
            packed[path] = Flow.BULK
        if command.program in ("tar", "bsdtar", "gtar", "zip", "7z", "rar"):
            archives |= dict.fromkeys(_packs_into(command), Flow.BULK)
        flows = put_out(command) & {Flow.CREDENTIAL, Flow.BULK}
        if flows:
            for path in _packs_into(command):
                packed[path] = Flow.CREDENTIAL if Flow.CREDENTIAL in flows else Flow.BULK


def _records_into(command: Command) -> Iterator[str]:
    """Yield the files that hold what others say on the network, or what is on the screen."""
    if command.program in ("tcpdump", "tshark", "dumpcap"):
        yield from (value for value in command.values("-w") if value != "-")
    elif command.program in ("screencapture", "scrot", "maim", "grim", "gnome-screenshot", "arecord"):
        yield from command.words[-1:]
        yield from (value for option in ("-o", "-f", "--file") for value in command.values(option))


def _packs_into(command: Command) -> Iterator[str]:
    """Yield the files a command puts what it reads into."""
    for redirect in command.invocation.redirects:
        if redirect.operator in (">", ">>", ">|"):
            yield redirect.target.text
    if command.program in ("tar", "bsdtar", "gtar"):
        yield from (value for option in ("-f", "--file") for value in command.values(option) if value != "-")
        if command.words and re.fullmatch(r"c\w*f", command.words[0]) and len(command.words) > 1:
            yield command.words[1]
    elif command.program in ("zip", "7z", "rar"):
        archives = [word for word in command.words if re.search(r"\.(?:zip|7z|rar)$", word)]
        yield from archives[:1]
    elif command.program in ("cp", "rsync", "install", "openssl", "gpg"):
        yield from command.words[-1:]
        yield from (value for option in ("-out", "-o", "--output") for value in command.values(option))
