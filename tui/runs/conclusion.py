"""The end of a run: its output is complete, hooks have seen it, and the record is final."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tui.audit.errors import AuditError
from tui.errors import RollcageError
from tui.hooks.model import Finished, Output
from tui.runs.aftermath import Aftermath
from tui.runs.context import Context
from tui.runs.events import RunFinished
from tui.runs.gates import Admission, Ticket
from tui.store.model import RunRecord
from tui.store.output import OutputWriter
from tui.store.rows import now
from tui.store.states import RunState


class Conclusion:
    """Makes the record of one run final."""

    def __init__(self, context: Context, ticket: Ticket, admission: Admission | None, aftermath: Aftermath) -> None:
        """Prepare; `admission` is None where the gate did not let it pass."""
        self._context = context
        self._ticket = ticket
        self._admission = admission
        self._aftermath = aftermath

    async def of(self, record: RunRecord, writer: OutputWriter | None) -> RunRecord:
        """Keep the record, and the snapshot after with it; return it as it was kept.

        Args:
            record: With how the run ended.
            writer: What its output went to; it is closed.
        """
        error, aftermath = record.error, self._aftermath
        if writer is not None:
            try:
                await asyncio.to_thread(writer.sync)
            except RollcageError as failure:
                error = f"{error}\n{failure}".strip()
            writer.close()
        record = replace(
            record, ended_at=now(), error=error, after_id=aftermath.after_id, rolled_back=aftermath.rolled_back,
            output_bytes=writer.data_bytes if writer else 0, output_head=writer.head if writer else b"",
        )  # fmt: skip
        record = await self._heard_after(record)
        try:
            await self._context.audit.settled()  # first, so that no run is over of which the log does not say how
        except AuditError as failure:
            record = replace(record, error=f"{record.error}\n{failure}".strip())
        try:
            self._context.store.conclude(record, snapshot=aftermath.unrecorded, move=aftermath.move)
        except RollcageError as failure:
            record = replace(
                record, state=RunState.ERROR, error=f"{error}\nthe run could not be recorded: {failure}".strip()
            )
            aftermath.not_recorded()
        else:
            aftermath.recorded()
        self._tell(record)
        return record

    async def _heard_after(self, record: RunRecord) -> RunRecord:
        """Let hooks see how it ended; what they change of the output is what the record keeps of it."""
        if self._admission is None:
            return record
        assert record.ended_at is not None
        beginning = record.output_head
        if record.output_bytes > len(beginning):
            beginning = _whole_lines(beginning)
        head = beginning.decode(errors="replace")
        finished = Finished(
            str(record.state),
            record.exit_code,
            (record.ended_at - record.started_at).total_seconds(),
            Output(head, omitted_bytes=record.output_bytes - len(beginning)),
            record.usage.to_json() if record.usage is not None else {},
            record.error,
        )
        seen = await self._context.gate.concluded(self._ticket, self._admission, finished)
        return record if seen.output.head == head else replace(record, output_head=seen.output.head.encode())

    def _tell(self, record: RunRecord) -> None:
        assert record.ended_at is not None
        self._context.emit(
            RunFinished(
                **self._ticket.stamp(), state=record.state, exit_code=record.exit_code, error=record.error,
                duration_ms=(record.ended_at - record.started_at).total_seconds() * 1000,
                before_id=record.before_id, after_id=record.after_id, rolled_back=record.rolled_back,
                usage=record.usage,
            )
        )  # fmt: skip


def _whole_lines(beginning: bytes) -> bytes:
    """Return the beginning of a longer output up to the end of a line: half a line may be half of anything."""
    return beginning[: beginning.rfind(b"\n") + 1] or beginning
