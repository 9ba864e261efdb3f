"""What is wrong with a definition file, and exactly where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a definition can be used in spite of a problem."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a definition file.

    Lines and columns count from 1. `line` is 1 when the problem concerns the file as a whole; `column` is None when
    it concerns a whole line. Text taken from the file is quoted with `repr`, so a problem carries no control
    characters of the file.
    """

    file: str
    line: int
    column: int | None
    severity: Severity
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return `file:line: severity: message (hint)`, the form editors and compilers understand."""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}: {self.severity}: {self.message}{hint}"


def has_errors(problems: Iterable[Problem]) -> bool:
    """Say whether any of the problems keeps a definition from being used."""
    return any(problem.severity is Severity.ERROR for problem in problems)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems by file and line, each once."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda problem: (problem.file, problem.line, problem.column or 0)))
