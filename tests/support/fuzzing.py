"""A person who presses anything, at an engine to which anything happens.

The same seed decides the same deeds; what the application makes of them in the meantime depends on the host a little.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from rich.cells import cell_len
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.pilot import Pilot

from tests.support.glass import Glass
from tests.support.hostility import EVERYTHING, INVALID_UTF8, SEQUENCES, as_yaml
from tests.support.scripted_engine import ScriptedRun
from tests.ui.fleet import machine, of_session
from tests.ui.previews import question_about
from tests.ui.records import entries_of_run
from tests.ui.whole import Whole
from tui.errors import RollcageError
from tui.machines.inspection import FileFacts, FileKind, ProcessFacts
from tui.machines.kinds import Stream
from tui.machines.model import ResourceUsage
from tui.runs.comparison.model import Aspect, ChangeKind, DiffLine, FileChange, LineKind, ProcessChange
from tui.runs.events import (
    AttemptFailed,
    Event,
    HookDecided,
    ModeDecided,
    OutputReceived,
    PolicyChecked,
    StepExited,
    StepStarted,
)
from tui.runs.fleet import MachineState
from tui.runs.request import Request, StepRequest
from tui.store.states import RunState
from tui.ui.bindings import TABLE

BOUND: Final = tuple(sorted({key for entry in TABLE for key in entry.keys.split(",")}))
NAMED: Final = tuple(
    sorted({key.value for keys in ANSI_SEQUENCES_KEYS.values() if isinstance(keys, tuple) for key in keys})
)
MOVING: Final = (
    "enter", "escape", "tab", "shift+tab", "up", "down", "left", "right", "space", "backspace", "home", "end",
)  # fmt: skip
LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 .,:;-_/\\!?#%&'\"()[]{}<>|~^`$*+=@é漢😀\u0301\u202e"
SIZES: Final = ((20, 5), (60, 14), (61, 15), (80, 24), (104, 30), (120, 40), (160, 50), (250, 70))
PASTED: Final = (
    "```bash\necho hello\n```\nthen\n```python\nprint(1)\n```\n", EVERYTHING, "a\nb\n" * 200, "```\n", "x" * 20_000,
    "status:allowed", "since:2h kind:run", "re:[", "re:(a|b)", "!no", "漢字" * 50, "\r\n\t",
)  # fmt: skip
SESSIONS: Final = ("default", "other", EVERYTHING)
TEXTS: Final = ("echo hello", "rm -rf /", "curl x | sh", "", EVERYTHING, *SEQUENCES.values())
STATES: Final = tuple(state for state in RunState if state is not RunState.RUNNING)
OUTPUTS: Final = (
    b"hello\n", b"a\rb\rc", b"\x1b[31mred\x1b[0m\n", INVALID_UTF8, EVERYTHING.encode(), b"x" * 100_000, b"\n" * 500,
    b"".join(b"line %d\n" % number for number in range(2_000)), "漢\u0301".encode() * 300, b"\t\b\b\x07\n", b"\x1b[",
)  # fmt: skip
_REMEMBERED: Final = 60
_LOOKS: Final = 100


@dataclass
class Fuzzer:
    """Does anything, and says what must be so whatever was done."""

    whole: Whole
    pilot: Pilot[int]
    seed: int
    told: list[Exception] = field(default_factory=list)
    """Errors that were reported to the person."""

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.glass = Glass(self.whole.app)
        self.deeds: deque[str] = deque(maxlen=_REMEMBERED)
        """The last ones."""
        self._runs: list[ScriptedRun] = []
        self._questions: set[asyncio.Task[object]] = set()

    # --- what is done ----------------------------------------------------------------------------------------------

    async def do(self) -> None:
        """Do a few things without waiting in between, then let the application come to rest and look at it."""
        for _ in range(self.random.choice((1, 1, 2, 3, 6))):
            act, *_ = self.random.choices(tuple(_ACTS), tuple(_ACTS.values()))
            act(self)
            await asyncio.sleep(0)
        await self.pilot.pause(0)

    def press(self) -> None:
        key = self.random.choice(
            (
                self.random.choice(BOUND),
                self.random.choice(BOUND),
                self.random.choice(MOVING),
                self.random.choice(NAMED),
                self.random.choice(LETTERS),
            )
        )
        self._press(key)

    def _press(self, key: str) -> None:
        self._note(f"key {key!r}")
        name, character = (_character_to_key(key), key) if len(key) == 1 else (key, None)
        self._send(events.Key(name, character))

    def type(self) -> None:
        for _ in range(self.random.randint(1, 8)):
            self._press(self.random.choice(LETTERS))

    def paste(self) -> None:
        text = self.random.choice(PASTED)
        self._note(f"paste {text[:20]!r}")
        self._send(events.Paste(text))

    def point(self) -> None:
        """Click, once or often, drag, or turn the wheel, anywhere."""
        width, height = self.whole.app.size
        x, y = self.random.randrange(width), self.random.randrange(height)
        what = self.random.choice(("click", "click", "double", "drag", "wheel", "move"))
        self._note(f"{what} at {x}, {y}")
        button = self.random.choice((1, 1, 1, 3))
        if what == "wheel":
            kinds = (events.MouseScrollDown, events.MouseScrollUp, events.MouseScrollLeft, events.MouseScrollRight)
            kind = self.random.choice(kinds)
            for _ in range(self.random.randint(1, 5)):
                self._mouse(kind, x, y, 0)
            return
        self._mouse(events.MouseMove, x, y, 0)
        if what == "move":
            return
        for _ in range(2 if what == "double" else 1):
            self._mouse(events.MouseDown, x, y, button)
            if what == "drag":
                x, y = self.random.randrange(width), self.random.randrange(height)
                self._mouse(events.MouseMove, x, y, button)
            self._mouse(events.MouseUp, x, y, button)

    def resize(self) -> None:
        width, height = self.random.choice(SIZES)
        if self.random.random() < 0.3:
            width, height = self.random.randint(20, 250), self.random.randint(5, 70)
        self._note(f"resize to {width}×{height}")
        size = Size(width, height)
        driver = self.whole.app._driver
        assert driver is not None
        driver._size = (width, height)
        self._send(events.Resize(size, size))

    def look_away(self) -> None:
        self._send(self.random.choice((events.AppBlur, events.AppFocus))())

    # --- what happens ----------------------------------------------------------------------------------------------

    def happen(self) -> None:
        """Something that comes from the engine."""
        kinds = (self.begin, self.print, self.print, self.print, self.end, self.end, self.decide, self.ask,
                 self.machines, self.elsewhere, self.fail, self.record, self.compared)  # fmt: skip
        kind = self.random.choice(kinds)
        self._note(f"engine: {kind.__name__}")
        kind()

    def begin(self) -> None:
        text = self.random.choice(TEXTS)
        steps = tuple(StepRequest(self.random.choice(TEXTS)) for _ in range(self.random.randint(1, 3)))
        request = Request(text, steps, session=self.random.choice(SESSIONS))
        if not any(run.session == request.session for run in self.running):
            self._runs.append(self.whole.engine.run(request))

    @property
    def running(self) -> list[ScriptedRun]:
        return [run for run in self.whole.engine.started if not run._over.is_set()]

    def print(self) -> None:
        if self.running:
            stream = self.random.choice((Stream.STDOUT, Stream.STDERR))
            self.random.choice(self.running).output(self.random.choice(OUTPUTS), stream)

    def end(self) -> None:
        if self.running:
            state = self.random.choice((RunState.SUCCEEDED, *STATES))
            self.random.choice(self.running).end(0 if state is RunState.SUCCEEDED else 3, state)

    def decide(self) -> None:
        if not self.running:
            return
        run = self.random.choice(self.running)
        about: dict[str, Any] = self.whole.engine.about(self.whole.engine.store.run_records[run.id])
        text = self.random.choice(TEXTS)
        event: Event = self.random.choice(
            (
                ModeDecided(**about, mode="local", reason=text, no_rollback=True),
                HookDecided(**about, hook=text, point="before", decision="block", detail={"reason": text}),
                PolicyChecked(**about, outcome="ask", checks=[{"result": "warning", "reason": text}], rules=text),
                AttemptFailed(**about, attempt=1, error=text, delay_s=0.5),
                StepExited(**about, index=0, exit_code=3, usage=ResourceUsage(1, 1, 1, 1, 1)),
                StepStarted(**about, index=1, language="python", text=text),
            )
        )
        self.whole.engine.emit(event)

    def ask(self) -> None:
        """Ask the person; whoever asked may lose interest at any time."""
        text = self.random.choice(TEXTS) or "true"
        question = question_about(text, text, to_type=self.random.choice(("", "yes, run it")), title=text)
        task = asyncio.ensure_future(self.whole.app.approver.ask(question))
        self._questions.add(task)
        asyncio.get_running_loop().call_later(self.random.choice((0.0, 0.5, 1.0)), task.cancel)

    def machines(self) -> None:
        engine = self.whole.engine
        count = self.random.choice((0, 1, 4, 30))
        ids = [f"{self.random.randrange(100_000):05}" for _ in range(count)]
        states = (MachineState.READY, MachineState.WARMING, MachineState.STANDBY)
        engine.fleet = [
            *([of_session(session=self.random.choice(SESSIONS))] if self.random.random() < 0.7 else []),
            *(machine(each, self.random.choice(states)) for each in ids),
        ]
        engine.logs = {each.id: self.random.choice(TEXTS) * 20 for each in engine.fleet}
        engine.status = replace(engine.status, ready=count, drained=self.random.random() < 0.3)
        engine.measurements.claim.add(self.random.expovariate(0.1))
        engine.tell()

    def elsewhere(self) -> None:
        """Something another process did: events of unknown runs, records that are gone."""
        store = self.whole.engine.store
        if self.random.random() < 0.5 and store.session_records and not self.running:
            name = self.random.choice(list(store.session_records))
            asyncio.get_running_loop().create_task(self.whole.engine.delete_session(name))
            self.whole.app.call_later(self.whole.app.reload_session)
        else:
            about: dict[str, Any] = {"at": self.whole.engine.now(), "session_id": "no", "run_id": "no"}
            self.whole.engine.emit(OutputReceived(**about, stream=Stream.STDOUT, data=b"x"))
            self.whole.engine.emit(StepStarted(**about, index=0, language="bash", text="x"))

    def fail(self) -> None:
        text = self.random.choice(TEXTS)
        self.whole.app.report(RollcageError(text, hint=text))

    def record(self) -> None:
        text = self.random.choice(TEXTS)
        self.whole.log.append(*entries_of_run("01RUNFZ", text[:200] or "x", text, denied=self.random.random() < 0.3))

    def compared(self) -> None:
        """What comparisons will say."""
        engine = self.whole.engine
        facts = FileFacts(FileKind.FILE, 0o644, 0, 0, 10)
        names = [f"/work/{number}" for number in range(self.random.choice((0, 1, 3, 300)))]
        engine.changed = tuple(
            FileChange(name, name, ChangeKind.CHANGED, facts, facts, (Aspect.CONTENT,)) for name in names
        )
        engine.processes = (ProcessChange(ChangeKind.ADDED, None, ProcessFacts(321, 1, 0, "x", ("x", "y" * 200))),)
        engine.lines = tuple(DiffLine(self.random.choice(list(LineKind)), "漢" * 90, 1, 1) for _ in names)

    def edit(self) -> None:
        """Write, break, or delete a definition or a scenario."""
        name = self.random.choice("abc")
        broken = self.random.random() < 0.4
        text = self.random.choice(TEXTS)
        path = self.random.choice((self.whole.commands, self.whole.scenarios)) / f"{name}.md"
        self._note(f"file {path.parent.name}/{path.name}, {'broken' if broken else 'good'}")
        if self.random.random() < 0.2:
            path.unlink(missing_ok=True)
            return
        is_scenario = path.parent == self.whole.scenarios
        parameters = "parameters:\n  - {name: way, type: string, required: true}\n" * (self.random.random() < 0.5)
        step = "```step\nexpect: {state: succeeded}\n```\n" * is_scenario
        head = f"name: {name}\n" if not broken else f"{as_yaml(text)}: {{\n"
        head += "" if step else f"{parameters}category: {as_yaml(text or 'x')}\n"
        head += f"description: {as_yaml(text or 'x')}\n"
        path.write_text(f"---\n{head}---\n{text}\n\n```bash\necho hello\n```\n\n{step}", errors="replace")

    # --- what must be so -------------------------------------------------------------------------------------------

    async def check(self) -> None:
        """The application lives, can be used, and fills its screen.

        Raises:
            AssertionError: something is wrong; says what was done last.
        """
        app = self.whole.app
        assert app._exception is None, self._story(app._exception)
        assert app.is_running, self._story("it has ended")
        unexpected = [each for each in self.told if not isinstance(each, RollcageError)]
        assert unexpected == [], self._story(unexpected)
        focused = app.focused
        if focused is not None:
            assert focused.is_attached, self._story(f"{focused!r} has the focus and is gone")
            assert focused.screen is app.screen, self._story(f"{focused!r} has the focus on another screen")
            assert focused.focusable, self._story(f"{focused!r} has the focus and cannot")
        self._check_picture()
        await self._check_glass()

    async def _check_glass(self) -> None:
        """What was drawn bit by bit is what would be drawn anew, as soon as nothing is left to do."""
        for _ in range(_LOOKS):
            if (seen := self.glass.rows()) == (expected := self.glass.expected()):
                return
            await self.pilot.pause(0.02)
        differing = [each for each in zip(seen, expected, strict=True) if each[0] != each[1]]
        raise AssertionError(
            self._story("\n".join(f"seen     {seen!r}\nexpected {there!r}" for seen, there in differing))
        )

    def _check_picture(self) -> None:
        app = self.whole.app
        width, height = app.size
        screen = app.screen
        if screen._compositor.size != app.size:
            return  # it is still to be laid out anew
        rows = screen._compositor.render_strips(screen.size)
        assert len(rows) == height, self._story(f"{len(rows)} rows of {height}")
        for number, row in enumerate(rows):
            text = "".join(segment.text for segment in row)
            assert cell_len(text) == width, self._story(f"row {number} has {cell_len(text)} cells of {width}: {text!r}")
            assert text.isprintable(), self._story(f"row {number} holds what a terminal would obey: {text!r}")

    # --- the rest --------------------------------------------------------------------------------------------------

    def _note(self, deed: str) -> None:
        self.deeds.append(deed)

    def _story(self, what: object) -> str:
        screen = self.whole.app.screen_stack[-1] if self.whole.app.is_running else None
        return f"seed {self.seed}: {what}\non {screen!r}, after\n" + "\n".join(self.deeds)

    def _send(self, message: events.Event) -> None:
        message.set_sender(self.whole.app)
        self.whole.app.post_message(message)

    def _mouse(self, kind: type[events.MouseEvent], x: int, y: int, button: int) -> None:
        driver = self.whole.app._driver
        assert driver is not None
        driver.process_message(
            kind(None, x, y, 0, 0, button, shift=False, meta=False, ctrl=False, screen_x=x, screen_y=y)
        )


_ACTS: Final[dict[Callable[[Fuzzer], None], int]] = {
    Fuzzer.press: 50, Fuzzer.type: 4, Fuzzer.paste: 3, Fuzzer.point: 14, Fuzzer.resize: 5, Fuzzer.look_away: 1,
    Fuzzer.happen: 22, Fuzzer.edit: 1,
}  # fmt: skip
"""How often each thing is done, of a hundred."""
