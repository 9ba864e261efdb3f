"""The concepts of all directories as one graph: which file has which concept, and what is wrong with them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.definitions.fields import Problems
from tui.definitions.problems import Problem, Severity, in_order
from tui.definitions.scan import Scan, scan
from tui.policy.knowledge.concept_files import MAX_FILE_BYTES, parse_concepts
from tui.policy.knowledge.graph import Graph
from tui.policy.knowledge.model import Concept, Origin

_ORDER: Final = list(Origin)


@dataclass(frozen=True, slots=True)
class _File:
    digest: bytes
    concepts: tuple[Concept, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Collected:
    """What the directories hold."""

    graph: Graph
    problems: tuple[Problem, ...] = ()
    directories: tuple[Path, ...] = ()
    """Those whose changes matter."""


class Collection:
    """Reads directories of concepts, and again when asked; a file that did not change is not parsed twice."""

    def __init__(self, roots: Iterable[tuple[Origin, Path]]) -> None:
        self.roots = tuple(roots)
        self._files: dict[Path, _File] = {}
        self._last: Collected | None = None

    def read(self) -> Collected:
        """Return what the directories hold now: the very same object if nothing changed."""
        entered: set[tuple[int, int]] = set()
        scans = [(origin, scan(root, entered)) for origin, root in sorted(self.roots, key=lambda r: _ORDER.index(r[0]))]
        files: dict[Path, _File] = {}
        for origin, found in scans:
            for file in found.files:
                if file.path not in files and (read := self._read(file.path, origin)) is not None:
                    files[file.path] = read
        unchanged = files == self._files
        self._files = files
        if self._last is None or not unchanged or self._last.directories != _directories(scans):
            self._last = self._collect(scans)
        return self._last

    def _read(self, path: Path, origin: Origin) -> _File | None:
        try:
            # Opened without blocking: the name may belong to a FIFO nobody writes to.
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            problem = Problem(str(path), 1, None, Severity.ERROR, f"cannot be read: {error.strerror}")
            return _File(b"", (), (problem,))
        digest = hashlib.sha256(data).digest()
        known = self._files.get(path)
        if known is not None and known.digest == digest:
            return known
        problems = Problems(str(path))
        concepts = tuple(parse_concepts(data, path, origin, problems))
        return _File(digest, concepts, tuple(problems))

    def _collect(self, scans: list[tuple[Origin, Scan]]) -> Collected:
        problems = [problem for _, found in scans for problem in found.problems]
        concepts: dict[str, Concept] = {}
        for file in self._files.values():
            problems += file.problems
            for concept in file.concepts:
                nearer = concepts.setdefault(concept.key, concept)
                if nearer is not concept and nearer.origin is concept.origin:
                    message = f"the concept {concept.name!r} is already in {nearer.place}"
                    problems.append(_problem(concept, Severity.ERROR, message, "put both together"))
        graph = Graph(concepts.values())
        for clash in graph.clashes:
            message = f"{clash.term!r} stands for {clash.holder.name!r} already, in {clash.holder.place}"
            problems.append(_problem(clash.loser, Severity.WARNING, message, "it is found as that one"))
        for concept in graph.concepts:
            for term in concept.related:
                if graph.find(term) is None:
                    problems.append(_problem(concept, Severity.WARNING, f"related:: names no concept {term!r}"))
        return Collected(graph, in_order(problems), _directories(scans))


def joined(graph: Graph, further: Iterable[Concept]) -> Graph:
    """Return a graph with further concepts, those left out whose name is taken."""
    names = {concept.key for concept in graph.concepts}
    return Graph((*graph.concepts, *(concept for concept in further if concept.key not in names)))


def _directories(scans: Iterable[tuple[Origin, Scan]]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(directory for _, found in scans for directory in found.directories))


def _problem(concept: Concept, severity: Severity, message: str, hint: str = "") -> Problem:
    file, _, line = concept.place.rpartition(":")
    return Problem(file, int(line), None, severity, message, hint)
