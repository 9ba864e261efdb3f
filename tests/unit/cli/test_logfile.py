"""The log file gets everything that is logged, and no secrets."""

from __future__ import annotations

import errno
import logging
import logging.handlers
import subprocess
import sys

import pytest

from tui.cli.logfile import log_path, logging_to_file
from tui.paths import Paths

TOKEN = "ghp_" + "Zk7Q" * 9


@pytest.fixture
def home(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLCAGE_HOME", str(paths.data.parent))


@pytest.mark.usefixtures("home")
def test_messages_and_tracebacks_are_redacted() -> None:
    log = logging.getLogger("tui.test")
    with logging_to_file():
        log.info("pushing with %s", TOKEN)
        try:
            raise ValueError(f"no such remote: https://me:{TOKEN}@example.org")
        except ValueError:
            log.exception("it failed with password=%s", "hunter2")
    text = log_path().read_text()
    assert TOKEN not in text
    assert "hunter2" not in text
    assert "pushing with [redacted:github-token]" in text
    assert "Traceback (most recent call last)" in text
    assert "ValueError: no such remote" in text


@pytest.mark.usefixtures("home")
def test_a_log_that_nobody_writes_to_loads_no_patterns() -> None:
    program = (
        "import sys; from tui.cli.logfile import logging_to_file\n"
        "with logging_to_file(): pass\n"
        "sys.exit('tui.redaction' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.usefixtures("home")
def test_a_log_that_cannot_be_written_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    log = logging.getLogger("tui.test")
    with logging_to_file():
        with monkeypatch.context() as full:
            full.setattr(logging.handlers, "RotatingFileHandler", _no_space)
            log.error("lost")
        log.error("kept")
    assert "kept" in log_path().read_text()


def _no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
