"""Programs are not told secrets, and do not lose them where they change a step."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.unit.hooks.proposals import assessment, context, outcome, proposal
from tui.hooks.model import Decision, HookContext, HookError, Modify, Output, Point
from tui.hooks.wire import decode_decision, encode_context
from tui.proposal import ProposedStep
from tui.redaction import Redactor

TOKEN = "ghp_" + "Zk7Q" * 9
OTHER = "ghp_" + "Xy9W" * 9
PHRASE = "it's so secret"
KNOWN = Redactor().extended({"phrase": PHRASE}, names=["phrase"])


def asked(*steps: str | ProposedStep, point: Point = Point.AFTER_ASSESSMENT) -> HookContext:
    given = tuple(ProposedStep(step, "bash") if isinstance(step, str) else step for step in steps)
    return replace(context(point, replace(proposal(), steps=given)), redactor=KNOWN)


def modified(about: HookContext, *steps: object) -> tuple[ProposedStep, ...]:
    decision: Decision = decode_decision(
        json.dumps({"decision": "modify", "reason": "r", "steps": steps}).encode(), about
    )
    assert isinstance(decision, Modify)
    assert decision.steps is not None
    return decision.steps


def test_nothing_that_is_told_holds_a_secret() -> None:
    about = proposal(
        f"push {TOKEN} 'it'\\''s so secret'",
        assessed=assessment(("push", TOKEN, PHRASE)),
        title=f"push {PHRASE}",
        parameters={"phrase": ["x", {"y": 1}], "list": [PHRASE]},
        env={"PARAM_PHRASE": PHRASE, "DB_PASSWORD": "hunter2", "HOME": "/root"},
        cwd=f"/srv/{TOKEN}",
    )
    finished = replace(outcome(Output(f"got {PHRASE}\n")), error=f"no {TOKEN}")
    for known in (KNOWN, None):
        asking = replace(context(Point.AFTER_EXECUTION, about, finished), redactor=known, model_text=PHRASE)
        told = encode_context(asking).decode()
        assert TOKEN not in told
        assert "hunter2" not in told
        assert json.loads(told)["env"]["HOME"] == "/root"
        if known is not None:
            assert "so secret" not in told
            assert json.loads(told)["parameters"] == {"phrase": "[redacted:phrase]", "list": ["[redacted:phrase]"]}


def test_a_step_that_is_changed_has_its_secrets_again() -> None:
    about = asked(f"push {TOKEN} {PHRASE} [redacted:x] {OTHER}")
    told = json.loads(encode_context(about))["steps"][0]["text"]
    assert TOKEN not in told
    (step,) = modified(about, f"set -e; {told}")
    assert step.text == f"set -e; push {TOKEN} {PHRASE} [redacted:x] {OTHER}"


def test_an_answer_that_changes_nothing_changes_nothing() -> None:
    steps = (ProposedStep(f"a {TOKEN}", "bash"), ProposedStep("b", "python", ("b", "--token", "x", TOKEN)))
    about = asked(*steps)
    assert modified(about, *json.loads(encode_context(about))["steps"]) == steps


def test_a_step_may_go_with_its_secrets() -> None:
    assert modified(asked(f"push {TOKEN}"), "true")[0].text == "true"


def test_a_marker_that_means_one_secret_may_be_anywhere() -> None:
    about = asked(f"push {TOKEN}", f"say {PHRASE}")
    step = {
        "language": "bash",
        "text": "say [redacted:phrase]; push [redacted:github-token]; push [redacted:github-token]",
    }
    assert modified(about, step)[0].text == f"say {PHRASE}; push {TOKEN}; push {TOKEN}"


def test_a_marker_that_may_mean_several_secrets_is_a_failure() -> None:
    with pytest.raises(HookError, match="may mean 2 secrets"):
        modified(asked(f"push {TOKEN} {OTHER}"), "push [redacted:github-token]")
