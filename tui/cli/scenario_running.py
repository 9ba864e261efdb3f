"""Running scenarios from the command line: expectation and outcome of each step, side by side."""

from __future__ import annotations

import json
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol

from tui.cli.approving import TerminalApprover
from tui.cli.console import may_colour, out
from tui.cli.narration import Narrator
from tui.cli.opening import with_engine
from tui.runs.events import Event, RunExited
from tui.runs.scenario_events import (
    ScenarioBegun,
    ScenarioEnded,
    ScenarioEvent,
    StepBegun,
    StepEnded,
    StepHappened,
    StepOutput,
)
from tui.text import TerminalCleaner, clean_line
from tui.units import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.config import Settings
    from tui.runs.engine import Engine
    from tui.scenarios.model import Scenario
    from tui.scenarios.outcome import Check

FAILED = 1
"""Exit code where a step did not do as expected."""
_LONGEST = 160
_COLOURS = {True: "\x1b[32m", False: "\x1b[31m"}


class Report(Protocol):
    """Something that tells what happens."""

    def tell(self, event: ScenarioEvent) -> None:
        """Tell one event."""
        ...


class JsonReport:
    """Every event as one line of JSON."""

    def tell(self, event: ScenarioEvent) -> None:
        """Print the event."""
        sys.stdout.write(json.dumps(event.to_json()) + "\n")
        sys.stdout.flush()


class TextReport:
    """For a person: each step, and for each thing expected of it `expectation → outcome`, with a sign and a word."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._colour = may_colour(sys.stdout)
        self._encoding = sys.stdout.encoding or "utf-8"
        self._cleaner = TerminalCleaner()
        self._begun = ""
        """A line of output that has not ended yet."""
        self._narrator = Narrator(verbose=True)
        self._steps = 0

    def tell(self, event: ScenarioEvent) -> None:
        """Print what there is to say about an event."""
        for line in self._lines(event):
            # The words say the same where a terminal cannot show the signs.
            sys.stdout.write(line.encode(self._encoding, "replace").decode(self._encoding) + "\n")
        sys.stdout.flush()

    def _lines(self, event: ScenarioEvent) -> list[str]:
        """Return lines whose untrusted parts are clean."""
        match event:
            case ScenarioBegun():
                self._steps = event.steps
                return [f"{event.scenario}: {clean_line(event.title)}"]
            case StepBegun():
                self._narrator = Narrator(verbose=True)
                what = clean_line(event.title or event.action, _LONGEST)
                more = [f"       {clean_line(event.action, _LONGEST)}"] if event.title else []
                return [f"  step {event.index + 1} of {self._steps}: {what}", *more]
            case StepOutput() if self._verbose:
                *lines, self._begun = (self._begun + self._cleaner.feed(event.data)).split("\n")
                return [f"       | {line}" for line in lines]
            case StepHappened() if self._verbose:
                said = [f"       {clean_line(line)}" for line in self._narrator.lines(event.fact)]
                return [*self._last_line(event.fact), *said]
            case StepEnded():
                return [f"       {self._check(check)}" for check in event.checks] + self._hint(event)
            case ScenarioEnded():
                return self._ending(event)
            case _:
                return []

    def _last_line(self, fact: Event) -> list[str]:
        """Return what was printed without the end of a line, once no more comes."""
        if not isinstance(fact, RunExited):
            return []
        rest, self._begun = self._begun + self._cleaner.finish(), ""
        return [f"       | {line}" for line in rest.splitlines()]

    def _check(self, check: Check) -> str:
        expected, found = clean_line(check.expected, _LONGEST), clean_line(check.found, _LONGEST)
        return f"{self._sign(check.passed)}  {check.what}: {expected} → {found}"

    def _sign(self, passed: bool) -> str:
        sign = "✓ met    " if passed else "✗ NOT MET"
        return f"{_COLOURS[passed]}{sign}\x1b[0m" if self._colour else sign

    def _hint(self, event: StepEnded) -> list[str]:
        """Say the reason the run itself gave, where a failed check has not said it."""
        reason = event.outcome.reason.partition("\n")[0]
        return [f"       {clean_line(reason, 300)}"] if reason and not event.passed else []

    def _ending(self, event: ScenarioEnded) -> list[str]:
        counts = f"{event.steps_passed} of {event.steps} steps as expected"
        left = event.steps - event.steps_passed - event.steps_failed
        parts = [counts, *([f"{left} not carried out"] if left else []), duration(event.took_ms / 1000)]
        kept = [f"  its session is {event.session}"] if event.kept else []
        word = "PASSED" if event.passed else "FAILED"
        return [f"  {word}: {', '.join(parts)}", *kept, ""]


def run_and_compare(scenarios: Sequence[Scenario], *, keep: bool, trusts: bool, as_json: bool, verbose: bool) -> int:
    """Run scenarios one after the other and return 0 if every step did as expected, else 1."""
    from tui.config import load_settings
    from tui.definitions.catalog import Catalog
    from tui.paths import Paths
    from tui.runs.scenario_runner import ScenarioRunner
    from tui.runs.scripted import ScriptedApprover

    settings: Settings = load_settings(Paths.from_environment())
    approver = ScriptedApprover(TerminalApprover(None))
    find = Catalog.standard().index.resolve
    report: Report = JsonReport() if as_json else TextReport(verbose=verbose)

    async def action(engine: Engine) -> int:
        runner = ScenarioRunner(engine, approver, settings, find, keep=keep, trusts=trusts)
        failed = []
        for scenario in scenarios:
            async with aclosing(runner.run(scenario)) as events:
                async for event in events:
                    report.tell(event)
                    if isinstance(event, ScenarioEnded) and not event.passed:
                        failed.append(scenario.name)
        if len(scenarios) > 1 and not as_json:
            out(f"{len(scenarios) - len(failed)} of {len(scenarios)} scenarios passed")
            if failed:
                out(f"failed: {', '.join(failed)}")
        return FAILED if failed else 0

    return with_engine(action, approver=approver)
