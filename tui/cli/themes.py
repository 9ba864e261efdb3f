"""`rollcage themes`: the colours of the application."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command, family
from tui.cli.console import out, out_json, out_table, say
from tui.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    import argparse

    from tui.definitions.problems import Problem
    from tui.themes.model import Entry, Theme


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser, commands = family(
        subparsers,
        "themes",
        _list,
        "list, show and check the themes of the application",
        examples=(
            "rollcage themes",
            "rollcage themes show high-contrast     every colour it sets",
            "rollcage themes check                  every problem with file, line and column",
            "rollcage themes check mine.yaml",
        ),
    )
    add_json(parser)
    add_json(
        command(commands, "list", _list, "list themes, and say which one the application starts with"), inherit=True
    )
    show = command(commands, "show", _show, "show what a theme sets")
    show.add_argument("name", metavar="NAME")
    add_json(show, inherit=True)
    check = command(
        commands,
        "check",
        _check,
        "report every problem of theme files",
        description="Report every problem of theme files. Exits with 0 if there is none, else with 120; with 121 if a "
        "file does not exist.",
    )
    check.add_argument("files", nargs="*", type=Path, metavar="FILE", help="(default: the shipped ones and yours)")
    add_json(check, inherit=True)


def _list(arguments: argparse.Namespace) -> int:
    from tui.config import load_settings
    from tui.paths import Paths
    from tui.themes.catalog import ThemeCatalog
    from tui.themes.choice import origin_of, wanted_theme

    paths = Paths.from_environment()
    index = ThemeCatalog.standard(paths).index
    named = load_settings(paths).theme
    wanted = wanted_theme(named, paths)
    used = set(map(id, index.by_name.values()))
    rows = [
        (_name(entry), _kind(entry.theme), str(entry.scope), _state(entry, id(entry) in used))
        for entry in index.entries
    ]
    if arguments.json:
        keys = ("name", "kind", "scope", "state", "path", "start")
        out_json(
            [
                dict(zip(keys, (*row, entry.path, row[0] == wanted and id(entry) in used), strict=True))
                for row, entry in zip(rows, index.entries, strict=True)
            ]
        )
        return 0
    out_table(
        ("NAME", "KIND", "SCOPE", "STATE", "FILE"),
        [(*row, str(e.path)) for row, e in zip(rows, index.entries, strict=True)],
    )
    say(f"rollcage: the application starts with {wanted}, {origin_of(named, paths)}")
    return 0


def _name(entry: Entry) -> str:
    return entry.theme.name if entry.theme else entry.path.stem


def _kind(theme: Theme | None) -> str:
    if theme is None:
        return "-"
    return "terminal" if theme.ansi else "dark" if theme.dark else "light"


def _state(entry: Entry, used: bool) -> str:
    return "broken" if entry.broken else "ok" if used else "hidden by another"


def _show(arguments: argparse.Namespace) -> int:
    from tui.paths import Paths
    from tui.themes.catalog import ThemeCatalog

    entry = ThemeCatalog.standard(Paths.from_environment()).index.find(arguments.name)
    theme = entry.theme
    assert theme is not None  # what has a name was good
    if arguments.json:
        out_json({"path": entry.path, "scope": entry.scope, "theme": theme})
        return 0
    out(f"{theme.name}  ({_kind(theme)}, {entry.scope})")
    out(str(entry.path))
    for title, colours in (("colours", theme.colours), ("variables", theme.variables)):
        if colours:
            out(f"\n{title}:")
        width = max(map(len, colours), default=0)
        for name, value in colours.items():
            out(f"  {name:<{width}}  {value}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from tui.paths import Paths
    from tui.themes.catalog import ThemeCatalog
    from tui.themes.model import located

    if arguments.files:
        problems = [problem for file in arguments.files for problem in _problems(file)]
        count = len(arguments.files)
    else:
        index = ThemeCatalog.standard(Paths.from_environment()).index
        problems, count = list(index.problems), len(index.entries)
    if arguments.json:
        out_json(problems)
    else:
        for problem in problems:
            out(located(problem))
        say(f"rollcage: {count} themes, {len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}")
    return InvalidInput.exit_code if problems else 0


def _problems(file: Path) -> tuple[Problem, ...]:
    from tui.definitions.contents import contents
    from tui.themes.reading import parse_theme

    try:
        return parse_theme(contents(file), file)[1]
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None
