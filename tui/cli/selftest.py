"""Proof that machines work on this host: make one, change it, and roll it back."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

from tui.ids import new_id
from tui.machines.errors import MachineError
from tui.machines.kinds import Stream
from tui.machines.model import Command
from tui.machines.protocol import SnapshotLabel

if TYPE_CHECKING:
    from tui.cli.progress import Report
    from tui.machines.model import MachineSpec
    from tui.machines.protocol import Backend, Machine


async def self_test(backend: Backend, spec: MachineSpec, report: Report) -> float:
    """Make a machine, write a file, take a snapshot, delete the file, roll back, and read it again.

    Returns the milliseconds from the decision to roll back until the restored machine stood ready.

    Raises:
        MachineError: any of it did not work.
    """
    nonce = new_id()
    label = SnapshotLabel(new_id(), new_id(), None, "manual", datetime.now(UTC).isoformat(), "self-test")
    report(None, "making the template, which boots a machine once")
    await backend.prepare(spec, lambda stage: report(None, stage))
    report(0.4, "making a machine")
    machine = await backend.clone(spec)
    try:
        await machine.resume()
        await _shell(machine, f"echo {nonce} > /work/self-test")
        report(0.6, "taking a snapshot")
        await backend.capture(machine, label)
        await _shell(machine, "rm /work/self-test")
        report(0.8, "rolling back")
        started = perf_counter()
        restored = await backend.restore(label.id)
        took_ms = (perf_counter() - started) * 1000
        try:
            await restored.resume()
            if (found := await _shell(restored, "cat /work/self-test")) != nonce:
                raise MachineError(f"the self-test failed: the restored machine holds {found!r} instead of {nonce!r}")
        finally:
            await restored.discard()
    finally:
        await machine.discard()
        await backend.delete({label.id})
    return took_ms


async def _shell(machine: Machine, text: str) -> str:
    process = await machine.execute(Command("shell", text=text))
    await process.close_stdin()
    printed = {Stream.STDOUT: bytearray(), Stream.STDERR: bytearray()}
    async for chunk in process.output():
        printed[chunk.stream] += chunk.data
    ended = await process.wait()
    if ended.shell_code != 0:
        reason = printed[Stream.STDERR].decode(errors="replace").strip()
        raise MachineError(f"the self-test failed: {text!r} exited with {ended.shell_code}: {reason}")
    return printed[Stream.STDOUT].decode(errors="replace").strip()
