"""The application on the terminal it is started at, in which every text there can be wants to be obeyed.

`python -m tests.support.hostile_application HOME`. Words in capitals say that something is in sight.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tests.support.hostility import EVERYTHING, INVALID_UTF8, as_yaml
from tests.support.scripted_engine import ScriptedRun
from tests.ui.fleet import machine, of_session
from tests.ui.previews import question_about
from tests.ui.records import entries_of_run
from tests.ui.whole import Whole, make_whole
from tui.errors import RollcageError
from tui.machines.inspection import FileFacts, FileKind, ProcessFacts
from tui.machines.kinds import Stream
from tui.paths import Paths
from tui.runs.approval import Answer
from tui.runs.comparison.model import Aspect, ChangeKind, DiffLine, FileChange, LineKind, ProcessChange
from tui.runs.events import AttemptFailed, HookDecided, ModeDecided, PolicyChecked
from tui.runs.fleet import MachineState
from tui.runs.request import Request, StepRequest
from tui.store.states import RunState
from tui.text import clean, clean_line
from tui.ui.app import RollcageApp

SESSION: Final = f"SESSION {EVERYTHING}"
IN_A_FILE: Final = EVERYTHING.replace("\0", "")
"""A file with NULs is no text, and would be told of as such."""
LONG_LINE: Final = 10 * 1024 * 1024

DEFINITION: Final = f"""---
name: trap
description: {as_yaml("DESCRIPTION " + IN_A_FILE)}
category: {as_yaml("CATEGORY " + IN_A_FILE)}
version: {as_yaml("1 " + IN_A_FILE)}
---
# HEADING {IN_A_FILE}

DOCUMENTATION {IN_A_FILE}

```bash
echo CODE {IN_A_FILE}
```
"""
FORM: Final = f"""---
name: form
description: FORM
parameters:
  - name: way
    type: string
    default_value: {as_yaml("VALUE " + IN_A_FILE)}
    description: {as_yaml("PARAMETER " + IN_A_FILE)}
  - name: choice
    type: string
    default_value: one
    allowed_values: [one, {as_yaml("CHOICE " + IN_A_FILE)}]
---
```bash
echo CODE {IN_A_FILE}
```
"""
SCENARIO: Final = f"""---
name: trap
description: {as_yaml("PRESET " + IN_A_FILE)}
---

## STEP {IN_A_FILE}

PROSE {IN_A_FILE}

```bash
echo {IN_A_FILE}
```

