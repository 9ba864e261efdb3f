"""What flows from command to command: through pipes, substitutions and arguments."""

from __future__ import annotations

import re
from typing import Final

from tui.risk.judge.command import Command, read_command
from tui.risk.judge.searches import with_found
from tui.risk.judge.targets import SECRET_FILE, classify, classify_text
from tui.risk.knowledge import Knowledge
from tui.risk.rule import Flow, Target
from tui.risk.shell.model import Invocation, ShellProgram, Word

_PACKERS: Final = frozenset({"tar", "gtar", "bsdtar", "star"})
_DEEPEST: Final = 12
_MOST: Final = 32
"""Commands of a pipeline that are looked at, nearest first."""
_BULK_TARGETS: Final = frozenset(
    {Target.HOME, Target.ROOT, Target.SYSTEM, Target.HOME_PART, Target.ACCOUNT, Target.LOG, Target.DEVICE}
)


def flows_into(invocation: Invocation, program: ShellProgram, knowledge: Knowledge) -> frozenset[Flow]:
    """Return what the command reads from others, or from files redirected into it."""
    return _of(invocation.stdin.producers, program, knowledge, 0) | _of_files(invocation)


def flows_from(producers: tuple[int, ...], program: ShellProgram, knowledge: Knowledge) -> frozenset[Flow]:
    """Return what these commands put out, all together."""
    return _of(producers, program, knowledge, 0)


def _of_files(invocation: Invocation) -> frozenset[Flow]:
    found: set[Flow] = set()
    for redirect in invocation.redirects:
        if redirect.operator in ("<", "<>"):
            kinds = classify(redirect.target, invocation.cwd)
            if redirect.target.text.startswith(("/dev/tcp/", "/dev/udp/")):
                found.add(Flow.NETWORK)
            elif Target.CREDENTIAL in kinds:
                found.add(Flow.CREDENTIAL)
            elif kinds & _BULK_TARGETS:
                found.add(Flow.BULK)
    return frozenset(found)


def _of(producers: tuple[int, ...], program: ShellProgram, knowledge: Knowledge, depth: int) -> frozenset[Flow]:
    if depth > _DEEPEST:
        return frozenset()
    found: set[Flow] = set()
    for index in producers[:_MOST]:
        if 0 <= index < len(program.invocations):
            producer = program.invocations[index]
            found |= put_out(read_command(with_found(producer, program), knowledge.facts(producer.program)))
            found |= _of_files(producer)
            if producer.appended:
                found |= _of_names(producer, program)
            if producer.inputs:
                found |= _of(producer.inputs, program, knowledge, depth + 1)
    return frozenset(found)


def _of_names(invocation: Invocation, program: ShellProgram) -> frozenset[Flow]:
    """Return what is in the files whose names a search hands to the command: `find / -name id_rsa | xargs cat`."""
    found: set[Flow] = set()
    by = invocation.found_by
    runner = program.invocations[by] if by is not None and 0 <= by < len(program.invocations) else invocation
    for index in runner.stdin.producers[:_MOST]:
        search = program.invocations[index] if 0 <= index < len(program.invocations) else None
        if search is None or search.program not in ("find", "fd", "locate", "ls", "gfind"):
            continue
        for word in search.argv[1:]:
            if SECRET_FILE.search(word.text) or Target.CREDENTIAL in classify(word, search.cwd):
                found.add(Flow.CREDENTIAL)
    return frozenset(found)


