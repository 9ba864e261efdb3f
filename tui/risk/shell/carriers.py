"""Programs that carry commands in places of their own: `find -exec`, `git -c`, `tar --checkpoint-action` …"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from tui.risk.shell import carriers_code, options
from tui.risk.shell.call import Call
from tui.risk.shell.code import execute, shell_code, stdin_code
from tui.risk.shell.model import Place, Stdin
from tui.risk.shell.source import Source
from tui.risk.shell.values import Context, Field, Output, made

Handler = Callable[[Call], Output | None]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EXEC: Final = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_FD_EXEC: Final = frozenset({"-x", "--exec", "-X", "--exec-batch"})
_GIT_VALUED: Final = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"})
_GIT_COMMANDS: Final = re.compile(
    r"(?:core\.(?:pager|editor|sshcommand|fsmonitor|askpass|gitproxy)|sequence\.editor|diff\.external|pager\.[\w-]+"
    r"|credential(?:\..*)?\.helper|(?:diff|merge)tool\..*\.cmd|diff\..*\.(?:textconv|command)|filter\..*\.(?:clean|smudge|process)"
    r"|gpg\.program|alias\.[\w-]+|uploadpack\.packobjectshook|remote\..*\.(?:uploadpack|receivepack))",
    re.IGNORECASE,
)
_SU_VALUED: Final = _words(
    """
    -c --command --session-command -g --group -G --supp-group -s --shell -w --whitelist-environment -u --user
    """
)
_MAKE_VALUED: Final = _words(
    """
    -f --file --makefile -C --directory -I --include-dir -j -l -o -W -E --eval --old-file --what-if
    """
)
_CRON_FIELDS: Final = re.compile(r"[ \t]*(?:@\w+|(?:[\d*/,\-A-Za-z]+[ \t]+){4}[\d*/,\-A-Za-z]+)[ \t]+(.*)")
_PARALLEL_VALUED: Final = _words(
    """
    -j --jobs -P --max-procs -a --arg-file -I -S --sshlogin --joblog --delay --timeout --results -N -n --max-args -L
    --max-lines -d --delimiter --colsep -C --tmpdir --workdir --wd --retries --halt --load --memfree --block --env
    --basefile --return --tagstring -E
    """
)
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
        return _shell_words(call, command, under)
    under = replace(under, appended=False)
    for value in values[:8]:
        filled = [_replaced(field, value) for field in command]
        if all(new is old for new, old in zip(filled, command, strict=True)):
            filled.append(made(value, call.draft.span))
        _shell_words(call, filled, under)
    return Output(None)


def _replaced(field: Field, value: str) -> Field:
    literal = field.literal
    return field if literal is None or "{}" not in literal else made(literal.replace("{}", value), field.word.span)


def _shell_words(call: Call, words: list[Field], under: Context) -> Output:
    """Run words that a program joins and gives to a shell; several plain words are a command as they stand."""
    if len(words) == 1 or any(re.search(r"[;&|<>$`]", field.text) for field in words):
        text = " ".join(field.text for field in words)
        first = words[0]
        source = first.source if len(words) == 1 else Source(text, base=call.draft.span)
        return execute(call.elsewhere(replace(under, depth=call.context.depth)), source, "")
    return call.walker.invoke(words, call.scope.child(), under)


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
        for code in codes:
            output = shell_code(
                call.elsewhere(replace(under, depth=call.context.depth, chain=(*call.context.chain, program))),
                code,
                "-c",
            )
        return output
    return stdin_code(call.elsewhere(replace(call.context, privileged=True)), "bash", program)


def _git(call: Call) -> Output | None:
    """Settings, hooks and subcommands of git that run commands."""
    parsed = options.parse(call.arguments, _GIT_VALUED)
    for setting in parsed.values("-c"):
        name, equals, value = setting.text.partition("=")
        if equals and _GIT_COMMANDS.fullmatch(name):
            _git_setting(call, name, setting.tail(len(name) + 1), value, call.under(f"git -c {name}"))
    operands = parsed.operands
    if not operands:
        return None
    subcommand, arguments = operands[0].literal or "", operands[1:]
    label = f"git {subcommand}"
    under = call.under(label)
    if subcommand == "config":
        words = [field for field in arguments if not field.text.startswith("-")]
        words = words[1:] if words and words[0].literal in ("set", "add") else words
        if len(words) >= 2 and _GIT_COMMANDS.fullmatch(words[0].text):
            _git_setting(call, words[0].text, words[1], words[1].text, under)
    elif subcommand == "rebase":
        rest = options.parse(arguments, frozenset({"-x", "--exec", "--onto", "-s", "-X"}), permute=True)
        _codes(call, rest.values("-x", "--exec"), label)
    elif subcommand == "bisect" and arguments and arguments[0].literal == "run":
        return call.walker.invoke(arguments[1:], call.scope.child(), call.under("git bisect run"))
    elif subcommand == "submodule":
        words = [field for field in arguments if not field.text.startswith("-")]
        if len(words) >= 2 and words[0].literal == "foreach":
            _shell_words(call, words[1:], under)
    elif subcommand == "filter-branch":
        names = tuple(f"--{kind}-filter" for kind in ("tree", "index", "env", "msg", "commit", "parent", "tag-name"))
        rest = options.parse(arguments, frozenset(names))
        _codes(call, rest.values(*names), label)
    elif subcommand in ("difftool", "mergetool"):
        rest = options.parse(arguments, frozenset({"-x", "--extcmd", "-t"}), permute=True)
        _codes(call, rest.values("-x", "--extcmd"), label)
    for field in arguments:
        if field.text.startswith("ext::"):
            _codes(call, [field.tail(5)], f"{label} ext::")
        elif field.text.startswith(("--upload-pack=", "--receive-pack=", "--exec=")):
            _codes(call, [field.tail(field.text.index("=") + 1)], label)
    return None


def _git_setting(call: Call, name: str, value: Field, text: str, under: Context) -> None:
    lowered = name.lower()
    if lowered.startswith("alias."):
        if not text.startswith("!"):
            return
        value = value.tail(1)
    elif lowered.endswith("helper"):
        if not text.startswith(("!", "/")):
            return
        value = value.tail(1) if text.startswith("!") else value
    elif text.startswith("!"):
        value = value.tail(1)
    elif " " not in text and lowered not in ("core.fsmonitor", "core.sshcommand"):
        return
    if text not in ("true", "false", ""):
        shell_code(call.elsewhere(replace(under, depth=under.depth - 1)), value, "")


def _codes(call: Call, codes: Iterable[Field], label: str) -> None:
    for code in codes:
        shell_code(call.elsewhere(), code, label)


def _make(call: Call) -> Output | None:
    parsed = options.parse(call.arguments, _MAKE_VALUED, permute=True)
    for text in (
        *parsed.values("--eval", "-E"),
        *_makefiles(call, parsed.values("-f", "--file", "--makefile")),
    ):
        _recipes(call, text)
    for field in parsed.operands:
        name, equals, value = field.text.partition("=")
        if equals and name == "SHELL" and value:
            call.walker.invoke([field.tail(6)], call.scope, call.under("make SHELL="))
    return None


def _makefiles(call: Call, files: Iterable[Field]) -> list[Field]:
    found = []
    for file in files:
        literal = call.context.stdin.literal if file.literal in ("-", "/dev/stdin") else None
        stored = call.scope.files.get(file.text)
        text = literal if stored is None else stored.literal
        if text is not None:
            found.append(made(text, call.draft.span))
    return found


def _recipes(call: Call, text: Field) -> None:
    """Recipes of a makefile, and `$(shell …)`."""
    literal = text.text[:20000]
    lines = re.findall(r"^\t[@\-+]*(.*)$|^[\w.%-]+:[^=\n;]*;[@\-+]*(.*)$", literal, re.MULTILINE)
    codes = [first or second for first, second in lines[:40]] + re.findall(r"\$\(shell ([^)]*)\)", literal)[:10]
    for code in codes:
        if code.strip():
            span = text.word.span
            execute(call.elsewhere(), Source(code.replace("$$", "$"), base=span), "make")


def _at(call: Call) -> Output | None:
    """`at`, `batch`: standard input or a file is executed later."""
    program = call.program
    parsed = options.parse(call.arguments, frozenset({"-f", "-q", "-t"}))
    if parsed.has("-l", "-r", "-d", "-c", "-V"):
        return None
    for file in parsed.values("-f"):
        content = call.scope.files.get(file.text)
        if content is not None and content.literal is not None:
            source = content.source or Source(content.literal, base=file.word.span)
            execute(call.elsewhere(), source, program, disguise=content.disguise)
    return stdin_code(call, "bash", program)


def _crontab(call: Call) -> Output | None:
    """`crontab -` and `crontab FILE`: the sixth field of each line is a command."""
    parsed = options.parse(call.arguments, frozenset({"-u"}))
    if parsed.has("-l", "-e", "-r", "-i", "-V"):
        return None
    literal = call.context.stdin.literal
    source = call.context.source
    if parsed.operands and parsed.operands[0].literal != "-":
        content = call.scope.files.get(parsed.operands[0].text)
        literal, source = (content.literal, content.source) if content is not None else (None, None)
    if literal is None and source is not None:
        literal = source.text
    for line in (literal or "").splitlines()[:50]:
        match = _CRON_FIELDS.match(line)
        if match is not None and match[1]:
            code = Source(match[1], base=call.draft.span)
            if source is not None and source.base is None and (found := source.text.find(match[1])) >= 0:
                code = Source(match[1], shift=source.shift + found)
            execute(call.elsewhere(replace(call.context, stdin=Stdin(), source=None)), code, "crontab")
    return None


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
            _codes(call, [setting.tail(match.end())], f"{program} -o {match[1]}")
    if program != "ssh":
        for command in parsed.values("-S"):
            _codes(call, [command], f"{program} -S")
        return None
    return wrapped(call, wrapper)


def _terminal(call: Call) -> Output | None:
    """`xterm -e COMMAND ARGUMENT…`."""
    for position, field in enumerate(call.arguments, 1):
        if field.literal in ("-e", "-x", "--"):
            words = call.fields[position + 1 :]
            under = call.under(call.program)
            return _shell_words(call, words, under) if words else None
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
            _codes(call, typed[:8], "tmux send-keys")
            return None
    return wrapped(call, wrappers()["tmux"])


def _screen(call: Call) -> Output | None:
    """`screen -X stuff 'COMMAND\\n'` types a command."""
    from tui.risk.shell.peel import wrapped
    from tui.risk.shell.wrappers import wrappers

    words = [field.literal for field in call.fields]
    if "stuff" in words:
        _codes(call, call.fields[words.index("stuff") + 1 :][:1], "screen -X stuff")
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
    _codes(call, codes[:16], "hyperfine")
    return None


def _by_option(call: Call) -> Output | None:
    """Options whose value is a command, by table."""
    carriers_code.run(call)
    return None


CARRIERS: Final[dict[str, Handler]] = {
    "find": _find, "gfind": _find, "fd": _fd, "fdfind": _fd, "parallel": _parallel, "su": _su,
    "runuser": _su, "sg": _su,
    "git": _git, "make": _make, "gmake": _make, "at": _at, "batch": _at, "crontab": _crontab, "docker": _container_run,
    "podman": _container_run, "nerdctl": _container_run, "ssh": _remote_shell, "scp": _remote_shell,
    "sftp": _remote_shell,
    "xterm": _terminal, "konsole": _terminal, "alacritty": _terminal, "kitty": _terminal, "urxvt": _terminal,
    "capsh": _capsh, "tmux": _tmux, "screen": _screen, "hyperfine": _hyperfine,
    **dict.fromkeys(carriers_code.PROGRAMS, _by_option),
}  # fmt: skip
