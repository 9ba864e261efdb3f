"""Reading a theme file: all that is wrong with it at once, each with its line and column.

A bad colour would end the application at the moment it is drawn, so nothing passes here that Textual cannot parse.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.definitions.fields import Fields, Problems, describe
from tui.definitions.problems import Problem, has_errors, in_order
from tui.definitions.text_files import read_mapping
from tui.themes.colours import colour_problem, style_problem
from tui.themes.model import Theme
from tui.themes.tokens import COLOURS, STYLE_VARIABLES, VARIABLES

if TYPE_CHECKING:
    from tui.definitions.frontmatter import Node

MAX_FILE_BYTES: Final = 64 * 1024
_KEYS: Final = ("name", "dark", "ansi", *COLOURS, "variables")
_NAME: Final = re.compile(r"(?!auto\Z)[A-Za-z][A-Za-z0-9_-]{0,39}")
_NAME_HINT: Final = "letters, digits, - and _, at most 40, a letter first; 'auto' means the one last chosen"


def parse_theme(data: bytes, file: Path) -> tuple[Theme | None, tuple[Problem, ...]]:
    """Return the theme a text holds, None if it has errors, and every problem. `file` gives the name it may lack."""
    problems = Problems(str(file))
    theme = _theme(data, file, problems)
    found = in_order(problems)
    return (None if has_errors(found) else theme), found


def _theme(data: bytes, file: Path, problems: Problems) -> Theme | None:
    root = _root(data, problems)
    if root is None:
        return None
    fields = Fields(root, "theme", _KEYS, problems)
    colours = {name: text for name in COLOURS if (text := _colour(fields, name, problems)) is not None}
    return Theme(
        _name(fields, file, problems),
        colours,
        dict(_variables(fields, problems)),
        dark=fields.boolean("dark", default=True),
        ansi=fields.boolean("ansi"),
    )


def _root(data: bytes, problems: Problems) -> Node | None:
    root = read_mapping(data, MAX_FILE_BYTES, problems, what="a theme must be a mapping of keys to values")
    if root is None and not tuple(problems):
        problems.at(1, None, "the file is empty", "a theme needs at least `primary`")
    return root


def _name(fields: Fields, file: Path, problems: Problems) -> str:
    name = fields.text("name")
    if name is None and fields.get("name") is None:
        if not _NAME.fullmatch(file.stem):
            problems.at(1, None, f"the name of the file, {file.stem[:60]!r}, is not a name for a theme", _NAME_HINT)
        return file.stem
    if name is None or not _NAME.fullmatch(name):
        problems.error(
            fields.get("name") or fields.node, f"{(name or '')[:60]!r} is not a name for a theme", _NAME_HINT
        )
        return file.stem
    return name


def _colour(fields: Fields, name: str, problems: Problems) -> str | None:
    for key, value in fields.node.pairs:
        if key.text == name:
            return _value(key, value, name, problems)
    if name == "primary":
        problems.error(fields.node, "'primary' is required")
    return None


def _variables(fields: Fields, problems: Problems) -> Iterator[tuple[str, str]]:
    node = fields.get("variables")
    if node is None:
        return
    if node.kind != "map":
        problems.error(node, f"'variables' must be a mapping, not {describe(node)}")
        return
    seen: dict[str, int] = {}
    for key, value in node.pairs:
        if key.text in seen:
            problems.error(key, f"'variables': {key.text[:60]!r} is given twice", f"first on line {seen[key.text]}")
        elif key.text not in VARIABLES:
            problems.error(key, f"'variables': there is no variable {key.text[:60]!r}", _suggestion(key.text))
        elif (text := _value(key, value, f"variables.{key.text}", problems)) is not None:
            yield key.text, text
        seen.setdefault(key.text, key.line)


def _suggestion(name: str) -> str:
    if name in COLOURS:
        return f"{name!r} stands beside 'variables', not in it"
    close = difflib.get_close_matches(name, sorted(VARIABLES), 1)
    return f"did you mean {close[0]!r}?" if close else "docs/themes.md lists all of them"


def _value(key: Node, value: Node, label: str, problems: Problems) -> str | None:
    """Return a colour or a style, or None after noting why it is none."""
    if value.kind == "null":
        problems.error(key, f"{label!r} has no value", "a colour that begins with # must be in quotes")
        return None
    text = problems.text(value, repr(label), required=True)
    if text is None:
        return None
    wrong = style_problem(text) if key.text in STYLE_VARIABLES else colour_problem(text)
    if wrong is not None:
        problems.error(value, f"{label!r}: {wrong[0]}", wrong[1])
        return None
    return text
