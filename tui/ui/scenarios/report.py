"""What came of a scenario as plain text, to copy."""

from __future__ import annotations

from tui.text import clean, clean_line
from tui.ui.scenarios.progress import Phase, Progress, StepProgress, plain
from tui.units import duration


def report(progress: Progress) -> str:
    """Return every step with what was expected of it and what happened. All of it is clean."""
    scenario = progress.scenario
    lines = [f"{scenario.name}: {clean_line(scenario.title)}", progress.verdict()]
    for number, step in enumerate(progress.steps, 1):
        lines += ["", *_step(number, step)]
    return "\n".join(lines) + "\n"


def _step(number: int, step: StepProgress) -> list[str]:
    took = f" in {duration(step.took_s)}" if step.took_s is not None else ""
    lines = [f"step {number}: {clean_line(step.step.title or step.step.shown)}: {step.phase.value}{took}"]
    if step.step.title:
        lines.append(f"  {clean_line(step.step.shown)}")
    lines += [f"  asked: {asked.question} → {asked.answer or 'no answer yet'}" for asked in step.asked]
    for check in step.checks:
        sign = "✓ met    " if check.passed else "✗ NOT MET"
        lines.append(f"  {sign}  {check.what}: {clean_line(check.expected)} → {plain(check.found)}")
    if step.phase is Phase.FAILED and step.reason:
        lines += [f"  {line}" for line in clean(step.reason).splitlines()]
    return lines
