"""What the written form of a text gives away: programs made unreadable on purpose, and a few tell-tale literals."""

from __future__ import annotations

import re
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge
from tui.risk.model import Category, Effect, Span

_MANGLED: Final = re.compile(r"\b_0x[0-9a-f]{4,}\b")
_CONFUSABLE: Final = re.compile(r"\b(?:[Il1]{8,}|[oO0]{8,}|_{6,}\d*)\b")
"""Names that differ only in characters which look alike."""
_MANGLED_ENOUGH: Final = 6
_ESCAPED_WORD: Final = re.compile(
    r"(?:\\x(?:2[ef0]|5f|[46][1-9a-f]|[57][0-9a]|28|29)){6,}|(?:\\u00(?:2[ef0]|5f|[46][1-9a-f]|[57][0-9a])){8,}|(?:\\(?:1[0-7]{2}|0?[45]\d)){10,}",
    re.IGNORECASE,
)
"""A run of letters that need no escape."""
_PACKED: Final = re.compile(r"eval\s*\(\s*function\s*\(\s*p\s*,\s*a\s*,\s*c\s*,\s*k\s*,\s*e\s*,")
_SYMBOLS_ONLY: Final = re.compile(r"[\[\]()!+]{300,}")
_PROTECTOR: Final = re.compile(
    r"\b__pyarmor(?:_\w+)?__\s*\(|\bfrom\s+pytransform\s+import|\bpyarmor_runtime\b|\b__pyc?minify__\b"
)
_POOL: Final = re.compile(r"[\"'`]stratum\+(?:tcp|ssl|udp)://")
_SECRETS_OF_CI: Final = re.compile(r"\$\{\{\s*toJSON\(\s*secrets\s*\)\s*\}\}", re.IGNORECASE)


def judge_shape(judge: Judge, text: str) -> None:
    """Report what the form of `text` says, whatever its parts do."""
    for pattern in (_MANGLED, _CONFUSABLE):
        names = pattern.findall(text)
        if len(names) >= _MANGLED_ENOUGH and len(set(names)) >= 3:
            first = text.index(names[0])
            _report(
                judge,
                "mangled",
                "was made unreadable by an obfuscator: its names say nothing",
                Span(first, first + len(names[0])),
            )
            break
    for pattern, what in (
        (_PACKED, "runs a program that is packed in the text"),
        (_SYMBOLS_ONLY, "is written in symbols only, so that nobody can read it"),
        (_PROTECTOR, "runs a program that is encrypted in the text"),
        (_ESCAPED_WORD, "hides words by escaping letters that need no escape"),
    ):
        if match := pattern.search(text):
            _report(judge, "unreadable", what, Span(match.start(), match.end()))
    if match := _POOL.search(text):
        judge.report(
            RiskLevel.HIGH,
            Category.DOS,
            "mine",
            "mines a crypto currency",
            Span(match.start(), match.end()),
            Effect.EXHAUST,
            attack=("T1496",),
        )
    if match := _SECRETS_OF_CI.search(text):
        judge.report(
            RiskLevel.HIGH,
            Category.EXFIL,
            "ci-secrets",
            "collects all secrets of a repository's workflows",
            Span(match.start(), match.end()),
            Effect.CREDENTIAL_READ,
        )


def _report(judge: Judge, rule: str, effect: str, span: Span) -> None:
    judge.report(RiskLevel.HIGH, Category.OBFUSCATED, rule, effect, span)
