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
    from logging import Handler, LogRecord

    class FirstRecord(Handler):
        """Opens the file for the first record, which most commands never write, and hands everything on to it."""

        def emit(self, record: LogRecord) -> None:
            try:
                if not opened:
                    opened.append(_open())
                opened[0].handle(record)
            except OSError:
                pass  # at the next record, it may work
            except Exception:  # noqa: BLE001 - a record must not end what it is about
                self.handleError(record)

    opened: list[Handler] = []
    handler = FirstRecord()
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
        for each in opened:
            each.close()


def _open() -> logging.Handler:
    from logging.handlers import RotatingFileHandler

    from tui.cli.logformat import RedactingFormatter

    path = log_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=_LIMIT, backupCount=2, encoding="utf-8")
    handler.setFormatter(RedactingFormatter(_FORMAT))
    return handler
