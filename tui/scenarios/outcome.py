"""What came of a step, side by side with what was expected of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tui.definitions.patterns import BadPattern, found_in
from tui.levels import RiskLevel
from tui.scenarios.model import Expectation
from tui.store.states import RunState

MAX_OUTPUT: Final = 1 << 20
"""Bytes of output that are looked at. An expectation that more could decide otherwise is not met."""
_EXCERPT: Final = 80


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step. Output and reason are untrusted."""

    state: RunState
    exit_code: int | None = None
    """None where it is unknown, or nothing ran."""
    output: bytes = b""
    """The beginning of what was printed, standard output and error as they came; at most `MAX_OUTPUT`."""
    output_bytes: int = 0
    """How much was printed altogether."""
    rolled_back: bool = False
    level: RiskLevel | None = None
    """None where it was not assessed."""
    asked: bool = False
    reason: str = ""
    """Why it was refused or failed."""
    events: tuple[str, ...] = ()
    """Names of what happened, in order; successive output counts once."""
    took_ms: float = 0.0
    """Milliseconds from the beginning of the step to its end."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was expected, and what was found. `found` is untrusted: clean it before it is shown."""

    what: str
    """`state`, `exit code`, `output`, …"""
    expected: str
    found: str
    passed: bool


def compare(expected: Expectation, outcome: Outcome) -> tuple[Check, ...]:
    """Return one check for each thing that was expected, in the order of `Expectation`."""
    return tuple(_checks(expected, outcome))


def describe(expected: Expectation) -> tuple[str, ...]:
    """Say what is expected, one short text for each thing."""
    return tuple(f"{check.what} {check.expected}" for check in _checks(expected, Outcome(RunState.RUNNING)))


def _checks(expected: Expectation, outcome: Outcome) -> Iterator[Check]:
    if expected.state is not None:
        yield Check("state", str(expected.state), str(outcome.state), outcome.state is expected.state)
    if expected.exit_code is not None:
        found = "unknown" if outcome.exit_code is None else str(outcome.exit_code)
        yield Check("exit code", str(expected.exit_code), found, outcome.exit_code == expected.exit_code)
    yield from _output(expected, outcome)
    if expected.rolled_back is not None:
        yield Check(
            "rolled back", _yes(expected.rolled_back), _yes(outcome.rolled_back),
            outcome.rolled_back is expected.rolled_back,
        )  # fmt: skip
    yield from _levels(expected, outcome)
    if expected.asked is not None:
        yield Check("asks a person", _yes(expected.asked), _yes(outcome.asked), outcome.asked is expected.asked)
    for text in expected.reason_contains:
        found = _excerpt(outcome.reason, around=text) or "no reason"
        yield Check("reason", f"contains {text!r}", found, text.casefold() in outcome.reason.casefold())
    if expected.events:
        missing = _missing(expected.events, outcome.events)
        found = f"no {missing} there; {', '.join(outcome.events) or 'nothing'} happened" if missing else "all of them"
        yield Check("events", ", ".join(expected.events), found, not missing)


def _output(expected: Expectation, outcome: Outcome) -> Iterator[Check]:
    text = outcome.output.decode(errors="replace").replace("\r\n", "\n")
    is_whole = outcome.output_bytes <= len(outcome.output)
    found = _excerpt(text) or "nothing"
    if expected.output_equals is not None:
        passed = is_whole and text.rstrip("\n") == expected.output_equals.rstrip("\n")
        yield Check("output", f"equals {_excerpt(expected.output_equals)!r}", found, passed)
    for wanted in expected.output_contains:
        yield Check("output", f"contains {wanted!r}", _excerpt(text, around=wanted) or "nothing", wanted in text)
    for unwanted in expected.output_lacks:
        passed = is_whole and unwanted not in text
        yield Check("output", f"lacks {unwanted!r}", _excerpt(text, around=unwanted) or "nothing", passed)
    for pattern in expected.output_matches:
        yield _match(pattern, text, found)


def _match(pattern: re.Pattern[str], text: str, found: str) -> Check:
    try:
        passed = found_in(pattern, text)
    except BadPattern as error:
        passed, found = False, str(error)
    return Check("output", f"matches {pattern.pattern!r}", found, passed)


def _levels(expected: Expectation, outcome: Outcome) -> Iterator[Check]:
    level = outcome.level
    found = "not assessed" if level is None else str(level)
    if expected.level_at_least is not None:
        passed = level is not None and level >= expected.level_at_least
        yield Check("risk", f"at least {expected.level_at_least}", found, passed)
    if expected.level_at_most is not None:
        passed = level is not None and level <= expected.level_at_most
        yield Check("risk", f"at most {expected.level_at_most}", found, passed)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _excerpt(text: str, around: str = "") -> str:
    """Return a line of what a text says: all of it if it is short, else the place of a word, else its end."""
    line, word = _line(text), _line(around)
    if len(line) <= _EXCERPT:
        return line
    end = len(line)
    if word and (at := line.casefold().find(word.casefold())) >= 0:
        end = min(end, max(_EXCERPT, at + len(word)))
    begin = max(0, end - _EXCERPT)
    return f"{'…' if begin else ''}{line[begin:end]}{'…' if end < len(line) else ''}"


def _line(text: str) -> str:
    return " ⏎ ".join(part.strip() for part in text.strip().splitlines() if part.strip())


def _missing(wanted: Sequence[str], happened: Sequence[str]) -> str:
    """Return the first of the wanted that did not happen after the ones before it; nothing if all did."""
    rest = iter(happened)
    return next((name for name in wanted if name not in rest), "")
