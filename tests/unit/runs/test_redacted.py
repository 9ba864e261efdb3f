"""Proposals as people may see them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.levels import RiskLevel
from tui.proposal import Proposal, ProposedStep
from tui.redaction import Redactor
from tui.risk.model import Assessment, Category, Confidence, RealCommand, Reason, Reversibility, Span
from tui.runs.redacted import redacted_assessment, redacted_proposal

TOKEN = "ghp_" + "Zk7Q" * 9
MARKER = "[redacted:github-token]"
PIECES = st.lists(st.sampled_from([TOKEN, "echo ", "ä€😀 ", "\n", " ", "[redacted:x] ", "rm -rf x "]), max_size=8)


def seen(text: str, start: int, end: int) -> tuple[str, str]:
    """The text as it is shown, and what stands there where a span pointed to."""
    span = Span(start, end)
    reason = Reason(RiskLevel.HIGH, Category.DESTROY, f"does {text[start:end]}", span, "r", chain=(TOKEN,))
    command = RealCommand((TOKEN, "x"), span, (TOKEN,), around=(f">{TOKEN}",))
    found = Assessment(
        RiskLevel.HIGH, Confidence.PARSED, Reversibility.HARD, "bash", (reason,), (command,), not_understood=(TOKEN,)
    )
    step = ProposedStep(text, "bash", (TOKEN,), found)
    given_ = Proposal(TOKEN, (step,), "s", "u", "r", parameters={"a": TOKEN}, env={"B": TOKEN}, assessment=found)
    shown = redacted_proposal(given_, Redactor())
    assert TOKEN not in repr(shown)
    (only,) = shown.steps
    assert only.assessment is not None
    moved = only.assessment.reasons[0].span
    assert moved == only.assessment.commands[0].span
    assert 0 <= moved.start <= moved.end <= len(only.text)
    return only.text, only.text[moved.start : moved.end]


@given(PIECES, PIECES, PIECES)
def test_what_a_span_pointed_to_is_still_what_it_points_to(before: list[str], marked: list[str], after: list[str]):
    # A space around tokens: one that touches other letters is no token.
    parts = [" ".join(["", *pieces, ""]) for pieces in (before, marked, after)]
    start, end = len(parts[0]), len(parts[0]) + len(parts[1])
    text, shown = seen("".join(parts), start, end)
    assert text == "".join(parts).replace(TOKEN, MARKER)
    assert shown == parts[1].replace(TOKEN, MARKER)


def test_a_span_that_cuts_a_secret_takes_in_its_marker():
    text = f"echo {TOKEN} x"
    assert seen(text, 0, 12)[1] == f"echo {MARKER}"
    assert seen(text, 12, len(text))[1] == f"{MARKER} x"
    assert seen(text, 10, 14)[1] == MARKER


def test_a_secret_of_several_words_is_taken_out_of_what_was_put_together_from_them():
    command = RealCommand(("echo", "correct", "horse", "x"), Span(0, 4))
    found = Assessment(RiskLevel.LOW, Confidence.PARSED, Reversibility.REVERSIBLE, "bash", commands=(command,))
    shown = redacted_assessment(found, Redactor({"w": "correct horse"}))
    assert shown.commands[0].argv == ("echo", "[redacted:w]", "x")
