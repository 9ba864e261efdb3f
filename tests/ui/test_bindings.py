"""The table of keys: complete, without clashes, and what is really bound."""

from __future__ import annotations

import re

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from tui.ui.app import RollcageApp
from tui.ui.bindings import AROUND, KEY_TABLE, SCOPES, TABLE, keys_of
from tui.ui.keys.key import Key
from tui.ui.output.prompt import Prompt
from tui.ui.output.view import OutputView
from tui.ui.screens.approval import Approval
from tui.ui.screens.area import Area
from tui.ui.screens.audit import AuditArea
from tui.ui.screens.code import CodeScreen
from tui.ui.screens.dialog import Dialog
from tui.ui.screens.finder import Finder
from tui.ui.screens.moving import Moving
from tui.ui.screens.pool import PoolArea
from tui.ui.screens.record import RecordScreen
from tui.ui.screens.run import RunArea
from tui.ui.screens.scenarios import ScenariosArea
from tui.ui.screens.sessions import SessionOptions
from tui.ui.screens.timeline import TimelineArea
from tui.ui.widgets.audit_list import AuditList
from tui.ui.widgets.block_list import BlockList
from tui.ui.widgets.change_list import ChangeList
from tui.ui.widgets.code_editor import CodeEditor
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.details import Details
from tui.ui.widgets.diff_view import DiffView
from tui.ui.widgets.line_input import LineInput
from tui.ui.widgets.machine_details import PoolPane
from tui.ui.widgets.machine_list import MachineList
from tui.ui.widgets.reading import Reading
from tui.ui.widgets.scenario_list import ScenarioList
from tui.ui.widgets.session_tree import SessionTree
from tui.ui.widgets.step_list import StepList
from tui.ui.widgets.virtual_list import VirtualList

OWNERS: dict[str, type[DOMNode]] = {
    "app": RollcageApp,
    "area": Area,
    "list": VirtualList,
    "text": Reading,
    "line": LineInput,
    "session": Moving,
    "run": RunArea,
    "definitions": DefinitionList,
    "form": Details,
    "output": OutputView,
    "prompt": Prompt,
    "tree": SessionTree,
    "timeline": TimelineArea,
    "changes": ChangeList,
    "difference": DiffView,
    "code": CodeScreen,
    "editor": CodeEditor,
    "blocks": BlockList,
    "auditarea": AuditArea,
    "audit": AuditList,
    "record": RecordScreen,
    "pool": PoolArea,
    "machines": MachineList,
    "poolpane": PoolPane,
    "scenarios": ScenariosArea,
    "scenariolist": ScenarioList,
    "steps": StepList,
    "approval": Approval,
    "sessions": SessionOptions,
    "finder": Finder,
    "dialog": Dialog,
}


@pytest.mark.parametrize("key", TABLE, ids=lambda key: key.id)
def test_a_key_is_documented_and_its_action_exists(key: Key) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+", key.id)
    assert key.scope in SCOPES
    assert 0 < len(key.label) <= 12
    assert key.help.endswith(".")
    action = key.action.removeprefix("screen.").partition("(")[0]
    screens = (OWNERS[scope] for scope in (key.scope, *AROUND.get(key.scope, ())))
    screen = next((owner for owner in screens if issubclass(owner, Area)), RunArea)
    owner = screen if key.action.startswith("screen.") else OWNERS[key.scope]
    assert hasattr(owner, f"action_{action}")


def test_ids_are_unique() -> None:
    ids = [key.id for key in TABLE]
    assert len(ids) == len(set(ids))


BEFORE_OTHERS = {("output", "slash"), ("output", "escape"), ("form", "escape"), ("prompt", "escape"),
                 ("line", "enter"), ("line", "escape")}  # fmt: skip
"""Keys of what has the focus that are meant to go before the same key around it: `/` searches what one looks at."""


@pytest.mark.parametrize("scope", SCOPES)
def test_no_key_means_two_things_in_one_place(scope: str) -> None:
    pressed = [each for key in KEY_TABLE.within(scope) for each in key.default_keys]
    assert {each for each in pressed if pressed.count(each) > 1 and (scope, each) not in BEFORE_OTHERS} == set()


@pytest.mark.parametrize("scope", SCOPES)
def test_every_place_binds_exactly_its_keys(scope: str) -> None:
    bound = {binding.id for binding in OWNERS[scope].BINDINGS if isinstance(binding, Binding)}
    assert bound == {key.id for key in keys_of(scope)}  # type: ignore[arg-type]


def test_keys_work_on_every_terminal() -> None:
    for key in TABLE:
        assert not re.search(r"ctrl\+(shift|[ijmh])\b|alt\+|super\+", key.keys)
