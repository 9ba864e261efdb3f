"""What tells of a key tells of the one that a person bound."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import App

import tui.ui
from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.test_code import REPLY, opened
from tests.ui.test_rolling_back import with_runs
from tests.ui.test_running import toasts
from tui.keymap.table import Keymap
from tui.paths import Paths
from tui.ui.app import RollcageApp
from tui.ui.bindings import KEY_TABLE
from tui.ui.keys.key import Key
from tui.ui.output.view import OutputView
from tui.ui.reach import with_keys
from tui.ui.screens.timeline import TimelineArea
from tui.ui.widgets.change_list import ChangeList
from tui.ui.widgets.session_tree import SessionTree

UI = Path(tui.ui.__file__).parent
NAMED_KEY = re.compile(
    r"(?:^|(?<=[\s;:,(“]))"
    r"(?P<key>\^[a-z]|ctrl\+\w+|f\d{1,2}|space|enter|escape|esc|tab|[b-zA-Z/?&:])"
    r"(?: (?!is\b)[a-z]+s\b|\))"
)
"""A key that does something, such as `z undoes`, or that stands in brackets."""
NO_KEYS_OF_OURS = {"type to filter; enter does it", ": needs a value", ": needs"}
"""What a text field does with enter, which is not bound by us; a colon of a sentence."""


def told(source: str) -> Iterator[str]:
    """Yield the texts of a module that are not its documentation."""
    tree = ast.parse(source)
    documentation = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


@pytest.mark.parametrize("text", ["z undoes what was done", "(^o)", "gone: v verifies it", "none; esc drops it"])
def test_a_key_in_a_text_is_noticed(text: str) -> None:
    assert NAMED_KEY.search(text)


@pytest.mark.parametrize("text", ["{} undoes what was done", "a process runs", "it is there: needs", "which it has"])
def test_what_is_no_key_is_not(text: str) -> None:
    assert not NAMED_KEY.search(text.removesuffix(": needs"))


def test_no_text_of_the_interface_names_a_default_key() -> None:
    named = [
        f"{path.relative_to(UI)}: {text!r}"
        for path in sorted(UI.rglob("*.py"))
        if path.parent.name != "keys"
        for text in told(path.read_text())
        if NAMED_KEY.search(text) and not any(text.strip().startswith(fine) for fine in NO_KEYS_OF_OURS)
    ]
    assert not named


@pytest.mark.parametrize("key", KEY_TABLE.keys, ids=lambda key: key.id)
def test_no_help_of_a_key_names_another_one(key: Key) -> None:
    text = key.help.replace("enter does it", "")
    assert not NAMED_KEY.search(text)
    assert not re.search(r"\b[b-zA-Z] and [a-zA-Z]\b", text)


def test_where_there_is_no_key_nothing_is_told_of_it(monkeypatch: pytest.MonkeyPatch, app: RollcageApp) -> None:
    monkeypatch.setattr(app, "keymap", Keymap(KEY_TABLE, {"session.undo": (), "session.redo": ("f12",)}))
    assert with_keys(app, "{} undoes", "session.undo") == ""
    assert with_keys(app, "{} repeats", "session.redo") == "f12 repeats"
    assert with_keys(app, "{} or {}", "session.redo", "session.undo") == ""


def test_an_application_without_a_keymap_has_the_default_keys() -> None:
    assert with_keys(App[None](), "{} undoes", "session.undo") == "z undoes"


@pytest.fixture
def own_keys(paths: Paths) -> None:
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.keymap_file.write_text(
        "timeline.mark: f12\ntimeline.against: f10\noutput.line: f10\noutput.range: f11\noutput.copyall: f12\n"
        "output.search: ctrl+e\nblocks.choose: f12\ncode.blocks: f10\n"
    )


@pytest.mark.usefixtures("own_keys")
async def test_messages_name_the_keys_of_the_person(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(160, 40), notifications=True) as pilot:
        await with_runs(pilot, app, engine, "first")
        view = app.run_area.query_one(OutputView)
        view.action_match(1)
        view.action_copy()
        await until(pilot, lambda: "Nothing is searched for: ^e begins." in toasts(app))
        lines = "f10 chooses a line, f11 a range, a drag of the mouse a text; f12 copies all."
        await until(pilot, lambda: f"Nothing is chosen: {lines}" in toasts(app))
        app.action_area("timeline")
        await until(pilot, lambda: isinstance(app.screen, TimelineArea) and app.screen.is_mounted)
        area = app.screen
        assert isinstance(area, TimelineArea)
        await until(pilot, lambda: area.query(SessionTree) and area.query_one(SessionTree).rows)
        await pilot.press("f12")
        changes = area.query_one(ChangeList)
        text = lambda: "".join(part for part, _ in changes.row_parts(0)[0]) if changes.row_count() else ""  # noqa: E731
        await until(pilot, lambda: "same moment" in text())
        rows = (changes.row_parts(row)[0] for row in range(changes.row_count()))
        assert "(f10)" in " ".join(part for row in rows for part, _ in row)


@pytest.mark.usefixtures("own_keys")
async def test_the_editor_says_how_a_block_is_chosen(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await opened(pilot, app, REPLY)
        await pilot.press("f10", "n", "ctrl+r")
        await until(pilot, lambda: "No block is chosen: f12 in the list (f10) chooses one." in toasts(app))
