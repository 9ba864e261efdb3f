"""The code editor: blocks of what is pasted are listed, assessed one by one, chosen, and run in order."""

from __future__ import annotations

from collections.abc import Callable

from rich.style import Style
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Select

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedRun
from tests.ui.previews import PreviewingEngine
from tests.ui.test_running import ready, toasts
from tui.levels import RiskLevel
from tui.runs.events import StepStarted
from tui.ui.app import RollcageApp
from tui.ui.code.draft import LONGEST_TEXT
from tui.ui.output.view import OutputView
from tui.ui.screens.code import CodeScreen
from tui.ui.screens.sessions import SessionChoice
from tui.ui.widgets.block_list import BlockList
from tui.ui.widgets.code_editor import CodeEditor
from tui.ui.widgets.risk_pane import RiskPane
from tui.ui.widgets.toggle import Toggle

REPLY = """\
Clean up:

```sh
rm -rf /
```

1. Then compute:

   ```python
   print(6 * 7)
   ```

```json
{}
```

```
ls
```

```js
console.log(1)
```
"""


async def opened(pilot: Pilot[int], app: RollcageApp, text: str = "") -> CodeEditor:
    await ready(pilot, app)
    await pilot.press("e")
    await until(pilot, lambda: isinstance(app.focused, CodeEditor))
    editor = app.screen.query_one(CodeEditor)
    if text:
        app.post_message(Paste(text))
        await until(pilot, lambda: editor.text == text)
    return editor


def rows(app: RollcageApp) -> list[str]:
    blocks = app.screen.query_one(BlockList)
    parts = (blocks.row_parts(row) for row in range(blocks.row_count()))
    return [" ".join("".join(text for text, _ in (*left, (" ", Style()), *right)).split()) for left, right in parts]


def note(app: RollcageApp) -> str:
    return str(app.screen.query_one("#block-note").render())


def texts(engine: PreviewingEngine) -> list[str]:
    return [run.request.steps[0].text.strip() for run in engine.started]


def ending(**codes: int) -> Callable[[ScriptedRun], None]:
    """Return a script that ends each run, with a code where its text has a word."""

    def end(run: ScriptedRun) -> None:
        run.output(b"out of " + run.request.steps[0].text.encode())
        run.end(next((code for word, code in codes.items() if word in run.request.steps[0].text), 0))

    return end


async def test_the_blocks_of_what_is_pasted_are_listed_and_assessed(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        editor = await opened(pilot, app, REPLY)
        await until(pilot, lambda: len(rows(app)) == 5 and "critical" in rows(app)[0] and "low" in rows(app)[4])
        assert rows(app)[:4] == [
            "[x] 1 bash rm -rf / ■ critical",
            "[x] 2 python print(6 * 7) ○ low",
            "– 3 json {} not run",
            "[ ] 4 bash ls ○ low",
        ]

        def underlined() -> list[tuple[int, int]]:
            return [(each.start, each.end) for each in editor.get_line(3).spans if "underline" in str(each.style)]

        await until(pilot, lambda: underlined() == [(7, 8)])


async def test_the_cursor_of_the_text_and_that_of_the_list_go_together(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        editor = await opened(pilot, app, REPLY)
        blocks = app.screen.query_one(BlockList)
        editor.move_cursor((8, 0))
        await until(pilot, lambda: blocks.cursor == 1)
        assert "lines 9–11" in note(app)
        assert "Then compute" in note(app)
        assert app.screen.query_one(Select).value == "python"
        await pilot.press("ctrl+o", "j")
        await until(pilot, lambda: editor.cursor_location[0] == 12)
        assert "json is not code that runs" in note(app)
        await pilot.press("g")
        pane = app.screen.query_one(RiskPane)
        await until(pilot, lambda: pane.preview is not None and pane.preview.proposal.steps[0].text == "rm -rf /\n")
        assert pane.preview is not None
        assert pane.preview.proposal.assessment is not None
        assert pane.preview.proposal.assessment.level is RiskLevel.CRITICAL
        await pilot.press("ctrl+o")
        assert app.focused is editor


async def test_chosen_blocks_run_in_order_and_each_tells_how_it_ended(
    app: RollcageApp, engine: PreviewingEngine
) -> None:
    engine._script = ending()
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app, REPLY)
        await pilot.press("ctrl+o", "g", "space", "j", "j", "j", "space", "ctrl+r")
        await until(pilot, lambda: len(engine.started) == 3 and "✓ ok" in rows(app)[4])
        assert texts(engine) == ["print(6 * 7)", "ls", "console.log(1)"]
        assert [run.request.title for run in engine.started] == ["Then compute", "ls", "console.log(1)"]
        assert ["✓ ok" in row for row in rows(app)] == [False, True, False, True, True]
        assert isinstance(app.screen, CodeScreen)
        view = app.screen.query_one(OutputView)
        assert "out of console" in "".join(row.line.text for row in view.log_shown.rows())


async def test_a_failure_skips_the_rest_unless_told_otherwise(app: RollcageApp, engine: PreviewingEngine) -> None:
    engine._script = ending(print=3)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app, REPLY)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "– skipped" in rows(app)[4])
        assert "✓ ok" in rows(app)[0]
        assert "✗ exit 3" in rows(app)[1]
        assert len(engine.started) == 2
        await pilot.press("s", "ctrl+r")
        await until(pilot, lambda: len(engine.started) == 5 and "✓ ok" in rows(app)[4])


