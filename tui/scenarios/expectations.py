"""Reading what is expected of a step."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tui.definitions.fields import Fields, Problems
from tui.definitions.frontmatter import Node
from tui.definitions.patterns import BadPattern, compile_pattern
from tui.definitions.spelling import did_you_mean
from tui.levels import RiskLevel
from tui.scenarios.model import EVENTS, Action, Expectation, RunCode, RunDefinition
from tui.store.states import RunState

KEYS: Final = (
    "state", "exit_code", "output_equals", "output_contains", "output_lacks", "output_matches", "rolled_back",
    "level_at_least", "level_at_most", "asked", "reason_contains", "events",
)  # fmt: skip
_OF_ANYTHING: Final = ("state", "reason_contains")
_NEVER: Final = (RunState.RUNNING, RunState.INTERRUPTED)
"""States no step ends in while Rollcage itself lives."""
_OF_OTHERS: Final = (RunState.SUCCEEDED, RunState.FAILED)
_LARGEST_EXIT_CODE: Final = 255


def read_expectation(node: Node, action: Action | None, problems: Problems) -> Expectation:
    """Return what a mapping under `expect` says; `action` is what it is expected of, if that is known."""
    fields = Fields(node, "'expect'", KEYS, problems)
    if not any(key in fields for key in KEYS):
        problems.error(node, "'expect' expects nothing", "for example: state: succeeded")
    is_run = action is None or isinstance(action, RunCode | RunDefinition)
    if not is_run:
        for key in KEYS:
            if key not in _OF_ANYTHING and (at := fields.get(key)) is not None:
                problems.error(at, f"'expect': {key!r} is for what runs", f"here: {' and '.join(_OF_ANYTHING)}")
    at_least = fields.optional_enum("level_at_least", RiskLevel, {})
    at_most = fields.optional_enum("level_at_most", RiskLevel, {})
    if at_least is not None and at_most is not None and at_least > at_most:
        problems.error(node, "'expect': no level is at least as high as 'level_at_least' and within 'level_at_most'")
    return Expectation(
        state=_state(fields, problems, is_run=is_run),
        exit_code=_exit_code(fields, problems),
        output_equals=_whole(fields, "output_equals", problems),
        output_contains=_texts(fields, "output_contains", problems),
        output_lacks=_texts(fields, "output_lacks", problems),
        output_matches=tuple(_patterns(fields, problems)),
        rolled_back=_flag(fields, "rolled_back"),
        level_at_least=at_least,
        level_at_most=at_most,
        asked=_flag(fields, "asked"),
        reason_contains=_texts(fields, "reason_contains", problems),
        events=tuple(_events(fields, problems)),
    )


def _state(fields: Fields, problems: Problems, *, is_run: bool) -> RunState | None:
    node = fields.get("state")
    if node is None or (text := problems.text(node, "'expect': 'state'")) is None:
        return None
    choices = tuple(state for state in RunState if state not in _NEVER) if is_run else _OF_OTHERS
    found = next((state for state in choices if state == text.lower()), None)
    if found is None:
        problems.error(node, f"'expect': 'state' cannot be {text!r}", f"one of {', '.join(choices)}")
    return found


def _exit_code(fields: Fields, problems: Problems) -> int | None:
    node = fields.get("exit_code")
    if node is None:
        return None
    if node.kind != "int" or not node.text.isdecimal() or int(node.text[:9]) > _LARGEST_EXIT_CODE:
        hint = "128 + signal where a signal ends it"
        problems.error(node, f"'expect': 'exit_code' must be a whole number from 0 to {_LARGEST_EXIT_CODE}", hint)
        return None
    return int(node.text)


def _flag(fields: Fields, name: str) -> bool | None:
    return fields.boolean(name) if name in fields else None


def _whole(fields: Fields, name: str, problems: Problems) -> str | None:
    """Return a text as it stands, white space and all."""
    node = fields.get(name)
    if node is None:
        return None
    if node.kind in {"seq", "map"}:
        problems.error(node, f"'expect': {name!r} must be one text", "begin several lines with `|`")
        return None
    return node.text


def _nodes(fields: Fields, name: str) -> list[Node]:
    node = fields.get(name)
    if node is None:
        return []
    return node.items if node.kind == "seq" else [node]


def _texts(fields: Fields, name: str, problems: Problems) -> tuple[str, ...]:
    """Return a text, or each of a list."""
    found = []
    for node in _nodes(fields, name):
        if node.kind in {"seq", "map", "null"} or not node.text:
            problems.error(node, f"'expect': {name!r} must be a text or a list of texts, none of them empty")
        else:
            found.append(node.text)
    return tuple(found)


def _patterns(fields: Fields, problems: Problems) -> Iterable[re.Pattern[str]]:
    for node in _nodes(fields, "output_matches"):
        if node.kind in {"seq", "map", "null"} or not node.text:
            problems.error(node, "'expect': 'output_matches' must be a pattern or a list of patterns")
            continue
        try:
            yield compile_pattern(node.text)
        except BadPattern as error:
            problems.error(node, f"'expect': 'output_matches' is not a pattern: {error}", "put it in single quotes")


def _events(fields: Fields, problems: Problems) -> Iterable[str]:
    for text, node in fields.texts("events"):
        if text in EVENTS:
            yield text
        else:
            problems.error(node, f"'expect': there is no event {text!r}", did_you_mean(text, EVENTS))
