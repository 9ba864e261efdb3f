"""The Timeline area: what is compared, what is shown of it, and what can be done with a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.test_rolling_back import head, request
from tui.errors import RollcageError
from tui.ids import new_id
from tui.machines.inspection import FileFacts, FileKind, ProcessFacts
from tui.runs.comparison.model import Aspect, ChangeKind, DiffLine, FileChange, LineKind, ProcessChange
from tui.store.model import RunRecord
from tui.store.states import RunState
from tui.ui.app import RollcageApp
from tui.ui.describe import abreast
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.run import RunArea
from tui.ui.screens.sessions import SessionChoice
from tui.ui.screens.timeline import TimelineArea
from tui.ui.widgets.change_list import ChangeList
from tui.ui.widgets.diff_view import DiffView
from tui.ui.widgets.moment_details import MomentDetails
from tui.ui.widgets.session_tree import SessionTree

OLD = FileFacts(FileKind.FILE, 0o644, 0, 0, 10)
NEW = FileFacts(FileKind.FILE, 0o600, 0, 0, 2048)
CHANGED = (
    FileChange("/etc/motd", "/etc/motd", ChangeKind.CHANGED, OLD, NEW, (Aspect.MODE, Aspect.SIZE, Aspect.CONTENT)),
    FileChange("/root/new", "/root/new", ChangeKind.ADDED, None, NEW),
    FileChange("/tmp/old", "/tmp/old", ChangeKind.REMOVED, OLD, None),
)
STARTED = ProcessChange(ChangeKind.ADDED, None, ProcessFacts(321, 1, 0, "sleep", ("sleep", "1000")))
LINES = (
    DiffLine(LineKind.HUNK, "@@ -1,2 +1,2 @@"),
    DiffLine(LineKind.CONTEXT, "same", 1, 1),
    DiffLine(LineKind.REMOVED, "before", 2),
    DiffLine(LineKind.ADDED, "\tafter", None, 2),
)


@pytest.fixture(autouse=True)
def compared(engine: ScriptedEngine) -> None:
    """Comparisons say something."""
    engine.changed, engine.processes, engine.lines = CHANGED, (STARTED,), LINES


async def timeline(pilot: Pilot[int], app: RollcageApp, engine: ScriptedEngine, *titles: str) -> TimelineArea:
    """Run some commands and go to the area."""
    await until(pilot, lambda: app.engine is not None)
    for title in titles:
        engine.run(request(title)).end()
    await pilot.press("f6")
    await until(pilot, lambda: isinstance(app.screen, TimelineArea) and app.screen.query_one(SessionTree).has_focus)
    area = app.screen
    assert isinstance(area, TimelineArea)
    tree = area.query_one(SessionTree)
    await until(pilot, lambda: len(tree.rows) == (len(titles) + 1 if titles else 0))
    return area


def shown(area: TimelineArea) -> list[str]:
    changes = area.query_one(ChangeList)
    return ["".join(text for text, _ in changes.row_parts(row)[0]).strip() for row in range(changes.row_count())]


def keys(area: TimelineArea) -> Sequence[str]:
    return [row.key for row in area.query_one(SessionTree).rows]


def toasts(app: RollcageApp) -> list[str]:
    return [str(toast.message) for toast in app._notifications]


def add_refused(engine: ScriptedEngine, session: str, number: int, state: RunState = RunState.REFUSED) -> None:
    """Keep a run that never had a machine."""
    run = RunRecord(new_id(), session, f"refused {number}", None, {}, state, engine.now())
    engine.store.run_records[run.id] = run


async def test_the_newest_moment_is_compared_with_what_led_to_it(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "second")
        await until(pilot, lambda: engine.compared == [(keys(area)[1], keys(area)[0])])
        await until(pilot, lambda: len(shown(area)) > 3)
        assert shown(area) == [
            "Files  +1  -1  ~1", "~ /etc/motd", "+ /root/new", "- /tmp/old", "Processes  +1", "+    321 sleep 1000",
            "Memory: 310 of 65,536 pages differ, 1.2 MiB; those of the kernel are", "among them.",
        ]  # fmt: skip
        right = area.query_one(ChangeList).row_parts(1)[1]
        assert "".join(text for text, _ in right).strip() == "mode 644 → 600, 10 B → 2.0 KiB, content"


async def test_memory_that_is_the_same_is_said_to_be_that(app: RollcageApp, engine: ScriptedEngine) -> None:
    engine.pages = 0
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "second")
        await until(pilot, lambda: "Memory: no page differs." in shown(area))


def test_two_texts_share_their_room() -> None:
    assert abreast("short", "short", 20) == ("short", "short")
    assert abreast("x" * 30, "short", 20) == ("x" * 14 + "…", "short")
    assert abreast("x" * 30, "y" * 30, 20) == ("x" * 9 + "…", "y" * 9 + "…")


async def test_titles_name_both_snapshots_and_what_undo_takes_back(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "a second one with a long name that needs much room")
        changes = area.query_one("#pane-timeline-changes")
        await until(pilot, lambda: "against the one before" in str(changes.border_subtitle))
        assert str(changes.border_title) == "Changes · first → a second one with a long name that needs much r…"
        await pilot.resize_terminal(200, 50)
        await until(pilot, lambda: str(changes.border_title).startswith("Changes · first → a second one with a lo"))
        await until(pilot, lambda: not str(changes.border_title).endswith("much r…"))
        assert "z takes back a second one" in str(area.query_one("#pane-timeline-tree").border_subtitle)


async def test_what_was_compared_lately_is_not_compared_again(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "second")
        for key in ("j", "k", "j"):
            await until(pilot, lambda: len(shown(area)) > 3 and not area._timer._active.is_set())
            await pilot.press(key)
        await until(pilot, lambda: not area._timer._active.is_set())
        assert len(engine.compared) == 2


async def test_a_marked_moment_is_compared_with_any_other(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "second", "third")
        await pilot.press("G", "space")
        await until(pilot, lambda: "same moment" in " ".join(shown(area)))
        await pilot.press("g")
        newest, oldest = keys(area)[0], keys(area)[-1]
        await until(pilot, lambda: engine.compared[-1:] == [(oldest, newest)])
        await pilot.press("c", "j")
        await until(pilot, lambda: engine.compared[-1] == (keys(area)[2], keys(area)[1]))


async def test_from_a_moment_to_where_the_machine_stands(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "second", "third")
        await pilot.press("c", "G")
        await until(pilot, lambda: engine.compared[-1:] == [(keys(area)[-1], head(engine))])


async def test_after_a_rollback_what_is_compared_still_goes_the_way_the_words_say(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "second", "third")
        newest, oldest = keys(area)[0], keys(area)[-1]
        await engine.rollback("default", oldest)
        app._reload()
        await until(pilot, lambda: app.workspace.state.head_id == oldest)
        await pilot.press("c", "g")
        changes = area.query_one("#pane-timeline-changes")
        await until(pilot, lambda: engine.compared[-1:] == [(newest, oldest)])
        assert str(changes.border_title).startswith("Changes · third → ")
        assert str(changes.border_subtitle).startswith("from here to HEAD")
        await pilot.press("space", "G")
        await until(pilot, lambda: engine.compared[-1:] == [(newest, oldest)] and area._pair == (newest, oldest))
        assert str(changes.border_title).startswith("Changes · third → ")
        assert str(changes.border_subtitle).startswith("against the marked one")


async def test_the_lines_of_a_file_are_shown_and_copied(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first")
        await until(pilot, lambda: len(shown(area)) > 3)
        await pilot.press("right_square_bracket", "enter")
        view = area.query_one(DiffView)
        await until(pilot, lambda: view.has_focus and len(view.lines) == 4)
        drawn = [view.render_line(y).text.rstrip() for y in range(4)]
        assert drawn == ["       @@ -1,2 +1,2 @@", " 1 1   same", " 2   - before", "   2 +     after"]
        await pilot.press("y")
        assert app.clipboard == "@@ -1,2 +1,2 @@\n same\n-before\n+    after"


async def test_an_error_is_said_where_the_changes_would_be(
    app: RollcageApp, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: str) -> None:
        raise RollcageError("the snapshot is damaged", hint="delete it")

    monkeypatch.setattr(engine, "compare", fail)
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first")
        await until(pilot, lambda: shown(area) == ["✗ the snapshot is damaged", "delete it"])


async def test_nothing_is_compared_while_the_area_is_out_of_sight(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first")
        await until(pilot, lambda: len(engine.compared) == 1)
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, RunArea))
        engine.run(request("second")).end()
        await until(pilot, lambda: len(keys(area)) == 3 and not area._timer._active.is_set())
        assert len(engine.compared) == 1
        await pilot.press("f6")
        await until(pilot, lambda: len(engine.compared) == 2)


async def test_a_branch_begins_at_the_moment_and_is_shown(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "second")
        await pilot.press("j", "B")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"what-if", "enter")
        await until(pilot, lambda: app.workspace.session == "what-if" and len(keys(area)) == 1)


@pytest.mark.parametrize(("answer", "left"), [(["enter"], 3), (["right", "enter"], 2)])
async def test_a_snapshot_is_deleted_only_when_that_is_confirmed(
    app: RollcageApp, engine: ScriptedEngine, answer: list[str], left: int
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "second")
        await pilot.press("G", "X")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and isinstance(app.focused, Button))
        assert isinstance(app.screen, Confirm)
        assert "cannot be taken back" in app.screen.body.plain
        await pilot.press(*answer)
        await until(pilot, lambda: isinstance(app.screen, TimelineArea) and app.screen.is_mounted)
        await until(pilot, lambda: len(keys(area)) == left)


async def test_the_head_cannot_be_deleted_and_nothing_is_asked_before_saying_so(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        area = await timeline(pilot, app, engine, "first", "second")
        await pilot.press("g", "X")
        await until(pilot, lambda: any("stands at this snapshot" in toast for toast in toasts(app)))
        assert app.screen is area
        await pilot.press("j", "p")
        await until(pilot, lambda: area.query_one(SessionTree).rows[1].snapshot.pinned)  # type: ignore[union-attr]
        await pilot.press("X")
        await until(pilot, lambda: any("is pinned" in toast for toast in toasts(app)))
        assert app.screen is area


async def test_what_is_said_of_a_deletion_is_true_where_others_share_the_bytes(
    app: RollcageApp, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = engine.delete_snapshots

    async def shared(snapshot_ids: Iterable[str]) -> int:
        return await really(snapshot_ids) // 2

    monkeypatch.setattr(engine, "delete_snapshots", shared)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await timeline(pilot, app, engine, "first", "second")
        await pilot.press("G", "X")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and isinstance(app.focused, Button))
        assert isinstance(app.screen, Confirm)
        assert "It added about 1.2 MiB. What of that others need too stays on disk" in app.screen.body.plain
        await pilot.press("right", "enter")
        await until(pilot, lambda: toasts(app)[-1:] == [
            "Deleted; 635 KiB are free again. The other 635 KiB it had added are needed by other snapshots and stay."
        ])  # fmt: skip


async def test_after_a_deletion_the_cursor_stays_near(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "second", "third", "fourth")
        before = keys(area)
        tree = area.query_one(SessionTree)
        for deleted, then in ((before[2], before[3]), (before[3], before[4]), (before[4], before[1])):
            tree.cursor = keys(area).index(deleted)
            await engine.delete_snapshots([deleted])
            for run in [each for each in engine.store.run_records.values() if each.after_id == deleted]:
                del engine.store.run_records[run.id]
            app.reload_session()
            await until(pilot, partial(lambda gone: gone not in keys(area), deleted))
            assert keys(area)[tree.cursor] == then


async def test_the_cursor_begins_on_the_head_however_many_runs_left_no_snapshot(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        engine.run(request("first")).end()
        engine.run(request("second")).end()
        session = engine.store.session("default")
        for number in range(40):
            add_refused(engine, session.id, number)
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, TimelineArea) and app.screen.query_one(SessionTree).has_focus)
        tree = app.screen.query_one(SessionTree)
        await until(pilot, lambda: len(tree.rows) == 43)
        assert tree.row is not None
        assert tree.row.is_head
        assert 0 <= tree.cursor - tree.scroll_offset.y < tree.scrollable_content_region.height
        await engine.undo("default")  # a cursor on the head goes with it
        app.reload_session()
        await until(pilot, lambda: tree.row is not None and tree.row.key == head(engine) != session.head_id)


async def test_a_run_with_nothing_to_go_back_to_says_so_and_answers_so(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        area = await timeline(pilot, app, engine, "first")
        add_refused(engine, engine.store.session("default").id, 0, RunState.ERROR)
        app.reload_session()
        tree = area.query_one(SessionTree)
        await until(pilot, lambda: len(tree.rows) == 3)
        await pilot.press("g")
        details = area.query_one("#timeline-details").query_one(Static)
        await until(pilot, lambda: "nothing here to go back to" in str(details.render()))
        await pilot.press("b")
        await until(pilot, lambda: "This run left no snapshot to go to." in toasts(app))


@pytest.mark.parametrize("width", [80, 120, 160])
async def test_the_name_a_person_gave_is_in_sight_and_confirmed(
    app: RollcageApp, engine: ScriptedEngine, width: int
) -> None:
    async with app.run_test(size=(width, 24), notifications=True) as pilot:
        title = "a run with a title that is far longer than there is room for in a row of the tree"
        area = await timeline(pilot, app, engine, title)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"works", "enter")
        await until(pilot, lambda: "Named “works”." in toasts(app))
        tree = area.query_one(SessionTree)
        await until(pilot, lambda: "“works” a run" in tree.render_line(0).text)
        details = area.query_one(MomentDetails)
        await until(pilot, lambda: keys(area)[0] in str(details.query_one(Static).render()))
        await until(pilot, lambda: details.size.height > 0 and details.max_scroll_y == 0)  # all of it is in sight


async def test_where_the_machine_stands_at_the_last_success_nothing_is_asked(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        area = await timeline(pilot, app, engine, "first")
        await pilot.press("L")
        await until(pilot, lambda: any("stands at the last success already" in toast for toast in toasts(app)))
        assert app.screen is area


async def test_back_to_the_last_success_asks_first(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "second")
        await engine.rollback("default", keys(area)[2])
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and isinstance(app.focused, Button))
        await pilot.press("right", "enter")
        await until(pilot, lambda: head(engine) == keys(area)[0])


async def test_the_output_of_a_run_is_shown_in_the_run_area(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await timeline(pilot, app, engine, "first")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunArea) and app.screen._output_title == "first")


async def test_a_session_without_runs_says_so(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        area = await timeline(pilot, app, engine)
        await until(pilot, lambda: shown(area) == ["Nothing has run in this session yet."])


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
async def test_five_hundred_snapshots_cost_a_screenful(
    make_app: Callable[..., RollcageApp], engine: ScriptedEngine, width: int, height: int
) -> None:
    app = make_app()
    async with app.run_test(size=(width, height)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        for number in range(500):
            engine.run(request(f"run {number}")).end()
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, TimelineArea) and app.screen.is_mounted)
        tree = app.screen.query_one(SessionTree)
        await until(pilot, lambda: len(tree.rows) == 501 and tree.has_focus)
        drawn = 0
        real = tree.row_parts

        def counting(row: int) -> object:
            nonlocal drawn
            drawn += 1
            return real(row)

        tree.row_parts = counting  # type: ignore[method-assign,assignment]
        await pilot.press("G")
        await until(pilot, lambda: tree.cursor == 500)
        assert drawn <= 6 * height


async def test_the_start_of_a_branch_is_compared_with_what_it_began_at(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(240, 50)) as pilot:
        area = await timeline(pilot, app, engine, "first")
        origin = head(engine)
        assert origin is not None
        await engine.set_snapshot(origin, name="good")
        await engine.branch(origin, "experiment")
        app.switch_session(SessionChoice("experiment"))
        await until(pilot, lambda: len(keys(area)) == 1)
        await until(pilot, lambda: engine.compared[-1:] == [(origin, keys(area)[0])])
        title = str(area.query_one("#pane-timeline-changes").border_title)
        assert title.startswith("Changes · “good” in default → ")


async def test_what_a_branch_began_at_may_be_gone(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(160, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first", "second")
        origin = keys(area)[1]
        await engine.branch(origin, "experiment")
        await engine.delete_snapshots([origin])
        app.switch_session(SessionChoice("experiment"))
        await until(pilot, lambda: "at which this one began was deleted" in " ".join(shown(area)))


async def test_of_a_run_that_goes_on_it_is_said_when_it_can_be_compared(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await timeline(pilot, app, engine, "first")
        engine.run(request("slow"))
        await until(pilot, lambda: len(keys(area)) == 3)
        await pilot.press("g")
        await until(pilot, lambda: "This run goes on" in " ".join(shown(area)))
