"""Running a program that must not get out of hand: its time, its output and everything it starts are bounded."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tui.hooks.model import HookError

OUTPUT_LIMIT: Final = 1024 * 1024
"""Bytes a program may print as its answer."""
ERROR_LIMIT: Final = 64 * 1024
"""Bytes of its standard error that are kept; the rest is read and dropped."""


_DRAIN_S: Final = 0.5
"""How long to wait for the rest of the output after the end, where something that left the group holds the pipes."""


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended and what it printed."""

    exit_code: int
    """Negative for a signal."""
    stdout: bytes
    stderr: bytes


class _Conversation(asyncio.SubprocessProtocol):
    """What a program prints until it ends or prints too much."""

    def __init__(self) -> None:
        self.stdout, self.stderr = bytearray(), bytearray()
        self.settled = asyncio.Event()
        """It ended, or printed too much. Others may still hold its pipes open."""
        self.exited = asyncio.Event()
        self.drained = asyncio.Event()
        self.too_much = False
        self._open = {1, 2}

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        kept, limit = (self.stdout, OUTPUT_LIMIT) if fd == 1 else (self.stderr, ERROR_LIMIT)
        kept += data
        if fd == 1 and len(kept) > limit:
            self.too_much = True
            self.settled.set()
        del kept[limit:]

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002
        self._open.discard(fd)
        if not self._open:
            self.drained.set()

    def process_exited(self) -> None:
        self.exited.set()
        self.settled.set()


async def converse(argv: Sequence[str], stdin: bytes, *, env: Mapping[str, str], timeout_s: float) -> Completed:
    """Run a program in a process group of its own and return what it answered.

    The whole group is killed when the program ends, takes too long or prints too much, or when the caller is cancelled:
    nothing it started stays behind, unless that made a group of its own.

    Raises:
        HookError: it could not be started, took too long, or printed too much.
    """
    try:
        transport, talk = await asyncio.get_running_loop().subprocess_exec(
            _Conversation, *argv, env=dict(env), start_new_session=True
        )
    except OSError as error:
        raise HookError(f"{argv[0]} cannot be started: {error.strerror or error}") from None
    try:
        pipe = transport.get_pipe_transport(0)
        assert isinstance(pipe, asyncio.WriteTransport)
        pipe.write(stdin)
        pipe.close()  # once it is written; a program need not read what it is told
        try:
            await asyncio.wait_for(talk.settled.wait(), timeout_s)
        except TimeoutError:
            raise HookError(f"no answer within {timeout_s:g} s; it was killed") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(transport.get_pid(), signal.SIGKILL)
            await talk.exited.wait()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(talk.drained.wait(), _DRAIN_S)
    finally:
        transport.close()
    if talk.too_much:
        raise HookError(f"it printed more than {OUTPUT_LIMIT // 1024} KiB; it was killed")
    exit_code = transport.get_returncode()
    assert exit_code is not None
    return Completed(exit_code, bytes(talk.stdout), bytes(talk.stderr))