```step
expect: {{state: succeeded, output_contains: {as_yaml("WANTED " + IN_A_FILE)}}}
```
"""


def write_files(paths: Paths, commands: Path) -> None:
    """Write definitions, scenarios, themes and a keymap: good ones and broken ones."""
    commands.mkdir(parents=True)
    (commands / "trap.md").write_text(DEFINITION)
    (commands / "form.md").write_text(FORM)
    (commands / "broken.md").write_text(f"---\nname: broken\n{as_yaml(EVERYTHING)}: 1\n---\n{EVERYTHING}\n")
    (commands / f"{EVERYTHING[:60]}.md".replace("/", "_").replace("\0", "_")).write_bytes(INVALID_UTF8)
    paths.user_scenarios.mkdir(parents=True)
    (paths.user_scenarios / "trap.md").write_text(SCENARIO)
    (paths.user_scenarios / "wrong.md").write_text(f"---\nname: wrong\n{as_yaml(EVERYTHING)}: 1\n---\n")
    paths.user_themes.mkdir(parents=True)
    (paths.user_themes / "evil.yaml").write_text(f"name: {as_yaml(EVERYTHING)}\n{as_yaml(EVERYTHING)}: 1\n")
    (paths.user_themes / "sound.yaml").write_text(f"name: {as_yaml('THEME ' + EVERYTHING)}\nprimary: '#336699'\n")
    paths.keymap_file.write_text(f"{as_yaml(EVERYTHING)}: {as_yaml(EVERYTHING)}\n")


def fill(whole: Whole) -> None:
    """Let the log, the machines and the comparisons say all of it."""
    whole.log.append(*entries_of_run(EVERYTHING, f"RECORD {EVERYTHING}", EVERYTHING, user=f"USER {EVERYTHING}"))
    engine = whole.engine
    engine.fleet = [of_session(session=f"LEASED {EVERYTHING}"), machine("rdy01", MachineState.READY)]
    engine.logs = {each.id: f"CONSOLE {EVERYTHING}\n" * 50 for each in engine.fleet}
    # What a comparison says is clean where it is made; its paths are as they are.
    facts = FileFacts(FileKind.FILE, 0o644, 0, 0, 10)
    path = f"/FILE {EVERYTHING}\udcff"
    engine.changed = (FileChange(path, clean_line(path), ChangeKind.CHANGED, facts, facts, (Aspect.CONTENT,)),)
    words = (clean_line(f"PROCESS {EVERYTHING}"), clean_line(EVERYTHING))
    engine.processes = (ProcessChange(ChangeKind.ADDED, None, ProcessFacts(321, 1, 0, words[0], words)),)
    engine.lines = (DiffLine(LineKind.ADDED, clean(f"DIFFERENCE {EVERYTHING}").replace("\n", " "), 1, 1),)


async def happen(whole: Whole) -> None:
    """Run things, ask, and fail, with all of it, once the application is there."""
    app, engine = whole.app, whole.engine
    await until(lambda: app.engine is not None and app.catalog is not None)
    request = Request(f"TITLE {EVERYTHING}", (StepRequest(f"echo {EVERYTHING}"),), session=SESSION)
    run = engine.run(request)
    about: dict[str, Any] = engine.about(engine.store.run_records[run.id])
    engine.emit(HookDecided(**about, hook=EVERYTHING, point=EVERYTHING, decision="ask", detail={"reason": EVERYTHING}))
    engine.emit(PolicyChecked(**about, outcome=EVERYTHING, checks=[{"result": "x", "reason": EVERYTHING}], rules="x"))
    engine.emit(ModeDecided(**about, mode="local", reason=f"MODE {EVERYTHING}", no_rollback=True))
    engine.emit(AttemptFailed(**about, attempt=1, error=EVERYTHING, delay_s=1))
    print_everything(run)
    await engine.snapshot(SESSION, f"NAMED {EVERYTHING}")
    run.output(b"OUTPUTISOVER\n")
    run.end(3, RunState.FAILED)
    app.report(RollcageError(f"ERROR {EVERYTHING}", hint=EVERYTHING))
    app.report(OSError(f"UNEXPECTED {EVERYTHING}"))
    await until(lambda: app.current_mode == "scenarios")  # a person was everywhere else and can be asked
    question = question_about(f"echo {EVERYTHING}", f"REASON {EVERYTHING}", title=f"QUESTION {EVERYTHING}",
                              to_type=f"TYPED {EVERYTHING}")  # fmt: skip
    answer = await app.approver.ask(question)
    app.notify("DENIED" if answer is Answer.DENY else "UNANSWERED")


async def until(happened: Callable[[], bool]) -> None:
    """Wait until something is so."""
    while not happened():  # noqa: ASYNC110 - several things, none of which tells
        await asyncio.sleep(0.02)


def print_everything(run: ScriptedRun) -> None:
    """Print all of it in all ways, on both streams, cut anywhere."""
    everything = EVERYTHING.encode()
    for stream in (Stream.STDERR, Stream.STDOUT):
        run.output(b"\n".join([everything, INVALID_UTF8, b"\0" * 1000, b""]), stream)
        for at in range(0, len(everything), 7):
            run.output(everything[at : at + 7], stream)
        run.output(b"\n", stream)
    run.output(b"x" * LONG_LINE + everything)
    run.output(everything * 20 + b"\n")
    run.output(b"PRINTED " + everything + b"\n")


def notify_briefly(app: RollcageApp) -> None:
    """Let messages go soon: they hide what else is to be seen."""
    really = app.notify

    def notify(message: str, **options: Any) -> None:
        really(message, **{**options, "timeout": 0.5})

    app.notify = notify  # type: ignore[method-assign]


async def main(home: Path) -> None:
    """Run until a person leaves."""
    paths = Paths.below(home)
    paths.create()
    commands = home / "project" / "commands"
    write_files(paths, commands)
    theme = os.environ.get("ROLLCAGE_TEST_THEME", "rollcage-dark")
    whole = make_whole(paths, home / "project", theme=theme)
    whole.app.workspace.session = SESSION
    whole.app.workspace.state = replace(whole.app.workspace.state, name=SESSION)
    fill(whole)
    notify_briefly(whole.app)
    with whole.app._context():  # as for everything that an engine does which the application has opened
        happening = asyncio.create_task(happen(whole))
    await whole.app.run_async()
    happening.cancel()
    whole.log.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
