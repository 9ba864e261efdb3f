"""Programs that carry commands in places of their own: `find -exec`, `git -c`, `tar --checkpoint-action` …"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tui.risk.shell import carriers_code, options
from tui.risk.shell.call import Call
from tui.risk.shell.carriers_git import git
from tui.risk.shell.code import shell_code, stdin_code
from tui.risk.shell.code_words import each_code, shell_words
from tui.risk.shell.deferred import at, crontab, make
from tui.risk.shell.model import Place, Stdin
from tui.risk.shell.source import Source
from tui.risk.shell.values import Field, Output, made

Handler = Callable[[Call], Output | None]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EXEC: Final = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_FD_EXEC: Final = frozenset({"-x", "--exec", "-X", "--exec-batch"})
_PLACE: Final = re.compile(r"\{(?:\d?|[./]|//|/\.)\}")
"""Where an input stands in a command of `parallel`; which one, of several, is not looked at."""
_SU_VALUED: Final = _words(
    """
    -c --command --session-command -g --group -G --supp-group -s --shell -w --whitelist-environment -u --user
    """
)
_PARALLEL_VALUED: Final = _words(
    """
    -j --jobs -P --max-procs -a --arg-file -I -S --sshlogin --joblog --delay --timeout --results -N -n --max-args -L
    --max-lines -d --delimiter --colsep -C --tmpdir --workdir --wd --retries --halt --load --memfree --block --env
    --basefile --return --tagstring -E
    """
)
_EDITOR_COMMAND: Final = re.compile(r"[\d,$.%;]*\s*(?:[rwe]\s+)?!(.+)")
_PARALLEL_INPUT: Final = frozenset({":::", "::::", ":::+", "::::+"})


def _find(call: Call) -> Output | None:
    """`find … -exec COMMAND {} ;`."""
    position = 1
    while position < len(call.fields):
        action = call.fields[position].literal
        position += 1
        if action not in _EXEC:
            continue
        stop = position
        while stop < len(call.fields) and not _ends_exec(call.fields, stop):
            stop += 1
        under = replace(call.under(f"find {action}"), appended=True, stdin=Stdin(), source=None)
        call.walker.invoke(call.fields[position:stop], call.scope.child(), under)
        position = stop + 1
    return Output(None)


def _ends_exec(fields: list[Field], position: int) -> bool:
    literal = fields[position].literal
    return literal == ";" or (literal == "+" and fields[position - 1].literal == "{}")


def _fd(call: Call) -> Output | None:
    for position, field in enumerate(call.arguments, 1):
        if field.literal in _FD_EXEC:
            under = replace(call.under(f"fd {field.literal}"), appended=True)
            call.walker.invoke(call.fields[position + 1 :], call.scope.child(), under)
            break
    return Output(None)


def _parallel(call: Call) -> Output | None:
    """GNU parallel: the command is shell code; inputs stand behind `:::` or come from standard input."""
    parsed = options.parse(call.arguments, _PARALLEL_VALUED)
    operands = parsed.operands
    cut = next((position for position, field in enumerate(operands) if field.literal in _PARALLEL_INPUT), None)
    command, inputs = (operands, []) if cut is None else (operands[:cut], operands[cut + 1 :])
    under = replace(call.under("parallel"), appended=True, stdin=Stdin(), source=None)
    if not command:
        for field in inputs[:8]:
            shell_code(call.elsewhere(replace(under, appended=False, depth=call.context.depth)), field, "")
        if cut is None and (call.context.stdin.literal is not None or call.context.stdin.producers):
            return stdin_code(call, "bash", "parallel")
        return Output(None)
    values = [field.literal for field in inputs if field.literal is not None and field.literal not in _PARALLEL_INPUT]
    if cut is None and call.context.stdin.literal is not None:
        values = [line for line in call.context.stdin.literal.splitlines() if line]
    if not values:
        call.draft.inputs = tuple(dict.fromkeys((*call.draft.inputs, *call.context.stdin.producers)))
        return shell_words(call, command, under)
    under = replace(under, appended=False)
    for value in values[:8]:
        filled = [_replaced(field, value) for field in command]
        if all(new is old for new, old in zip(filled, command, strict=True)):
            filled.append(made(value, call.draft.span))
        shell_words(call, filled, under)
    return Output(None)


def _replaced(field: Field, value: str) -> Field:
    literal = field.literal
    if literal is None or not _PLACE.search(literal):
        return field
    return made(_PLACE.sub(lambda _: value, literal), field.word.span)


def _su(call: Call) -> Output | None:
    """`su [-] [USER] [-c CODE]`, `runuser -u USER -- COMMAND`, `sg GROUP -c CODE`."""
    program = call.program
    plain = options.parse(call.arguments, _SU_VALUED)
    under = replace(call.under(program), privileged=True)
    if program == "runuser" and plain.has("-u", "--user"):
        return call.walker.invoke(plain.operands, call.scope, under)
    parsed = options.parse(call.arguments, _SU_VALUED, permute=True)
    codes = parsed.values("-c", "--command", "--session-command")
    if codes:
        output = Output(None)
        inside = replace(under, depth=call.context.depth, chain=call.context.chain)
        for code in codes:
            output = shell_code(call.elsewhere(inside), code, f"{program} -c")
        return output
    return stdin_code(call.elsewhere(replace(call.context, privileged=True)), "bash", program)


def _container_run(call: Call) -> Output | None:
    """`docker run --entrypoint PROGRAM IMAGE ARGUMENT…`; everything else is the table's."""
    from tui.risk.shell.wrappers import wrappers

    program = call.program
    wrapper = wrappers()[program]
    first = options.parse(call.arguments, wrapper.valued)
    if first.operands and first.operands[0].literal == "run":
        parsed = options.parse(first.operands[1:], wrapper.valued)
        entry = parsed.values("--entrypoint")
        if entry and parsed.operands and entry[-1].text:
            under = replace(call.under(f"{program} run"), place=Place.CONTAINER)
            return call.walker.invoke([entry[-1], *parsed.operands[1:]], call.scope.child(), under)
    from tui.risk.shell.peel import wrapped

    return wrapped(call, wrapper)


