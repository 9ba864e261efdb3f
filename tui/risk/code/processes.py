"""What it means to run a command."""

from __future__ import annotations

import itertools
import re
import shlex
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.evaluation import OWN_FILE
from tui.risk.code.judge import Judge, key_of, name_in_shell
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Entries,
    Instance,
    Items,
    Label,
    Labels,
    Reference,
    Value,
    joined,
    labels_of,
    pieces_of,
    shown,
    text_of,
)
from tui.risk.code.windows import judge_windows_command
from tui.risk.model import Category, Effect

_HIGH: Final = RiskLevel.HIGH
_CRITICAL: Final = RiskLevel.CRITICAL
_MEDIUM: Final = RiskLevel.MEDIUM
SHELLS: Final = frozenset({
    "sh", "bash", "zsh", "dash", "ksh", "ash", "csh", "tcsh", "fish", "cmd", "cmd.exe", "powershell",
    "powershell.exe", "pwsh",
})  # fmt: skip
_INTERPRETERS: Final = SHELLS | {
    "python", "python2", "python3", "node", "perl", "ruby", "php", "lua", "deno", "bun", "start", "wine",
    "source", ".", "exec", "sudo", "nohup", "java", "rundll32", "regsvr32", "mshta", "wscript", "cscript",
    "msiexec", "explorer", "open", "doas", "setsid", "env", "java.exe", "pythonw",
}  # fmt: skip
_INTERACTIVE: Final = frozenset({"-i", "-p", "-l", "--login", "-li", "-il", "-ip", "--norc", "--noprofile", "-"})
_TELLS_HOST: Final = frozenset({
    "whoami", "hostname", "id", "uname", "env", "printenv", "ifconfig", "ip", "arp", "set", "systeminfo",
    "ipconfig", "getmac", "netstat", "ps", "w", "who", "last", "groups",
})  # fmt: skip
_TELLS_SECRET: Final = (
    ("gcloud", "auth", "print-access-token"), ("gcloud", "auth", "print-identity-token"), ("gh", "auth", "token"),
    ("az", "account", "get-access-token"), ("aws", "configure", "export-credentials"), ("aws", "sts", "assume-role"),
    ("aws", "sts", "get-session-token"), ("aws", "ecr", "get-login-password"), ("kubectl", "config", "view", "--raw"),
    ("vault", "read"), ("vault", "kv", "get"), ("op", "read"), ("pass", "show"), ("secret-tool", "lookup"),
    ("heroku", "auth:token"), ("doctl", "auth", "token"), ("git", "credential", "fill"), ("npm", "token"),
    ("gpg", "--export-secret-keys"),
)  # fmt: skip
"""Commands that print a key with which somebody can log in."""
_DEVELOPMENT: Final = frozenset({
    "npm", "npx", "yarn", "pnpm", "bun", "vite", "webpack", "make", "cargo", "go", "uvicorn", "gunicorn",
    "flask", "xdg-open", "open", "code", "docker", "git", "redis-server", "pytest", "java", "mvn",
})  # fmt: skip
_WORD: Final = re.compile(r"[^\s;&|<>()]+")
_SEPARATOR: Final = re.compile(r"[;&|\n]+")


def run(judge: Judge, call: Call, operation: Operation) -> Value:
    """Run a command given as one text or as a list of words."""
    command = call.argument(operation.arguments[0]) if operation.arguments else None
    if command is None:
        return UNKNOWN
    return execute(judge, call, command)


def run_words(judge: Judge, call: Call, operation: Operation) -> Value:
    """Run a program whose words are the arguments from the row's position on."""
    start = operation.arguments[0][0] if operation.arguments else 0
    words = call.args[start:]
    if len(words) >= 2 and operation.what == "path":
        # execl(path, arg0, …): the name that the program sees itself under says nothing.
        words = (words[0], *words[2:-1]) if call.name.endswith("e") else (words[0], *words[2:])
    flat: list[Value] = []
    for word in words:
        flat.extend(word.items if isinstance(word, Items) else () if isinstance(word, Entries) else (word,))
    return execute(judge, call, Items(tuple(flat)))


