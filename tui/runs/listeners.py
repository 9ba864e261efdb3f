"""Who is told of every event."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from tui.runs.events import Event

_log = logging.getLogger(__name__)
Listener: TypeAlias = Callable[[Event], None]


class Listeners:
    """Calls each listener with each event, in the order they came."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def add(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` from now on; the function returned ends that."""
        self._listeners.append(listener)

        def remove() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return remove

    def tell(self, event: Event) -> None:
        """Call every listener. One that fails is logged and harms nothing else."""
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - logged; a run must not fail for who watches it
                _log.exception("a listener failed on %s", type(event).__name__)
