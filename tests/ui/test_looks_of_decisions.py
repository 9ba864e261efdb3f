"""Pictures of what decides whether something runs. `pytest --snapshot-update` takes them anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.pilots import until
from tests.ui.previews import HOST, question_about
from tests.ui.records import START, entries_of_run, open_log
from tests.ui.test_running import ready
from tui.audit.model import AuditResult, Entry, EntryKind
from tui.paths import Paths
from tui.ui.app import RollcageApp
from tui.ui.screens import approval
from tui.ui.screens.approval import Approval
from tui.ui.screens.audit import AuditArea
from tui.ui.widgets.audit_list import AuditList
from tui.ui.widgets.code_editor import CodeEditor
from tui.ui.widgets.risk_pane import RiskPane

Compare = Callable[..., bool]
Before = Callable[[Pilot[int]], Awaitable[None]]
CODE = "cd build\nx='rm -rf'; $x /home\necho cm0gLXJmIC8K | base64 -d | sh\ngit push --force origin main\n"
SMALL = (80, 24)


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times are the same in every picture."""
    monkeypatch.setattr(approval, "ARMING_S", 0.01)
    monkeypatch.setattr(AuditList, "clock", lambda self: START + timedelta(minutes=5))
    monkeypatch.setattr(RollcageApp, "notify", lambda self, *_, **__: None)


def asking(app: RollcageApp, text: str, *reasons: str, **options: object) -> Before:
    async def before(pilot: Pilot[int]) -> None:
        await ready(pilot, app)
        question = question_about(text, *reasons, **options)  # type: ignore[arg-type]
        app.asked = asyncio.create_task(app.approver.ask(question))  # type: ignore[attr-defined]
        await until(pilot, lambda: isinstance(app.screen, Approval) and app.screen.is_armed and app.focused)
        for field in app.screen.query(Input):
            field.cursor_blink = False
        await until(pilot, lambda: not app.screen_stack[0].query_one(RiskPane).has_class("-stale"))
        await pilot.pause()
        if "to_type" in options:  # more than fits, which is said once it is laid out
            await until(pilot, lambda: bool(app.screen.query_one("#frame").border_subtitle))

    return before


def assessed(app: RollcageApp) -> bool:
    pane = app.screen.query_one(RiskPane)
    return pane.preview is not None and not pane.has_class("-stale")


def test_the_question_with_something_to_type(snap_compare: Compare, app: RollcageApp) -> None:
    reason = "critical: deletes the home directory /home. A rollback takes back the machine, not what was sent"
    asked = asking(app, CODE, reason, to_type="cleanup", title="cleanup")
    assert snap_compare(app, terminal_size=SMALL, run_before=asked)


def test_the_question_about_the_host(snap_compare: Compare, app: RollcageApp) -> None:
    assert snap_compare(app, terminal_size=SMALL, run_before=asking(app, "touch notes.txt", mode=HOST))


def test_code_and_its_risk(snap_compare: Compare, app: RollcageApp) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await ready(pilot, app)
        await until(pilot, lambda: not app.screen.query_one(RiskPane).has_class("-stale"))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.focused, CodeEditor))
        app.screen.query_one(CodeEditor).text = CODE
        await until(pilot, lambda: assessed(app))
        await pilot.press("f3")
        await pilot.pause()

    assert snap_compare(app, terminal_size=SMALL, run_before=before)


def test_the_audit_log(snap_compare: Compare, app: RollcageApp, paths: Paths) -> None:
    with open_log(paths) as log:
        for number in range(12):
            name = ("deploy", "backup", "hello", "curl")[number % 4]
            log.append(*entries_of_run(f"01RUN{number:02}", name, "x", denied=number % 4 == 3))
        who = {"session": "lab", "user": "ada", "command": "wipe"}
        asked = {"reasons": ["high risk: deletes /etc and everything below it"]}
        answered = {"answer": "deny-always", "by": "ada", "subjects": ["rm -rf /etc"]}
        log.append(
            Entry(EntryKind.APPROVAL_ASKED, details=asked, **who),
            Entry(EntryKind.APPROVAL_DECIDED, AuditResult.DENIED, details=answered, **who),
        )

    async def before(pilot: Pilot[int]) -> None:
        await ready(pilot, app)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, AuditArea) and app.screen.is_mounted)
        await until(pilot, lambda: any(each.row_count() for each in app.screen.query(AuditList)))
        await pilot.press("up")
        await pilot.pause()

    assert snap_compare(app, terminal_size=SMALL, run_before=before)
