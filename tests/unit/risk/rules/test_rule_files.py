"""What holds for every rule that is shipped."""

from __future__ import annotations

import re

import pytest

from tui.levels import RiskLevel
from tui.risk import assess
from tui.risk.check_rules import rule_applies
from tui.risk.knowledge import Knowledge, load_knowledge
from tui.risk.rule import Rule

KNOWLEDGE: Knowledge = load_knowledge()
RULES = KNOWLEDGE.rules()
_ATTACK = re.compile(r"T\d{4}(\.\d{3})?")
_VERB = re.compile(r"[a-z][a-z-]*s\b")


def _named(rule: Rule) -> str:
    return rule.id


@pytest.mark.parametrize("rule", RULES, ids=_named)
def test_examples_behave_as_the_rule_says(rule: Rule) -> None:
    assert [text for text in rule.match if not rule_applies(rule, text, KNOWLEDGE)] == []
    assert [text for text in rule.not_match if rule_applies(rule, text, KNOWLEDGE)] == []


@pytest.mark.parametrize("rule", RULES, ids=_named)
def test_a_rule_explains_itself(rule: Rule) -> None:
    assert rule.match, "a rule without an example cannot be tried"
    first = rule.effect.removeprefix("{line}: ").removeprefix("{program} ")
    assert _VERB.match(first) or first.startswith("is "), f"the effect does not begin with a verb: {rule.effect!r}"
    assert all(_ATTACK.fullmatch(technique) for technique in rule.attack)
    if rule.level >= RiskLevel.HIGH:
        assert rule.effects, "what is high changes something"


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.safer is not None], ids=_named)
def test_a_suggestion_is_rated_lower(rule: Rule) -> None:
    suggested = []
    for text in rule.match:
        found = assess(text, knowledge=KNOWLEDGE)
        if found.suggestion is not None:
            suggested.append(text)
            assert assess(found.suggestion.text, knowledge=KNOWLEDGE).level < found.level, found.suggestion
    assert suggested, "none of the examples leads to a suggestion"
