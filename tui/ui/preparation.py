"""What a first start needs, looked at and done in threads, so that the interface goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tui.machines.guest.image import ImageStatus
    from tui.machines.host import Check
    from tui.paths import Paths

Result = TypeVar("Result")
Report = Callable[[float | None, str], None]
"""Takes the fraction done (None: unknown) and what is being done; from any thread."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far setting the host up has come."""

    fraction: float | None = None
    """What is done of it; None where that is not known."""
    stage: str = ""
    """What is being done. Not cleaned yet."""

    @property
    def words(self) -> str:
        """Return it in as few words as the bar at the top has room for."""
        return f"setting up {f'{self.fraction:.0%}' if self.fraction is not None else '…'}"


@dataclass(frozen=True, slots=True)
class HostState:
    """What is there and what is lacking."""

    checks: tuple[Check, ...]
    image: ImageStatus

    @property
    def is_ready(self) -> bool:
        """Whether machines can be made."""
        return self.image.ready and all(check.ok for check in self.checks if check.required)


async def look(paths: Paths) -> HostState:
    """Look at the host; nothing is changed."""

    def looking() -> HostState:
        from tui.machines.guest.image import image_status
        from tui.machines.host import check_host

        return HostState(tuple(check_host(paths)), image_status(paths))

    return await in_thread(looking)


async def install_and_build(paths: Paths, report: Report, log: Path) -> None:
    """Install what is missing and build the image.

    Raises:
        HostNotReady: it cannot be done here; the hint says what to do.
        Busy: another process builds the image.
    """

    def doing() -> None:
        from tui.machines.guest.image import build_image
        from tui.machines.host import install_missing

        install_missing(report, log)
        build_image(paths, report, log)

    await in_thread(doing)


async def in_thread(work: Callable[[], Result]) -> Result:
    """Await work in a thread that does not keep the application from ending.

    A build that is interrupted so leaves nothing half-made; the next one clears up after it.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result: Result | None = None
        error: Exception | None = None
        try:
            result = work()
        except Exception as caught:  # noqa: BLE001 - it is raised where the work is awaited
            error = caught
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="rollcage-preparation", daemon=True).start()
    return await done
