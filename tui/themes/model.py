"""What a theme file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tui.definitions.problems import Problem, has_errors

if TYPE_CHECKING:
    from tui.definitions.kinds import Scope


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by the keys of `tui.themes.tokens`; every value was checked."""

    name: str
    colours: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    dark: bool = True
    ansi: bool = False
    """Whether it uses the terminal's own colours, whatever they are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A theme file. `theme` is its last good version, None if it never was good."""

    path: Path
    scope: Scope
    theme: Theme | None
    problems: tuple[Problem, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether the file has errors now."""
        return has_errors(self.problems)


def located(problem: Problem) -> str:
    """Return a problem as `file:line:column: error: message (hint)`."""
    place = f"{problem.file}:{problem.line}:{problem.column or 1}"
    return f"{place}: {problem.severity}: {problem.message}{f' ({problem.hint})' if problem.hint else ''}"
