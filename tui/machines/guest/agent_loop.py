"""Waits for descriptors, timers and children; one thread, nothing else."""

from __future__ import annotations

import contextlib
import heapq
import os
import select
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_EVENTS_A_TURN = 16


class Loop:
    """Calls back when something happened.

    Descriptors that carry output of processes stand in a second epoll inside the first, so that all of them can be
    held back and let go in one step, however many there are. Both epolls take turns among ready descriptors, so no
    process starves another.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._outputs = select.epoll()
        self._watched: dict[int, Callable[[], None]] = {}
        self._watched_outputs: dict[int, Callable[[], None]] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._timers_made = 0
        self._flowing = False
        self.let_outputs_flow(True)

    def watch(self, descriptor: int, events: int, call: Callable[[], None]) -> None:
        """Call back while any of the epoll `events` holds; replaces an earlier watch of the same descriptor."""
        if descriptor in self._watched:
            self._epoll.modify(descriptor, events)
        else:
            self._epoll.register(descriptor, events)
        self._watched[descriptor] = call

    def forget(self, descriptor: int) -> None:
        """Stop watching a descriptor that is watched or not."""
        if self._watched.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def watch_output(self, descriptor: int, call: Callable[[], None]) -> None:
        """Call back while an output can be read and outputs flow."""
        if descriptor not in self._watched_outputs:
            self._outputs.register(descriptor, select.EPOLLIN)
        self._watched_outputs[descriptor] = call

    def forget_output(self, descriptor: int) -> None:
        """Stop watching an output that is watched or not."""
        if self._watched_outputs.pop(descriptor, None) is not None:
            self._outputs.unregister(descriptor)

    def let_outputs_flow(self, flow: bool) -> None:
        """Watch all outputs, or none of them."""
        if flow and not self._flowing:
            self._epoll.register(self._outputs.fileno(), select.EPOLLIN)
        elif not flow and self._flowing:
            self._epoll.unregister(self._outputs.fileno())
        self._flowing = flow

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call back once, after a time."""
        self._timers_made += 1
        heapq.heappush(self._timers, (time.monotonic() + seconds, self._timers_made, call))

    def on_children(self, reap: Callable[[], None]) -> None:
        """Call back whenever children may have ended."""
        wake_up, wakes = os.pipe()
        os.set_blocking(wake_up, False)
        os.set_blocking(wakes, False)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _ignore)

        def woken() -> None:
            with contextlib.suppress(BlockingIOError):
                while os.read(wake_up, 4096):
                    pass
            reap()

        self.watch(wake_up, select.EPOLLIN, woken)

    def turn(self, guard: Callable[[Callable[[], None]], None]) -> None:
        """Wait until something happened and call back; every call goes through `guard`."""
        timeout = max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None
        for descriptor, _ in self._epoll.poll(timeout, _EVENTS_A_TURN):
            if descriptor == self._outputs.fileno():
                for output, _ in self._outputs.poll(0, _EVENTS_A_TURN):
                    if (call := self._watched_outputs.get(output)) is not None:
                        guard(call)
            elif (call := self._watched.get(descriptor)) is not None:
                guard(call)
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            guard(heapq.heappop(self._timers)[2])

    def abandon(self) -> None:
        """Free in a forked child what this object holds; the parent's loop is not touched."""
        signal.set_wakeup_fd(-1)
        self._outputs.close()
        self._epoll.close()


def _ignore(_signum: int, _frame: object) -> None:
    """Make the signal interrupt the wait."""
