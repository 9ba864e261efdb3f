"""Engines behind the real gate, and people to ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from tests.support.fake_backend import FakeBackend
from tests.support.runs import events_of, request
from tui.audit.log import AuditLog
from tui.audit.model import Filter, Record
from tui.config import GateSettings, Settings
from tui.hooks.chain import Assess, HookChain
from tui.hooks.install import open_chain
from tui.hooks.model import Decision, Hook, HookContext, Point
from tui.hooks.services import Services
from tui.paths import Paths
from tui.redaction import Redactor
from tui.runs.approval import Answer, Question
from tui.runs.engine import Engine
from tui.runs.events import Event
from tui.runs.gatekeeper import Gatekeeper
from tui.runs.request import Request
from tui.runs.rulebook import Rulebook
from tui.store.model import RunRecord
from tui.store.store import Store

E = TypeVar("E", bound=Event)
CAUTIOUS = Settings(gate=GateSettings(ask_from="medium"))
"""Asks about what ordinary commands do, so that tests need no dangerous ones: fake machines are the host."""


@dataclass
class Person:
    """Gives prepared answers, in order; then none."""

    answers: list[Answer | None] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    by: str = ""

    async def ask(self, question: Question) -> Answer | None:
        self.questions.append(question)
        return self.answers.pop(0) if self.answers else None


@dataclass(frozen=True)
class Says:
    """A hook that decides by a function."""

    decides: Callable[[HookContext], Decision]
    points: frozenset[Point]
    name: str = "test"
    priority: int = 0

    def decide(self, context: HookContext) -> Decision:
        return self.decides(context)


def hook(decides: Callable[[HookContext], Decision], *points: Point, name: str = "test") -> Says:
    return Says(decides, frozenset(points), name)


@dataclass(frozen=True)
class Ended:
    """A run that is over."""

    record: RunRecord
    events: list[Event]

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]


class Office:
    """A home with its files, and engines on fake machines that go through the real gate."""

    def __init__(self, paths: Paths, workspace: Path, stack: AsyncExitStack) -> None:
        self.paths = paths
        self.workspace = workspace
        self._stack = stack

    async def engine(
        self,
        person: Person | None = None,
        *,
        settings: Settings = CAUTIOUS,
        hooks: Iterable[Hook] | None = None,
        hook_timeout_s: float = 10,
        clock: Callable[[], datetime] | None = None,
        backend: FakeBackend | None = None,
    ) -> Engine:
        store = Store.open(self.paths)
        self._stack.callback(store.close)

        def chain(services: Services, *, assess: Assess) -> HookChain:
            if hooks is None:
                return open_chain(services, assess=assess)
            return HookChain(hooks, assess=assess, timeout_s=hook_timeout_s)

        clocked = {} if clock is None else {"clock": clock}
        services = Services(self.paths, Redactor())
        rulebook = Rulebook(self.paths, store.uses, self.workspace, services, chain=chain, **clocked)
        engine = await Engine.open(
            self.paths, settings, backend=backend or FakeBackend(self.paths.data / "fake"),
            gate=Gatekeeper(rulebook, settings, store, person or Person(), self.workspace),
        )  # fmt: skip
        self._stack.push_async_callback(engine.close)
        return engine

    def write(self, name: str, text: str) -> Path:
        """Write one of the user's files."""
        file = self.paths.config / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def audit(self, run_id: str | None = None) -> list[Record]:
        """What is in the audit log, the oldest first."""
        with AuditLog.open(self.paths) as log:
            return log.page(Filter(run_id=run_id), limit=10_000)[::-1]


@asynccontextmanager
async def office(paths: Paths, workspace: Path) -> AsyncIterator[Office]:
    """An office that closes its engines."""
    async with AsyncExitStack() as stack:
        yield Office(paths, workspace, stack)


async def ended(engine: Engine, asked: Request | str, **options: object) -> Ended:
    """Run something to its end."""
    run = engine.run(request(asked, **options) if isinstance(asked, str) else asked)
    return Ended(await run.result(), await events_of(run))
