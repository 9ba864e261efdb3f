"""Blanks what TypeScript adds to JavaScript, so that a parser of JavaScript can read the rest where it stands."""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = (
    r"(?:string|number|boolean|any|unknown|void|never|object|bigint|symbol|null|undefined|[A-Z][\w.]*)"
    r"(?:<[^<>;{}()]{0,200}>)?(?:\[\])*"
)
_TYPE: Final = rf"{_NAME}(?:\s*[|&]\s*(?:{_NAME}|'[^'\n]*'|\"[^\"\n]*\"))*"
_ADDED: Final = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^[ \t]*(?:export\s+)?(?:declare\s+)?interface\s+\w+[^{;]{0,200}\{[^{}]*\}",
        r"^[ \t]*(?:export\s+)?(?:declare\s+)?type\s+\w+(?:<[^>\n]*>)?\s*=[^;\n]*;?",
        r"^[ \t]*(?:import|export)\s+type\s[^;\n]*;?",
        rf"\s(?:as|satisfies)\s+(?:const\b|{_TYPE})",
        rf"(?<=[\w)\]}}])\??\s*:\s*{_TYPE}(?=\s*(?:[=,);{{]|=>|$))",
        r"(?<=\w)<[A-Z]\w*(?:\s+extends\s+[^<>()]{1,80})?(?:\s*,\s*[A-Z]\w*)*>(?=\()",
        r"(?<=[\w)\]])!(?=[.;,)\]])",
        r"\b(?:private|public|protected|readonly|declare|abstract|override)\s+(?=[\w#\[])",
        r"(?<=\w)\?(?=\s*[,)])",
        r"^[ \t]*-(?=\s*(?:var|let|const)\b|\w+\()",  # Pug marks lines of code with a dash
    )
)


def without_types(text: str) -> str:
    """Return `text` with types blanked; every other character stays where it is."""
    for pattern in _ADDED:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return text
