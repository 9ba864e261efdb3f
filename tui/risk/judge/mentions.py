"""What the words of a command mention, whatever the program: secrets, files of accounts, shells to be started."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from tui.levels import RiskLevel
from tui.risk.judge.command import Command
from tui.risk.judge.draft import Verdict
from tui.risk.judge.targets import classify_text
from tui.risk.model import Category, Effect, Reversibility
from tui.risk.rule import Target
from tui.risk.shell.model import Place, Word

_PATH: Final = re.compile(
    r"(?<![\w.$}~-])(?:file:/{0,2}(?=/)|@)?((?:~|\$HOME|\$\{HOME\})?/[\w./~*{}$-]+|(?:\.\w+|[\w.-]+)/[\w./-]*)"
)
STARTS_SHELL: Final = re.compile(
    r"(?<![\w#.-])(?<!#!)(?<!#! )(?:/usr)?(?:/local)?/s?bin/(?:env +)?(?:ba|z|k|c|tc|da|a|fi|ya|mk|pdk)?sh\b(?![/.\w-])"
)
NAMES_SHELL: Final = re.compile(
    r"(?:^|[!`\"'(=,\s])(?:exec|system|spawn|popen|shell|callCommand|execvp?e?|os\.execute|!)\s*[(\s]?\s*[\"'(]*(?:ba|z|k|da)?sh\b(?![\w./-])",
    re.IGNORECASE,
)
_JUDGED_ELSEWHERE: Final = frozenset({"bash", "sh", "python", "javascript"})
_IDENTITY: Final = re.compile(
    r"^-i$|^--?(?:\w+-)*(?:key|identity|cert|cacert|kubeconfig|netrc|netrc-file|password-file|passphrase-file|credentials?|config|"
    r"env-file|private-key|pgpass|ssh-key|key-file|keyfile|user-data|identity-file|defaults-file|vault-password-file)(?:-\w+)*$"
)
_SHELL_IS_SETTING: Final = frozenset(
    {
        "chsh", "useradd", "usermod", "adduser", "docker", "podman", "nerdctl", "kubectl", "docker-compose", "oc",
        "ln", "cp", "mv",
        "update-alternatives", "apt", "apt-get", "dpkg-query", "export", "declare", "set", "alias", "unset", "ssh",
        "screen", "tmux",
        "script", "lxc", "incus", "nix", "toolbox", "distrobox", "vagrant", "dnf", "yum", "rpm", "gcc", "cc", "make",
        "cmake", "SHELL",
        "su", "sudo", "env", "time", "timeout", "nice", "nohup", "setsid", "bash", "sh", "zsh", "dash", "rm",
        "chmod", "chown", "strip",
    }
)  # fmt: skip
"""Programs to which a shell is an ordinary value, or is taken away by the parser."""
_MESSAGE: Final = frozenset(
    {
        "-m", "--message", "--body", "-b", "--title", "-t", "--description", "--comment", "--notes", "--subject",
        "--text",
        "--summary", "--reason", "--annotation", "--label",
    }
)  # fmt: skip
"""Options whose value is prose."""
_HANDLES_KEYS: Final = frozenset(
    {
        "ssh-add",
        "ssh-keygen",
        "chmod",
        "chown",
        "chgrp",
        "setfacl",
        "ssh",
        "touch",
        "mkdir",
        "ln",
        "autossh",
        "mosh",
        "git",
    }
)
"""Programs to which a key is what it is for, and which do not show it."""
_ROOT_ONLY: Final = frozenset({Target.ACCOUNT, Target.STARTUP})


def mentions(command: Command, looked_at: Collection[Word] = ()) -> Iterator[Verdict]:
    """Yield what is worth saying about words that no role explains; not about those it has looked at only."""
    facts = command.facts
    if facts.data or facts.metadata or command.dry:
        return
    yield from _secrets(command, looked_at)
    if not facts.harmless:
        yield from _shells(command)


def paths_in(text: str) -> Iterator[str]:
    """Yield what looks like a path inside a text."""
    for match in _PATH.finditer(text):
        yield match[1]


def _secrets(command: Command, looked_at: Collection[Word]) -> Iterator[Verdict]:
    invocation, facts = command.invocation, command.facts
    named = {word.span for option, word in command.option_words.items() if _IDENTITY.match(option)}
    covered = bool(facts.roles) or command.program in _HANDLES_KEYS
    seen: set[str] = set()
    words: list[Word] = [*invocation.argv[1:]]
    for position, word in enumerate(words):
        text = word.text
        before = words[position - 1].text if position else ""
        is_own_key = (word.span in named or _IDENTITY.match(before) is not None) and "/etc/" not in text
        if word in looked_at:
            continue
        if is_own_key or (facts.harmless and position == 0 and "/" not in text):
            continue
        for path in (text, *paths_in(text)) if len(text) < 65536 else ():
            kinds = classify_text(path, None)
            if path in seen or not kinds:
                continue
            seen.add(path)
            if Target.CREDENTIAL in kinds and not covered:
                yield Verdict(
                    RiskLevel.HIGH, Category.CRED_READ, f"gets at the secrets in {path[:120]}", "cred.mentioned",
                    ("T1552",),
                    frozenset({Effect.CREDENTIAL_READ}), Reversibility.IRREVERSIBLE, word,
                )  # fmt: skip
            elif kinds & _ROOT_ONLY and invocation.privileged and not covered and not facts.harmless and "etc/" in path:
                yield Verdict(
                    RiskLevel.HIGH, Category.PRIV_ESC,
                    f"hands {path[:120]} to {command.program} with the rights of root",
                    "priv.file-of-root", ("T1548",), frozenset({Effect.PRIVILEGE, Effect.WRITE}), Reversibility.HARD,
                    word,
                )  # fmt: skip


def _shells(command: Command) -> Iterator[Verdict]:
    invocation = command.invocation
    if command.program in _SHELL_IS_SETTING or invocation.place is Place.CONTAINER:
        return
    if any(code.language in _JUDGED_ELSEWHERE for code in invocation.code):
        return
    prose = {word.span for option, word in command.option_words.items() if option in _MESSAGE}
    for word in invocation.argv:
        text = word.text
        if word.span in prose or (word is invocation.argv[0] and "(" not in text):
            continue
        if len(text) < 65536 and (STARTS_SHELL.search(text) or NAMES_SHELL.search(text)):
            yield Verdict(
                RiskLevel.HIGH, Category.SHELL, f"starts a shell from {command.program or 'a program'}", "shell.escape",
                ("T1059",), frozenset({Effect.EXECUTE}), Reversibility.UNKNOWN, word,
            )  # fmt: skip
            return


_TAKES_COMMANDS: Final = frozenset(
    {
        "ed",
        "red",
        "ex",
        "vi",
        "vim",
        "ftp",
        "sftp",
        "tftp",
        "lftp",
        "smbclient",
        "gdb",
        "lldb",
        "dc",
        "bc",
        "dmsetup",
        "telnet",
    }
)
"""Programs whose input is commands, although they are no interpreters."""


def typed(command: Command) -> Iterator[Verdict]:
    """Yield what is worth saying about commands that a program reads from its input."""
    literal = command.invocation.stdin.literal
    if literal is None or command.program not in _TAKES_COMMANDS or len(literal) > 65536:
        return
    for path in paths_in(literal):
        if Target.CREDENTIAL in classify_text(path):
            yield Verdict(
                RiskLevel.HIGH, Category.CRED_READ, f"gets at the secrets in {path[:120]}", "cred.typed", ("T1552",),
                frozenset({Effect.CREDENTIAL_READ}), Reversibility.IRREVERSIBLE,
            )  # fmt: skip
            break
    if re.search(r"^\s*(?::\s*)?!\s*\S*sh\b", literal, re.MULTILINE):
        yield Verdict(
            RiskLevel.HIGH, Category.SHELL, f"starts a shell from inside {command.program}", "shell.escape-typed",
            ("T1059",),
            frozenset({Effect.EXECUTE}),
        )  # fmt: skip


def escapes(command: Command) -> Iterator[Verdict]:
    """Yield `!/bin/sh` and the like: what is typed into a program to get out of it."""
    name = command.invocation.argv[0].text if command.invocation.argv else ""
    if re.match(r"^[:!]+\s*!?(?:/\S*/)?(?:ba|z|k|da)?sh$|^\^[RTX]", name):
        yield Verdict(
            RiskLevel.HIGH, Category.SHELL, "starts a shell from inside another program", "shell.escape-typed",
            ("T1059",),
            frozenset({Effect.EXECUTE}), Reversibility.UNKNOWN, command.invocation.argv[0],
        )  # fmt: skip
