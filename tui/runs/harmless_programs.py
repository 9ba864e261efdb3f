"""The programs that may run on the host, and with which words.

Awk, git, xargs, env and every interpreter are left out: they run what files, variables or their input tell them to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tui.risk.shell.syntax import WordNode
from tui.runs.harmless_words import has_glob, is_one_word, is_operand, literal

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
_DIRECTORIES: Final = ("/bin/", "/usr/bin/")


def program_objections(words: Sequence[WordNode]) -> Iterator[str]:
    """Yield what speaks against running a command, the program and its words, on the host."""
    path = literal(words[0])
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
        known = literal(word)
        if not ended and known == "--":
            ended = True
        elif ended or known is None or not pattern.fullmatch(known):
            operands.append(word)
    if not all(map(is_operand, operands)):
        return False
    most = _OPERANDS.get(name)
    return most is None or (len(operands) <= most and not any(map(has_glob, operands)))


def _sed(name: str, words: Sequence[WordNode]) -> bool:
    if not _listed(name, words):
        return False
    script = next((word for word in words if not (literal(word) or "").startswith("-")), None)
    return script is not None and _SED.fullmatch(literal(script) or "") is not None


def _command_v(_: str, words: Sequence[WordNode]) -> bool:
    return bool(words) and literal(words[0]) in ("-v", "-V")


def _printf(_: str, words: Sequence[WordNode]) -> bool:
    """Say whether the format is known, and sets nothing: `-v` and `%n` do, and evaluate subscripts."""
    form = literal(words[0]) if words else None
    return form is not None and not form.startswith("-") and re.search(r"%[^A-Za-z%]*[hlLjtzq]*n", form) is None


def _test(name: str, words: Sequence[WordNode]) -> bool:
    if not all(map(is_one_word, words)) or any(has_glob(word) for word in words):
        return False
    rest = [*words]
    if name == "[" and (not rest or literal(rest.pop()) != "]"):
        return False
    if rest and literal(rest[0]) == "!":
        del rest[0]
    known = [literal(word) for word in rest]
    if len(rest) == 2:
        return known[0] is not None and _UNARY.fullmatch(known[0]) is not None
    return len(rest) == 1 or (len(rest) == 3 and known[1] in _BINARY)


_RULES: Final[dict[str, Callable[[str, Sequence[WordNode]], bool]]] = {
    "sed": _sed, "command": _command_v, "printf": _printf, "test": _test, "[": _test,
}  # fmt: skip
