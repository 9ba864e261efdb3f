"""The languages of code: what they are called, and which of them a machine runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Language(StrEnum):
    """What a piece of code is written in."""

    BASH = "bash"
    PYTHON = "python"
    JAVASCRIPT = "javascript"
    RUST = "rust"
    GO = "go"


NAMES: Final[Mapping[str, Language]] = MappingProxyType({
    "bash": Language.BASH, "sh": Language.BASH, "shell": Language.BASH,
    "python": Language.PYTHON, "python3": Language.PYTHON, "py": Language.PYTHON,
    "javascript": Language.JAVASCRIPT, "js": Language.JAVASCRIPT, "node": Language.JAVASCRIPT,
    "rust": Language.RUST, "rs": Language.RUST,
    "go": Language.GO, "golang": Language.GO,
})  # fmt: skip
"""What people call the languages, in lower case."""

INTERPRETED: Final = (Language.BASH, Language.PYTHON, Language.JAVASCRIPT)
"""What a machine runs as it is written. The others need a compiler, which no machine has."""

SUFFIXES: Final[Mapping[str, Language]] = MappingProxyType({
    ".sh": Language.BASH, ".bash": Language.BASH,
    ".py": Language.PYTHON,
    ".js": Language.JAVASCRIPT, ".mjs": Language.JAVASCRIPT,
})  # fmt: skip
"""Suffixes of files with code that a machine runs, in lower case."""

_INTERPRETERS: Final = (("python", Language.PYTHON), ("node", Language.JAVASCRIPT), ("sh", Language.BASH))
_SIGNS: Final = {
    Language.PYTHON: re.compile(
        r"^[ \t]*(?:from [\w.]+ import |import [\w.]+(?: as \w+)?(?:[ \t]*,[ \t]*[\w.]+(?: as \w+)?)*[ \t]*(?:[;#].*)?$"
        r"|def \w+\(|class \w+.*:$|print\(|(?:if|elif|for .{1,80} in|while|with) [^;\n]{1,200}:(?:[ \t].*)?$"
        r"|else:|try:$|except\b.*:$|async def |@\w[\w.]*(?:\(.*\))?$)",
        re.MULTILINE,
    ),
    Language.JAVASCRIPT: re.compile(
        r"^[ \t]*(?:(?:const|let|var) [\w{\[]|import .* from ['\"]|export (?!\w+=)|(?:async )?function\b|console\.\w+\("
        r"|require\(|await \w|\}\s*(?:else|catch)\b.*\{$)|=>\s*[{(]?\s*$",
        re.MULTILINE,
    ),
    Language.BASH: re.compile(
        r"^[ \t]*(?:\$ |sudo |apt(?:-get)? |cd |ls\b|echo |export \w+=|mkdir |rm |cp |mv |cat |curl |wget |git |docker "
        r"|npm |pip3? |set -|chmod |source |if \[|fi$|done$|then$|esac$|(?:for|while|until) .+;[ \t]*do\b)",
        re.MULTILINE,
    ),
}  # fmt: skip
_HINTS: Final = {
    Language.PYTHON: re.compile(r"^[ \t]*(?:[\w.\[\]]+ = .*[^;\s]|\w+(?:\.\w+)+\(.*\))[ \t]*$", re.MULTILINE),
    Language.JAVASCRIPT: re.compile(r"^[ \t]*(?:[\w.\[\]]+ ?= ?.*|\w+(?:\.\w+)+\(.*\));[ \t]*$", re.MULTILINE),
    Language.BASH: re.compile(r"^[ \t]*\w+=\S*$", re.MULTILINE),
}
"""What other languages have too: it decides only where the signs do not."""
_LOOKED_AT: Final = 20_000
"""Characters by which a language is guessed."""


def language_named(word: str) -> Language | None:
    """Return the language that a word means, in any case, or None."""
    return NAMES.get(word.lower())


def guess_language(text: str) -> Language:
    """Return what a text is probably written in: by its first line where that names an interpreter, else by how its
    lines begin. Where nothing speaks for another language it is bash."""
    text = text[:_LOOKED_AT].lstrip()
    first = text.partition("\n")[0]
    if first.startswith("#!"):
        return next((language for word, language in _INTERPRETERS if word in first), Language.BASH)
    signs = {
        language: (_count(_SIGNS[language], text), _count(_HINTS[language], text), language is Language.BASH)
        for language in INTERPRETED
    }
    return max(signs, key=lambda language: signs[language])


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in pattern.finditer(text))
