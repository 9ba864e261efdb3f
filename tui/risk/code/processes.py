"""What it means to run a command."""

from __future__ import annotations

import itertools
import shlex
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.evaluation import OWN_FILE
from tui.risk.code.judge import Judge, name_in_shell
from tui.risk.code.launches import (
    INTERPRETERS,
    WORD,
    judge_fetched,
    judge_hidden,
    judge_origin,
    judge_shell,
    program_key,
    takes_commands,
)
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.outputs import output_of
from tui.risk.code.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Entries,
    Instance,
    Items,
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
_MOST_VARIABLES: Final = 64
_MEDIUM: Final = RiskLevel.MEDIUM


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
        names = WORD.findall(shown(command))[:64]
    labels = labels_of(lead if isinstance(command, Items) else _lead(command))
    if isinstance(command, Items):
        labels |= _code_words(command.items)
    judge_origin(judge, call, labels, names)
    judge_shell(judge, call, command, names)
    judge_fetched(judge, call, command, names)
    judge_hidden(judge, call, names)
    if judge.looping and OWN_FILE & set(names):
        judge.report(
            _HIGH, Category.DOS, "fork-bomb", "starts itself again and again without end", call.span, Effect.EXHAUST
        )
    judge_windows_command(judge, call.span, shown(command) if not isinstance(command, Items) else " ".join(names))
    _hand_over(judge, call, command)
    attributes = {"stdout": output_of(names)}
    if takes_commands(names):
        attributes["stdin"] = Instance("shell-input")
    return Instance(call.name, None, attributes, labels=labels_of(attributes["stdout"]))


def feed(judge: Judge, call: Call, operation: Operation) -> Value:
    """Write a command into a shell that was started before."""
    given = call.argument(operation.arguments[0])
    receiver = call.receiver
    if isinstance(receiver, Instance) and (receiver.kind == "shell-input" or "stdin" in receiver.attributes):
        judge_origin(judge, call, labels_of(given), [shown(given)])
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
    if not words or program_key(shown(words[0])) not in INTERPRETERS:
        return NOTHING
    found: Labels = NOTHING
    for before, word in itertools.pairwise(words):
        if shown(before).lower() in {"-c", "-e", "-enc", "-encodedcommand", "/c", "--eval", "-command", "-p", "-lc"}:
            found |= labels_of(word)
    return found


def _hand_over(judge: Judge, call: Call, command: Value) -> None:
    """Give the command to the judge of shells; unknown pieces become unset variables of the shell."""
    if isinstance(command, Items):
        literal = [text_of(word) for word in command.items]
        if not literal:
            return
        if all(word is not None for word in literal):
            _run_in(judge, call, [word for word in literal if word is not None])
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
        _run_in(judge, call, " ".join(words))
        return
    text = text_of(command)
    if text is not None:
        _run_in(judge, call, text)
        return
    pieces = pieces_of(command)
    if not any(isinstance(piece, str) and piece.strip() for piece in pieces):
        _unknown_command(judge, call)
        return
    _run_in(judge, call, "".join(p if isinstance(p, str) else name_in_shell(p) for p in pieces))


def _run_in(judge: Judge, call: Call, command: str | list[str]) -> None:
    """Judge a command in the directory that it is started in, where the text says which one that is."""
    given = call.option("env")
    variables = {**judge.environment, **(given.entries if isinstance(given, Entries) else {})}
    if variables and "$" in (text := command if isinstance(command, str) else ""):
        used = [name for name in itertools.islice(variables, _MOST_VARIABLES) if _uses(text, name)]
        known = {name: text_of(variables[name]) for name in used}
        lines = [f"{name}={shlex.quote(value)}" for name, value in known.items() if value is not None]
        command = "\n".join([*lines, text])
    directory = text_of(call.option("cwd")) or judge.moved_to
    if directory is not None and directory.startswith(("/", "~")):
        text = command if isinstance(command, str) else shlex.join(command)
        where = directory if directory.startswith("~") and " " not in directory else shlex.quote(directory)
        command = f"cd {where}\n{text}"
    judge.run_shell(command, call.span, call.name)


def _uses(text: str, name: str) -> bool:
    return name.isidentifier() and (f"${name}" in text or f"${{{name}" in text)


def _unknown_command(judge: Judge, call: Call) -> None:
    judge.report(
        _MEDIUM, Category.UNKNOWN, "unknown-command", "runs a command that is only known when it runs", call.span
    )


HANDLERS: Final = {Action.RUN: run, Action.RUN_WORDS: run_words, Action.RUN_FILE: run_file, Action.FEED: feed}
