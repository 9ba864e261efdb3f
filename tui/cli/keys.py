"""`rollcage keys`: what every key of the application does, and a keymap to change that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command
from tui.cli.console import out, out_json, out_table, say
from tui.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from tui.definitions.problems import Problem
    from tui.keymap.table import Keymap, KeyTable

_YOURS = Path()
"""Stands for this user's own keymap."""


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = command(
        subparsers,
        "keys",
        _keys,
        "list the keys of the application; print or check a keymap",
        description="List the keys of the application as they are for you. They are changed in keymap.yaml beside the "
        "settings.",
        examples=(
            "rollcage keys",
            "rollcage keys --print > ~/.config/rollcage/keymap.yaml    the default keys, to be edited",
            "rollcage keys --check                                     every problem of your keymap, with its line",
            "rollcage keys --check other.yaml",
        ),
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--print", action="store_true", dest="print_default", help="print the default keymap as YAML")
    what.add_argument(
        "--check",
        nargs="?",
        type=Path,
        const=_YOURS,
        metavar="FILE",
        help="report every problem of a keymap (default: yours); exits with 120 if it has errors",
    )
    what.add_argument(
        "--markdown",
        nargs="*",
        metavar="SCOPE",
        help="print the default keys as Markdown tables, all of them or those of some scopes",
    )
    add_json(parser)


def _keys(arguments: argparse.Namespace) -> int:
    from tui.keymap.table import Keymap
    from tui.keymap.writing import keymap_yaml, keys_markdown

    table: KeyTable = arguments.key_table()
    if arguments.check is not None:
        return _check(arguments, table)
    if arguments.print_default:
        out(keymap_yaml(Keymap(table)).rstrip("\n"))
    elif arguments.markdown is not None:
        out(keys_markdown(Keymap(table), arguments.markdown).rstrip("\n"))
    else:
        return _list(arguments, table)
    return 0


def _list(arguments: argparse.Namespace, table: KeyTable) -> int:
    from tui.definitions.problems import has_errors
    from tui.keymap.reading import load_keymap
    from tui.paths import Paths

    paths = Paths.from_environment()
    keymap, problems = load_keymap(paths, table)
    if arguments.json:
        out_json(list(_rows(keymap)))
    else:
        out_table(
            ("ID", "KEYS", "WHERE", "WHAT IT DOES"),
            ((key.id, keymap.shown_keys(key) or "none", table.titles[key.scope], key.help) for key in table.keys),
        )
    if problems:
        say(f"rollcage: {problems[0]}")
        used = "it is not used" if has_errors(problems) else "it is used"
        say(f"rollcage: {paths.keymap_file} has {len(problems)} problems, {used}: rollcage keys --check")
    return 0


def _rows(keymap: Keymap) -> Iterable[dict[str, object]]:
    for key in keymap.table.keys:
        yield {
            "id": key.id, "keys": keymap.keys_of(key), "default": key.default_keys, "scope": key.scope,
            "where": keymap.table.titles[key.scope], "label": key.label, "help": key.help, "changes": key.changes,
        }  # fmt: skip


def _check(arguments: argparse.Namespace, table: KeyTable) -> int:
    from tui.definitions.problems import has_errors
    from tui.paths import Paths

    mine = Paths.from_environment().keymap_file
    file: Path = mine if arguments.check == _YOURS else arguments.check
    problems: tuple[Problem, ...] = ()
    if file.exists() or file != mine:
        problems = _problems(file, table)
    if arguments.json:
        out_json(problems)
    else:
        for problem in problems:
            out(str(problem))
        if not problems:
            say(f"rollcage: no problems in {file}" if file.exists() else f"rollcage: there is no {file}; no problems")
    return InvalidInput.exit_code if has_errors(problems) else 0


def _problems(file: Path, table: KeyTable) -> tuple[Problem, ...]:
    from tui.keymap.reading import MAX_FILE_BYTES, parse_keymap

    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None
    return parse_keymap(data, file, table)[1]
