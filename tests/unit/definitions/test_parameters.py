"""Values for parameters: typed, defaulted, all problems at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.definitions.texts import definition_text, good, parameter
from tui.definitions.model import Definition, Json, Validation
from tui.definitions.parameters import InvalidParameters, check, checked, parse_assignments, resolve
from tui.definitions.patterns import compile_pattern
from tui.errors import UsageError


def demo() -> Definition:
    return good(
        definition_text(
            parameters="""
  - {name: path, type: string, required: true, description: where to look}
  - {name: depth, type: number, default_value: 3, validation: {min: 1, max: 9}}
  - {name: quiet, type: boolean, default_value: false}
  - {name: names, type: array}
  - {name: tags, type: object}
  - {name: env, type: string, validation: {allowed_values: [dev, prod]}}
  - {name: tag, type: string, validation: {pattern: 'v\\d+'}}"""
        )
    )


def test_text_is_typed_and_defaults_are_applied() -> None:
    given = {"path": "/x", "names": "a, b", "tags": '{"k": 1}', "tag": "v1"}
    assert resolve(demo(), given) == {
        "path": "/x", "depth": 3, "quiet": False, "names": ["a", "b"], "tags": {"k": 1}, "tag": "v1",
    }  # fmt: skip


def test_all_problems_come_at_once() -> None:
    values = {"depth": "12", "quiet": "perhaps", "pth": "x", "tags": "[1]", "env": "test", "tag": "v1\n"}
    with pytest.raises(InvalidParameters) as caught:
        resolve(demo(), values)
    by_name = {problem.parameter: problem for problem in caught.value.problems}
    assert set(by_name) == {"pth", "path", "depth", "quiet", "tags", "env", "tag"}
    assert "did you mean 'path'?" in by_name["pth"].hint
    assert by_name["path"].message == "is required"
    assert "at most 9" in by_name["depth"].message
    assert "one of dev, prod" in by_name["env"].message
    assert "as a whole" in by_name["tag"].message


@pytest.mark.parametrize(
    ("kind", "given_value", "value"),
    [
        ("number", " 42 ", 42),
        ("number", "-0.5", -0.5),
        ("number", "1e3", 1000.0),
        ("number", 7, 7),
        ("boolean", "YES", True),
        ("boolean", "off", False),
        ("boolean", "1", True),
        ("boolean", True, True),
        ("array", "", []),
        ("array", '["a,b", 1, null]', ["a,b", 1, None]),
        ("array", ("x",), ["x"]),
        ("object", "{}", {}),
        ("string", "", ""),
        ("string", " as is ", " as is "),
    ],
)
def test_values(kind: str, given_value: object, value: Json) -> None:
    typed = checked(parameter("p", kind), given_value)
    assert typed == value
    assert type(typed) is type(value)


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("number", "1_000", "must be a number"),
        ("number", "NaN", "must be a number"),
        ("number", float("inf"), "not finite"),
        ("number", True, "must be a number"),
        ("number", "9" * 400, "must be a number"),
        ("number", "1e999", "not finite"),
        ("boolean", 1, "must be a boolean"),
        ("boolean", "maybe", "true or false"),
        ("string", 5, "must be a string"),
        ("string", "a\0b", "NUL"),
        ("string", "\udcff", "UTF-8"),
        ("string", "x" * 70_000, "longer than"),
        ("array", "[1", "not valid JSON"),
        ("array", "[NaN]", "not valid JSON"),
        ("array", "[" * 50 + "]" * 50, "nested"),
        ("array", "[" * 20_000, "not valid JSON"),
        ("array", [object()], "which JSON cannot say"),
        ("array", ["\0"], "NUL"),
        ("object", "[]", "must be an object"),
        ("object", {1: 2}, "which JSON cannot say"),
    ],
)
def test_refusals(kind: str, value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        checked(parameter("p", kind), value)


def test_allowed_values_of_an_array_hold_for_every_item() -> None:
    choices = parameter("p", "array", validation=Validation(allowed_values=("a", "b")))
    assert checked(choices, "a,b,a") == ["a", "b", "a"]
    with pytest.raises(ValueError, match="one of a, b"):
        checked(choices, "a,c")


def test_allowed_values_are_compared_by_their_text() -> None:
    choices = parameter("p", "number", validation=Validation(allowed_values=(1, "2")))
    assert checked(choices, 1.0) == 1.0
    assert checked(choices, "2") == 2


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|aa)+", "(a?){30}a{30}", "a*a*a*a*a*a*", "((a{1,30}){1,30})"])
def test_a_pattern_that_would_take_forever_is_given_up(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.definitions.patterns.MATCH_SECONDS", 0.2)
    value = "a" * 2_000 + "!"
    slow = parameter("p", validation=Validation(pattern=compile_pattern(pattern)))
    with pytest.raises(ValueError, match=r"given up|does not match"):
        checked(slow, value)


def test_a_costly_pattern_still_answers_in_a_process_of_its_own() -> None:
    slug = parameter("p", validation=Validation(pattern=compile_pattern("[a-z]+(-[a-z]+)*")))
    assert checked(slug, "a-very-long-name-for-a-small-thing") == "a-very-long-name-for-a-small-thing"
    with pytest.raises(ValueError, match="does not match"):
        checked(slug, "a-very-long-name-for-a-small-thing-")


def test_a_given_nothing_is_not_given() -> None:
    values, problems = check(demo().parameters, {"path": "x", "depth": None})
    assert (values["depth"], problems) == (3, [])


def test_words_of_a_command_line() -> None:
    assert parse_assignments(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    for words in (["a"], ["=x"], ["a=1", "a=2"]):
        with pytest.raises(UsageError):
            parse_assignments(words)


@given(st.sampled_from(["string", "number", "boolean", "array", "object"]), st.text() | st.integers() | st.floats())
def test_whatever_is_given_is_typed_or_refused(kind: str, value: Any) -> None:
    values, problems = check([parameter("p", kind)], {"p": value})
    assert bool(problems) != ("p" in values)
