"""What starting up costs is what it imports, so that is what is asserted: a clock would lie on a busy machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {
    "asyncio", "frontmatter", "httpx", "importlib.metadata", "jinja2", "logging", "numpy", "platformdirs", "qemu",
    "rich", "sqlite3", "textual", "tui.definitions", "tui.runs.engine", "tui.ui", "ulid", "watchfiles", "yaml",
}  # fmt: skip
PROGRAM = """
import json, sys
sys.argv = ["rollcage", *json.loads(sys.argv[1])]
from tui.__main__ import main
code = main()
sys.stdout.flush()
sys.stderr.write("\\n" + json.dumps([code, sorted(sys.modules)]))
"""


def imported_by(*arguments: str, home: Path) -> tuple[int, set[str]]:
    """Run the command line in a process of its own; return its exit code and all modules it imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(arguments)],
        cwd=ROOT,
        env={**os.environ, "ROLLCAGE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_said_without_importing_anything(flag: str, tmp_path: Path) -> None:
    code, modules = imported_by(flag, home=tmp_path)
    assert code == 0
    assert not HEAVY & modules
    assert {name for name in modules if name.startswith("tui")} == {"tui", "tui.__main__"}
    assert "argparse" not in modules


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code, modules = imported_by("--help", home=tmp_path)
    assert code == 0
    assert not HEAVY & modules


@pytest.mark.parametrize(
    "arguments",
    [("commands", "list"), ("commands", "check"), ("themes", "check"), ("info",), ("history",), ("sessions",)],
    ids=" ".join,
)
def test_only_the_interface_knows_textual(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code, modules = imported_by(*arguments, home=tmp_path)
    assert code == 0
    assert not {"textual", "tui.ui", "httpx", "watchfiles"} & modules


def test_the_first_paint_waits_for_nothing_it_does_not_show() -> None:
    program = "import json, sys; import tui.ui.app; json.dump(sorted(sys.modules), sys.stdout)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    later = {
        "httpx", "markdown_it", "sqlite3", "textual.widgets._markdown", "tui.definitions.catalog", "tui.risk",
        "tui.runs.engine", "tui.store.store", "tui.ui.screens.timeline", "tui.ui.widgets.parameter_form", "watchfiles",
        "yaml",
    }  # fmt: skip
    assert not later & set(json.loads(done.stdout))
