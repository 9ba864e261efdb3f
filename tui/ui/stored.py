"""What a run of the past printed, read from where the store keeps it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tui.store.errors import StoreError
from tui.store.output import read_output
from tui.ui.describe import run_seconds
from tui.ui.live import end_marker
from tui.ui.output.log import OutputLog, RowKind

if TYPE_CHECKING:
    from pathlib import Path

    from tui.store.model import RunRecord
    from tui.store.store import Store


async def stored_log(store: Store, run: RunRecord) -> OutputLog:
    """Return the log of a run of the past, read in a thread."""
    return await asyncio.to_thread(_read, store.output_path(run.id), run)


def _read(file: Path, run: RunRecord) -> OutputLog:
    log = OutputLog(file=file)
    log.heading(run.title)
    try:
        for frame in read_output(file):
            log.feed(frame.stream, frame.data, frame.at_ns)
    except StoreError as error:
        log.note(error.message, RowKind.WARNING)
    log.note(*end_marker(run.state, run.exit_code, run_seconds(run), run.error, run.rolled_back))
    return log
