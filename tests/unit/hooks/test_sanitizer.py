"""Secrets leave the output; everything else stays."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.hooks.proposals import context, outcome, proposal
from tui.hooks.builtin.output_sanitizer import Options, OutputSanitizerHook
from tui.hooks.model import Allow, Modify, Output, Point
from tui.hooks.services import Services
from tui.paths import Paths
from tui.redaction import Redactor

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"


def hook(services: Services) -> OutputSanitizerHook:
    return OutputSanitizerHook(Options(), services)


def test_a_secret_is_redacted_and_the_rest_kept(services: Services) -> None:
    about = context(Point.AFTER_EXECUTION, finished=outcome(f"before\ntoken: {TOKEN}\nafter\n"))
    decision = hook(services).decide(about)
    assert isinstance(decision, Modify)
    assert decision.output is not None
    text = decision.output.text
    assert TOKEN not in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")


def test_what_is_left_out_at_a_cut_is_not_called_a_secret(services: Services) -> None:
    output = Output("one\ntwo", "ree\nfour\n", omitted_bytes=9)
    finished = replace(outcome(""), output=output)
    decision = hook(services).decide(context(Point.AFTER_EXECUTION, finished=finished))
    assert isinstance(decision, Modify)
    assert "left out" in decision.reason
    assert "redacted" not in decision.reason


def test_harmless_output_is_not_touched(services: Services) -> None:
    text = "password policy updated\nsecret garden\nmail@example.org\n"
    assert hook(services).decide(context(Point.AFTER_EXECUTION, finished=outcome(text))) == Allow()


def test_values_that_are_secret_by_name_are_redacted_wherever_they_appear(services: Services) -> None:
    about = proposal(parameters={"api_key": "tulip-field-99", "city": "Utrecht"}, env={"DB_PASSWORD": "hunter-two"})
    decision = hook(services).decide(
        context(Point.AFTER_EXECUTION, about, outcome("Utrecht got tulip-field-99 and hunter-two\n"))
    )
    assert isinstance(decision, Modify)
    assert decision.output is not None
    assert "tulip-field-99" not in decision.output.text
    assert "hunter-two" not in decision.output.text
    assert "Utrecht got" in decision.output.text


def test_a_secret_cut_by_what_was_left_out_does_not_remain(services: Services) -> None:
    output = Output(f"start\n{TOKEN[:25]}", f"{TOKEN[25:]}\nend\n", 1000)
    decision = hook(services).decide(context(Point.AFTER_EXECUTION, finished=outcome(output)))
    assert isinstance(decision, Modify)
    assert decision.output is not None
    assert decision.output.head == "start\n"
    assert decision.output.tail == "end\n"
    total = len((output.head + output.tail).encode()) + output.omitted_bytes
    shown = len((decision.output.head + decision.output.tail).encode())
    assert decision.output.omitted_bytes == total - shown


def test_a_model_is_not_told_secrets(services: Services) -> None:
    decision = hook(services).decide(context(Point.BEFORE_MODEL_CALL, model_text=f"why does {TOKEN} fail?"))
    assert isinstance(decision, Modify)
    assert TOKEN not in (decision.model_text or "")


@given(st.lists(st.integers(0, 120), max_size=8))
def test_live_output_may_be_cut_anywhere(cuts: list[int]) -> None:
    from pathlib import Path

    services = Services(Paths.below(Path("/nonexistent")), Redactor())
    data = f"one\nexport TOKEN={TOKEN}\nthree {TOKEN} four\n".encode()
    stream = hook(services).stream(proposal())
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    out = b"".join(stream.feed(data[a:b]) for a, b in pairwise(edges)) + stream.finish()
    assert TOKEN.encode() not in out
    assert out == Redactor().data(data)
