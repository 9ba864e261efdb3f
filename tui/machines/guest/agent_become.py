"""How a forked child of the agent leaves the agent behind."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn


class Become(BaseException):
    """Raised in a forked child: the whole stack of the agent is left, then `task` is called on an empty one.

    What the stack cleans up on the way is cleaned up in the child, whose descriptors are closed already: no `finally`
    may stand between `fork` and the end of the stack.
    """

    def __init__(self, task: Callable[[], NoReturn]) -> None:
        super().__init__()
        self.task = task
