"""The policy's files: where they are, what they say together, and what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.definitions.fields import Problems
from tui.definitions.problems import Problem, Severity, has_errors, in_order
from tui.definitions.scan import directories_of_links
from tui.paths import Paths, shipped
from tui.policy.knowledge.collection import Collected, Collection
from tui.policy.knowledge.model import Origin
from tui.policy.rule_files import MAX_FILE_BYTES, parse_restrictions, parse_user_rules
from tui.policy.rules import Restrictions, Rules, tightened

PROJECT_FILE: Final = "rollcage-policy.yaml"
KNOWLEDGE: Final = "knowledge"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the files say."""

    rules: Rules
    knowledge: Collected
    problems: tuple[Problem, ...] = ()
    """Of the rules and of the concepts. Concepts with errors are left out."""
    is_valid: bool = True
    """Whether the rules are without errors. Those of files with errors are never used."""


class Sources:
    """Reads the user's policy, the project's, and the concepts of all scopes."""

    def __init__(self, paths: Paths, project: Path) -> None:
        project = project.absolute()
        self.user_file = paths.policy_file
        self.project_file = project / PROJECT_FILE
        self._shipped = (Origin.SHIPPED, shipped(KNOWLEDGE))
        self._user = (Origin.USER, paths.user_knowledge)
        self._project = (Origin.PROJECT, project / KNOWLEDGE)
        self._concepts = {
            True: Collection((self._project, self._user, self._shipped)),
            False: Collection((self._user, self._shipped)),
        }

    @property
    def roots(self) -> tuple[tuple[object, Path], ...]:
        """Every file and directory that is read, whether it exists or not."""
        return ((None, self.user_file), (None, self.project_file), self._project, self._user, self._shipped)

    def read(self) -> Loaded:
        """Return what all files say now. Raises nothing: what cannot be read is a problem."""
        user_problems, project_problems = Problems(str(self.user_file)), Problems(str(self.project_file))
        user, project = _contents(self.user_file, user_problems), _contents(self.project_file, project_problems)
        rules = Rules() if user is None else parse_user_rules(user, self.user_file, user_problems)
        restrictions = Restrictions()
        if project is not None:
            restrictions = parse_restrictions(project, self.project_file, project_problems)
        found = in_order((*user_problems, *project_problems))
        knowledge = self._concepts[rules.knowledge.project].read()
        return Loaded(
            rules=tightened(rules, restrictions),
            knowledge=knowledge,
            problems=in_order((*found, *knowledge.problems)),
            is_valid=not has_errors(found),
        )

    def directories(self, loaded: Loaded) -> tuple[Path, ...]:
        """Return the directories whose changes matter."""
        links = (target for file in (self.user_file, self.project_file) for target in directories_of_links(file))
        return _distinct((*loaded.knowledge.directories, *links))


def _contents(file: Path, problems: Problems) -> bytes | None:
    """Return the bytes of a file, None where there is none."""
    try:
        # Opened without blocking: the name may belong to a FIFO nobody writes to.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            return stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        if file.is_symlink():
            problems.at(1, None, "is a link to nothing", severity=Severity.ERROR)
        return None
    except OSError as error:
        problems.at(1, None, f"cannot be read: {error.strerror}", severity=Severity.ERROR)
        return None


def _distinct(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(paths))
