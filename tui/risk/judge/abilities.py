"""What a program can be made to do beyond its purpose, where it runs as root or is handed a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from tui.levels import RiskLevel
from tui.risk.abilities import OPERANDS, abilities
from tui.risk.judge.command import Command
from tui.risk.judge.draft import Verdict
from tui.risk.judge.targets import classify_text
from tui.risk.model import Category, Effect, Reversibility
from tui.risk.rule import Target
from tui.risk.shell.model import Place, Word

_EDITION: Final = re.compile(r"[-_.]?\d+(\.\d+)*$|\.exe$")
_SHELL_COMMAND: Final = re.compile(
    r"(?<![\w./-])(?:exec\s+)?(?:/(?:usr/)?bin/)?(?:ba|da|z|k|a)?sh(?:\s*$|\s+(?:\d?[<>]&|-[ci]\b|#|<|1>))"
    r"|^[!;]\s*(?:ba|z|da)?sh\b"
    r"|[(\s\"'`](?:/usr)?/bin/(?:ba|da|z|k|a)?sh[\"'`,;)\s]|^/bin/\w*sh[,;\s]"
    r"|system\s*\(?\s*[\"']\s*(?:exec )?(?:ba|da|z)?sh\b"
)
"""A shell that is the command to run, not a file's name: `sh`, `exec sh 0<&1`, `sh -c id`, `;sh #`."""
_LIBRARY: Final = re.compile(r"\.(?:so(?:\.\d+)*|dylib|dll)(?=$|[\s'\",:)\]])")
_TYPED: Final = re.compile(
    r"(?:\bexec\b|\bsystem\b|\bspawn\b|popen|^[!:]).*/bin/\w*sh\b|^[!:]+\s*\S*sh$|^/bin/\w*sh\s+-|^\^[A-Z\]]\S*sh$"
)
_USUAL_STARTERS: Final = re.compile(
    r"^(?:exec|command|builtin|ssh|su|sudo|doas|script|tmux|screen|nix|nix-shell|guix|pipenv|poetry|conda|mamba|uv|direnv"
    r"|devbox|distrobox|toolbox|\w*sh -\w*c|eval|coproc|machinectl|heroku|fly|gcloud|vagrant|xterm|watch|trap)\b"
)
"""Starting a shell through these is what people do."""
_SETTING: Final = re.compile(r"^\w+[=:]")
"""What stands before the value in `import=/tmp/x` and `lua_script:/tmp/x`."""
_WRITABLE: Final = frozenset({Target.TEMP, Target.HOME_PART})
_GROWN: Final = frozenset({Effect.PRIVILEGE, Effect.EXECUTE})


def escapes_by_ability(command: Command) -> Iterator[Verdict]:
    """Yield the ways in which this command gives a shell, or runs what somebody else may have written, as root."""
    invocation = command.invocation
    if not command.program or invocation.place is Place.CONTAINER:
        return
    name = _EDITION.sub("", command.program)
    known = abilities()
    if invocation.privileged and not command.dry:
        yield from _as_root(command, name)
    elif name in known.shells and invocation.chain and _is_idle(command):
        starter = invocation.chain[-1]
        named = starter == "env" and "/" not in invocation.argv[0].text  # `env bash`, as in the first line of scripts
        if not named and not _USUAL_STARTERS.search(starter):
            yield Verdict(
                RiskLevel.HIGH, Category.SHELL, f"makes {starter} start a shell", "ability.wraps-shell", ("T1059",),
                frozenset({Effect.EXECUTE}), Reversibility.UNKNOWN, invocation.argv[0],
            )  # fmt: skip
    for word in _values(command, known.runs.get(name, ())):
        if _SHELL_COMMAND.search(word.text):
            as_root, technique = (" as root", "T1548") if invocation.privileged else ("", "T1059")
            yield Verdict(
                RiskLevel.HIGH, Category.PRIV_ESC if invocation.privileged else Category.SHELL,
                f"makes {command.program} start a shell{as_root}", "ability.runs-shell", (technique,), _GROWN,
                Reversibility.UNKNOWN, word,
            )  # fmt: skip
            return


def typed_at_prompt(commands: Sequence[Command]) -> Iterator[tuple[Command, Verdict]]:
    """Yield lines that start a shell where an earlier line left a program waiting for what a person types."""
    prompt = ""
    for command in commands:
        invocation = command.invocation
        if prompt and (_TYPED.search(command.line) or _is_bare_shell(command)):
            yield command, Verdict(
                RiskLevel.HIGH, Category.SHELL, f"starts a shell from the prompt of {prompt}", "ability.typed-shell",
                ("T1059",), frozenset({Effect.EXECUTE}), Reversibility.UNKNOWN,
            )  # fmt: skip
            return
        name = _EDITION.sub("", command.program)
        if not invocation.chain or invocation.privileged:
            prompt = command.program if name in abilities().prompts and _is_idle(command) else prompt


def _is_bare_shell(command: Command) -> bool:
    path = command.invocation.argv[0].text if command.invocation.argv else ""
    return path.startswith("/") and command.program in abilities().shells and _is_idle(command)


def _as_root(command: Command, name: str) -> Iterator[Verdict]:
    known, invocation = abilities(), command.invocation
    if _is_idle(command) and (name in known.shells or (name in known.prompts and not command.options)):
        what = "is a shell of root" if name in known.shells else "a root shell is one key away in it"
        yield Verdict(
            RiskLevel.HIGH, Category.PRIV_ESC, f"starts {command.program} as root: {what}", "ability.prompt-as-root",
            ("T1548.003",), _GROWN, Reversibility.UNKNOWN, invocation.argv[0],
        )  # fmt: skip
        return
    for word in _values(command, (*known.loads.get(name, ()), *_options(known.runs.get(name, ())))):
        if any(classify_text(part) & _WRITABLE for part in (word.text, *_SETTING.split(word.text, maxsplit=1)[1:])):
            yield Verdict(
                RiskLevel.HIGH, Category.PRIV_ESC,
                f"makes {command.program} follow {word.text[:100]} as root, which others may have written",
                "ability.loads-as-root", ("T1548", "T1574"), _GROWN, Reversibility.UNKNOWN, word,
            )  # fmt: skip
            return
    if not (command.facts.roles or command.facts.metadata or command.facts.harmless or command.facts.data):
        for word in invocation.argv[1:]:
            if len(word.text) < 4096 and _LIBRARY.search(word.text):
                yield Verdict(
                    RiskLevel.HIGH, Category.PRIV_ESC, f"loads code from {word.text[:100]} as root",
                    "ability.library-as-root", ("T1574.006",), _GROWN, Reversibility.UNKNOWN, word,
                )  # fmt: skip
                return


def _options(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name != OPERANDS)


def _is_idle(command: Command) -> bool:
    """Say whether a person is meant to type into it: it is given neither a command, nor a file, nor input."""
    invocation = command.invocation
    fed = invocation.stdin.literal is not None or bool(invocation.stdin.producers) or bool(invocation.code)
    fed = fed or any(redirect.operator.startswith("<") for redirect in invocation.redirects)
    told = "-c" in command.options or "--command" in command.options
    return not command.operands and not fed and not told


def _values(command: Command, options: tuple[str, ...]) -> Iterator[Word]:
    """Yield the words that stand at these options, or all operands where the table says so."""
    span = command.invocation.span
    for option in options:
        if option == OPERANDS:
            yield from command.operands if command.invocation.privileged else ()
        else:
            for value in command.values(option):
                word = command.option_words.get(option)
                yield Word((value,), word.span if word is not None else span)
