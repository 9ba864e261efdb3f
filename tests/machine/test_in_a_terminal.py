"""The application as a person has it: started from a shell, in a real terminal, on real machines."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tmux import PROMPT, Tmux

pytestmark = [
    pytest.mark.machine,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed: apt-get install tmux"),
]

GREET = """---
name: greet
description: Greet somebody
execution_mode: firecracker
parameters:
  - {name: who, type: string, required: true}
---
```bash
echo "Hello, {{ who }}" | tee /work/greeting
```
"""
WRECK = """---
name: wreck
description: Leave debris and fail
execution_mode: firecracker
---
```bash
rm /work/greeting
echo debris > /work/debris
exit 7
```
"""
LOOK = """---
name: look
description: Say which files there are
execution_mode: firecracker
---
```bash
echo "files: $(ls /work | tr '\\n' ' ')."
```
"""
LEFT = f"^{PROMPT}rollcage\n{PROMPT.strip()}$"
"""The screen of the shell, as it was."""
SETTINGS = "theme: rollcage-dark\npool: {low: 0, high: 0}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with definitions of its own."""
    directory = tmp_path / "project" / "commands"
    directory.mkdir(parents=True)
    for name, text in (("greet", GREET), ("wreck", WRECK), ("look", LOOK)):
        (directory / f"{name}.md").write_text(text)
    return directory.parent


@pytest.fixture
def terminal(project: Path, tmp_path: Path, machine_cache: Path) -> Iterator[Tmux]:
    """A terminal in which the application was started and is ready."""
    home = tmp_path / "rollcage"
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.yaml").write_text(SETTINGS)
    (home / "cache").symlink_to(machine_cache)
    environment = {
        **os.environ, "ROLLCAGE_HOME": str(home), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TEXTUAL_ANIMATIONS": "none", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    environment.pop("NO_COLOR", None)
    with Tmux(project, environment) as tmux:
        tmux.type("rollcage")
        tmux.press("Enter")
        tmux.wait_for(r"1 Run .* idle .*qemu/")
        tmux.wait_for("wreck")
        yield tmux


def choose(terminal: Tmux, name: str) -> None:
    """Open a command by its name, wherever the focus is."""
    terminal.press("C-p")
    terminal.wait_for("Palette ─")
    terminal.type(name)
    terminal.wait_for(rf"▌.*{name} .*command")
    terminal.press("Enter")
    terminal.wait_for("Palette ─", gone=True)
    terminal.wait_for(rf"─ {name} ")


def test_running_failing_going_back_and_leaving(terminal: Tmux) -> None:
    choose(terminal, "greet")
    terminal.wait_for("esc Back")
    terminal.type("Ada")
    terminal.wait_for(r"who \* +Ada")
    terminal.press("C-r")
    screen = terminal.wait_for("✓ greet ok")
    assert "Hello, Ada" in screen
    terminal.wait_for("✓ succeeded · exit 0")

    # What fails rolls itself back: the tree says so, and the files are as they were.
    choose(terminal, "wreck")
    terminal.press("C-r")
    terminal.wait_for("✗ wreck exit 7")
    terminal.wait_for("✗ exit 7 .*rolled back")
    choose(terminal, "look")
    terminal.press("C-r")
    assert "files: greeting ." in terminal.wait_for("✓ look ok")

    # The Timeline shows what the first run did.
    terminal.press("F6")
    terminal.wait_for("Changes")
    terminal.press("G", "k")
    terminal.wait_for(r"\+ /work/greeting")
    terminal.wait_for("Hello, Ada")

    # Going back to before it: asks, with the safe choice in focus.
    terminal.press("G", "b")
    question = terminal.wait_for("Roll back session default")
    assert "Keep as it is" in question
    terminal.press("Enter")
    terminal.wait_for("Roll back session default", gone=True)
    terminal.wait_for("look +HEAD")
    terminal.press("b")
    terminal.wait_for("Roll back session default")
    terminal.press("Right", "Enter")
    terminal.wait_for("fresh machine +HEAD")
    terminal.press("z")
    terminal.wait_for("look +HEAD")

    terminal.press("C-q")
    screen = terminal.wait_for(LEFT)
    assert "Run" not in screen
    assert terminal.ask("alternate_on") == "0"
    assert terminal.ask("cursor_flag") == "1"
    assert terminal.ask("mouse_any_flag") == "0"


def test_a_definition_is_edited_broken_and_repaired(terminal: Tmux, project: Path) -> None:
    from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

    try:
        RustNotify([str(project)], False, False, 0, False, True).close()
    except WatchfilesRustInternalError as error:
        pytest.skip(f"files cannot be watched on this host: {error}")
    look = project / "commands" / "look.md"
    choose(terminal, "look")
    terminal.wait_for("Say which files there are")
    look.write_text(LOOK.replace("Say which files there are", "Now it says more"))
    terminal.wait_for("Changed: look")
    terminal.wait_for("^.*│ Now it says more")
    look.write_text(LOOK.replace("description", "discription"))
    terminal.wait_for("Has errors: look")
    screen = terminal.wait_for("discription")
    assert "⚠" in screen, screen
    look.write_text(LOOK)
    terminal.wait_for("Good again: look")
    terminal.wait_for("│ Say which files there are")
    terminal.press("C-q")
    terminal.wait_for(LEFT)


def test_what_is_done_in_a_shell_is_a_run(terminal: Tmux) -> None:
    terminal.press("!")
    terminal.wait_for("a shell in session default")
    terminal.wait_for(r"root@rollcage.*#$")
    assert terminal.ask("alternate_on") == "0"
    terminal.type("echo $((6 * 7)) > /work/answer; stty size")
    terminal.press("Enter")
    terminal.wait_for("^40 120$")
    terminal.type("exit")
    terminal.press("Enter")
    terminal.wait_for("✓ shell ok")
    assert terminal.ask("alternate_on") == "1"
    terminal.wait_for("shell +HEAD")
    choose(terminal, "look")
    terminal.press("C-r")
    assert "files: answer ." in terminal.wait_for("✓ look ok")
    terminal.press("C-q")
    terminal.wait_for(f"^{PROMPT.strip()}$")
    assert terminal.ask("alternate_on") == "0"
