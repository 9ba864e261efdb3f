"""Conditions of rules that are about how a command reads as a whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.risk.check_rules import rule_applies
from tui.risk.judge.command import LONGEST_LINE, shortened
from tui.risk.knowledge import Knowledge
from tui.risk.rule import RuleProblem
from tui.risk.rule_files import read_rules

HEAD = "level: high\n  category: DB-DESTROY\n  effect: deletes\n  match: [x]\n"


def applies(conditions: str, text: str) -> bool:
    problems: list[RuleProblem] = []
    rules = read_rules(f"- id: a.b\n  {conditions}\n  {HEAD}", "own.yaml", problems)
    assert problems == []
    knowledge = Knowledge(rules, {}, "test")
    return rule_applies(knowledge.rules()[0], text, knowledge)


def test_a_verb_stands_among_the_first_words_and_not_after_one_that_asks() -> None:
    rule = "program: [tool]\n  verb: [drop]"
    assert applies(rule, "tool stream drop orders")
    assert not applies(rule, "tool list drop")
    assert not applies(rule, "tool a b c d e drop")
    assert not applies(rule, "tool dropped")


def test_a_verb_may_be_a_part_of_a_word() -> None:
    rule = "program: [tool]\n  compound_verb: [drop]"
    assert applies(rule, "tool drop-volume v")
    assert applies(rule, "tool pg:drop")
    assert not applies(rule, "tool backdrop")
    assert not applies(rule, "tool describe-x y z drop-volume")


def test_content_is_the_command_its_input_and_its_code() -> None:
    rule = "program: [tool]\n  content: DROP\n  no_content: SAFE"
    assert applies(rule, "tool 'DROP x'")
    assert applies(rule, "tool <<E\nDROP x\nE")
    assert applies(rule, "echo DROP x | tool")
    assert not applies(rule, "echo DROP x SAFE | tool")
    assert not applies(rule, "echo DROP x; tool")


def test_surroundings() -> None:
    assert applies("program: [tool]\n  piped: true", "ls | tool")
    assert not applies("program: [tool]\n  piped: true", "tool")
    assert applies("program: [tool]\n  chain: xargs", "ls | xargs tool")
    assert not applies("program: [tool]\n  chain: xargs", "tool")
    assert applies("program: [tool]\n  redirection: '^> /srv/'", "tool > /srv/x")
    assert not applies("program: [tool]\n  redirection: '^> /srv/'", "tool < /srv/x")
    assert not applies('program: ["*"]\n  not_program: [tool]', "tool")
    assert not applies("program: [tool]\n  line: x\n  no_line: y", "tool x y")


@given(st.text(max_size=100), st.integers(min_value=8, max_value=60))
def test_a_shortened_text_keeps_its_ends_and_a_bound(text: str, longest: int) -> None:
    short = shortened(text, longest)
    assert len(short) <= longest + 4
    assert short == text if len(text) <= longest else short.startswith(text[: longest // 2])
    assert short.endswith(text[-1:])


def test_a_rule_sees_both_ends_of_a_very_long_command() -> None:
    rule = "program: [tool]\n  line: DROP$"
    assert applies(rule, f"tool {'a' * 2 * LONGEST_LINE} DROP")
