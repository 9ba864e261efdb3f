"""Colours of code by its syntax, for the lines in sight.

Pygments reads lines from a little above those in sight, not from the beginning of the text: a key in a text of any
length costs the same. A string of many lines that begins farther above is then coloured as code.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

LEXERS: Final = {
    **dict.fromkeys(("bash", "console", "shell-session"), "bash"), "python": "python", "javascript": "javascript",
    "rust": "rust", "go": "go", "json": "json", "yaml": "yaml", "yml": "yaml", "toml": "toml", "diff": "diff",
    "html": "html", "css": "css", "sql": "sql",
}  # fmt: skip
"""Names of languages, and what reads them."""
ABOVE: Final = 120
BELOW: Final = 80
_MOST_CHARACTERS: Final = 30_000
"""In the lines that are read at once; more is left without colours."""

Look = tuple[str, str]
"""The theme's token for the colour, and what else is done to the letters."""
_LOOKS: Final[dict[str, Look]] = {
    "Comment": ("", "dim italic"),
    "Keyword": ("text-accent", ""),
    "Operator.Word": ("text-accent", ""),
    "Literal.String": ("text-success", ""),
    "Literal.Number": ("text-warning", ""),
    "Name.Builtin": ("text-primary", ""),
    "Name.Function": ("text-primary", ""),
    "Name.Class": ("text-primary", "bold"),
    "Name.Decorator": ("text-primary", ""),
    "Name.Tag": ("text-primary", ""),
    "Name.Attribute": ("text-secondary", ""),
    "Name.Variable": ("text-secondary", ""),
    "Generic.Inserted": ("text-success", ""),
    "Generic.Deleted": ("text-error", ""),
}


@dataclass(frozen=True, slots=True)
class Region:
    """Lines of one language: number from 0, and the column at which the code begins."""

    language: str
    places: tuple[tuple[int, int], ...]


@functools.cache
def _lexer(name: str) -> Lexer:
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


@functools.cache
def _look(kind: _TokenType) -> Look | None:
    """Return how a kind of token is drawn, as the nearest kind above it that has a look."""
    name = str(kind).removeprefix("Token.")
    while name and name not in _LOOKS:
        name = name.rpartition(".")[0]
    return _LOOKS.get(name)


def coloured(language: str, lines: Sequence[str]) -> Iterator[tuple[int, int, int, Look]]:
    """Yield what has a colour: number of the line, first column, column behind it, look."""
    name = LEXERS.get(language)
    if name is None or sum(map(len, lines)) > _MOST_CHARACTERS:
        return
    row = column = 0
    for kind, value in _lexer(name).get_tokens("\n".join(lines)):
        look = _look(kind)
        for number, part in enumerate(value.split("\n")):
            if number:
                row, column = row + 1, 0
            if look is not None and part:
                yield row, column, column + len(part), look
            column += len(part)
