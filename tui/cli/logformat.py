"""Lines of the log file, without secrets."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.redaction import Redactor


class RedactingFormatter(logging.Formatter):
    """Takes secrets out of whole records, tracebacks included.

    It knows shapes and names of secrets. What one run declares as secret is known to that run alone, which takes it out
    of what it says.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record with markers in the place of secrets."""
        return _redactor().text(super().format(record))


@functools.cache
def _redactor() -> Redactor:
    # Most commands log nothing, and this import would be a good part of what they take to start.
    from tui.redaction import Redactor

    return Redactor()
