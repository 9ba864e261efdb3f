"""The program in the documentation that checks an export without Rollcage does what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.audit.export import ExportFormat, line
from tui.audit.log import AuditLog
from tui.audit.model import EntryKind, FindingKind

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "audit.md").read_text()


@pytest.mark.parametrize("edited", [False, True])
def test_an_export_can_be_checked_without_rollcage(
    tmp_path: Path, filled: Callable[[int], AuditLog], edited: bool
) -> None:
    lines = [line(record, ExportFormat.JSONL, "0") for record in filled(5).records()]
    if edited:
        lines[2] = json.dumps({**json.loads(lines[2]), "user": "eve"})
    (tmp_path / "audit.jsonl").write_text("\n".join(lines))
    program = re.search(r"```python\n(.*?)```", DOCS, re.DOTALL)
    assert program is not None
    done = subprocess.run([sys.executable, "-c", program[1]], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, "AssertionError: 3" in done.stderr) == ((1, True) if edited else (0, False))


@pytest.mark.parametrize("word", [*EntryKind, *FindingKind])
def test_every_kind_is_documented(word: str) -> None:
    assert f"`{word}`" in DOCS