def run_file(judge: Judge, call: Call, operation: Operation) -> Value:
    """Run a program with a list of words beside it; through a shell where an option says so."""
    program = call.argument(operation.arguments[0])
    if program is None:
        return UNKNOWN
    words = call.argument(operation.arguments[1]) if len(operation.arguments) > 1 else None
    rest = words.items if isinstance(words, Items) else ()
    if operation.what == "argv" and rest:
        rest = rest[1:]
    if isinstance(program, Items):
        return execute(judge, call, program)
    if call.is_true("shell"):
        pieces: list[str | Value] = list(pieces_of(program))
        for word in rest:
            pieces += [" ", *pieces_of(word)]
        return execute(judge, call, joined(pieces))
    if not rest and " " in (text_of(program) or ""):
        return execute(judge, call, program)
    if isinstance(words, Value) and not isinstance(words, Items | Entries | Constant | Reference):
        rest = (words,)
    return execute(judge, call, Items((program, *rest)))


def execute(judge: Judge, call: Call, command: Value) -> Value:
    """Judge the command that `call` runs; the result carries its output."""
    judge.effects.add(Effect.EXECUTE)
    if isinstance(command, Items):
        words = [_program_name(judge, word) for word in command.items]
        command = Items(tuple(words))
        lead: Value = words[0] if words else UNKNOWN
        names = [shown(word) for word in words]
    else:
        command = _program_name(judge, command)
        lead = command
        names = _WORD.findall(shown(command))[:64]
    labels = labels_of(lead if isinstance(command, Items) else _lead(command))
    if isinstance(command, Items):
        labels |= _code_words(command.items)
    _judge_origin(judge, call, labels, names)
    _judge_shell(judge, call, command, names)
    _judge_fetched(judge, call, command, names)
    _judge_hidden(judge, call, names)
    if judge.looping and OWN_FILE & set(names):
        judge.report(
            _HIGH, Category.DOS, "fork-bomb", "starts itself again and again without end", call.span, Effect.EXHAUST
        )
    judge_windows_command(judge, call.span, shown(command) if not isinstance(command, Items) else " ".join(names))
    _hand_over(judge, call, command)
    attributes = {"stdout": _output(names)}
    if names and _key(names[0]) in SHELLS and len(names) <= 2:
        attributes["stdin"] = Instance("shell-input")
    return Instance(call.name, None, attributes, labels=labels_of(attributes["stdout"]))


def feed(judge: Judge, call: Call, operation: Operation) -> Value:
    """Write a command into a shell that was started before."""
    given = call.argument(operation.arguments[0])
    receiver = call.receiver
    if isinstance(receiver, Instance) and (receiver.kind == "shell-input" or "stdin" in receiver.attributes):
        _judge_origin(judge, call, labels_of(given), [shown(given)])
        if given is not None and (text_of(given) or "").strip():
            judge.run_shell(text_of(given) or "", call.span, call.name)
    if receiver is not None and call.name.endswith("communicate"):
        output = receiver.attributes.get("stdout", UNKNOWN) if isinstance(receiver, Instance) else UNKNOWN
        return Items((output, output))
    return UNKNOWN


def _program_name(judge: Judge, value: Value) -> Value:
    if isinstance(value, Instance) and value.content is not None:
        value = value.content
    if isinstance(value, Reference) and value.name in {"sys.executable", "process.execPath", "process.argv0"}:
        return Constant(judge.interpreter)
    return value


def _lead(command: Value) -> Value:
    """Return the piece of a shell text that says what is run."""
    pieces = pieces_of(command)
    if not pieces or isinstance(command, Constant) or len(pieces) == 1:
        return command
    first = pieces[0]
    if isinstance(first, Value):
        return first
    if first.strip() in {
        "",
        "sudo",
        "bash -c",
        "sh -c",
        "bash -c '",
        'bash -c "',
        "sh -c '",
        'sh -c "',
        "cmd /c",
        "exec",
    }:
        return pieces[1] if isinstance(pieces[1], Value) else UNKNOWN
    return Constant(first, labels=command.labels)


def _code_words(words: tuple[Value, ...]) -> Labels:
    """Return the labels of words that an interpreter runs: those after `-c`, `-e` and the like."""
    if not words or _key(shown(words[0])) not in _INTERPRETERS:
        return NOTHING
    found: Labels = NOTHING
    for before, word in itertools.pairwise(words):
        if shown(before).lower() in {"-c", "-e", "-enc", "-encodedcommand", "/c", "--eval", "-command", "-p", "-lc"}:
            found |= labels_of(word)
    return found


