"""Work that is done to its end or not begun: whoever waits for it may be cancelled, the work may not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
_log = logging.getLogger(__name__)


async def undivided(work: Coroutine[Any, Any, Result]) -> Result:
    """Carry `work` out to its end. A cancellation meanwhile takes effect then, so that locks held around it hold on.

    Raises:
        CancelledError: who waits was cancelled; `work` has ended all the same.
    """
    return await joined(asyncio.create_task(work))


async def undivided_in_thread(
    work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Do the same with what a thread does.

    What moves the memory of a process must have stopped before that process is ended, or it might move that of
    another one that got its number.
    """
    # A future and no task: the end of `asyncio.run` cancels every task there is.
    return await joined(asyncio.get_running_loop().run_in_executor(None, partial(work, *args, **kwargs)))


async def joined(task: asyncio.Future[Result]) -> Result:
    """Wait for the end of what others may wait for as well. Cancellations meanwhile take effect then."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled() and (failure := task.exception()) is not None:
        _log.error("what nobody waited for any more failed", exc_info=failure)
    raise cancelled
