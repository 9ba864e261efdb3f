"""Commands and statements that text tools put together around input that is not known: `awk '{print "rm " $1}' | sh`.

The known words around it say what becomes of it; the input itself stands there as a variable.
"""

from __future__ import annotations

import re
from typing import Final

from tui.risk.shell import textual

_AWKS: Final = frozenset({"awk", "gawk", "mawk", "nawk"})
_LINE: Final = "\ue001"
"""Stands for a line of input while `sed` is applied to it: no expression matches it but `.`."""
_PRINTS: Final = re.compile(r"\{\s*(print|printf)\b([^{}]*)\}")
_LONGEST: Final = 1000
"""Characters of a program of AWK that is looked at."""
_ITEM: Final = re.compile(r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|\$(?:\w+|\([^()]*\))|[A-Za-z_]\w*|\d+)(\s*,)?")
_DIRECTIVE: Final = re.compile(r"%[-+ #0-9.]*[sdiucxefg]")
_IN_JQ: Final = re.compile(r"\"((?:[^\"\\]|\\(?!\()[\s\S]|\\\([^()]*\))*)\"")
_INSERTED: Final = re.compile(r"\\\([^()]*\)")
_SAYS: Final = re.compile(r"[A-Za-z]{2}")


def template(program: str, arguments: list[str]) -> str | None:
    """Return what `program` writes for each piece of its input, or None where it adds no words of its own."""
    if program in _AWKS:
        text = _awk(arguments)
    elif program == "sed":
        text = textual.sed(_scripts(arguments), _LINE)
        text = text.replace(_LINE, "${line}") if text is not None else None
    elif program in ("jq", "gojq", "jaq"):
        text = _jq(arguments)
    else:
        return None
    if text is None or not _SAYS.search(text.replace("${line}", "").replace("${column}", "")):
        return None
    return text


def _scripts(arguments: list[str]) -> list[str]:
    """Return the arguments of `sed` without the files that it reads."""
    if "-e" in arguments or "--expression" in arguments:
        return arguments
    first = next((position for position, word in enumerate(arguments) if not word.startswith("-")), len(arguments))
    return [word for word in arguments[: first + 1] if word not in ("-u", "-s")]


def _awk(arguments: list[str]) -> str | None:
    programs = (word for word in arguments if "{" in word and len(word) <= _LONGEST)
    match = next((found for word in programs if (found := _PRINTS.search(word))), None)
    if match is None:
        return None
    pieces: list[str] = []
    position, rest = 0, match[2].strip().removesuffix(";").strip()
    if rest.startswith("(") and rest.endswith(")"):
        rest = rest[1:-1]
    while position < len(rest) and (item := _ITEM.match(rest, position)) is not None:
        position = item.end()
        pieces.append("${column}" if item[1] is None else re.sub(r"\\(.)", r"\1", item[1].replace("\\n", "\n")))
        if item[2] and match[1] == "print":
            pieces.append(" ")
    if position < len(rest.rstrip()) or not pieces:
        return None
    return _DIRECTIVE.sub("${column}", pieces[0]) if match[1] == "printf" else "".join(pieces)


def _jq(arguments: list[str]) -> str | None:
    if not any(re.fullmatch(r"-\w*r\w*|--raw-output", word) for word in arguments):
        return None
    program = next((word for word in arguments if not word.startswith("-")), "")
    texts = [found[1] for found in _IN_JQ.finditer(program[:4096]) if "\\(" in found[1]]
    return _INSERTED.sub("${column}", texts[-1]).replace('\\"', '"') if texts else None
