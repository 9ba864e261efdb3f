"""Reading concepts from markdown.

    # Deployment

    Bringing a version of a program to where it serves.

    synonyms:: deploy, release, rollout
    related:: service

Every first-level heading begins a concept, so a file may hold several. Both lines may be repeated. What stands in
fenced code is not read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from tui.definitions.fields import Problems
from tui.definitions.problems import Severity
from tui.definitions.spelling import closest
from tui.definitions.text_files import decode
from tui.policy.knowledge.model import Concept, Origin, distinct, normal

MAX_FILE_BYTES: Final = 1024 * 1024
MAX_TERM_CHARACTERS: Final = 100
_HEADING: Final = re.compile(r"#[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*")
_PROPERTY: Final = re.compile(r"[ \t]*(?:[-*][ \t]+)?([A-Za-z_]+)::[ \t]*(.*)")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_PROPERTIES: Final = ("synonyms", "related")


def parse_concepts(data: bytes, path: Path, origin: Origin, problems: Problems) -> list[Concept]:
    """Return the concepts of a file; mistakes go to `problems`."""
    text = decode(data, MAX_FILE_BYTES, problems)
    if text is None:
        return []
    reader = _Reader(path, origin, problems)
    fence = ""
    for number, line in enumerate(text.split("\n"), 1):
        if found := _FENCE.match(line):
            if not fence:
                fence = found[1]
            elif found[1].startswith(fence):
                fence = ""
        elif not fence:
            reader.line(number, line)
    return reader.finish()


class _Reader:
    def __init__(self, path: Path, origin: Origin, problems: Problems) -> None:
        self._path = path
        self._origin = origin
        self._problems = problems
        self._concepts: list[Concept] = []
        self._prose: list[str] = []
        self._skipping = False

    def line(self, number: int, line: str) -> None:
        if (heading := _HEADING.fullmatch(line)) is not None:
            self._begin(number, heading[1].strip())
        elif (found := _PROPERTY.fullmatch(line)) is not None:
            self._property(number, found[1].lower(), found[2])
        else:
            self._prose.append(line)

    def finish(self) -> list[Concept]:
        self._end()
        if not self._concepts and not self._skipping:
            self._problems.at(1, None, "there is no concept", "begin with a heading: # Name of the concept")
        return self._concepts

    def _begin(self, number: int, name: str) -> None:
        self._end()
        self._skipping = not self._is_term(number, name, "the name of a concept")
        if not self._skipping:
            place = f"{self._path}:{number}"
            self._concepts.append(Concept(name, origin=self._origin, place=place))

    def _end(self) -> None:
        if self._concepts and not self._skipping:
            prose = "\n".join(self._prose).strip()
            self._concepts[-1] = replace(self._concepts[-1], description=prose)
        self._prose = []

    def _property(self, number: int, name: str, value: str) -> None:
        if name not in _PROPERTIES:
            guess = closest(name, _PROPERTIES)
            if guess is not None:
                hint = f"did you mean {guess}:: ?"
                self._problems.at(number, None, f"{name}:: means nothing", hint, Severity.WARNING)
            return
        if self._skipping:
            return
        if not self._concepts:
            self._problems.at(number, None, f"{name}:: stands before any heading", "begin with # Name of the concept")
            return
        terms = [term for term in (part.strip().strip("[]").strip() for part in value.split(",")) if term]
        terms = [term for term in terms if self._is_term(number, term, f"{name}:: holds {term[:60]!r}, which")]
        if not terms:
            self._problems.at(number, None, f"{name}:: is empty", severity=Severity.WARNING)
        concept = self._concepts[-1]
        if name == "synonyms":
            self._concepts[-1] = replace(concept, synonyms=distinct((*concept.synonyms, *terms)))
        else:
            self._concepts[-1] = replace(concept, related=distinct((*concept.related, *terms)))

    def _is_term(self, number: int, term: str, label: str) -> bool:
        if not 0 < len(term) <= MAX_TERM_CHARACTERS or not any(map(str.isalnum, normal(term))):
            hint = f"1 to {MAX_TERM_CHARACTERS} characters, one letter or digit at least"
            self._problems.at(number, None, f"{label} is not a term", hint)
            return False
        return True
