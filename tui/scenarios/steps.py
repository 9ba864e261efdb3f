"""From the body of a scenario to its steps.

A step is a code block and the `step` block behind it, or a `step` block alone that says what to do. A `step` block is
YAML. Everything else is prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tui.definitions.blocks import not_run, read_code
from tui.definitions.fences import Block, Prose, segments
from tui.definitions.fields import Fields, NotRepresentable, Problems, describe, json_value
from tui.definitions.frontmatter import BadYaml, Node, read
from tui.definitions.model import Json
from tui.definitions.problems import Severity
from tui.definitions.spelling import did_you_mean
from tui.errors import InvalidInput
from tui.scenarios.expectations import read_expectation
from tui.scenarios.model import (
    EVENTS,
    Action,
    Deed,
    Expectation,
    Meanwhile,
    Redo,
    RollBack,
    RunCode,
    RunDefinition,
    ScriptedAnswer,
    Step,
    TakeSnapshot,
    Undo,
)

MAX_STEPS: Final = 100
STEP: Final = "step"
KEYS: Final = ("do", "values", "answer", "timeout", "keep_interpreter", "meanwhile", "expect")
_OF_RUNS: Final = ("values", "answer", "timeout", "keep_interpreter", "meanwhile")
_VERBS: Final = ("run", "rollback", "snapshot", "undo", "redo")
_DO_HINT: Final = "run NAME, rollback last-success, rollback NAME, snapshot NAME, undo or redo"
_DEED_HINT: Final = "kill-machine, cancel or snapshot NAME"
_HEADING: Final = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*")


@dataclass(slots=True)
class _Reading:
    """What was read of the step that is not complete yet."""

    code: RunCode | None = None
    code_line: int = 0
    is_unreadable: bool = False
    """There is code, but it cannot be run; that has been said."""
    title: str = ""
    prose: list[str] = field(default_factory=list)


def read_steps(text: str, first_line: int, problems: Problems) -> tuple[tuple[Step, ...], str]:
    """Return the steps of a body, and its prose; what is wrong goes to `problems`."""
    steps: list[Step] = []
    documentation: list[str] = []
    at = _Reading()
    for segment in segments(text, first_line):
        if isinstance(segment, Prose):
            _read_prose(segment, at, problems)
            documentation += segment.lines
            continue
        if not segment.is_closed:
            problems.at(segment.line, None, "this block is never closed", f"end it with {segment.marks}")
        if segment.info.strip().lower() == STEP:
            step = _read_step(segment, at, problems)
            if step is not None:
                steps.append(step)
            at = _Reading()
        elif (code := _read_code(segment, at, problems)) is not None:
            _complain_of_code(at, problems)
            at.code, at.code_line = code, segment.line
        else:
            at.prose += segment.source
            documentation += segment.source
    _complain_of_code(at, problems)
    if len(steps) > MAX_STEPS:
        problems.at(steps[MAX_STEPS].line, None, f"more than {MAX_STEPS} steps")
    return tuple(steps), _tidy(documentation)


def _read_prose(prose: Prose, at: _Reading, problems: Problems) -> None:
    if prose.is_comment:
        return
    if (heading := _HEADING.fullmatch(prose.lines[0])) is not None:
        at.title = heading[1]
        return
    at.prose += prose.lines
    for found in not_run(prose.lines[0], prose.line):
        problems.at(found.line, None, found.message, found.hint, Severity.WARNING)


def _read_code(block: Block, at: _Reading, problems: Problems) -> RunCode | None:
    step, found = read_code(block)
    at.is_unreadable |= step is None and bool(found)
    for each in found:
        problems.at(each.line, None, each.message, each.hint, Severity.ERROR if each.is_error else Severity.WARNING)
    return RunCode(step.template, step.language, step.line) if step is not None else None


def _complain_of_code(at: _Reading, problems: Problems) -> None:
    if at.code is not None:
        message = "nothing says what is expected of this code"
        problems.at(at.code_line, None, message, "put a ```step block with `expect:` behind it")


def _read_step(block: Block, at: _Reading, problems: Problems) -> Step | None:
    try:
        node = read(block.text.removesuffix("\n"), block.line + 1)
    except BadYaml as error:
        problems.at(error.line, error.column, error.message, error.hint)
        return None
    if node is None or node.kind != "map":
        what = "is empty" if node is None else f"must be a mapping, not {describe(node)}"
        problems.at(block.line, None, f"the step block {what}", "for example: expect: {state: succeeded}")
        return None
    fields = Fields(node, "step", KEYS, problems)
    action = _action(fields, at, block.line, problems)
    _check_keys(fields, action, problems)
    expected = Expectation()
    if (wanted := fields.get("expect")) is None:
        problems.at(block.line, None, "the step says nothing about what is expected", "add `expect:`")
    elif wanted.kind != "map":
        problems.error(
            wanted, f"step: 'expect' must be a mapping, not {describe(wanted)}", "expect: {state: succeeded}"
        )
    else:
        expected = read_expectation(wanted, action, problems)
    timeout_s = fields.number("timeout")
    if timeout_s is not None and timeout_s <= 0:
        problems.error(fields.get("timeout") or node, "step: 'timeout' must be above zero", "in seconds")
    answer = fields.optional_enum("answer", ScriptedAnswer, {})
    keep_interpreter, meanwhile = fields.boolean("keep_interpreter"), _meanwhile(fields, problems)
    if action is None:
        return None
    line = at.code_line if at.code is not None else block.line
    return Step(action, expected, line, at.title, _tidy(at.prose), answer, timeout_s, keep_interpreter, meanwhile)


def _check_keys(fields: Fields, action: Action | None, problems: Problems) -> None:
    """Point out what says nothing here."""
    if action is None:
        return
    unfit = {
        "values": not isinstance(action, RunDefinition),
        "keep_interpreter": not (isinstance(action, RunCode) and action.language == "python"),
    }
    for key in _OF_RUNS:
        node = fields.get(key)
        if node is None:
            continue
        if not isinstance(action, RunCode | RunDefinition):
            problems.error(node, f"step: {key!r} is for what runs, not for this")
        elif unfit.get(key, False):
            for_what = "a definition: `do: run NAME`" if key == "values" else "python code"
            problems.error(node, f"step: {key!r} is for {for_what}")


def _action(fields: Fields, at: _Reading, line: int, problems: Problems) -> Action | None:
    node = fields.get("do")
    if at.code is not None or (at.is_unreadable and node is None):
        if node is not None:
            problems.error(node, "step: 'do' and a code block before it are two things to do", "give each a step block")
        return at.code
    if node is None:
        message = "the step does nothing: there is no code block before it, and no 'do'"
        problems.at(line, None, message, f"do: {_DO_HINT}")
        return None
    text = problems.text(node, "step: 'do'", required=True)
    if text is None:
        return None
    verb, _, rest = text.partition(" ")
    verb, rest = verb.lower(), rest.strip()
    if verb not in _VERBS:
        problems.error(node, f"step: cannot do {text[:60]!r}", did_you_mean(verb, _VERBS) or _DO_HINT)
        return None
    if bool(rest) is (verb in {"undo", "redo"}):
        message = f"step: {verb!r} takes nothing" if rest else f"step: {verb!r} needs a name"
        problems.error(node, message, _DO_HINT)
        return None
    match verb:
        case "run":
            return RunDefinition(rest, _values(fields, problems))
        case "rollback":
            return RollBack(rest)
        case "snapshot":
            return TakeSnapshot(_snapshot_name(rest, node, problems))
        case "undo":
            return Undo()
        case _:
            return Redo()


def _snapshot_name(name: str, node: Node, problems: Problems) -> str:
    from tui.store.store import check_name

    try:
        check_name(name, "snapshot")
    except InvalidInput as error:
        problems.error(node, f"step: {error.message}", error.hint)
    return name


def _values(fields: Fields, problems: Problems) -> dict[str, Json]:
    node = fields.get("values")
    if node is None:
        return {}
    if node.kind != "map":
        problems.error(node, f"step: 'values' must be a mapping, not {describe(node)}")
        return {}
    values: dict[str, Json] = {}
    for key, value in node.pairs:
        try:
            values[key.text] = json_value(value)
        except NotRepresentable as error:
            problems.error(value, f"step: the value of {key.text[:60]!r} cannot be used: {error}")
    return values


def _meanwhile(fields: Fields, problems: Problems) -> Meanwhile | None:
    inner = fields.mapping("meanwhile", ("do", "after_output", "after_event"), "'meanwhile'")
    if inner is None:
        return None
    output, event = inner.get("after_output"), inner.get("after_event")
    if (output is None) is (event is None):
        problems.error(inner.node, "'meanwhile': needs either 'after_output' or 'after_event'")
        return None
    name = inner.text("after_event") or ""
    if event is not None and name not in EVENTS:
        problems.error(event, f"'meanwhile': there is no event {name!r}", did_you_mean(name, EVENTS))
    text = inner.text("do", required=True)
    if text is None:
        return None
    verb, _, rest = text.partition(" ")
    node = inner.get("do") or inner.node
    if verb not in tuple(Deed) or bool(rest.strip()) is not (verb == Deed.SNAPSHOT):
        problems.error(node, f"'meanwhile': cannot do {text[:60]!r}", _DEED_HINT)
        return None
    snapshot = _snapshot_name(rest.strip(), node, problems) if rest else ""
    return Meanwhile(Deed(verb), inner.text("after_output") or "", name, snapshot)


def _tidy(prose: Iterable[str]) -> str:
    """Join the prose; where a step was taken out, two runs of blank lines become one."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(prose)).strip("\n")
