"""What becomes of what flows: downloads that are run, secrets that are sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tui.levels import RiskLevel
from tui.risk.judge.command import Command
from tui.risk.judge.draft import Verdict
from tui.risk.judge.flow import flows_from, flows_into, is_handed_dump
from tui.risk.judge.targets import classify
from tui.risk.knowledge import Knowledge
from tui.risk.model import Category, Effect, Reversibility
from tui.risk.rule import Flow, Target
from tui.risk.shell.model import Code, ShellProgram

_RUNS: Final = frozenset({Effect.EXECUTE, Effect.NETWORK_IN})
_INERT: Final = frozenset({"sql", "awk", "sed", "jq", "json"})
_DROP: Final = re.compile(
    r"hooks\.slack\.com|discord(?:app)?\.com/api/webhooks|webhook\.site|requestbin|pipedream|ngrok|transfer\.sh|file\.io|0x0\.st|pastebin"
    r"|paste\.|termbin|api\.telegram|burpcollaborator|oast\.|interact\.sh|dnslog|beeceptor|requestcatcher|anonfiles|gofile|catbox\.moe"
    r"|temp\.sh|ix\.io|dpaste|bashupload|oshi\.at|keep\.sh|(?:^|[@/])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?:/|$)"
)
"""Where anybody can leave anything."""
_GIVE_AWAY: Final = frozenset({"curl", "wget", "http", "https", "xh", "nc", "ncat", "netcat", "telnet", "socat"})
"""Programs that say nothing of who is at the other end; `ssh` has made sure, and is how backups are made."""
_HERE: Final = re.compile(r"\blocalhost\b|\b127\.0\.0\.1\b|\[::1\]")
_NEAR: Final = re.compile(
    r"(?:^|[@/:])(?:10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)|\blocalhost\b|\[::1\]|\.(?:local|lan|internal|home|corp)\b"
)
"""Addresses of networks of one's own."""
_COPIES: Final = frozenset({"rsync", "scp", "pscp", "rcp", "bbcp", "unison"})
_OTHER_MACHINE: Final = re.compile(r"(?:[\w.-]+@)?(?:[\w.-]{2,}|\[[0-9a-f:]+\]):(?!//)|(?:rsync|ssh|sftp)://")
_ADDRESS: Final = re.compile(r"(?:^|[@/])\d{1,3}(?:\.\d{1,3}){3}(?=[:/]|$)")
"""An address instead of a name: it says nothing of who is there."""
_SENDS_IN_CODE: Final = re.compile(
    r"urlopen|requests\.(?:post|put|get)|httpx\.|http\.client|\.send(?:all|to)?\(|fetch\(|https?\.request|Net::HTTP"
    r"|LWP::|HTTP::Tiny|IO::Socket|curl_exec|fsockopen|stream_context|axios"
)
_TALKS: Final = frozenset({"openssl", "libressl"})
"""Connect to another machine by one of their subcommands."""
_RAW: Final = frozenset({"nc", "ncat", "netcat", "nc.openbsd", "nc.traditional", "socat", "telnet", "cryptcat"})
_ARCHIVES: Final = re.compile(
    r"^(?:\S*/)?(?:(?:bsd|g)?tar (?=-?\w*c|.*--create)(?!.*\s-?-(?:f|file)[= ]?(?!-)\S)"
    r"|zip (?:-\w+ )*-(?: |$)|(?:cpio|pax) .*(?:-o|-w)|7z\w? a .*-so"
    r"|git (?:archive|bundle create -|log .*-p\b|format-patch .*--stdout))"
)
"""Commands that pack a directory and write it to standard output."""
_HERE_FIRST: Final = re.compile(r"/dev/(?:tcp|udp)/(?:localhost|127\.\d+\.\d+\.\d+|0)/")
"""A program of this very machine, which a script waits for."""
_LISTENS: Final = re.compile(r"^/dev/(?:tcp|udp)/")


def dataflow(command: Command, program: ShellProgram, knowledge: Knowledge) -> Iterator[Verdict]:
    """Yield what is dangerous about what the command is given by others."""
    for code in command.invocation.code:
        yield from _code(code, command, program, knowledge)
    yield from _sending(command, program, knowledge)
    yield from _copied_away(command)
    yield from _shell_sent(command, program, knowledge)
    yield from _connected_shell(command)


