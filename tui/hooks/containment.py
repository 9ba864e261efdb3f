"""Calling a hook so that it can neither freeze nor break what called it.

Every call has a daemon thread of its own: code that blocks holds up only that thread, and a thread that never ends does
not keep the process alive. A coroutine gets an event loop of its own in that thread and is cancelled when time is up.
A plain function cannot be cancelled; it is left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import threading
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final

from tui.hooks.model import Decision, Hook, HookContext, HookError

if TYPE_CHECKING:
    from collections.abc import Callable

_CLEANUP_S: Final = 2.0
"""How long a cancelled coroutine may take to clean up, for example to end the processes it started."""


async def ask_hook(hook: Hook, context: HookContext, timeout_s: float) -> object:
    """Return what a hook answers, which is a decision if the hook keeps its promise.

    Raises:
        TimeoutError: it took longer than `timeout_s` seconds.
        HookError: it raised something, in words.
    """
    call = _Call(lambda: hook.decide(context), asyncio.get_running_loop())
    call.start()
    try:
        await asyncio.wait_for(call.done.wait(), timeout_s)
    except TimeoutError:
        await call.give_up()
        raise TimeoutError(f"no answer within {timeout_s:g} s") from None
    except asyncio.CancelledError:
        await call.give_up()
        raise
    if call.error is not None:
        raise HookError(_describe(call.error)) from call.error
    return call.answer


class _Call(threading.Thread):
    def __init__(self, decide: Callable[[], Decision | Awaitable[Decision]], caller: asyncio.AbstractEventLoop) -> None:
        super().__init__(name="hook", daemon=True)
        self.done = asyncio.Event()
        self.answer: object = None
        self.error: BaseException | None = None
        self._decide = decide
        self._caller = caller
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()
        self._cancel: Callable[[], None] | None = None
        self._given_up = False

    def run(self) -> None:
        try:
            self.answer = self._context.run(self._work)
        except BaseException as error:  # noqa: BLE001  # a hook may call sys.exit, which must not end just the thread
            self.error = error
        with contextlib.suppress(RuntimeError):  # the caller's loop is closed: nobody waits any more
            self._caller.call_soon_threadsafe(self.done.set)

    def _work(self) -> Decision:
        answer = self._decide()
        return asyncio.run(self._drive(answer)) if inspect.isawaitable(answer) else answer

    async def _drive(self, answer: Awaitable[Decision]) -> Decision:
        task = asyncio.ensure_future(answer)
        loop = asyncio.get_running_loop()
        with self._lock:
            self._cancel = lambda: _threadsafe_cancel(loop, task)
            given_up = self._given_up
        if given_up:
            task.cancel()
        return await task

    async def give_up(self) -> None:
        """Cancel the hook if it is a coroutine, and let it clean up."""
        with self._lock:
            self._given_up = True
            cancel = self._cancel
        if cancel is None:
            return
        cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.done.wait(), _CLEANUP_S)


def _threadsafe_cancel(loop: asyncio.AbstractEventLoop, task: asyncio.Future[Decision]) -> None:
    with contextlib.suppress(RuntimeError):  # its loop is closed: it has just ended
        loop.call_soon_threadsafe(task.cancel)


def _describe(error: BaseException) -> str:
    if isinstance(error, HookError):
        return str(error)
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
