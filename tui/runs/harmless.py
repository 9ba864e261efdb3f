"""Which shell texts and programs may run on the host: an allow-list of syntax, of programs, and of their options.

What the judge of risk knows about a text is what it *does* as far as that can be seen. The host asks for more: that
nothing but programs listed here runs, that they run by these names, and that what they are given cannot make them run
others. Whatever is not listed goes to a machine, so an omission costs time and no more.

Awk, git, xargs, env and every interpreter are left out: they run what files, variables or their input tell them to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tui.machines.local.protected import PROTECTED
from tui.risk.shell.limits import Budget
from tui.risk.shell.parser import parse
from tui.risk.shell.source import Source
from tui.risk.shell.syntax import (
    Assignment,
    Command,
    Conditional,
    Group,
    Listing,
    Loop,
    Parameter,
    Part,
    Pipeline,
    RedirectNode,
    Simple,
    Substitution,
    Text,
    WordNode,
)  # fmt: skip

_READERS: Final = frozenset({
    "true", "false", ":", "echo", "pwd", "exit", "type", "cat", "head", "tail", "wc", "nl", "tac", "rev", "cut",
    "paste", "tr", "fold", "expand", "unexpand", "fmt", "comm", "join", "basename", "dirname", "realpath", "readlink",
    "stat", "ls", "dir", "vdir", "du", "df", "seq", "sleep", "uname", "id", "whoami", "groups", "nproc", "arch",
    "printenv", "md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum", "cksum", "sum",
    "od", "hexdump", "base64", "base32", "numfmt", "tsort", "factor", "expr", "grep", "egrep", "fgrep", "diff", "cmp",
    "column", "jq",
})  # fmt: skip
"""Programs that only read and print whatever they are given: none of their options writes a file or runs a program."""
_OPTIONS: Final = {
    "set": r"-[eufx]*o?|\+[eux]+|pipefail|errexit|nounset|noglob",
    "date": r"\+.*|-u|--utc|-R|-I\w*|--iso-8601(=\w+)?|--rfc-3339=\w+",
    "command": r"-[vV]",
    "sort": r"-[bdfghinMRrsuVzc]+|-[kt].*|--(reverse|unique|numeric-sort|human-numeric-sort|version-sort|stable|"
            r"ignore-case|zero-terminated|check|key=.*|field-separator=.*)",
    "uniq": r"-[cdDiuz]+|--(count|repeated|unique|ignore-case)",
    "sed": r"-[nErsuz]+|--(quiet|silent|regexp-extended|posix|sandbox|null-data|debug)",
    "rg": r"-[nNilcvwFHIopqsSxuU.0]+|-[ABCmgtTe]\d*|--(files|hidden|no-ignore|json|count|line-number|ignore-case|"
          r"fixed-strings|files-with-matches|word-regexp|type=\w+|glob=.*|max-count=\d+|color=\w+|sort=\w+)",
    "find": r"-([HLP]|name|iname|path|ipath|wholename|regex|iregex|type|xtype|size|empty|mtime|mmin|atime|amin|ctime|"
            r"cmin|newer|maxdepth|mindepth|perm|user|group|links|inum|samefile|readable|writable|executable|true|false|"
            r"print|print0|printf|ls|not|and|or|a|o|prune|quit|xdev|mount|depth|follow)|-\d+\w?",
}  # fmt: skip
"""For programs that could do more: what each word that may be an option has to match entirely."""
_OPERANDS: Final = {"uniq": 1, "date": 0, "set": 0}
"""How many other words there may be: the second file of `uniq` is written, and a date is set."""
_SED: Final = re.compile(
    r"((\d+|\$|/([^/\\\n]|\\[^\n])*/)(,(\d+|\$))?)?[pdq=]"
    r"|s([/|,#:])((?!\6)[^\\\n]|\\[^\n])*\6((?!\6)[^\\\n]|\\[^\n])*\6[gpIi\d]*"
)
"""Sed can run programs and write files (`e`, `w`, `s///e`): one plain command is what is let through."""
_UNARY: Final = re.compile(r"-[abcdefghknoprstuwxzGLNOS]")
"""Without `-v` and `-R`, which evaluate the subscript of what they are given."""
_BINARY: Final = frozenset({"=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"})
PROGRAMS: Final = _READERS | _OPTIONS.keys() | {"printf", "test", "["}
"""Names of all programs that may run on the host."""

_VARIABLE: Final = re.compile(r"[a-z_][a-z0-9_]+|[a-z]")
"""Every variable that bash, the linker or a program listed here obeys has capital letters in its name, but these."""
_OBEYED: Final = frozenset({"auto_resume", "histchars"})
_LOCALE: Final = re.compile(r"[A-Za-z0-9_.@-]+")
_LOCALES: Final = frozenset({"LANG", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_NUMERIC", "LC_TIME"})
_ENVIRONMENT: Final = re.compile(r"(PARAM|ROLLCAGE)_[A-Z0-9_]+|NO_COLOR|COLUMNS|TZ")
_REDIRECTIONS: Final = frozenset({"<", ">", ">>", "&>", "&>>", ">&", "<&", "<<", "<<-", "<<<"})
_DIRECTORIES: Final = ("/bin/", "/usr/bin/")
_STARTS_EXPANSION: Final = "*?[{~"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NAMED_DESCRIPTOR: Final = re.compile(r"(?<!\$)\{[A-Za-z_]\w*\}[<>&]")


def objections(text: str) -> Iterator[str]:
    """Yield what of a bash text must not run on the host, as clauses about the run."""
    if _CONTROL.search(text):
        yield "it contains control characters"
    if _NAMED_DESCRIPTOR.search(text):
        yield "it opens a named descriptor"
    script = parse(Source(text), Budget())
    if script.problems:
        yield f"it could not be understood completely ({script.problems[0]})"
    yield from _listing(script.body)


def argv_objections(argv: Sequence[str]) -> Iterator[str]:
    """Yield what speaks against running a program without a shell on the host."""
    words = [WordNode(0, 0, [Text(word, "'")], word) for word in argv]
    yield from _program(words)


def obeyed(name: str, value: str) -> bool:
    """Say whether an environment variable could change what runs. It is assumed of all that are not listed."""
    if name in _LOCALES:
        return _LOCALE.fullmatch(value) is None
    return _ENVIRONMENT.fullmatch(name) is None and not _own(name)


def _own(name: str) -> bool:
    return _VARIABLE.fullmatch(name) is not None and name not in _OBEYED


# Syntax


def _listing(listing: Listing) -> Iterator[str]:
    for command in listing.items:
        yield from _command(command)


def _command(command: Command) -> Iterator[str]:
    match command:
        case Simple():
            yield from _simple(command)
        case Pipeline():
            for member in command.members:
                yield from _command(member)
        case Listing():
            yield from _listing(command)
        case Group():
            yield from _listing(command.body)
            yield from _redirects(command.redirects)
        case Conditional():
            yield from _words(command.subject)
            for block in command.blocks:
                yield from _listing(block)
            yield from _redirects(command.redirects)
        case Loop():
            if command.looked_at:
                yield "it evaluates arithmetic"
            if command.variable is not None and not _own(command.variable):
                yield f"it sets {command.variable}"
            yield from _words(command.items or [])
            if command.condition is not None:
                yield from _listing(command.condition)
            yield from _listing(command.body)
            yield from _redirects(command.redirects)
        case _:
            yield _CONSTRUCTS.get(type(command).__name__, "it uses what the host does not take")


_CONSTRUCTS: Final = {
    "Function": "it defines a function",
    "Test": "it evaluates [[ … ]] or (( … ))",
    "Coprocess": "it starts a coprocess",
}


def _simple(command: Simple) -> Iterator[str]:
    for assignment in (*command.assignments, *command.declared):
        yield from _assignment(assignment)
    yield from _words(command.words)
    yield from _redirects(command.redirects)
    if command.words:
        yield from _program(command.words)


def _assignment(assignment: Assignment) -> Iterator[str]:
    if assignment.index is not None or assignment.items is not None:
        yield f"it sets an array, {assignment.name}"
        return
    if assignment.name in _LOCALES:
        value = "" if assignment.value is None else _literal(assignment.value)
        if value is None or _LOCALE.fullmatch(value) is None:
            yield f"it sets {assignment.name}"
    elif not _own(assignment.name):
        yield f"it sets {assignment.name}"
    elif assignment.value is not None:
        yield from _words([assignment.value])


def _redirects(redirects: Sequence[RedirectNode]) -> Iterator[str]:
    for redirect in redirects:
        if redirect.operator not in _REDIRECTIONS:
            yield f"it redirects by {redirect.operator}"
        if redirect.body is not None:
            yield from _words([redirect.body])
        elif redirect.operator == "<<<":
            yield from _words([redirect.target])
        elif not redirect.operator.startswith("<<"):
            yield from _file(redirect)


def _file(redirect: RedirectNode) -> Iterator[str]:
    name = _literal(redirect.target)
    if name is None:
        yield f"the file it redirects to is only known when it runs ({redirect.target.raw[:60]})"
    elif name.startswith(("/dev/tcp", "/dev/udp")):
        yield "it uses the network"
    elif ">" in redirect.operator and (kept := PROTECTED.intersection(name.split("/"))):
        yield f"it writes {min(kept)}, which is kept as it is"


def _words(words: Sequence[WordNode]) -> Iterator[str]:
    for word in words:
        for part in word.parts:
            yield from _part(part)


def _part(part: Part) -> Iterator[str]:
    match part:
        case Text():
            return
        case Substitution(direction=""):
            yield from _listing(part.script.body)
            if part.script.problems:
                yield f"it could not be understood completely ({part.script.problems[0]})"
        case Parameter(index=None, indirect=False, operator="" | "-" | ":-" | "+" | ":+" | "#" | "##" | "%" | "%%"):
            yield from _words([word for word in (part.argument, part.second) if word is not None])
        case _:
            yield f"it evaluates {part.source[:60]}"


# Words


def _literal(word: WordNode) -> str | None:
    """Return the word a program will see; None where that is only known when it runs."""
    if word.raw == "[":
        return "["
    found = ""
    for part in word.parts:
        if not isinstance(part, Text) or (not part.quote and any(sign in part.value for sign in _STARTS_EXPANSION)):
            return None
        found += part.value
    return found


def _is_one_word(word: WordNode) -> bool:
    return all(isinstance(part, Text) or part.quoted for part in word.parts)


def _is_operand(word: WordNode) -> bool:
    """Say whether a word cannot become an option, nor several words, whatever its variables and globs stand for."""
    first = word.parts[0] if word.parts else Text("")
    if not isinstance(first, Text) or not _is_one_word(word):
        return False
    if not first.value:
        return all(isinstance(part, Text) for part in word.parts) and not "".join(map(_value, word.parts))
    return first.value[0] != "-" and (bool(first.quote) or first.value[0] not in _STARTS_EXPANSION)


def _value(part: Part) -> str:
    return part.value if isinstance(part, Text) else part.source


# Programs


def _program(words: Sequence[WordNode]) -> Iterator[str]:
    path = _literal(words[0])
    if path is None:
        yield f"which program {words[0].raw[:60]} is, is only known when it runs"
        return
    name = path
    for directory in _DIRECTORIES:
        name = name.removeprefix(directory) if name.startswith(directory) else name
    if name not in PROGRAMS:
        yield f"{path[:60]} is not among the programs for the host"
    elif name not in _READERS and not _RULES.get(name, _listed)(name, words[1:]):
        yield f"{name} could do more with these words than the host allows"


def _listed(name: str, words: Sequence[WordNode]) -> bool:
    """Say whether every word is an option that is listed, or cannot be one."""
    pattern = re.compile(_OPTIONS[name], re.DOTALL)
    operands: list[WordNode] = []
    ended = False
    for word in words:
        known = _literal(word)
        if not ended and known == "--":
            ended = True
        elif ended or known is None or not pattern.fullmatch(known):
            operands.append(word)
    if not all(map(_is_operand, operands)):
        return False
    most = _OPERANDS.get(name)
    return most is None or (len(operands) <= most and not any(map(_has_glob, operands)))


def _sed(name: str, words: Sequence[WordNode]) -> bool:
    if not _listed(name, words):
        return False
    script = next((word for word in words if not (_literal(word) or "").startswith("-")), None)
    return script is not None and _SED.fullmatch(_literal(script) or "") is not None


def _command_v(_: str, words: Sequence[WordNode]) -> bool:
    return bool(words) and _literal(words[0]) in ("-v", "-V")


def _printf(_: str, words: Sequence[WordNode]) -> bool:
    """Say whether the format is known, and sets nothing: `-v` and `%n` do, and evaluate subscripts."""
    form = _literal(words[0]) if words else None
    return form is not None and not form.startswith("-") and re.search(r"%[^A-Za-z%]*[hlLjtzq]*n", form) is None


def _test(name: str, words: Sequence[WordNode]) -> bool:
    if not all(map(_is_one_word, words)) or any(_has_glob(word) for word in words):
        return False
    rest = [*words]
    if name == "[" and (not rest or _literal(rest.pop()) != "]"):
        return False
    if rest and _literal(rest[0]) == "!":
        del rest[0]
    known = [_literal(word) for word in rest]
    if len(rest) == 2:
        return known[0] is not None and _UNARY.fullmatch(known[0]) is not None
    return len(rest) == 1 or (len(rest) == 3 and known[1] in _BINARY)


def _has_glob(word: WordNode) -> bool:
    return any(
        isinstance(part, Text) and not part.quote and any(sign in part.value for sign in _STARTS_EXPANSION)
        for part in word.parts
    )


_RULES: Final[dict[str, Callable[[str, Sequence[WordNode]], bool]]] = {
    "sed": _sed, "command": _command_v, "printf": _printf, "test": _test, "[": _test,
}  # fmt: skip
