"""What is suspicious about how a program is started."""

from __future__ import annotations

import re
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge, key_of
from tui.risk.code.operations import Call
from tui.risk.code.values import Constant, Items, Label, Labels, Reference, Value, labels_of, pieces_of, shown, text_of
from tui.risk.model import Category, Effect

_HIGH: Final = RiskLevel.HIGH
_CRITICAL: Final = RiskLevel.CRITICAL
_MEDIUM: Final = RiskLevel.MEDIUM
SHELLS: Final = frozenset({
    "sh", "bash", "zsh", "dash", "ksh", "ash", "csh", "tcsh", "fish", "cmd", "cmd.exe", "powershell",
    "powershell.exe", "pwsh",
})  # fmt: skip
INTERPRETERS: Final = SHELLS | {
    "python", "python2", "python3", "node", "perl", "ruby", "php", "lua", "deno", "bun", "start", "wine",
    "source", ".", "exec", "sudo", "nohup", "java", "rundll32", "regsvr32", "mshta", "wscript", "cscript",
    "msiexec", "explorer", "open", "doas", "setsid", "env", "java.exe", "pythonw",
}  # fmt: skip
_INTERACTIVE: Final = frozenset({"-i", "-s", "-p", "-l", "--login", "-li", "-il", "-ip", "--norc", "--noprofile", "-"})
_DEVELOPMENT: Final = frozenset({
    "npm", "npx", "yarn", "pnpm", "bun", "vite", "webpack", "make", "cargo", "go", "uvicorn", "gunicorn",
    "flask", "xdg-open", "open", "code", "docker", "git", "redis-server", "pytest", "java", "mvn",
})  # fmt: skip
_SESSIONS: Final = frozenset({"su", "ssh", "telnet", "machinectl", "nsenter", "chroot", "login"})
WORD: Final = re.compile(r"[^\s;&|<>()]+")
_SEPARATOR: Final = re.compile(r"[;&|\n]+")


def judge_origin(judge: Judge, call: Call, lead: Labels, names: list[str]) -> None:
    """Judge where the text of a command comes from."""
    span, what = call.span, " ".join(names)[:80]
    if Label.NETWORK in lead:
        level = _CRITICAL
        judge.report(
            level,
            Category.REMOTE_CODE,
            "run-received",
            "runs a command that it receives over the network",
            span,
            Effect.NETWORK_IN,
        )
    elif Label.REQUEST in lead:
        judge.report(
            _HIGH, Category.REMOTE_CODE, "run-request", "runs a command that a client of this server sends", span
        )
    elif Label.PICTURE in lead:
        judge.report(_HIGH, Category.OBFUSCATED, "run-hidden", "runs a command that is hidden in a picture", span)
    elif Label.DECODED in lead:
        judge.folded = True
        judge.report(
            _HIGH, Category.OBFUSCATED, "run-decoded", f"runs a command that is encoded in the text: {what}", span
        )
    elif Label.ASSEMBLED in lead:
        judge.folded = True
        judge.report(
            _HIGH, Category.OBFUSCATED, "run-assembled", f"runs a command that is hidden in codes: {what}", span
        )


def judge_shell(judge: Judge, call: Call, command: Value, names: list[str]) -> None:
    """Judge a shell that is started to be told what to do."""
    if not names:
        return
    program = names[0].replace("\\", "/").rpartition("/")[2].lower()
    if program not in SHELLS or not all(name in _INTERACTIVE for name in names[1:]):
        return
    span = call.span
    streams = [call.option(name) for name in ("stdin", "stdout", "stderr", "stdio", "input")]
    stream_labels = frozenset[Label]().union(*(labels_of(stream) for stream in streams))
    fed = call.option("input")
    if (text := text_of(fed)) is not None:
        judge.run_shell(text, span, call.name)
        return
    if Label.SOCKET in stream_labels:
        judge.report(
            _CRITICAL,
            Category.SHELL,
            "socket-shell",
            f"gives whoever is at the other end of a connection a shell: {program}",
            span,
            Effect.REMOTE,
        )
        return
    if Label.NETWORK in labels_of(call.option("stdin")):
        what = f"feeds {program} what it downloads, unseen"
        judge.report(_CRITICAL, Category.REMOTE_CODE, "run-received", what, span, Effect.NETWORK_IN, Effect.EXECUTE)
        return
    judge.mark("opens a shell", span)
    piped = any(isinstance(stream, Reference) and "PIPE" in stream.name for stream in streams) or (
        judge.language == "js" and _is_pipe(call.option("stdio"))
    )
    if piped and call.name.rpartition(".")[2] not in {"system", "spawn_pty"}:
        judge.report(
            _MEDIUM,
            Category.UNKNOWN,
            "fed-shell",
            f"starts {program} and feeds it commands that are only known when it runs",
            span,
        )
    else:
        judge.report(
            _HIGH,
            Category.SHELL,
            "open-shell",
            f"opens a shell, {shown(command) if not isinstance(command, Items) else program},"
            " in which anything can be run",
            span,
        )