def _remote_shell(call: Call) -> Output | None:
    """Options of `ssh`, `scp`, `sftp` that name a command to run here; then the command for the other machine."""
    from tui.risk.shell.peel import wrapped
    from tui.risk.shell.wrappers import wrappers

    program = call.program
    wrapper = wrappers()["ssh"]
    parsed = options.parse(
        call.arguments, wrapper.valued if program == "ssh" else wrapper.valued | {"-S"}, permute=program != "ssh"
    )
    for setting in parsed.values("-o"):
        match = re.match(r"\s*(ProxyCommand|LocalCommand|KnownHostsCommand)\s*[= ]\s*", setting.text, re.IGNORECASE)
        if match is not None and isinstance(setting.word.parts[0], str) and setting.text[match.end() :] != "none":
            each_code(call, [setting.tail(match.end())], f"{program} -o {match[1]}")
    if program != "ssh":
        for command in parsed.values("-S"):
            each_code(call, [command], f"{program} -S")
        return None
    return wrapped(call, wrapper)


def _kubectl(call: Call) -> Output | None:
    """`kubectl run NAME … -- COMMAND`, `kubectl create job|cronjob … -- COMMAND`, `kubectl debug … -- COMMAND`."""
    from tui.risk.shell.peel import wrapped
    from tui.risk.shell.wrappers import wrappers

    wrapper = wrappers()[call.program]
    words = [field.literal for field in options.parse(call.arguments, wrapper.valued, permute=True).operands[:2]]
    dashes = next((position for position, field in enumerate(call.fields) if field.literal == "--"), None)
    starts = words[:1] in (["run"], ["debug"]) or words in (["create", "job"], ["create", "cronjob"])
    if not starts or dashes is None:
        return wrapped(call, wrapper)
    under = replace(call.under(f"{call.program} {' '.join(filter(None, words[:2]))}"), place=Place.CONTAINER)
    return call.walker.invoke(call.fields[dashes + 1 :], call.scope.child(), under)


