"""What only several commands together do: a download that is made executable and run, a function that multiplies."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from tui.levels import RiskLevel
from tui.risk.judge.collected import collected_and_sent
from tui.risk.judge.command import Command
from tui.risk.judge.draft import Verdict
from tui.risk.judge.foreign import JudgeText, foreign
from tui.risk.judge.mentions import STARTS_SHELL
from tui.risk.judge.pushes import pushes
from tui.risk.model import Category, Effect, Reversibility
from tui.risk.shell.model import ShellProgram

_SHEBANGS = (("python", "python"), ("node", "javascript"), ("sh", "bash"))
_BUILDS = frozenset(
    {
        "go", "gcc", "g++", "cc", "c++", "clang", "clang++", "tcc", "rustc", "javac", "nim", "zig", "crystal",
        "swiftc", "ghc",
        "kotlinc", "scalac", "csc", "mcs", "dart", "nasm", "cython", "make",
    }
)  # fmt: skip
_OBEYS_FILES = ("neofetch", "fastfetch", "top", "htop", "pfetch", "screenfetch", "watch")
"""Harmless by themselves, but their settings can hold commands."""
_SEARCHED = re.compile(
    r"(?:^|/)(?:s?bin|games)/|^(?:~|\$HOME|\$\{HOME\}|/home/[^/]+|/root)/(?:go/bin|\.cargo/bin|\.bun/bin)/"
)
"""Directories that the shell looks for programs in."""
_ONLY_RIGHTS = ("chmod", "chown", "chgrp", "setfacl", "touch")
"""They are given a file and do nothing with what is in it."""
_MACHINE_CODE = re.compile(r"^(?:\\(?:x7[fF]|0?177)|\x7f)ELF|(?:\\x[0-9a-fA-F]{2}){8}")
"""A program as bytes, in the spelling of `printf`."""
_BARE_ADDRESS = re.compile(
    r"(?:^|://|@)(?!10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)\d{1,3}(?:\.\d{1,3}){3}(?=[:/]|$)"
)
_UNPACKS = frozenset({"tar", "gtar", "bsdtar", "unzip", "7z", "7za", "gunzip", "unrar", "cpio", "unxz"})
_OF_THE_SYSTEM = ("/bin/", "/usr/", "/sbin/", "/opt/", "/etc/")
_NAMED_BY_URL = ("wget", "aria2c", "axel", "lwp-download", "fetch")


def scripts(
    commands: Sequence[Command], program: ShellProgram, judge_text: JudgeText | None
) -> Iterator[tuple[Command, Verdict]]:
    """Yield what the commands of a text do together, with the command that completes it."""
    yield from _multiplying(commands, program)
    yield from _downloaded_and_run(commands)
    yield from _unpacked_and_run(commands)
    yield from pushes(commands)
    yield from collected_and_sent(commands)
    if judge_text is not None:
        yield from _written_and_run(commands, judge_text)


def _multiplying(commands: Sequence[Command], program: ShellProgram) -> Iterator[tuple[Command, Verdict]]:
    for command in commands:
        invocation = command.invocation
        name = invocation.argv[0].text if invocation.argv else ""
        if name in program.recursive and (invocation.background or invocation.stdin.producers):
            yield command, Verdict(
                RiskLevel.CRITICAL, Category.DOS, f"starts copies of {name} without end until the machine stands still",
                "dos.fork-bomb", ("T1499",), frozenset({Effect.EXHAUST}), Reversibility.HARD,
            )  # fmt: skip
            return


def _downloaded_and_run(commands: Sequence[Command]) -> Iterator[tuple[Command, Verdict]]:
    fetched: dict[str, str] = {}
    decoded: set[str] = set()
    runnable: set[str] = set()
    """Those of them that can be run by their name alone."""
    for command in commands:
        by_name = command.program if command.program in runnable else ""
        for path in (*_executed(command), *filter(None, (by_name,))):
            if _key(path) in decoded:
                yield command, Verdict(
                    RiskLevel.HIGH, Category.OBFUSCATED, f"runs {path[:80]}, which was decoded just before",
                    "code.decode-and-run", ("T1027", "T1140"), frozenset({Effect.EXECUTE}),
                )  # fmt: skip
                return
            source = fetched.get(_key(path))
            if source is not None:
                yield command, Verdict(
                    RiskLevel.HIGH, Category.REMOTE_CODE, f"runs {path[:80]}, which was downloaded just before",
                    "net.download-and-run", ("T1105", "T1059"), frozenset({Effect.EXECUTE, Effect.NETWORK_IN}),
                )  # fmt: skip
                return
        if command.facts.network in ("in", "both") and not command.dry:
            for path in _saved(command):
                fetched.setdefault(_key(path), command.program)
                if _SEARCHED.search(path):
                    runnable.add(_key(path))
        facts = command.facts
        reverts = command.program == "xxd" and (command.has("-r") or command.has("-revert"))
        if reverts or (facts.decodes and ("always" in facts.decodes or any(map(command.has, facts.decodes)))):
            decoded |= {_key(path) for path in _unfolded_into(command)}
        if fetched and (moved := _moved(command)) is not None:
            source, target = moved
            if source in fetched:
                name = source if _is_directory(target) else _key(target)
                fetched.setdefault(name, fetched[source])
                if _SEARCHED.search(target):
                    runnable.add(name)


def _unpacked_and_run(commands: Sequence[Command]) -> Iterator[tuple[Command, Verdict]]:
    """A repository or an archive from an address without a name, of which something is run."""
    fetched = unpacked = False
    for command in commands:
        if unpacked and any(not path.startswith(_OF_THE_SYSTEM) for path in _executed(command)):
            yield command, Verdict(
                RiskLevel.HIGH, Category.REMOTE_CODE,
                f"runs {command.line[:80]}, which came from an address without a name",
                "net.unpack-and-run", ("T1105", "T1059"), frozenset({Effect.EXECUTE, Effect.NETWORK_IN}),
            )  # fmt: skip
            return
        anonymous = any(map(_BARE_ADDRESS.search, (word.text for word in command.invocation.argv[1:])))
        if anonymous and command.program == "git" and command.subcommand_at(("clone",)):
            unpacked = True
        elif anonymous and command.facts.network in ("in", "both"):
            fetched = True
        elif fetched and command.program in _UNPACKS:
            unpacked = True


def _unfolded_into(command: Command) -> Iterator[str]:
    """Yield the files that a decoder puts its output into."""
    for redirect in command.invocation.redirects:
        if redirect.operator in (">", ">>", ">|"):
            yield redirect.target.text
    for option in ("-o", "--output", "-out"):
        yield from command.values(option)
    if command.program == "xxd" and len(command.words) > 1:
        yield command.words[-1]


def _is_directory(path: str) -> bool:
    return path.endswith(("/", "/bin", "/sbin", "/games")) or path in (".", "..", "~", "/tmp")  # noqa: S108 - read, not used


def _moved(command: Command) -> tuple[str, str] | None:
    """Return the name of a file and the place it is copied, moved or linked to."""
    if command.program not in ("mv", "cp", "install", "ln", "gmv", "gcp", "ginstall") or len(command.words) < 2:
        return None
    return _key(command.words[-2]), command.words[-1]


def _written_and_run(commands: Sequence[Command], judge_text: JudgeText) -> Iterator[tuple[Command, Verdict]]:
    """Text that one command writes into a file and another hands to a program is code after all."""
    written: dict[str, str] = {}
    for command in commands:
        if command.program in _ONLY_RIGHTS:
            continue
        if written and not (command.facts.harmless and command.program not in _OBEYS_FILES):
            for path in (*_executed(command), *_given(command)):
                text = written.pop(path, None)
                if text is not None and (verdict := _of_text(path, text, command, judge_text)) is not None:
                    yield command, verdict
        for path, text in _literals(command):
            written[path] = written.get(path, "") + text


def _of_text(path: str, text: str, command: Command, judge_text: JudgeText) -> Verdict | None:
    """Return what there is to say about a command that runs, or is steered by, a text that is known."""
    facts = command.facts
    levels = [RiskLevel.LOW]
    shell = False
    if path in _executed(command):
        if _MACHINE_CODE.search(text):
            levels.append(RiskLevel.HIGH)
        language = _language(path, text, command)
        if language in ("bash", "python", "javascript"):
            levels.append(judge_text(text, language))
        else:
            levels += [verdict.level for verdict in foreign(language, text, judge_text)]
    elif not facts.roles or command.program in _BUILDS:
        shell = STARTS_SHELL.search(text) is not None and command.program not in _BUILDS
        levels += [verdict.level for verdict in foreign("code", text, judge_text)]
        levels.append(RiskLevel.HIGH if shell else RiskLevel.LOW)
    level = max(levels, key=lambda each: each.rank)
    if level < RiskLevel.HIGH:
        return None
    return Verdict(
        level, Category.SHELL if shell else Category.UNKNOWN,
        f"runs {path[:80]}, which this text wrote: it is dangerous",
        "script.written-and-run", ("T1059",), frozenset({Effect.EXECUTE}),
    )  # fmt: skip


def _language(path: str, text: str, command: Command) -> str:
    for code in command.invocation.code:
        if code.file is not None and code.file.text == path:
            return code.language
    first = text.partition("\n")[0]
    if first.startswith("#!"):
        return next((language for name, language in _SHEBANGS if name in first), "code")
    suffix = posixpath.splitext(path)[1]
    return {".py": "python", ".js": "javascript", ".mjs": "javascript", ".sh": "bash", "": "bash"}.get(suffix, "code")


def _literals(command: Command) -> Iterator[tuple[str, str]]:
    """Yield the files a command writes text to that is known."""
    invocation = command.invocation
    if command.facts.data and command.program in ("echo", "printf", "print"):
        text = " ".join(word.text for word in invocation.argv[1:])
    elif invocation.stdin.literal is not None:
        text = invocation.stdin.literal
    else:
        return
    for redirect in invocation.redirects:
        if redirect.operator in (">", ">>", ">|", "&>"):
            yield redirect.target.text, text + "\n"
    if command.program == "tee":
        for word in command.words:
            yield word, text + "\n"


def _given(command: Command) -> Iterator[str]:
    for word in command.invocation.argv[1:]:
        text = word.text
        yield text
        if "=" in text:
            yield text.partition("=")[2]


def _key(path: str) -> str:
    return posixpath.basename(path.rstrip("/"))


def _saved(command: Command) -> Iterator[str]:
    """Yield the names of the files a download is saved under."""
    for option in ("-o", "--output", "-O", "--output-document", "--out"):
        for value in command.values(option):
            if value not in ("-", "/dev/stdout", "/dev/null"):
                yield value
    for redirect in command.invocation.redirects:
        if redirect.operator in (">", ">>", ">|", "&>") and redirect.descriptor in (None, 1):
            yield redirect.target.text
    if command.program in ("scp", "rsync", "sftp"):
        for word in command.words[:-1]:
            if ":" in word:
                yield posixpath.basename(word.rpartition(":")[2])
    if command.program in _NAMED_BY_URL or any(map(command.has, ("-O", "--remote-name", "--remote-name-all"))):
        for word in command.words:
            name = posixpath.basename(word.partition("?")[0])
            if "/" in word or "." in word:
                yield name


def _executed(command: Command) -> Iterator[str]:
    """Yield the files a command runs as programs."""
    invocation = command.invocation
    if invocation.argv and ("/" in invocation.argv[0].text or invocation.argv[0].literal is None):
        yield invocation.argv[0].text
    for code in invocation.code:
        if code.file is not None:
            yield code.file.text
    if command.program in (".", "source") and command.operands:
        yield command.operands[0].text
    if command.program == "java":
        yield from command.values("-jar")
