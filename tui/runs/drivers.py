"""The sessions this process has to do with."""

from __future__ import annotations

from contextlib import suppress

from tui.errors import Busy
from tui.runs.context import Context
from tui.runs.driver import Driver, Live


class Drivers:
    """One driver for each session, the last used last."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._drivers: dict[str, Driver] = {}

    def of(self, session_id: str) -> Driver:
        """Return the driver of a session."""
        driver = self._drivers.pop(session_id, None) or Driver(self._context, session_id)
        self._drivers[session_id] = driver
        return driver

    def live(self) -> list[tuple[Driver, Live]]:
        """Return the drivers that have a machine, with that; the last used last."""
        return [(driver, driver.live) for driver in self._drivers.values() if driver.live is not None]

    def remove(self, session_id: str) -> None:
        """Forget a session."""
        self._drivers.pop(session_id, None)

    async def bound(self) -> None:
        """Let go of the machines of the sessions that were used longest ago, where more stand by than may."""
        idle = [driver for driver in self._drivers.values() if driver.live is not None and driver.is_idle]
        await self._let_go(idle[: max(0, len(idle) - self._context.settings.pool.sessions)])

    async def close(self) -> None:
        """Let go of every machine."""
        await self._let_go(list(self._drivers.values()))

    async def _let_go(self, drivers: list[Driver]) -> None:
        for driver in drivers:
            if driver.live is not None:
                with suppress(Busy):  # another process drives the session: the machine is stale and holds nothing
                    async with driver.driving():
                        await driver.let_go()
