"""Shorthand for tests that drive machines."""

from __future__ import annotations

from datetime import UTC, datetime

from tui.ids import new_id
from tui.machines.kinds import Stream
from tui.machines.model import Command, ExitReport
from tui.machines.protocol import Machine, SnapshotLabel


def label(parent: str | None = None, reason: str = "manual") -> SnapshotLabel:
    """A label for a new snapshot."""
    return SnapshotLabel(new_id(), new_id(), parent, reason, datetime.now(UTC).isoformat())


async def run(machine: Machine, command: Command, stdin: bytes = b"") -> tuple[ExitReport, bytes, bytes]:
    """Execute to the end; return how it ended, stdout and stderr."""
    process = await machine.execute(command)
    if stdin:
        await process.write_stdin(stdin)
    await process.close_stdin()
    printed = {Stream.STDOUT: bytearray(), Stream.STDERR: bytearray()}
    async for chunk in process.output():
        printed[chunk.stream] += chunk.data
    return await process.wait(), bytes(printed[Stream.STDOUT]), bytes(printed[Stream.STDERR])


async def output_of(machine: Machine, command: Command) -> str:
    """Execute something that must succeed and return what it printed on stdout."""
    report, stdout, stderr = await run(machine, command)
    assert report.exit_code == 0, (report, stdout, stderr)
    return stdout.decode()