def _judge_origin(judge: Judge, call: Call, lead: Labels, names: list[str]) -> None:
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


def _judge_shell(judge: Judge, call: Call, command: Value, names: list[str]) -> None:
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
    judge.mark("opens a shell", span)
    piped = any(isinstance(stream, Reference) and "PIPE" in stream.name for stream in streams) or (
        judge.language == "js" and call.option("stdio") is None
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


def _judge_fetched(judge: Judge, call: Call, command: Value, names: list[str]) -> None:
    if not judge.fetched and not judge.written:
        return
    keys = [_key(name) for name in names]
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
            own = _key(names[0]).startswith(judge.interpreter.rstrip("3")) or key.endswith((".py", ".js", ".mjs"))
            if own or (judge.language == "py" and "import " in text and not key.endswith((".sh", ".bat"))):
                judge.run_code(text, call.span)
            else:
                judge.run_shell(text, call.span, f"{call.name} {key}")
            return
        runs = _key(name) in _INTERPRETERS or (runs and name.startswith("-"))


def _started(text: str) -> set[str]:
    """Return the names of the programs that start the commands of a shell text."""
    return {_key(words[0]) for part in _SEPARATOR.split(text[:4096]) if (words := _WORD.findall(part))}


def _key(name: str) -> str:
    return name.strip("'\"").replace("\\", "/").rstrip("/").rpartition("/")[2].lower()


def _after_interpreter(key: str, keys: list[str]) -> bool:
    index = keys.index(key)
    return any(before in _INTERPRETERS for before in keys[max(0, index - 3) : index])


def _judge_hidden(judge: Judge, call: Call, names: list[str]) -> None:
    """A program without any output that outlives the script is there to go unnoticed; a development server is not."""
    program = _key(names[0]) if names else ""
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


def _hand_over(judge: Judge, call: Call, command: Value) -> None:
    """Give the command to the judge of shells; unknown pieces become unset variables of the shell."""
    if isinstance(command, Items):
        literal = [text_of(word) for word in command.items]
        if not literal:
            return
        if all(word is not None for word in literal):
            judge.run_shell([word for word in literal if word is not None], call.span, call.name)
            return
        if literal[0] is None and not any(literal):
            _unknown_command(judge, call)
            return
        words = []
        for word, text in zip(command.items, literal, strict=True):
            if text is not None:
                words.append(shlex.quote(text))
            else:
                words.append(
                    "".join(
                        f'"{name_in_shell(p)}"' if isinstance(p, Value) else shlex.quote(p) for p in pieces_of(word)
                    )
                )
        judge.run_shell(" ".join(words), call.span, call.name)
        return
    text = text_of(command)
    if text is not None:
        judge.run_shell(text, call.span, call.name)
        return
    pieces = pieces_of(command)
    if not any(isinstance(piece, str) and piece.strip() for piece in pieces):
        _unknown_command(judge, call)
        return
    judge.run_shell("".join(p if isinstance(p, str) else name_in_shell(p) for p in pieces), call.span, call.name)


def _unknown_command(judge: Judge, call: Call) -> None:
    judge.report(
        _MEDIUM, Category.UNKNOWN, "unknown-command", "runs a command that is only known when it runs", call.span
    )


def _output(names: list[str]) -> Value:
    labels = {Label.OUTPUT}
    program = names[0].rpartition("/")[2] if names else ""
    if program in _TELLS_HOST:
        labels.add(Label.HOST)
    if program in {"env", "printenv", "set"} and len(names) == 1:
        labels.add(Label.ENVIRONMENT)
    if program in {"curl", "wget"}:
        labels.add(Label.NETWORK)
    if program in {"xclip", "xsel", "pbpaste", "wl-paste"}:
        labels.add(Label.CLIPBOARD)
    if (program == "security" and len(names) > 1 and names[1].startswith("find-")) or any(
        program == first and set(rest) <= set(names) for first, *rest in _TELLS_SECRET
    ):
        labels.add(Label.CREDENTIAL)
    return Value(labels=frozenset(labels), shown=program)


HANDLERS: Final = {Action.RUN: run, Action.RUN_WORDS: run_words, Action.RUN_FILE: run_file, Action.FEED: feed}