async def test_the_block_that_runs_is_followed_and_the_next_are_pending(
    app: RollcageApp, engine: PreviewingEngine
) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await opened(pilot, app, REPLY)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: engine.started)
        await until(pilot, lambda: "◌ running" in rows(app)[0] and "· pending" in rows(app)[1])
        await pilot.press("ctrl+r")
        await until(pilot, lambda: any("is running" in toast for toast in toasts(app)))
        await pilot.press("escape")
        engine.started[0].end()
        await until(pilot, lambda: len(engine.started) == 2)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, CodeScreen) and "◌ running" in rows(app)[1])
        await app.workspace.cancel()
        await until(pilot, lambda: "skipped" in rows(app)[4])
        assert "⊘ cancelled" in rows(app)[1]
        assert len(engine.started) == 2


async def test_blocks_as_one_run_are_taken_back_together(app: RollcageApp, engine: PreviewingEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app, REPLY)
        app.screen.query_one("#one", Toggle).value = True
        await pilot.press("ctrl+r")
        await until(pilot, lambda: engine.started)
        (run,) = engine.started
        assert [step.language for step in run.request.steps] == ["bash", "python", "javascript"]
        about = engine.about(engine.store.run_records[run.id])
        engine.emit(StepStarted(**about, index=1, language="python", text="print(6 * 7)\n"))  # type: ignore[arg-type]
        await until(pilot, lambda: "✓ done" in rows(app)[0] and "◌ running" in rows(app)[1])
        run.end(4)
        await until(pilot, lambda: "✗ exit 4" in rows(app)[1])
        assert "↶ taken back" in rows(app)[0]
        assert "– skipped" in rows(app)[4]


async def test_only_the_block_under_the_cursor(app: RollcageApp, engine: PreviewingEngine) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        editor = await opened(pilot, app, REPLY)
        editor.move_cursor((12, 0))
        await pilot.press("f4")
        await until(pilot, lambda: any("json is not code that runs" in toast for toast in toasts(app)))
        editor.move_cursor((17, 0))
        await pilot.press("f4")
        await until(pilot, lambda: texts(engine) == ["ls"])


