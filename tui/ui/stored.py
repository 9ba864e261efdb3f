"""What a run of the past printed, read from where the store keeps it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tui.store.errors import StoreError
from tui.store.output import read_output
from tui.store.states import RunState
from tui.ui.describe import run_seconds
from tui.ui.live import end_marker
from tui.ui.output.log import OutputLog, RowKind

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tui.store.model import RunRecord
    from tui.store.store import Store


async def stored_log(store: Store, run: RunRecord) -> OutputLog:
    """Return the log of a run of the past, read in a thread."""
    return await asyncio.to_thread(_read, store.output_path(run.id), run)


def _read(file: Path, run: RunRecord) -> OutputLog:
    log = OutputLog(file=file)
    last_ns = began_ns = _ns(run.started_at)
    if run.state is RunState.REFUSED:
        log.note(f"it did not run: {run.title}", at_ns=began_ns)
    else:
        log.heading(run.title, began_ns)
    try:
        for frame in read_output(file):
            last_ns = frame.at_ns
            log.feed(frame.stream, frame.data, frame.at_ns)
    except StoreError as error:
        log.note(error.message, RowKind.WARNING, last_ns)
    log.finish()
    ended_ns = last_ns if run.ended_at is None else _ns(run.ended_at)
    log.note(*end_marker(run.state, run.exit_code, run_seconds(run), run.error, run.rolled_back), ended_ns)
    return log


def _ns(moment: datetime) -> int:
    return int(moment.timestamp() * 1e9)
