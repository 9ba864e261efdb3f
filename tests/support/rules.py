"""The shipped rules as the first assessment of a user keeps them, for tests in which it is not the first."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from tui.paths import Paths
from tui.risk.knowledge import knowledge_of


def keep_tried_rules(paths: Paths) -> None:
    """Keep them where that user's are kept: trying all their examples takes most of a second."""
    kept = paths.cache / "risk"
    kept.mkdir(parents=True, exist_ok=True)
    for name, data in _tried():
        (kept / name).write_bytes(data)


@functools.cache
def _tried() -> tuple[tuple[str, bytes], ...]:
    with tempfile.TemporaryDirectory() as directory:
        paths = Paths.below(Path(directory))
        knowledge_of(paths)
        return tuple((file.name, file.read_bytes()) for file in (paths.cache / "risk").iterdir())
