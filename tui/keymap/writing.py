"""The keys as text: a keymap to edit, and a table to read."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from tui.errors import NotFound
from tui.keymap.names import shown

if TYPE_CHECKING:
    from tui.keymap.table import Keymap

_WIDTH: Final = 100
_WORDS: Final = frozenset("abcdefghijklmopqrstuvwxzABCDEFGHIJKLMOPQRSTUVWXZ")
"""Characters that YAML takes for themselves: all letters but those that also mean yes and no."""


def keymap_yaml(keymap: Keymap) -> str:
    """Return a keymap in full, to be edited."""
    return "\n".join(_yaml(keymap)) + "\n"


def _yaml(keymap: Keymap) -> Iterator[str]:
    yield "# The keys of Rollcage. An action that is not in this file keeps its default keys, so what you do not"
    yield "# change can be left out. One key: `ctrl+r`; several: `[x, ctrl+x]`; none: `[]`."
    yield "# `rollcage keys --check` says what is wrong with this file."
    for scope, title in keymap.table.titles.items():
        keys = keymap.table.of(scope)
        if keys:
            yield ""
            yield f"# --- {title} {'-' * max(_WIDTH - 7 - len(title), 3)}"
        for key in keys:
            yield ""
            yield from (f"# {line}" for line in textwrap.wrap(f"{key.label}: {key.help}", _WIDTH - 2))
            yield f"{key.id}: {_value(keymap.keys_of(key))}"


def _value(keys: tuple[str, ...]) -> str:
    written = [_quoted(shown(key) if len(shown(key)) == 1 and shown(key).isascii() else key) for key in keys]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"


def _quoted(key: str) -> str:
    if len(key) > 1 or key in _WORDS:
        return key
    return "'\"'" if key == '"' else '"\\\\"' if key == "\\" else f'"{key}"'


def keys_markdown(keymap: Keymap, scopes: Sequence[str] = ()) -> str:
    """Return a table of the keys for each scope, in Markdown; only of `scopes` if some are given.

    Raises:
        NotFound: there is no such scope.
    """
    for scope in scopes:
        if scope not in keymap.table.titles:
            raise NotFound(f"there are no keys of {scope!r}", hint=f"there are {', '.join(keymap.table.titles)}")
    return "\n".join(_markdown(keymap, scopes)) + "\n"


def _markdown(keymap: Keymap, scopes: Sequence[str]) -> Iterator[str]:
    first = True
    for scope, title in keymap.table.titles.items():
        keys = keymap.table.of(scope)
        if not keys or (scopes and scope not in scopes):
            continue
        if not first:
            yield ""
        first = False
        yield f"### {title}"
        yield ""
        yield "| key | what it does | id |"
        yield "|---|---|---|"
        for key in keys:
            pressed = keymap.shown_keys(key).replace("|", "\\|")
            yield f"| {f'`{pressed}`' if pressed else 'none'} | {key.help.replace('|', chr(92) + '|')} | `{key.id}` |"
