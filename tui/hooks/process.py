"""Running a program that must not get out of hand: its time, its output and everything it starts are bounded."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
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


async def converse(argv: Sequence[str], stdin: bytes, *, env: Mapping[str, str], timeout_s: float) -> Completed:
    """Run a program in a process group of its own and return what it answered.

    The whole group is killed when the program ends, takes too long or prints too much, or when the caller is cancelled:
    nothing it started stays behind, unless that made a group of its own.

    Raises:
        HookError: it could not be started, took too long, or printed too much.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(env),
            start_new_session=True,
        )
    except OSError as error:
        raise HookError(f"{argv[0]} cannot be started: {error.strerror or error}") from None
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    stdout, stderr = bytearray(), bytearray()
    answer = asyncio.ensure_future(_read(process.stdout, stdout, OUTPUT_LIMIT, strict=True))
    talk = asyncio.ensure_future(_read(process.stderr, stderr, ERROR_LIMIT, strict=False))
    writer = asyncio.ensure_future(_write(process.stdin, stdin))
    try:
        async with _group_killed(process), asyncio.timeout(timeout_s):
            ended = asyncio.ensure_future(_ended(process.pid))
            # Too much output ends it early; what still holds the pipes after its end does not keep us.
            await asyncio.wait([ended, answer], return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                answer.result()
            await ended
        await asyncio.wait([answer, talk], timeout=_DRAIN_S)
        if answer.done():
            answer.result()
    except TimeoutError:
        raise HookError(f"no answer within {timeout_s:g} s; it was killed") from None
    finally:
        for task in (answer, talk, writer):
            task.cancel()
        await asyncio.gather(answer, talk, writer, return_exceptions=True)
    assert process.returncode is not None
    return Completed(process.returncode, bytes(stdout), bytes(stderr))


@contextlib.asynccontextmanager
async def _group_killed(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _ended(pid: int) -> None:
    """Wait until a process has ended, even while others hold its pipes open."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:  # already waited for
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def _read(stream: asyncio.StreamReader, kept: bytearray, limit: int, *, strict: bool) -> None:
    while piece := await stream.read(65536):
        kept += piece
        if strict and len(kept) > limit:
            raise HookError(f"it printed more than {limit // 1024} KiB; it was killed")
        del kept[limit:]


async def _write(stream: asyncio.StreamWriter, data: bytes) -> None:
    # A hook need not read what it is told.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stream.write(data)
        await stream.drain()
    stream.close()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        await stream.wait_closed()
