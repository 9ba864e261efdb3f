"""The log file: tracebacks and warnings of the command line, which a person does not need to see."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tui.paths import Paths

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator
    from pathlib import Path

_LIMIT: Final = 1024 * 1024
_FORMAT: Final = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


def log_path() -> Path:
    """Return where the log is."""
    return Paths.from_environment().logs / "rollcage.log"


@contextmanager
def logging_to_file() -> Iterator[None]:
    """Send all logging to the file, without secrets.

    Where it cannot be written there is no log, and nothing else changes.
    """
    import logging

    from tui.cli.logformat import RedactingFormatter

    handler = _handler()
    handler.setFormatter(RedactingFormatter(_FORMAT))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
        handler.close()


def _handler() -> logging.Handler:
    import logging
    from logging.handlers import RotatingFileHandler

    path = log_path()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return RotatingFileHandler(path, maxBytes=_LIMIT, backupCount=2, encoding="utf-8")
    except OSError:
        return logging.NullHandler()
