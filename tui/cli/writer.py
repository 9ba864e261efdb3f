"""Writing to standard output and error without ever holding up the event loop."""

from __future__ import annotations

import asyncio
import os
import queue
import threading

_Job = tuple[int, bytes, "asyncio.Future[None]"]


class Writer:
    """Writes in a thread of its own.

    A pager that does not read would otherwise block the loop, and with it timeouts and ctrl-C. The thread is a daemon,
    so a write nobody takes does not keep the process alive.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def write(self, descriptor: int, data: bytes) -> None:
        """Write all of `data`; returns when it is written.

        Raises:
            BrokenPipeError: nobody reads any more.
            OSError: it could not be written, for example for lack of space.
        """
        if not data:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="rollcage-writer", daemon=True)
            self._thread.start()
        done = asyncio.get_running_loop().create_future()
        self._jobs.put((descriptor, data, done))
        await done

    def _work(self) -> None:
        while True:
            descriptor, data, done = self._jobs.get()
            error: OSError | None = None
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
            except OSError as caught:
                error = caught
            try:
                done.get_loop().call_soon_threadsafe(_settle, done, error)
            except RuntimeError:
                return  # the loop is closed: whoever waited has gone


def _settle(done: asyncio.Future[None], error: OSError | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