_PRINTS_SECRETS: Final = re.compile(
    r"^(?:\S*/)?(?:(?:env|printenv|export|declare|typeset|set|history|fc)(?: -\w+)*$"
    r"|(?:secret-tool|getent g?shadow|security (?:dump|find)\S*|gpg2? .*--export-secret\S*"
    r"|(?:docker|podman|nerdctl)(?: container)? inspect .*\.Env\S*)(?: |$))"
)
"""Commands that print what is secret without naming a file: the environment, the history, a store."""
_DUMPS: Final = re.compile(
    r"^(?:\S*/)?(?:(?:mysqldump|mariadb-dump|pg_dumpall|mongodump|slapcat)(?: |$)|pg_dump(?! .*(?:-s\b|--schema-only))"
    r"|(?:tcpdump|tshark|dumpcap) .*-w ?-(?: |$)|(?:pbpaste|wl-paste)$|xwd(?: |$)|import -window root"
    r"|(?:grim|scrot|maim) .*-(?: |$)"
    r"|(?:arecord|parecord)(?: |$)|(?:docker|podman) (?:save|export) "
    r"|xclip .*-o|redis-cli .*--rdb -|sqlite3 .*\.dump)"
)
"""Commands that print a whole database, the clipboard, or what others say on the network, without naming a file."""
_DECODES_INSIDE: Final = re.compile(
    r"(?i)b(?:16|32|64|85)decode|decode_base64|unhexlify|fromhex|\bunpack1?\b|\bpack\b ?\("
    r"|rot.?13|gunzip|decompress|base64,? *-d|base64_decode|\batob\b"
    r"|'base64'\)|hex2bin|%c"
)
"""What code that decodes something and prints it is made of."""
_SPEAKS: Final = re.compile(
    r"^(?:\S*/)?(?:openssl s_(?:client|server)|dig|nslookup|host|drill|kdig|doggo|getent hosts)\b"
)
"""Commands whose output comes from another machine, though their purpose is another."""


def put_out(command: Command) -> set[Flow]:
    """Return what the command's output holds, or the file it packs things into."""
    facts, found = command.facts, set[Flow]()
    if _PRINTS_SECRETS.search(command.line):
        found.add(Flow.CREDENTIAL)
    if _decodes_inside(command):
        found.add(Flow.DECODED)
    if _SPEAKS.search(command.line):
        found.add(Flow.NETWORK)
    if facts.network in ("in", "both") and not command.dry:
        found.add(Flow.NETWORK)
    if facts.decodes and ("always" in facts.decodes or any(map(command.has, facts.decodes))):
        found.add(Flow.DECODED)
    if facts.metadata or facts.data:
        return found
    packed = command.values("-C") + command.values("--directory") if command.program in _PACKERS else ()
    if any(classify_text(place) & _BULK_TARGETS for place in packed if not place.startswith("/tmp")):  # noqa: S108 - read, not used
        found.add(Flow.BULK)
    for operand in command.operands:
        # `if=/dev/sda` names a file as well as a plain word does.
        word = Word((operand.text[3:],), operand.span) if operand.text.startswith("if=/") else operand
        kinds = classify(word, command.invocation.cwd)
        if Target.CREDENTIAL in kinds or SECRET_FILE.search(word.text):
            found.add(Flow.CREDENTIAL)
        elif kinds & _BULK_TARGETS and Target.TEMP not in kinds and facts.name:
            found.add(Flow.BULK)
    return found


def is_handed_dump(invocation: Invocation, program: ShellProgram) -> bool:
    """Say whether the command reads, through a pipe, all of something that people keep."""
    waiting = [*invocation.stdin.producers, *invocation.inputs]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST:
        index = waiting.pop()
        if index in seen or not 0 <= index < len(program.invocations):
            continue
        seen.add(index)
        producer = program.invocations[index]
        if _DUMPS.search(" ".join(word.text for word in producer.argv)[:1024]):
            return True
        waiting += [*producer.stdin.producers, *producer.inputs]
    return False


def _decodes_inside(command: Command) -> bool:
    """Say whether what the command prints is, as far as its code shows, something that was encoded."""
    texts = [code.text for code in command.invocation.code if code.text and code.file is None]
    return any(map(_DECODES_INSIDE.search, texts)) or (
        command.facts.interpreter and command.line.find(" -m base64 -d") > 0
    )
