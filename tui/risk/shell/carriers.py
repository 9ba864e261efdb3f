"""Programs that carry commands in places of their own: `find -exec`, `git -c`, `tar --checkpoint-action` …"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui.risk.shell import carriers_code, options
from tui.risk.shell.interpreters import execute, shell_code, stdin_code
from tui.risk.shell.model import Place, Stdin
from tui.risk.shell.source import Source
from tui.risk.shell.values import Context, Field, Output, Scope, made

if TYPE_CHECKING:
    from tui.risk.shell.walk import Draft, Walker

Handler = Callable[["Walker", list[Field], "Draft", Scope, Context], Output | None]

_EXEC: Final = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_FD_EXEC: Final = frozenset({"-x", "--exec", "-X", "--exec-batch"})
_GIT_VALUED: Final = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"})
_GIT_COMMANDS: Final = re.compile(
    r"(?:core\.(?:pager|editor|sshcommand|fsmonitor|askpass|gitproxy)|sequence\.editor|diff\.external|pager\.[\w-]+"
    r"|credential(?:\..*)?\.helper|(?:diff|merge)tool\..*\.cmd|diff\..*\.(?:textconv|command)|filter\..*\.(?:clean|smudge|process)"
    r"|gpg\.program|alias\.[\w-]+|uploadpack\.packobjectshook|remote\..*\.(?:uploadpack|receivepack))",
    re.IGNORECASE,
)
_SU_VALUED: Final = frozenset(
    ["-c", "--command", "--session-command", "-g", "--group", "-G", "--supp-group", "-s", "--shell", "-w", "--whitelist-environment", "-u", "--user"]
)
_MAKE_VALUED: Final = frozenset(
    ["-f", "--file", "--makefile", "-C", "--directory", "-I", "--include-dir", "-j", "-l", "-o", "-W", "-E", "--eval", "--old-file", "--what-if"]
)
_CRON_FIELDS: Final = re.compile(r"[ \t]*(?:@\w+|(?:[\d*/,\-A-Za-z]+[ \t]+){4}[\d*/,\-A-Za-z]+)[ \t]+(.*)")
_PARALLEL_VALUED: Final = frozenset(
    ["-j", "--jobs", "-P", "--max-procs", "-a", "--arg-file", "-I", "-S", "--sshlogin", "--joblog", "--delay", "--timeout", "--results", "-N", "-n", "--max-args", "-L", "--max-lines", "-d", "--delimiter", "--colsep", "-C", "--tmpdir", "--workdir", "--wd", "--retries", "--halt", "--load", "--memfree", "--block", "--env", "--basefile", "--return", "--tagstring", "-E"]
)
_PARALLEL_INPUT: Final = frozenset({":::", "::::", ":::+", "::::+"})


def inside(context: Context, draft: Draft, label: str) -> Context:
    """Return the context of what a command runs."""
    return replace(context, chain=(*context.chain, label), found_by=draft.index, depth=context.depth + 1)


def _find(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`find … -exec COMMAND {} ;`."""
    position = 1
    while position < len(fields):
        action = fields[position].literal
        position += 1
        if action not in _EXEC:
            continue
        stop = position
        while stop < len(fields) and not _ends_exec(fields, stop):
            stop += 1
        under = replace(inside(context, draft, f"find {action}"), appended=True, stdin=Stdin(), source=None)
        walker.invoke(fields[position:stop], scope.child(), under)
        position = stop + 1
    return Output(None)


def _ends_exec(fields: list[Field], position: int) -> bool:
    literal = fields[position].literal
    return literal == ";" or (literal == "+" and fields[position - 1].literal == "{}")


