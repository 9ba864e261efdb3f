"""Shorthand for tests that run things."""

from __future__ import annotations

from typing import Any

from tui.runs.engine import Engine, Run
from tui.runs.events import Event, OutputReceived
from tui.runs.request import Request, StepRequest
from tui.store.model import RunRecord


def request(*texts: str, session: str = "s", language: str = "bash", **options: Any) -> Request:
    """A request of one step for each text."""
    steps = tuple(StepRequest(text, language) for text in texts)
    return Request(title=texts[0], steps=steps, session=session, **options)


async def start(engine: Engine, *texts: str, **options: Any) -> Run:
    """Begin to run."""
    return engine.run(request(*texts, **options))


async def execute(engine: Engine, *texts: str, **options: Any) -> RunRecord:
    """Run to the end."""
    return await (await start(engine, *texts, **options)).result()


async def state_of(engine: Engine, session: str = "s") -> str:
    """The content of the file `file` in a session, without leaving a trace of asking but a run."""
    run = await start(engine, "cat file 2>/dev/null || echo nothing", session=session)
    return (await output_of(run)).decode().strip()


async def events_of(run: Run) -> list[Event]:
    """All events of a run, to its end."""
    return [event async for event in run.events()]


async def output_of(run: Run) -> bytes:
    """All a run printed."""
    return b"".join(event.data for event in await events_of(run) if isinstance(event, OutputReceived))


def names(events: list[Event]) -> list[str]:
    """What kinds of events there are, successive output as one."""
    found: list[str] = []
    for event in events:
        name = type(event).__name__
        if not (name == "OutputReceived" and found and found[-1] == name):
            found.append(name)
    return found


async def until(run: Run, text: bytes) -> None:
    """Wait until a run has printed something."""
    printed = b""
    async for event in run.events():
        if isinstance(event, OutputReceived):
            printed += event.data
            if text in printed:
                return
    raise AssertionError(f"{text!r} was never printed, but {printed!r}")
