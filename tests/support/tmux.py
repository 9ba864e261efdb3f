"""A person at a terminal that interprets what it is sent: tmux, with a server of the test's own."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final

from tui.ids import new_id

PROMPT: Final = "shell> "
PATIENCE_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.05


class Tmux:
    """One window with a shell in it. Raises AssertionError where something never comes."""

    def __init__(self, directory: Path, environment: Mapping[str, str], *, columns: int = 120, rows: int = 40) -> None:
        self._name = f"rollcage-test-{new_id()}"
        size = ("-x", str(columns), "-y", str(rows))
        shell = ("env", f"PS1={PROMPT}", "bash", "--norc", "--noprofile")
        self._tmux("new-session", "-d", *size, *shell, environment=environment, directory=directory)
        self.wait_for(f"^{PROMPT.strip()}$")

    def __enter__(self) -> Tmux:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._tmux("kill-server")

    def _tmux(self, *words: str, environment: Mapping[str, str] | None = None, directory: Path | None = None) -> str:
        command = ("tmux", "-L", self._name, "-f", "/dev/null", *words)
        done = subprocess.run(command, env=environment, cwd=directory, check=True, capture_output=True, text=True)
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type letters."""
        self._tmux("send-keys", "-l", text)

    def screen(self) -> str:
        """Return what is on the screen, without the blanks at the ends of lines."""
        return self._tmux("capture-pane", "-p")

    def ask(self, variable: str) -> str:
        """Return a variable of the window, such as `alternate_on`."""
        return self._tmux("display-message", "-p", f"#{{{variable}}}").strip()

    def wait_for(self, pattern: str, *, gone: bool = False, patience_s: float = PATIENCE_S) -> str:
        """Look until a pattern is on the screen, or no longer; return the screen."""
        wanted = re.compile(pattern, re.MULTILINE)
        end = time.monotonic() + patience_s
        while bool(wanted.search(screen := self.screen())) is gone:
            assert time.monotonic() < end, f"{pattern!r} {'never went' if gone else 'never came'}, but:\n{screen}"
            time.sleep(_LOOK_EVERY_S)
        return screen
