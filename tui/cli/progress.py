"""Showing how far something long is: a bar on a terminal, a line a stage elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tui.cli.console import is_terminal, say
from tui.text import clean_line

Report = Callable[[float | None, str], None]
"""Takes the fraction done, or None where that is unknown, and what is being done. May be called from any thread."""

_LEAST_ADVANCE = 0.05
"""Between two lines where there is no bar: apt names every package it touches."""


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """Yield a function that shows progress on standard error until the end of the block."""
    if is_terminal(sys.stderr):
        with _bar(title) as report:
            yield report
    else:
        last, reached = "", -_LEAST_ADVANCE

        def report_line(fraction: float | None, stage: str) -> None:
            nonlocal last, reached
            advanced = fraction is None or fraction >= reached + _LEAST_ADVANCE
            if stage != last and advanced:
                last, reached = stage, fraction if fraction is not None else reached
                say(f"rollcage: {title}: {clean_line(stage, 200)}")

        yield report_line


@contextmanager
def _bar(title: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn(f"{escape(title):<16}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[stage]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None, stage="")

        def report(fraction: float | None, stage: str) -> None:
            shown = clean_line(stage, 60)
            if fraction is None:
                bar.update(task, stage=shown)
            else:
                bar.update(task, total=1.0, completed=fraction, stage=shown)

        yield report
        bar.update(task, total=1.0, completed=1.0, stage="done")
