"""`exec --blocks`: which blocks run, in which order, what stops them, and what is said about the others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli import scripted
from tui.cli import main as cli
from tui.cli import running
from tui.paths import Paths
from tui.runs.request import Request
from tui.store.states import RunState

REPLY = """\
Look around:

```sh
ls /
```

Compute:

```python
print(6 * 7)
```

```json
{}
```

```
rm -rf /work/x
```

```js
console.log(1)
```
"""


class Engine(scripted.ScriptedEngine):
    """Plays a run for each request: failing where its text is among those that fail."""

    def __init__(self, *failing: str, state: RunState = RunState.FAILED) -> None:
        self.requests: list[Request] = []
        self._failing = failing
        self._state = state

        class Store:
            def sessions(self) -> list[Any]:
                return []

        self.store = Store()

    def run(self, request: Any) -> scripted.ScriptedRun:
        self.requests.append(request)
        if not any(text in request.steps[0].text for text in self._failing):
            return scripted.ScriptedRun(scripted.succeeding())
        if self._state is RunState.CANCELLED:
            return scripted.ScriptedRun([*scripted.opening(), scripted.finished(RunState.CANCELLED, None)])
        return scripted.ScriptedRun(scripted.failing())


@pytest.fixture
def reply(tmp_path: Path) -> str:
    path = tmp_path / "reply.md"
    path.write_text(REPLY)
    return str(path)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, paths: Paths) -> Callable[..., int]:
    def run(engine: Engine, *words: str) -> int:
        monkeypatch.setattr(running, "with_engine", lambda action, **_: asyncio.run(action(engine)))
        return cli.main(["exec", *words], lambda *_: pytest.fail("the application was opened"))

    return run


def texts(engine: Engine) -> list[list[str]]:
    return [[step.text.strip() for step in request.steps] for request in engine.requests]


def test_blocks_run_in_their_order_and_what_is_left_out_is_said(
    play: Callable[..., int], reply: str, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = Engine()
    assert play(engine, "--blocks", reply, "--session", "lab") == 0
    assert texts(engine) == [["ls /"], ["print(6 * 7)"], ["console.log(1)"]]
    assert [request.steps[0].language for request in engine.requests] == ["bash", "python", "javascript"]
    assert {request.session for request in engine.requests} == {"lab"}
    said = capfd.readouterr().err
    assert "block 3 (json, lines 13-15) is not run: json is not code" in said
    assert "block 4 (bash, lines 17-19) is not run: no language is named: taken for bash (--choose 4 runs it)" in said
    assert "2 of 3: block 2 (python, lines 9-11), Compute" in said


def test_a_failure_skips_the_rest(play: Callable[..., int], reply: str, capfd: pytest.CaptureFixture[str]) -> None:
    engine = Engine("print")
    assert play(engine, "--blocks", reply) == 3
    assert texts(engine) == [["ls /"], ["print(6 * 7)"]]
    assert "skipped: block 5 (javascript" in capfd.readouterr().err


def test_keep_going_goes_on_and_still_fails(play: Callable[..., int], reply: str) -> None:
    engine = Engine("print")
    assert play(engine, "--blocks", reply, "--keep-going") == 3
    assert len(engine.requests) == 3


def test_who_cancels_one_cancels_the_rest(play: Callable[..., int], reply: str) -> None:
    engine = Engine("ls", state=RunState.CANCELLED)
    assert play(engine, "--blocks", reply, "--keep-going") == 130
    assert len(engine.requests) == 1


def test_chosen_blocks_run_in_the_order_of_the_text(play: Callable[..., int], reply: str) -> None:
    engine = Engine()
    assert play(engine, "--blocks", reply, "--choose", "4-5, 1") == 0
    assert texts(engine) == [["ls /"], ["rm -rf /work/x"], ["console.log(1)"]]


def test_as_one_makes_one_run_with_a_step_a_block(play: Callable[..., int], reply: str) -> None:
    engine = Engine()
    assert play(engine, "--blocks", reply, "--as-one") == 0
    assert texts(engine) == [["ls /", "print(6 * 7)", "console.log(1)"]]
    assert engine.requests[0].title == "Look around and 2 more"


def test_a_choice_is_refused_with_all_that_is_wrong_with_it(
    play: Callable[..., int], reply: str, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = Engine()
    assert play(engine, "--blocks", reply, "--choose", "9,2-1,x,3") == 2
    said = capfd.readouterr().err
    assert all(words in said for words in ("no block 9", "'2-1'", "'x'", "block 3 (json", "--list"))
    assert not engine.requests


def test_a_text_without_blocks_is_not_taken_for_code(
    play: Callable[..., int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sorry.md").write_text("I cannot help with that.\n")
    engine = Engine()
    assert play(engine, "--blocks", str(tmp_path / "sorry.md")) == 120
    assert not engine.requests
    assert "no block of the text can be run as it is" in capfd.readouterr().err
    assert play(engine, "--blocks", str(tmp_path / "sorry.md"), "--language", "bash") == 0


@pytest.mark.parametrize(
    "words",
    [["--choose", "1", "ls"], ["--keep-going"], ["--blocks", "x", "ls"], ["--blocks", "x", "--as-one", "--keep-going"]],
)
def test_options_that_contradict_each_other(play: Callable[..., int], words: list[str]) -> None:
    assert play(Engine(), *words) == 2


def test_the_list_has_the_risk_of_each_block_and_runs_nothing(
    play: Callable[..., int], reply: str, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = Engine()
    assert play(engine, "--blocks", reply, "--list", "--json") == 0
    found = json.loads(capfd.readouterr().out)
    assert [(each["number"], each["can_run"]) for each in found] == [
        (1, True), (2, True), (3, False), (4, True), (5, True),
    ]  # fmt: skip
    assert found[0]["assessment"]["level"] == "low"
    assert found[2]["assessment"] is None
    assert play(engine, "--blocks", reply, "--list") == 0
    assert "not run: json is not code that runs" in capfd.readouterr().out
    assert not engine.requests
