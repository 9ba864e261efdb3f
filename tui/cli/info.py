"""`rollcage info`: versions, and every path used."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

from tui import __version__
from tui.cli.arguments import Subparsers, add_json, command
from tui.cli.console import out, out_json
from tui.cli.logfile import log_path
from tui.paths import Paths, shipped

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

_LIBRARIES = ("textual", "rich", "numpy", "watchfiles")


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    add_json(command(subparsers, "info", _info, "print versions and every path used"))


def _paths(paths: Paths) -> dict[str, Path]:
    names = (name for name, value in vars(Paths).items() if isinstance(value, property))
    kept = {name.replace("_", " "): getattr(paths, name) for name in names}
    ships = {f"shipped {kind}": shipped(kind) for kind in ("commands", "knowledge", "scenarios", "themes")}
    return {**kept, **ships, "log of the command line": log_path(), "sockets and locks": paths.runtime}


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {"rollcage": __version__, "python": platform.python_version(), "kernel": platform.release()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    return found


def _info(arguments: argparse.Namespace) -> int:
    versions = _versions()
    paths = _paths(Paths.from_environment())
    if arguments.json:
        out_json({"versions": versions, "python": sys.executable, "paths": paths})
        return 0
    width = max(map(len, (*versions, *paths)))
    for name, value in versions.items():
        out(f"{name:<{width}}  {value}")
    out(f"{'python program':<{width}}  {sys.executable}")
    out()
    for name, path in paths.items():
        out(f"{name:<{width}}  {path}{'' if path.exists() else '  (not there yet)'}")
    return 0
