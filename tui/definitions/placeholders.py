"""Finding `{{ name }}` in a step.

Only a plain name between double braces is a placeholder. Other uses of double braces (`{{.Names}}` of docker,
`{{{name}}}`, a Python dictionary in braces) are left exactly as they are, so most programs need no escaping;
`{{ "{{" }}` writes two braces where a name would otherwise be taken for a parameter, and the word `raw` after a
fence's language leaves a whole step alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_PLACEHOLDER: Final = re.compile(r"""(?<!\{)\{\{[ \t]*(?:([A-Za-z][A-Za-z0-9_]*)|(["'])\{\{\2)[ \t]*\}\}(?!\})""")
_NEARLY: Final = re.compile(r"(?<!\{)\{\{+[ \t]*([A-Za-z][A-Za-z0-9_]*)\b[^{}\n]*\}\}+")
LITERAL_BRACES: Final = "{{"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A place in a template where a parameter's value goes, or, if `name` is None, two braces."""

    name: str | None
    start: int
    end: int


def find(template: str) -> Iterator[Placeholder]:
    """Yield the placeholders of a template in order."""
    for match in _PLACEHOLDER.finditer(template):
        yield Placeholder(match[1], match.start(), match.end())


def nearly(template: str) -> Iterator[Placeholder]:
    """Yield what begins like a placeholder but holds more than a name, such as `{{ name | upper }}`."""
    taken = {placeholder.start for placeholder in find(template)}
    for match in _NEARLY.finditer(template):
        if match.start() not in taken:
            yield Placeholder(match[1], match.start(), match.end())
