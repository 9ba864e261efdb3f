"""Carries bytes between the processes of the guest and the host, within the credit granted."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import struct
import termios
from collections import deque

from tui.machines.guest.agent_loop import Loop
from tui.machines.guest.wire import CREDIT, HEADER, MAGIC, MAX_PAYLOAD, WINDOW, Kind

STDIN, STDOUT, STDERR = 0, 1, 2
_CROWDED = 128 * 1024
_DROP_PAUSE_S = 0.02
"""Pause between two draughts of output nobody wants, so that a flood of it costs no more than a wakeup now and then."""
_WRITE_AT_ONCE = 64 * 1024
_GRANT_STEP = WINDOW // 4

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Send = Callable[[Kind, bytes], None]


class Outbox:
    """Frames on their way to the host. Bounded, because outputs are not read while it is crowded."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._frames: deque[bytes] = deque()
        self._written = 0
        self._size = 0
        self._held: list[bytes] | None = None

    @property
    def crowded(self) -> bool:
        """Whether no more should be put here than must be."""
        return self._held is not None or self._size > _CROWDED

    def put(self, kind: Kind, generation: int, channel: int, payload: bytes = b"") -> None:
        """Queue a frame."""
        frame = HEADER.pack(MAGIC, kind, 0, generation, channel, len(payload)) + payload
        if self._held is not None:
            self._held.append(frame)
        else:
            self._frames.append(frame)
            self._size += len(frame)

    def hold(self) -> None:
        """Keep further frames back."""
        self._held = self._held or []

    def release(self) -> None:
        """Send the frames that were kept back, and further ones."""
        held, self._held = self._held or [], None
        self._frames.extend(held)
        self._size += sum(map(len, held))

    def forget(self) -> None:
        """Drop what belongs to an earlier life, but for the rest of a frame that is under way."""
        self._held = None
        while len(self._frames) > (1 if self._written else 0):
            self._size -= len(self._frames.pop())

    def flush(self) -> bool:
        """Write what the port takes; whether nothing is left."""
        while self._frames:
            batch, length = [], -self._written
            for frame in self._frames:
                batch.append(frame)
                length += len(frame)
                if length >= _WRITE_AT_ONCE:
                    break
            data = memoryview(batch[0] if len(batch) == 1 else b"".join(batch))
            try:
                written = os.write(self._port, data[self._written :])
            except BlockingIOError:
                return False
            self._size -= written
            self._written += written
            while self._frames and self._written >= len(self._frames[0]):
                self._written -= len(self._frames.popleft())
        return True


class Output:
    """One stream a process prints on."""

    def __init__(self, loop: Loop, descriptor: int, number: int, send: Send, ended: Callable[[], None]) -> None:
        """Read `descriptor` from now on. `ended` is called when the host has got everything it will get."""
        self._loop = loop
        self._descriptor = descriptor
        self._number = bytes([number])
        self._send = send
        self._ended = ended
        self._credit = WINDOW
        self._left: int | None = None
        self.done = False
        loop.watch_output(descriptor, self.pump)

    def grant(self, credit: int) -> None:
        """Let that many bytes more flow."""
        if not self.done:
            self._credit += credit
            self._loop.watch_output(self._descriptor, self.pump)

    def pump(self) -> None:
        """Send what there is, a frame at most."""
        wanted = min(self._credit, MAX_PAYLOAD, MAX_PAYLOAD if self._left is None else self._left)
        data, at_end = _read(self._descriptor, wanted)
        if data:
            self._credit -= len(data)
            self._send(Kind.DATA, self._number + data)
            if self._left is not None:
                self._left -= len(data)
        if at_end:
            self._close()
        elif self._left == 0:
            self.drop()
        elif self._credit == 0:
            self._loop.forget_output(self._descriptor)

    def cut(self) -> None:
        """End after what has been printed by now, although somebody still holds the stream."""
        if not self.done:
            self._left = struct.unpack("i", fcntl.ioctl(self._descriptor, termios.FIONREAD, b"\0" * 4))[0]
            if self._left == 0:
                self.drop()

    def drop(self) -> None:
        """Send no more, but keep taking what is printed, so that it holds up nobody."""
        self._loop.watch_output(self._descriptor, self._swallow)
        self._end()

    def _swallow(self) -> None:
        _, at_end = _read(self._descriptor, MAX_PAYLOAD)
        self._loop.forget_output(self._descriptor)
        if at_end:
            os.close(self._descriptor)
        else:
            self._loop.call_later(_DROP_PAUSE_S, lambda: self._loop.watch_output(self._descriptor, self._swallow))

    def _close(self) -> None:
        self._loop.forget_output(self._descriptor)
        os.close(self._descriptor)
        self._end()

    def _end(self) -> None:
        if not self.done:
            self.done = True
            self._send(Kind.EOF, self._number)
            self._ended()


def _read(descriptor: int, wanted: int) -> tuple[bytes, bool]:
    """Return what can be read now, and whether that was the last. Terminals give little at a time, so ask on."""
    pieces: list[bytes] = []
    try:
        while wanted > 0:
            piece = os.read(descriptor, wanted)
            if not piece:
                return b"".join(pieces), True
            pieces.append(piece)
            wanted -= len(piece)
    except BlockingIOError:
        pass
    except OSError as error:
        # A terminal without a process fails with EIO instead of ending.
        if error.errno != errno.EIO:
            raise
        return b"".join(pieces), True
    return pieces[0] if len(pieces) == 1 else b"".join(pieces), False


class Input:
    """The stream a process reads from."""

    def __init__(self, loop: Loop, descriptor: int, send: Send, *, terminal: bool) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._send = send
        self._terminal = terminal
        self._pending = bytearray()
        self._to_grant = 0
        self._finishing = False
        self._closed = False

    def feed(self, data: bytes) -> None:
        """Hand bytes to the process as it takes them. When it no longer reads they are dropped.

        Raises:
            ValueError: the host sent more than it had credit for.
        """
        if len(self._pending) + self._to_grant + len(data) > WINDOW:
            raise ValueError("more stdin than there is credit for")
        self._pending += data
        if self._closed:
            self._consumed(len(data))
        else:
            self._flush()

    def finish(self) -> None:
        """Let the process read end-of-file after what was fed."""
        if not self._finishing and not self._closed:
            self._finishing = True
            if self._terminal:
                self._pending += b"\x04"
            self._flush()

    def _flush(self) -> None:
        try:
            while self._pending:
                self._consumed(os.write(self._descriptor, self._pending))
        except BlockingIOError:
            self._loop.watch(self._descriptor, select.EPOLLOUT, self._flush)
            return
        except OSError:
            # The process closed the stream, or its terminal is gone.
            self.close()
            self._send(Kind.EOF, bytes([STDIN]))
            return
        self._loop.forget(self._descriptor)
        if self._finishing and not self._terminal:
            self.close()

    def _consumed(self, count: int) -> None:
        del self._pending[:count]
        self._to_grant += count
        if self._to_grant >= _GRANT_STEP:
            self._send(Kind.CREDIT, CREDIT.pack(STDIN, self._to_grant))
            self._to_grant = 0

    def close(self) -> None:
        """Take nothing more."""
        if not self._closed:
            self._closed = True
            self._consumed(len(self._pending))
            self._loop.forget(self._descriptor)
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