def _line_editor(call: Call) -> Output | None:
    """`ed`, `ex`: lines of the input that begin with `!`, or read from and write to a command."""
    for line in (call.context.stdin.literal or "").splitlines()[:40]:
        match = _EDITOR_COMMAND.match(line)
        if match is not None:
            under = replace(call.under(call.program), stdin=Stdin(), source=None)
            call.walker.text(Source(match[1], base=call.draft.span), call.scope.child(), under)
    return _by_option(call)


def _terminal(call: Call) -> Output | None:
    """`xterm -e COMMAND ARGUMENT…`."""
    for position, field in enumerate(call.arguments, 1):
        if field.literal in ("-e", "-x", "--"):
            words = call.fields[position + 1 :]
            under = call.under(call.program)
            return shell_words(call, words, under) if words else None
    return None


def _capsh(call: Call) -> Output | None:
    """`capsh … -- ARGUMENT…` gives the arguments to bash."""
    for position, field in enumerate(call.arguments, 1):
        if field.literal in ("--", "=="):
            shell = made("bash", field.word.span)
            return call.walker.invoke([shell, *call.fields[position + 1 :]], call.scope, call.under("capsh"))
    return None


def _tmux(call: Call) -> Output | None:
    """`tmux send-keys 'COMMAND' Enter` types a command; other subcommands run one."""
    from tui.risk.shell.peel import wrapped
    from tui.risk.shell.wrappers import wrappers

    words = [field.literal for field in call.fields]
    for name in ("send-keys", "send"):
        if name in words:
            rest = options.parse(call.fields[words.index(name) + 1 :], frozenset({"-t", "-N"}), permute=True)
            typed = [field for field in rest.operands if field.literal not in ("Enter", "C-m", "KPEnter", "C-j")]
            each_code(call, typed[:8], "tmux send-keys")
            return None
    return wrapped(call, wrappers()["tmux"])


def _screen(call: Call) -> Output | None:
    """`screen -X stuff 'COMMAND\\n'` types a command."""
    from tui.risk.shell.peel import wrapped
    from tui.risk.shell.wrappers import wrappers

    words = [field.literal for field in call.fields]
    if "stuff" in words:
        each_code(call, call.fields[words.index("stuff") + 1 :][:1], "screen -X stuff")
        return None
    return wrapped(call, wrappers()["screen"])


def _hyperfine(call: Call) -> Output | None:
    valued = frozenset(
        [
            "-w",
            "--warmup",
            "-r",
            "--runs",
            "-m",
            "-M",
            "-p",
            "--prepare",
            "-c",
            "--cleanup",
            "-s",
            "--setup",
            "-S",
            "--shell",
            "-n",
            "-L",
            "-P",
        ]
    )
    parsed = options.parse(call.arguments, valued, permute=True)
    codes = [*parsed.values("-p", "--prepare", "-c", "--cleanup", "-s", "--setup"), *parsed.operands]
    each_code(call, codes[:16], "hyperfine")
    return None


def _by_option(call: Call) -> Output | None:
    """Options whose value is a command, by table."""
    carriers_code.run(call)
    return None


CARRIERS: Final[dict[str, Handler]] = {
    "find": _find, "gfind": _find, "fd": _fd, "fdfind": _fd, "parallel": _parallel, "su": _su,
    "runuser": _su, "sg": _su,
    "git": git, "make": make, "gmake": make, "at": at, "batch": at, "crontab": crontab, "docker": _container_run,
    "podman": _container_run, "nerdctl": _container_run, "ssh": _remote_shell, "scp": _remote_shell,
    "sftp": _remote_shell,
    "xterm": _terminal, "konsole": _terminal, "alacritty": _terminal, "kitty": _terminal, "urxvt": _terminal,
    "capsh": _capsh, "kubectl": _kubectl, "oc": _kubectl, "tmux": _tmux, "screen": _screen, "hyperfine": _hyperfine,
    **dict.fromkeys(carriers_code.PROGRAMS, _by_option), "ed": _line_editor,
}  # fmt: skip
