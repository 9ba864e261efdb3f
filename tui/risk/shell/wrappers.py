"""Programs that run the command in their arguments, as data."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tui.risk.shell.model import Place


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How a program that runs another one is written."""

    valued: frozenset[str] = frozenset()
    """Options with a value of their own."""
    operands: int = 0
    """How many operands stand before the command: the host of `ssh`, the duration of `timeout`."""
    subcommands: tuple[str, ...] = ()
    """Words of which one must come first: `docker exec`."""
    code: frozenset[str] = frozenset()
    """Options whose value is shell code: `su -c`."""
    directory: frozenset[str] = frozenset()
    """Options whose value is the working directory."""
    command: frozenset[str] = frozenset()
    """Options whose value is the program to run, further operands its arguments: `flatpak run --command`."""
    privileged: bool = False
    place: Place | None = None
    assignments: bool = False
    """Whether `NAME=value` may stand before the command."""
    joins: bool = False
    """Whether the operands are joined and given to a shell: `ssh`, `watch`."""
    shell_by_default: bool = False
    """Whether a shell reads standard input where no command is given."""
    appended: bool = False
    """Whether it adds arguments: `xargs`."""
    silent: frozenset[str] = frozenset()
    """Options with which it runs nothing: `command -v`, `sudo -l`."""
    dashes: bool = False
    """Whether the command only begins behind `--`."""
    permutes: bool = False
    """Whether its own options may stand behind its operands."""


@functools.cache
def wrappers() -> Mapping[str, Wrapper]:
    """Return the table, read once a process."""
    text = Path(__file__).with_name("wrappers.yaml").read_bytes()
    table: dict[str, dict[str, object]] = yaml.load(text, Loader=yaml.CSafeLoader)
    return {str(name): _wrapper(entry) for name, entry in table.items()}


def _wrapper(entry: Mapping[str, object]) -> Wrapper:
    def words(key: str) -> frozenset[str]:
        return frozenset(str(entry.get(key, "")).split())

    subcommands = entry.get("subcommands", [])
    assert isinstance(subcommands, list)
    return Wrapper(
        valued=words("valued"), operands=int(str(entry.get("operands", 0))), subcommands=tuple(map(str, subcommands)),
        code=words("code"), directory=words("directory"), command=words("command"),
        privileged=bool(entry.get("privileged")), place=Place(str(entry["place"])) if "place" in entry else None,
        assignments=bool(entry.get("assignments")), joins=bool(entry.get("joins")),
        shell_by_default=bool(entry.get("shell_by_default")), appended=bool(entry.get("appended")),
        silent=words("silent"), dashes=bool(entry.get("dashes")), permutes=bool(entry.get("permutes")),
    )  # fmt: skip