def _code(code: Code, command: Command, program: ShellProgram, knowledge: Knowledge) -> Iterator[Verdict]:
    flows = flows_from(code.producers, program, knowledge) if code.producers else frozenset()
    if code.origin == "stdin":
        flows |= flows_into(command.invocation, program, knowledge)
    language = "" if code.language == "bash" else f" as {code.language}"
    if Flow.NETWORK in flows and code.text is None:
        inert = code.language in _INERT
        yield Verdict(
            RiskLevel.MEDIUM if inert else RiskLevel.CRITICAL, Category.REMOTE_CODE,
            f"runs what it downloads{language}, unseen", "net.run-download", ("T1105", "T1059"), _RUNS,
        )  # fmt: skip
    elif Flow.DECODED in flows and code.language not in _INERT:
        yield Verdict(
            RiskLevel.HIGH, Category.OBFUSCATED, f"runs text that was encoded{language}", "code.run-decoded",
            ("T1027", "T1140"), frozenset({Effect.EXECUTE}),
        )  # fmt: skip
    elif code.text is None and any(_is_outside(program, index) for index in code.producers):
        inert = code.language in _INERT
        yield Verdict(
            RiskLevel.MEDIUM if inert else RiskLevel.HIGH, Category.UNKNOWN,
            f"runs whatever is piped into it{language}, unseen", "code.run-input", ("T1059",),
            frozenset({Effect.EXECUTE}),
        )  # fmt: skip
    elif code.text is None and any(_is_dynamic(program, index) for index in code.producers):
        yield Verdict(
            RiskLevel.HIGH, Category.OBFUSCATED,
            f"runs what a command prints that is only known when it runs{language}",
            "code.run-dynamic", ("T1027",), frozenset({Effect.EXECUTE}),
        )  # fmt: skip
    elif code.text is None and code.file is None and code.language not in _INERT:
        where = "what other commands print" if code.producers else "what only exists when it runs"
        yield Verdict(
            RiskLevel.MEDIUM, Category.UNKNOWN, f"runs {where}{language}", "code.run-unknown", (),
            frozenset({Effect.EXECUTE}),
        )  # fmt: skip
    elif code.text is None and code.file is not None:
        yield Verdict(
            RiskLevel.MEDIUM, Category.UNKNOWN, f"runs {code.file.text[:120]}, which is not in view",
            "code.run-file", (),
            frozenset({Effect.EXECUTE}), word=code.file,
        )  # fmt: skip


def _is_outside(program: ShellProgram, index: int) -> bool:
    """Say whether this is not a command of the text, but what is piped into it from outside."""
    return 0 <= index < len(program.invocations) and program.invocations[index].outside


def _is_dynamic(program: ShellProgram, index: int) -> bool:
    if not 0 <= index < len(program.invocations):
        return False
    argv = program.invocations[index].argv
    return bool(argv) and argv[0].literal is None


def _sending(command: Command, program: ShellProgram, knowledge: Knowledge) -> Iterator[Verdict]:
    sends = command.facts.network in ("out", "both") or _sends_inside(command) or command.program in _TALKS
    sends = sends and (command.program not in _TALKS or command.words[:1] == ("s_client",))
    if not sends or command.dry:
        return
    invocation = command.invocation
    flows = flows_into(invocation, program, knowledge) | flows_from(invocation.inputs, program, knowledge)
    runner = invocation.found_by if invocation.appended else None
    if runner is not None and program.invocations[runner].program in ("xargs", "parallel"):
        flows |= flows_into(program.invocations[runner], program, knowledge) & {Flow.CREDENTIAL}
    effects = frozenset({Effect.NETWORK_OUT})
    if Flow.CREDENTIAL in flows:
        yield Verdict(
            RiskLevel.CRITICAL, Category.EXFIL, f"sends secrets to another machine with {command.program}",
            "net.send-secrets", ("T1041", "T1552"), effects | {Effect.CREDENTIAL_READ}, Reversibility.IRREVERSIBLE,
        )  # fmt: skip
    elif any(_DROP.search(word.text) for word in invocation.argv) and _reads_files(
        invocation.inputs, program, knowledge
    ):
        yield Verdict(
            RiskLevel.HIGH, Category.EXFIL, "sends the contents of files to a service that takes them from anybody",
            "net.send-to-drop", ("T1567",), effects, Reversibility.IRREVERSIBLE,
        )  # fmt: skip
    elif Flow.BULK in flows or (
        command.program in _GIVE_AWAY
        and not any(_HERE.search(word.text) for word in invocation.argv)
        and (is_handed_dump(invocation, program) or _is_handed_archive(command, program))
    ):
        yield Verdict(
            RiskLevel.HIGH, Category.EXFIL, f"sends files of this machine away with {command.program}", "net.send-bulk",
            ("T1041",), effects, Reversibility.IRREVERSIBLE,
        )  # fmt: skip