def _fd(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    for position, field in enumerate(fields[1:], 1):
        if field.literal in _FD_EXEC:
            under = replace(inside(context, draft, f"fd {field.literal}"), appended=True)
            walker.invoke(fields[position + 1 :], scope.child(), under)
            break
    return Output(None)


def _parallel(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """GNU parallel: the command is shell code; inputs stand behind `:::` or come from standard input."""
    parsed = options.parse(fields[1:], _PARALLEL_VALUED)
    operands = parsed.operands
    cut = next((position for position, field in enumerate(operands) if field.literal in _PARALLEL_INPUT), None)
    command, inputs = (operands, []) if cut is None else (operands[:cut], operands[cut + 1 :])
    under = replace(inside(context, draft, "parallel"), appended=True, stdin=Stdin(), source=None)
    if not command:
        for field in inputs[:8]:
            shell_code(walker, field, "", draft, scope.child(), replace(under, appended=False, depth=context.depth))
        if cut is None and (context.stdin.literal is not None or context.stdin.producers):
            return stdin_code(walker, "bash", "parallel", draft, scope, context)
        return Output(None)
    values = [field.literal for field in inputs if field.literal is not None and field.literal not in _PARALLEL_INPUT]
    if cut is None and context.stdin.literal is not None:
        values = [line for line in context.stdin.literal.splitlines() if line]
    if not values:
        draft.inputs = tuple(dict.fromkeys((*draft.inputs, *context.stdin.producers)))
        return _shell_words(walker, command, draft, scope, under, context)
    under = replace(under, appended=False)
    for value in values[:8]:
        filled = [_replaced(field, value) for field in command]
        if all(new is old for new, old in zip(filled, command, strict=True)):
            filled.append(made(value, draft.span))
        _shell_words(walker, filled, draft, scope, under, context)
    return Output(None)


def _replaced(field: Field, value: str) -> Field:
    literal = field.literal
    return field if literal is None or "{}" not in literal else made(literal.replace("{}", value), field.word.span)


def _shell_words(
    walker: Walker, words: list[Field], draft: Draft, scope: Scope, under: Context, context: Context
) -> Output:
    """Run words that a program joins and gives to a shell; several plain words are a command as they stand."""
    if len(words) == 1 or any(re.search(r"[;&|<>$`]", field.text) for field in words):
        text = " ".join(field.text for field in words)
        first = words[0]
        source = first.source if len(words) == 1 else Source(text, base=draft.span)
        return execute(walker, source, "", draft, scope.child(), replace(under, depth=context.depth))
    return walker.invoke(words, scope.child(), under)


def _su(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`su [-] [USER] [-c CODE]`, `runuser -u USER -- COMMAND`, `sg GROUP -c CODE`."""
    program = fields[0].text.rpartition("/")[2]
    plain = options.parse(fields[1:], _SU_VALUED)
    under = replace(inside(context, draft, program), privileged=True)
    if program == "runuser" and plain.has("-u", "--user"):
        return walker.invoke(plain.operands, scope, under)
    parsed = options.parse(fields[1:], _SU_VALUED, permute=True)
    codes = parsed.values("-c", "--command", "--session-command")
    if codes:
        output = Output(None)
        for code in codes:
            output = shell_code(
                walker,
                code,
                "-c",
                draft,
                scope.child(),
                replace(under, depth=context.depth, chain=context.chain + (program,)),
            )
        return output
    return stdin_code(walker, "bash", program, draft, scope.child(), replace(context, privileged=True))


def _git(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """Settings, hooks and subcommands of git that run commands."""
    parsed = options.parse(fields[1:], _GIT_VALUED)
    for setting in parsed.values("-c"):
        name, equals, value = setting.text.partition("=")
        if equals and _GIT_COMMANDS.fullmatch(name):
            _git_setting(
                walker, name, setting.tail(len(name) + 1), value, draft, scope, inside(context, draft, f"git -c {name}")
            )
    operands = parsed.operands
    if not operands:
        return None
    subcommand, arguments = operands[0].literal or "", operands[1:]
    label = f"git {subcommand}"
    under = inside(context, draft, label)
    if subcommand == "config":
        words = [field for field in arguments if not field.text.startswith("-")]
        words = words[1:] if words and words[0].literal in ("set", "add") else words
        if len(words) >= 2 and _GIT_COMMANDS.fullmatch(words[0].text):
            _git_setting(walker, words[0].text, words[1], words[1].text, draft, scope, under)
    elif subcommand == "rebase":
        rest = options.parse(arguments, frozenset({"-x", "--exec", "--onto", "-s", "-X"}), permute=True)
        _codes(walker, rest.values("-x", "--exec"), label, draft, scope, context)
    elif subcommand == "bisect" and arguments and arguments[0].literal == "run":
        return walker.invoke(arguments[1:], scope.child(), inside(context, draft, "git bisect run"))
    elif subcommand == "submodule":
        words = [field for field in arguments if not field.text.startswith("-")]
        if len(words) >= 2 and words[0].literal == "foreach":
            _shell_words(walker, words[1:], draft, scope, under, context)
    elif subcommand == "filter-branch":
        names = tuple(f"--{kind}-filter" for kind in ("tree", "index", "env", "msg", "commit", "parent", "tag-name"))
        rest = options.parse(arguments, frozenset(names))
        _codes(walker, rest.values(*names), label, draft, scope, context)
    elif subcommand in ("difftool", "mergetool"):
        rest = options.parse(arguments, frozenset({"-x", "--extcmd", "-t"}), permute=True)
        _codes(walker, rest.values("-x", "--extcmd"), label, draft, scope, context)
    for field in arguments:
        if field.text.startswith("ext::"):
            _codes(walker, [field.tail(5)], f"{label} ext::", draft, scope, context)
        elif field.text.startswith(("--upload-pack=", "--receive-pack=", "--exec=")):
            _codes(walker, [field.tail(field.text.index("=") + 1)], label, draft, scope, context)
    return None


def _git_setting(
    walker: Walker, name: str, value: Field, text: str, draft: Draft, scope: Scope, under: Context
) -> None:
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
        shell_code(walker, value, "", draft, scope.child(), replace(under, depth=under.depth - 1))


def _codes(walker: Walker, codes: Iterable[Field], label: str, draft: Draft, scope: Scope, context: Context) -> None:
    for code in codes:
        shell_code(walker, code, label, draft, scope.child(), context)


def _make(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    parsed = options.parse(fields[1:], _MAKE_VALUED, permute=True)
    for text in (
        *parsed.values("--eval", "-E"),
        *_makefiles(parsed.values("-f", "--file", "--makefile"), scope, context, draft),
    ):
        _recipes(walker, text, draft, scope, context)
    for field in parsed.operands:
        name, equals, value = field.text.partition("=")
        if equals and name == "SHELL" and value:
            walker.invoke([field.tail(6)], scope, inside(context, draft, "make SHELL="))
    return None


def _makefiles(files: Iterable[Field], scope: Scope, context: Context, draft: Draft) -> list[Field]:
    found = []
    for file in files:
        literal = context.stdin.literal if file.literal in ("-", "/dev/stdin") else None
        stored = scope.files.get(file.text)
        text = literal if stored is None else stored.literal
        if text is not None:
            found.append(made(text, draft.span))
    return found


def _recipes(walker: Walker, text: Field, draft: Draft, scope: Scope, context: Context) -> None:
    """Recipes of a makefile, and `$(shell …)`."""
    literal = text.text[:20000]
    lines = re.findall(r"^\t[@\-+]*(.*)$|^[\w.%-]+:[^=\n;]*;[@\-+]*(.*)$", literal, re.MULTILINE)
    codes = [first or second for first, second in lines[:40]] + re.findall(r"\$\(shell ([^)]*)\)", literal)[:10]
    for code in codes:
        if code.strip():
            span = text.word.span
            execute(walker, Source(code.replace("$$", "$"), base=span), "make", draft, scope.child(), context)


def _at(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`at`, `batch`: standard input or a file is executed later."""
    program = fields[0].text.rpartition("/")[2]
    parsed = options.parse(fields[1:], frozenset({"-f", "-q", "-t"}))
    if parsed.has("-l", "-r", "-d", "-c", "-V"):
        return None
    for file in parsed.values("-f"):
        content = scope.files.get(file.text)
        if content is not None and content.literal is not None:
            source = content.source or Source(content.literal, base=file.word.span)
            execute(walker, source, program, draft, scope.child(), context, disguise=content.disguise)
    return stdin_code(walker, "bash", program, draft, scope, context)


def _crontab(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`crontab -` and `crontab FILE`: the sixth field of each line is a command."""
    parsed = options.parse(fields[1:], frozenset({"-u"}))
    if parsed.has("-l", "-e", "-r", "-i", "-V"):
        return None
    literal = context.stdin.literal
    source = context.source
    if parsed.operands and parsed.operands[0].literal != "-":
        content = scope.files.get(parsed.operands[0].text)
        literal, source = (content.literal, content.source) if content is not None else (None, None)
    if literal is None and source is not None:
        literal = source.text
    for line in (literal or "").splitlines()[:50]:
        match = _CRON_FIELDS.match(line)
        if match is not None and match[1]:
            code = Source(match[1], base=draft.span)
            if source is not None and source.base is None and (found := source.text.find(match[1])) >= 0:
                code = Source(match[1], shift=source.shift + found)
            execute(walker, code, "crontab", draft, scope.child(), replace(context, stdin=Stdin(), source=None))
    return None


def _container_run(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`docker run --entrypoint PROGRAM IMAGE ARGUMENT…`; everything else is the table's."""
    from tui.risk.shell.wrappers import wrappers

    program = fields[0].text.rpartition("/")[2]
    wrapper = wrappers()[program]
    first = options.parse(fields[1:], wrapper.valued)
    if first.operands and first.operands[0].literal == "run":
        parsed = options.parse(first.operands[1:], wrapper.valued)
        entry = parsed.values("--entrypoint")
        if entry and parsed.operands and entry[-1].text:
            under = replace(inside(context, draft, f"{program} run"), place=Place.CONTAINER)
            return walker.invoke([entry[-1], *parsed.operands[1:]], scope.child(), under)
    from tui.risk.shell.peel import wrapped

    return wrapped(walker, wrapper, program, fields, draft, scope, context)


def _remote_shell(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """Options of `ssh`, `scp`, `sftp` that name a command to run here; then the command for the other machine."""
    from tui.risk.shell.peel import wrapped
    from tui.risk.shell.wrappers import wrappers

    program = fields[0].text.rpartition("/")[2]
    wrapper = wrappers()["ssh"]
    parsed = options.parse(
        fields[1:], wrapper.valued if program == "ssh" else wrapper.valued | {"-S"}, permute=program != "ssh"
    )
    for setting in parsed.values("-o"):
        match = re.match(r"\s*(ProxyCommand|LocalCommand|KnownHostsCommand)\s*[= ]\s*", setting.text, re.IGNORECASE)
        if match is not None and isinstance(setting.word.parts[0], str) and setting.text[match.end() :] != "none":
            _codes(walker, [setting.tail(match.end())], f"{program} -o {match[1]}", draft, scope, context)
    if program != "ssh":
        for command in parsed.values("-S"):
            _codes(walker, [command], f"{program} -S", draft, scope, context)
        return None
    return wrapped(walker, wrapper, program, fields, draft, scope, context)


def _terminal(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`xterm -e COMMAND ARGUMENT…`."""
    for position, field in enumerate(fields[1:], 1):
        if field.literal in ("-e", "-x", "--"):
            words = fields[position + 1 :]
            under = inside(context, draft, fields[0].text.rpartition("/")[2])
            return _shell_words(walker, words, draft, scope, under, context) if words else None
    return None


def _capsh(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`capsh … -- ARGUMENT…` gives the arguments to bash."""
    for position, field in enumerate(fields[1:], 1):
        if field.literal in ("--", "=="):
            shell = made("bash", field.word.span)
            return walker.invoke([shell, *fields[position + 1 :]], scope, inside(context, draft, "capsh"))
    return None


def _tmux(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`tmux send-keys 'COMMAND' Enter` types a command; other subcommands run one."""
    from tui.risk.shell.peel import wrapped
    from tui.risk.shell.wrappers import wrappers

    words = [field.literal for field in fields]
    for name in ("send-keys", "send"):
        if name in words:
            rest = options.parse(fields[words.index(name) + 1 :], frozenset({"-t", "-N"}), permute=True)
            typed = [field for field in rest.operands if field.literal not in ("Enter", "C-m", "KPEnter", "C-j")]
            _codes(walker, typed[:8], "tmux send-keys", draft, scope, context)
            return None
    return wrapped(walker, wrappers()["tmux"], "tmux", fields, draft, scope, context)


def _screen(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`screen -X stuff 'COMMAND\\n'` types a command."""
    from tui.risk.shell.peel import wrapped
    from tui.risk.shell.wrappers import wrappers

    words = [field.literal for field in fields]
    if "stuff" in words:
        _codes(walker, fields[words.index("stuff") + 1 :][:1], "screen -X stuff", draft, scope, context)
        return None
    return wrapped(walker, wrappers()["screen"], "screen", fields, draft, scope, context)


def _hyperfine(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    valued = frozenset(["-w", "--warmup", "-r", "--runs", "-m", "-M", "-p", "--prepare", "-c", "--cleanup", "-s", "--setup", "-S", "--shell", "-n", "-L", "-P"])
    parsed = options.parse(fields[1:], valued, permute=True)
    codes = [*parsed.values("-p", "--prepare", "-c", "--cleanup", "-s", "--setup"), *parsed.operands]
    _codes(walker, codes[:16], "hyperfine", draft, scope, context)
    return None


def _by_option(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """Options whose value is a command, by table."""
    program = fields[0].text.rpartition("/")[2]
    carriers_code.run(walker, program, fields, draft, scope, context)
    return None


CARRIERS: Final[dict[str, Handler]] = {
    "find": _find, "gfind": _find, "fd": _fd, "fdfind": _fd, "parallel": _parallel, "su": _su, "runuser": _su, "sg": _su,
    "git": _git, "make": _make, "gmake": _make, "at": _at, "batch": _at, "crontab": _crontab, "docker": _container_run,
    "podman": _container_run, "nerdctl": _container_run, "ssh": _remote_shell, "scp": _remote_shell, "sftp": _remote_shell,
    "xterm": _terminal, "konsole": _terminal, "alacritty": _terminal, "kitty": _terminal, "urxvt": _terminal,
    "capsh": _capsh, "tmux": _tmux, "screen": _screen, "hyperfine": _hyperfine,
    **dict.fromkeys(carriers_code.PROGRAMS, _by_option),
}  # fmt: skip
