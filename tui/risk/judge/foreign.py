"""Code in languages that are not parsed (Perl, Ruby, PHP, Lua, AWK …): what its text shows.

Strings in it that are shell commands are judged as such; connections together with shells, and deletions,
are recognised by
the names that languages give them.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Callable, Iterator
from typing import Final

from tui.levels import RiskLevel
from tui.risk.judge.draft import Verdict
from tui.risk.judge.mentions import NAMES_SHELL, STARTS_SHELL, paths_in
from tui.risk.judge.targets import classify_text
from tui.risk.model import Category, Effect, Reversibility
from tui.risk.rule import Target

_STRING: Final = re.compile(
    r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"|`([^`\n]*)`|\bq[qwx]?[{(/]([^})/\n]*)[})/]"
)
_ONE: Final = r"(?:'[^'\\\n]*'|\"[^\"\\\n]*\")"
_ARGUMENT: Final = re.compile(r"'([^'\\\n]*)'|\"([^\"\\\n]*)\"")
_ARGUMENTS: Final = re.compile(
    rf"\b(?:exec[lv]?[pe]{{0,2}}|system|spawn|popen\w*|run|command|call|execute|Command\.new|ProcessBuilder|pcntl_exec)\b"
    rf"\s{{0,4}}[({{\[]*\s{{0,4}}({_ONE}(?:\s{{0,4}}[,)(]?\s{{0,4}}[\[.]?(?:arg\()?\s{{0,4}}{_ONE}){{1,12}})"
)
"""A program with its arguments as strings of their own: `exec "rm", "-rf", "/"`, `system(["rm", "-rf"])`."""
_WORD_LIST: Final = re.compile(
    r"\b(?:exec|system|spawn|popen)\b[^;\n]{0,12}(?:qw|%w)"
    r"\s*[({\[/<|]([^)}\]/>|\n]+/?[^)}\]>|\n]*)"
)
"""`exec qw(rm -rf /)`, `system(*%w[rm -rf /])`."""
_CONSTANT: Final = re.compile(r"[$@]?\b(\w+)\s{0,4}=\s{0,4}(['\"])((?:(?!\2)[^\\\n]){0,400})\2")
_CALL: Final = re.compile(
    r"\b(?:system|exec|popen|shell_exec|passthru|spawn|os\.execute|io\.popen|IO\.popen|qx)\s{0,4}\(?\s{0,4}([^;(){}\n]{1,300})"
)
_PIECE: Final = re.compile(r"[$@]?\b([A-Za-z_]\w*)\b|(['\"])((?:(?!\2)[^\\\n])*)\2")
_CONNECTS: Final = re.compile(
    r"socket|TCPServer|IO::Socket|fsockopen|\bNet::|net\.(?:Socket|Dial|connect)|inet/|/inet|pfsockopen|sockaddr|gen_tcp|TcpStream|ServerSocket",
    re.IGNORECASE,
)
_STARTS: Final = re.compile(
    r"\b(?:exec|system|popen|proc_open|shell_exec|passthru|spawn|fork|dup2?|execve|ProcessBuilder|IO\.popen|os\.execute|io\.popen|Runtime)\b|/bin/\w*sh\b|`|\|&|cmd\.exe"
)
_READS: Final = re.compile(r"\b(?:open|read|File\.read|file_get_contents|io\.open|slurp|readFile)\b")
_SENDS: Final = re.compile(r"\b(?:send|print|write|puts|post|POST|fwrite)\b")
_RUNS_DECODED: Final = re.compile(
    r"(?i)\b(?:eval|assert|system|exec|passthru|shell_exec|popen|instance_eval|loadstring|load)\b[^;\n]{0,80}"
    r"(?:decode|\b(?:un)?pack\b|unpack1|base64|gzinflate|gzuncompress|rot13|fromcharcode|hex2bin|chr\()"
)
_MULTIPLIES: Final = re.compile(
    r"\bfork\b\s*(?:\(\s*\))?\s*while\b|\bwhile\b[^;{]{0,80}\bfork\b|(?:while\s*\(?1\)?|loop|for\s*\(;;\))\s*(?:do|\{)?\s*\{?\s*fork\b"
)
_DELETES: Final = re.compile(
    r"rm_rf|rm_r\b|remove_tree|rmtree|removeDirectory|FileUtils\.rm|\bunlink\b|File\.delete|rimraf|remove-item"
    r"|os\.(?:remove|unlink)|\bfile +delete\b",
    re.IGNORECASE,
)
_WRITES: Final = re.compile(
    r"\b(?:open|write|fopen|file_put_contents|File\.write|io\.open)\b.*?[\"'](?:[wa]\+?b?|>>?)[\"']|file_put_contents|File\.write|[\"']>>?\s*/"
)
_DESTROYED: Final = frozenset(
    {Target.WORKSPACE_WHOLE, Target.ROOT, Target.HOME, Target.SYSTEM, Target.HOME_PART, Target.ANY_OUTSIDE}
)

JudgeText = Callable[[str, str], RiskLevel]
"""Says how bad a text in a language is."""


def foreign(language: str, text: str, judge_text: JudgeText) -> Iterator[Verdict]:
    """Yield what the text of a program in `language` shows."""
    runs = frozenset({Effect.EXECUTE})
    connects, starts = _CONNECTS.search(text), _STARTS.search(text)
    if connects and starts:
        yield Verdict(
            RiskLevel.CRITICAL, Category.SHELL, "connects a shell to another machine", "code.connected-shell",
            ("T1059", "T1571"), runs | {Effect.NETWORK_OUT},
        )  # fmt: skip
    elif connects and _READS.search(text) and _SENDS.search(text):
        yield Verdict(
            RiskLevel.HIGH, Category.EXFIL, "sends what it reads from a file to another machine", "code.send-file",
            ("T1041",), frozenset({Effect.NETWORK_OUT, Effect.READ}), Reversibility.IRREVERSIBLE,
        )  # fmt: skip
    elif STARTS_SHELL.search(text) or NAMES_SHELL.search(text):
        yield Verdict(
            RiskLevel.HIGH, Category.SHELL, f"starts a shell from {language}", "code.start-shell", ("T1059",), runs
        )
    if _RUNS_DECODED.search(text):
        yield Verdict(
            RiskLevel.HIGH, Category.OBFUSCATED, f"decodes text and runs it as {language}", "code.run-decoded-inside",
            ("T1027", "T1140"), runs,
        )  # fmt: skip
    if _MULTIPLIES.search(text):
        yield Verdict(
            RiskLevel.CRITICAL, Category.DOS, "starts copies of itself without end", "code.fork-bomb", ("T1499",),
            frozenset({Effect.EXHAUST}),
        )  # fmt: skip
    if _DELETES.search(text):
        for path in _paths(text):
            if classify_text(path) & _DESTROYED:
                yield Verdict(
                    RiskLevel.HIGH, Category.DESTROY, f"deletes {path[:80]}", "code.delete", ("T1485",),
                    frozenset({Effect.DELETE}), Reversibility.IRREVERSIBLE,
                )  # fmt: skip
                break
        else:
            yield Verdict(
                RiskLevel.MEDIUM, Category.CHANGE, f"deletes files from {language}", "code.delete-named", (),
                frozenset({Effect.DELETE}), Reversibility.IRREVERSIBLE,
            )  # fmt: skip
    if _WRITES.search(text):
        for path in _paths(text):
            kinds = classify_text(path)
            if kinds & {Target.ACCOUNT, Target.STARTUP, Target.DEVICE, Target.BOOT}:
                yield Verdict(
                    RiskLevel.HIGH, Category.PERSIST, f"writes {path[:80]}", "code.write", ("T1546",),
                    frozenset({Effect.WRITE, Effect.PERSIST}), Reversibility.HARD,
                )  # fmt: skip
                break
    worst = max(
        (judge_text(command, "bash") for command in _commands(text)),
        key=lambda level: level.rank,
        default=RiskLevel.LOW,
    )
    if worst >= RiskLevel.HIGH:
        yield Verdict(
            worst if starts else RiskLevel.HIGH, Category.DESTROY, f"runs a dangerous command from {language}",
            "code.run-command",
            ("T1059",), runs,
        )  # fmt: skip


def _put_together(text: str) -> Iterator[str]:
    """Yield commands of strings that are joined where they are run, variables included: `c="rm"; system(c " -r x")`."""
    held = {name: value for name, _, value in _CONSTANT.findall(text)[:32]}
    for match in itertools.islice(_CALL.finditer(text), 8):
        pieces: list[str] = []
        for name, _, value in _PIECE.findall(match[1]):
            if name and name not in held:
                break
            pieces.append(held[name] if name else value)
        else:
            if len(pieces) > 1 or (pieces and match[1].strip().lstrip("$@") in held):
                yield "".join(pieces)


def _paths(text: str) -> Iterator[str]:
    for match in _STRING.finditer(text):
        yield next((group for group in match.groups() if group is not None), "")
    yield from paths_in(text)


def _commands(text: str) -> Iterator[str]:
    """Yield what in the text may be a shell command: the text itself, and strings of more than a word."""
    if re.match(r"^\s*(?:sudo\s+)?[a-z][\w.-]*\s+-", text):
        yield text
    for match in itertools.islice(_ARGUMENTS.finditer(text), 8):
        words = [next(filter(None, each), "") for each in _ARGUMENT.findall(match[1])]
        yield shlex.join(words)
    for match in itertools.islice(_WORD_LIST.finditer(text), 8):
        yield match[1]
    yield from _put_together(text)
    count = 0
    for match in _STRING.finditer(text):
        value = next((group for group in match.groups() if group is not None), "")
        if 5 <= len(value) <= 4096 and (" " in value or "$IFS" in value):
            count += 1
            if count > 24:
                return
            yield value.replace('\\"', '"').replace("\\'", "'")