def _sends_inside(command: Command) -> bool:
    """Say whether code that stands in the command talks to other machines: what the command is given may go there."""
    return any(
        code.text is not None
        and code.origin == "argument"
        and _SENDS_IN_CODE.search(code.text) is not None
        and _HERE.search(code.text) is None
        for code in command.invocation.code
    )


def _copied_away(command: Command) -> Iterator[Verdict]:
    """Yield what a copy to another machine takes from outside the working directory."""
    operands = command.operands
    if command.program not in _COPIES or command.dry or len(operands) < 2:
        return
    *sources, target = operands
    if not _OTHER_MACHINE.match(target.text) or any(_OTHER_MACHINE.match(source.text) for source in sources):
        return
    kinds = frozenset[Target]().union(*(classify(source, command.invocation.cwd) for source in sources))
    anonymous = _ADDRESS.search(target.text) is not None and _NEAR.search(target.text) is None
    taken = bool(kinds & {Target.HOME, Target.HOME_PART, Target.SYSTEM, Target.ROOT}) and Target.TEMP not in kinds
    yield Verdict(
        RiskLevel.HIGH if anonymous and taken else RiskLevel.MEDIUM, Category.EXFIL,
        f"copies {' '.join(source.text for source in sources)[:100]} to {target.text[:60]}", "net.copy-away",
        ("T1048", "T1020"), frozenset({Effect.NETWORK_OUT, Effect.REMOTE}), Reversibility.IRREVERSIBLE,
    )  # fmt: skip


def _shell_sent(command: Command, program: ShellProgram, knowledge: Knowledge) -> Iterator[Verdict]:
    """Yield that what an interactive shell prints goes over a raw connection: half of a reverse shell."""
    if command.program not in _RAW:
        return
    for index in command.invocation.stdin.producers:
        producer = program.invocations[index]
        options = {word.text for word in producer.argv[1:]}
        if knowledge.facts(producer.program).interpreter and "-i" in options and "-c" not in options:
            yield Verdict(
                RiskLevel.HIGH, Category.SHELL, f"connects {producer.program} with another machine", "net.shell-sent",
                ("T1059.004", "T1571"), frozenset({Effect.NETWORK_OUT, Effect.EXECUTE}),
            )  # fmt: skip
            return


def gives_away(command: Command) -> bool:
    """Say whether it sends to where nobody says who takes it, outside networks of one's own."""
    words = [word.text for word in command.invocation.argv[1:]]
    return not any(map(_NEAR.search, words)) and (command.program in _RAW or any(map(_DROP.search, words)))


def _is_handed_archive(command: Command, program: ShellProgram) -> bool:
    """Say whether it sends a packed directory to where nobody says who takes it, outside networks of one's own."""
    if not gives_away(command):
        return False
    indices = (*command.invocation.stdin.producers, *command.invocation.inputs)
    return any(
        _ARCHIVES.search(" ".join(word.text for word in program.invocations[index].argv)[:1024]) is not None
        for index in indices
        if 0 <= index < len(program.invocations)
    )


def _reads_files(indices: tuple[int, ...], program: ShellProgram, knowledge: Knowledge) -> bool:
    for index in indices:
        producer = program.invocations[index]
        facts = knowledge.facts(producer.program)
        if any(role == "reads" for role, _ in facts.roles) and len(producer.argv) > 1:
            return True
    return False


def _connected_shell(command: Command) -> Iterator[Verdict]:
    for redirect in command.invocation.redirects:
        if _LISTENS.match(redirect.target.text):
            asks = redirect.operator == "<"  # alone it only tries whether the port is open
            bare = not command.invocation.argv and not asks
            nobody_else = _HERE_FIRST.match(redirect.target.text) is not None
            interactive = command.facts.interpreter or ((bare or command.program == "exec") and not nobody_else)
            yield Verdict(
                RiskLevel.CRITICAL if interactive else RiskLevel.MEDIUM,
                Category.SHELL if interactive else Category.CHANGE,
                f"connects {command.program or 'the shell'} to {redirect.target.text[9:80]}", "net.dev-tcp",
                ("T1059", "T1571"),
                frozenset({Effect.NETWORK_OUT, Effect.NETWORK_IN}), word=redirect.target,
            )  # fmt: skip
            return
