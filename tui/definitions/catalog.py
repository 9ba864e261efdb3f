"""The catalog: definition files of three scopes, read once and again when they change."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from tui.definitions.claims import Delta, Source
from tui.definitions.files import FileCatalog
from tui.definitions.index import Entry, Index, build
from tui.definitions.kinds import Scope
from tui.definitions.model import Definition
from tui.definitions.parsing import Parsed, parse
from tui.definitions.problems import Problem
from tui.paths import Paths, shipped

CatalogDelta: TypeAlias = Delta[Entry]


class Catalog(FileCatalog[Definition, Entry, Index]):
    """The definitions below some directories."""

    @classmethod
    def standard(cls, project: Path | None = None, paths: Paths | None = None) -> Catalog:
        """Return the loaded catalog of `./commands` (or `project`), the user's definitions and the shipped ones."""
        paths = paths or Paths.from_environment()
        catalog = cls(
            (
                (Scope.PROJECT, project or Path("commands")),
                (Scope.USER, paths.user_commands),
                (Scope.SHIPPED, shipped("commands")),
            )
        )
        catalog.refresh()
        return catalog

    def _parse(self, data: bytes, path: Path, scope: Scope) -> Parsed:
        return parse(data, path, scope)

    def _build(self, sources: Iterable[Source[Definition]], problems: Iterable[Problem]) -> Index:
        return build(sources, problems)


def check_path(path: Path, scope: Scope = Scope.PROJECT) -> tuple[Problem, ...]:
    """Return every problem of a file, or of all definitions below a directory (name and alias clashes included)."""
    return Catalog([(scope, path)]).check_path(path)