async def test_a_choice_stays_with_its_block_while_the_text_changes(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        editor = await opened(pilot, app, REPLY)
        await pilot.press("ctrl+o", "G", "space", "ctrl+o")
        assert rows(app)[4].startswith("[ ] 5")
        editor.text = "```sh\npwd\n```\n" + REPLY
        await until(pilot, lambda: len(rows(app)) == 6)
        assert rows(app)[5].startswith("[ ] 6 javascript")
        assert rows(app)[0].startswith("[x] 1")
        editor.text = "```sh\npwd -P\n```\n" + REPLY
        await until(pilot, lambda: "pwd -P" in rows(app)[0])
        assert rows(app)[5].startswith("[ ] 6 javascript")
        editor.text = "".join(f"```sh\necho {number}\n```\n" for number in range(6))
        await until(pilot, lambda: len(app.screen.query_one(BlockList).selection) == 6)
        editor.text = "```sh\npwd\n```\n" + REPLY
        await until(pilot, lambda: "javascript" in rows(app)[5])
        await pilot.press("ctrl+o", "n")
        assert not app.screen.query_one(BlockList).selection
        await pilot.press("a")
        assert [block.number for block in app.screen.query_one(BlockList).selection] == [1, 2, 3, 5, 6]


async def test_the_language_of_a_block_is_picked_in_its_fence(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        editor = await opened(pilot, app, REPLY)
        editor.move_cursor((17, 0))
        await until(pilot, lambda: "taken for bash" in note(app))
        app.screen.query_one(Select).value = "python"
        await until(pilot, lambda: "[x] 4 python ls" in rows(app)[3])
        assert editor.document.get_line(16) == "```python"


async def test_a_text_without_fences_runs_as_a_whole_in_the_language_picked(
    app: RollcageApp, engine: PreviewingEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app, "import os\nprint(os.getcwd())\n")
        assert "taken for python" in note(app)
        app.screen.query_one(Select).value = "bash"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: engine.started)
        assert engine.started[0].request.steps[0].language == "bash"
        assert not isinstance(app.screen, CodeScreen)


async def test_what_was_written_is_there_after_a_restart(make_app: Callable[..., RollcageApp]) -> None:
    first, second = make_app(), make_app()
    async with first.run_test(size=(120, 40)) as pilot:
        await opened(pilot, first, REPLY)
        await pilot.press("ctrl+o", "g", "space", "escape")
        await until(pilot, lambda: not isinstance(first.screen, CodeScreen))
    async with second.run_test(size=(120, 40)) as pilot:
        editor = await opened(pilot, second)
        assert editor.text == REPLY
        assert rows(second)[0].startswith("[ ] 1")


async def test_too_much_is_not_taken_and_that_is_said(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        editor = await opened(pilot, app, "echo 1\n")
        app.post_message(Paste("x" * LONGEST_TEXT))
        await until(pilot, lambda: any("Nothing was taken" in toast for toast in toasts(app)))
        assert editor.text == "echo 1\n"


async def test_code_has_the_colours_of_its_language(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        editor = await opened(pilot, app, "Text with print and 42.\n\n```python\n# note\nx = 'text' # 42\n```\n")
        await until(pilot, lambda: editor.get_line(4).spans)
        looks = [(each.start, each.end, str(each.style).lower()) for each in editor.get_line(4).spans]
        assert any(
            start <= 5 < end and app.theme_variables["text-success"].lower() in look for start, end, look in looks
        )
        assert any(start <= 13 < end and "italic" in look for start, end, look in looks)
        assert not editor.get_line(0).spans


async def test_another_way_to_run_is_assessed_anew(app: RollcageApp, engine: PreviewingEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app, REPLY)
        await until(pilot, lambda: "low" in rows(app)[4])
        app.screen.query_one("#keep", Toggle).value = True
        kept = lambda: {run.steps[0].text for run in engine.previewed if run.keep_interpreter}  # noqa: E731
        await until(pilot, lambda: kept() == {"rm -rf /\n", "print(6 * 7)\n", "ls\n", "console.log(1)\n"})


async def test_what_was_written_in_another_session_says_so(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await opened(pilot, app, "ls")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.run_area)
        await opened(pilot, app)
        assert not toasts(app)
        await pilot.press("escape")
        app.switch_session(SessionChoice("other"))
        await opened(pilot, app)
        words = "This was written in session default. Run here, it runs in session other."
        await until(pilot, lambda: words in toasts(app))
        await pilot.press("x", "escape")
        await until(pilot, lambda: app.screen is app.run_area)
        assert app.run_area._bench is not None
        assert app.run_area._bench.code.session == "other"
