"""What the small languages of everyday programs do beyond printing: `e` and `w` of sed, `system` and pipes of AWK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tui.levels import RiskLevel
from tui.risk.judge.command import Command
from tui.risk.judge.draft import Verdict
from tui.risk.model import Category, Effect

_SED: Final = frozenset({"sed", "gsed", "ssed"})
_AWK: Final = frozenset({"awk", "gawk", "mawk", "nawk", "goawk", "original-awk", "bwk"})
_LONGEST: Final = 16_384
"""Characters of a script that are looked at; scripts on a command line are a few hundred."""

_SUBSTITUTE: Final = re.compile(
    r"(?<![A-Za-z])[sy](?P<mark>[^\w\s\\])(?:\\.|(?!(?P=mark))[^\\])*(?P=mark)(?:\\.|(?!(?P=mark))[^\\])*(?P=mark)"
    r"(?P<flags>[gpIiMm0-9]*(?P<does>[ew])?)",
    re.DOTALL,
)
_ADDRESS: Final = re.compile(r"\\(?P<mark>[^\n\\])(?:\\.|(?!(?P=mark))[^\\])*(?P=mark)|/(?:\\.|[^/\\])*/", re.DOTALL)
_TEXT: Final = re.compile(r"(?m)(?:^|[;{}\d$!])\s*[aic]\\?\s.*$")
"""`a text`, `i text`, `c text`: text to put out, not commands."""
_SED_COMMAND: Final = re.compile(r"(?m)(?:^|[;{}\d$!IM\x00])\s*(?P<does>[ewW])(?=[\s;}]|$)")
_STRING: Final = r"\"(?:[^\"\\\n]|\\.)*\""
_PARENTHESES: Final = re.compile(r"\([^()]*\)")
_DEEPEST: Final = 4
"""Parentheses in each other that are taken out of a statement of AWK."""


def inner(command: Command) -> tuple[frozenset[Effect], tuple[Verdict, ...]]:
    """Return the effects of a script given to sed or AWK, and what there is to say about it."""
    if command.program in _SED:
        return _sed(command)
    if command.program in _AWK:
        return _awk(command)
    return frozenset(), ()


def _sed(command: Command) -> tuple[frozenset[Effect], tuple[Verdict, ...]]:
    scripts = [*command.values("-e"), *command.values("--expression")]
    if not scripts and not command.values("-f") and not command.values("--file"):
        scripts = [command.words[0]] if command.words else []
    effects: set[Effect] = set()
    if command.has("-f") or command.has("--file"):
        effects.add(Effect.EXECUTE)  # a script that is not in view may hold `e`
    for script in scripts:
        for does in _of_sed(script[:_LONGEST]):
            effects |= {Effect.EXECUTE} if does == "e" else {Effect.WRITE, Effect.OVERWRITE}
    if Effect.EXECUTE not in effects:
        return frozenset(effects), ()
    return frozenset(effects), (_runs("has sed run lines of what it reads, or of a script, as commands"),)


def _of_sed(script: str) -> Iterator[str]:
    """Yield `e`, `w` or `W` for every command and flag of that name in a sed script."""
    for match in _SUBSTITUTE.finditer(script):
        if match["does"]:
            yield match["does"]
    rest = _TEXT.sub("", _ADDRESS.sub("\0", _SUBSTITUTE.sub(";", script)))
    for match in _SED_COMMAND.finditer(rest):
        yield match["does"]


def _awk(command: Command) -> tuple[frozenset[Effect], tuple[Verdict, ...]]:
    effects: set[Effect] = set()
    known = True
    for code in command.invocation.code:
        if code.language == "awk" and code.text is not None:
            for effect, literal in _of_awk(code.text[:_LONGEST]):
                effects |= {Effect.EXECUTE} if effect is Effect.EXECUTE else {Effect.WRITE, effect}
                known = known and literal
    if known:  # the commands themselves have been judged
        return frozenset(effects), ()
    return frozenset(effects), (_runs("has awk run commands that are only known when it reads its input"),)


def _of_awk(script: str) -> Iterator[tuple[Effect, bool]]:
    """Yield what a script runs or writes, and whether the command or file is written out in it."""
    plain = re.sub(r"[ \t]+", " ", re.sub(_STRING, '""', script))
    for statement in re.split(r"[;{}\n]", plain):
        for match in re.finditer(r"\bsystem ?\( ?(\"\" ?\))?", statement):
            yield Effect.EXECUTE, match[1] is not None
        for match in re.finditer(r"(\"\")? ?\|&? ?getline\b", statement):
            yield Effect.EXECUTE, match[1] is not None
        _, found, rest = statement.partition("print")
        for _ in range(_DEEPEST if found else 0):
            rest = _PARENTHESES.sub("", rest)
        if ">" in rest:
            yield Effect.OVERWRITE, True
        if "|" in rest and "getline" not in rest:
            yield Effect.EXECUTE, re.search(r"\|&? ?\"\" ?$", rest) is not None


def _runs(effect: str) -> Verdict:
    return Verdict(RiskLevel.MEDIUM, Category.UNKNOWN, effect, "unseen.script", ("T1059",), frozenset({Effect.EXECUTE}))