def _is_pipe(stdio: Value | None) -> bool:
    """Whether what a program of Node.js reads comes from the text that started it."""
    first = stdio.items[0] if isinstance(stdio, Items) and stdio.items else stdio
    return first is None or text_of(first) == "pipe"


def takes_commands(names: list[str]) -> bool:
    """Whether the program made of the words `names` runs what is written to it."""
    program = program_key(names[0]) if names else ""
    if program in SHELLS:
        return all(name.startswith("-") for name in names[1:])
    if program in _SESSIONS:
        return True
    return program == "sudo" and bool({"-i", "-s", "su", "bash", "sh"} & set(names[1:3]))


def judge_fetched(judge: Judge, call: Call, command: Value, names: list[str]) -> None:
    """Judge a program that was downloaded or written before."""
    if not judge.fetched and not judge.written:
        return
    keys = [program_key(name) for name in names]
    if isinstance(command, Items):
        keys = [key_of(word) for word in command.items]
    elif not isinstance(command, Constant):
        keys += [f"?{piece.shown}" for piece in pieces_of(command) if isinstance(piece, Value)]
    runs = True
    started = set() if isinstance(command, Items) else _started(shown(command))
    for key, name in zip(keys, names + [""] * len(keys), strict=False):
        if (
            key in judge.fetched
            and key
            and (
                runs or key in started or name.startswith("./") or key.startswith("?") or _after_interpreter(key, keys)
            )
        ):
            judge.report(
                _CRITICAL,
                Category.REMOTE_CODE,
                "run-downloaded",
                f"runs {key.lstrip('?')}, which it has just downloaded",
                call.span,
                Effect.NETWORK_IN,
            )
            return
        if key in judge.written and key and (runs or _after_interpreter(key, keys)):
            text = judge.written.pop(key)
            own = program_key(names[0]).startswith(judge.interpreter.rstrip("3")) or key.endswith(
                (".py", ".js", ".mjs")
            )
            if own or (judge.language == "py" and "import " in text and not key.endswith((".sh", ".bat"))):
                judge.run_code(text, call.span)
            else:
                judge.run_shell(text, call.span, f"{call.name} {key}")
            return
        runs = program_key(name) in INTERPRETERS or (runs and name.startswith("-"))


def _started(text: str) -> set[str]:
    """Return the names of the programs that start the commands of a shell text."""
    return {program_key(words[0]) for part in _SEPARATOR.split(text[:4096]) if (words := WORD.findall(part))}


def program_key(name: str) -> str:
    """Return what identifies a program: its base name."""
    return name.strip("'\"").replace("\\", "/").rstrip("/").rpartition("/")[2].lower()


def _after_interpreter(key: str, keys: list[str]) -> bool:
    index = keys.index(key)
    return any(before in INTERPRETERS for before in keys[max(0, index - 3) : index])


def judge_hidden(judge: Judge, call: Call, names: list[str]) -> None:
    """A program without any output that outlives the script is there to go unnoticed; a development server is not."""
    program = program_key(names[0]) if names else ""
    silent = [shown(call.option(name)) for name in ("stdin", "stdout", "stderr")]
    all_silent = all("DEVNULL" in name or "devnull" in name for name in silent)
    ignored = text_of(call.option("stdio")) == "ignore" or (
        isinstance(stdio := call.option("stdio"), Items)
        and all(text_of(item) == "ignore" for item in stdio.items[:3])
        and bool(stdio.items)
    )
    if (all_silent or (ignored and call.is_true("detached"))) and program not in _DEVELOPMENT:
        judge.report(
            _HIGH,
            Category.EVADE,
            "silent-process",
            f"starts {program or 'a program'} so that nobody sees it: detached and without output",
            call.span,
            attack=("T1564",),
        )
