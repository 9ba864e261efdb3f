"""Figures of the interface in a terminal of its own: its start, what it costs at rest, how quickly it answers.

    python -m benchmarks.interface [--rounds 10] [--idle 10]

Times depend on what else the host does. What the process itself uses of the CPU depends much less on that, and is given
beside them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.measure import Report
from benchmarks.terminal import Terminal
from tui.ids import new_id
from tui.machines.model import PROFILES
from tui.paths import Paths
from tui.store.model import RunRecord, SnapshotRecord
from tui.store.states import MoveKind, RunState, SnapshotReason
from tui.store.store import Store

_BARE: Final = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("the frame")

Bare().run()
"""
"""The least a Textual application can be: the floor."""
_FRAME: Final = ("Commands", "Output", "Session", "filter", "Palette")
"""Words of every part of the Run area: bar, panes, filter, keys."""
_AREAS: Final = (("1", "Run"), ("2", "Timeline"), ("3", "Audit"), ("4", "Pool"), ("5", "Scenarios"))
_DEFINITIONS: Final = 1_000
_SNAPSHOTS: Final = 500
_OURS: Final = (sys.executable, "-m", "tui")
_LOOKING: Final = (*_OURS, "--readonly")
"""Without machines, which would take the CPU for themselves."""


def first_paint(report: Report, rounds: int) -> None:
    """From `exec` to the first whole frame of the Run area, against a bare Textual application."""
    ours: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    with _home() as (_, env):
        for number in range(rounds + 1):  # the first also compiles, and keeps what the next ones begin with
            for samples, argv, words in (
                (bare, (sys.executable, "-c", _BARE), ("the frame",)), (ours, _OURS, _FRAME),
            ):  # fmt: skip
                with Terminal(argv, env) as terminal:
                    terminal.until(*words)
                    samples.append((terminal.watch.ms, terminal.cpu_ms))
                    if number == 0:
                        terminal.settle()
    for which, what in enumerate(("", ", CPU")):
        report.add(
            f"first paint of the application{what}", [each[which] for each in ours[1:]], below=350,
            peer="a bare Textual application", peer_samples=[each[which] for each in bare[1:]],
        )  # fmt: skip


def version(report: Report, rounds: int) -> None:
    """`rollcage --version`, against a Python that does nothing."""
    samples: list[list[float]] = [[], []]
    with _home() as (_, env):
        for _ in range(rounds):
            for taken, argv in zip(samples, ((*_OURS, "--version"), (sys.executable, "-c", "print(1)")), strict=True):
                with Terminal(argv, env) as terminal:
                    terminal.until("rollcage" if taken is samples[0] else "1")
                    taken.append(terminal.watch.ms)
    report.add("`rollcage --version`", samples[0], below=60, peer="python -c 'print(1)'", peer_samples=samples[1])


def idle(report: Report, seconds: float) -> None:
    """What the application uses of one CPU in each area while nothing happens."""
    with _home(cache=Paths.from_environment().cache) as (_, env), Terminal(_OURS, env) as terminal:
        terminal.until(*_FRAME)
        terminal.settle(3)  # the pool fills
        for key, area in _AREAS:
            terminal.press(key)
            terminal.settle(2, at_most=4)
            report.add(f"at rest in {area}, share of a CPU", [terminal.idle(seconds)], "%")


def definitions(report: Report, keys: int) -> None:
    """A catalog of a thousand definitions: until they are listed, and a letter of the filter and of the palette."""
    with _home() as (paths, env):
        paths.user_commands.mkdir(parents=True)
        for number in range(_DEFINITIONS):
            _write_definition(paths.user_commands / f"task-{number:04}.md", number)
        listed: list[float] = []
        for _ in range(3):
            with Terminal(_LOOKING, env) as terminal:
                terminal.until("commands ", *_FRAME[:2])
                listed.append(terminal.watch.ms)
        report.add(f"{_DEFINITIONS} definitions listed, from exec", listed)
        with Terminal(_LOOKING, env) as terminal:
            terminal.until("commands ")
            terminal.press("\x1b", quiet=2)
            terminal.press("/")
            _keys(report, "a letter of the filter of commands", terminal, ("t", "a", "s", "k", "\x7f"), keys)
            for _ in range(2):  # out of the filter, and clear it
                terminal.press("\x1b")
            _keys(report, "down in the list of commands", terminal, ("j",), keys)
            terminal.press("\x10")
            _keys(report, "a letter of the palette", terminal, ("t", "a", "s", "k", "\x7f"), keys)


def tree(report: Report, keys: int) -> None:
    """A session of five hundred runs and snapshots: a key in its tree."""
    with _home() as (paths, env):
        _write_session(paths)
        with Terminal(_LOOKING, env) as terminal:
            terminal.until("Session · default")
            terminal.press("\x1b", quiet=2)
            terminal.press("2", quiet=2)
            _keys(report, f"down in a tree of {_SNAPSHOTS} snapshots", terminal, ("j",), keys)


def _keys(report: Report, name: str, terminal: Terminal, keys: tuple[str, ...], count: int) -> None:
    taken = [terminal.press(keys[number % len(keys)]) for number in range(count)]
    report.add(f"{name}, first change", [first for first, _ in taken], below=50)
    report.add(f"{name}, CPU until all is drawn", [cpu for _, cpu in taken])


@contextmanager
def _home(cache: Path | None = None) -> Iterator[tuple[Paths, dict[str, str]]]:
    """Yield directories of their own, and the environment that says so."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        paths = Paths.below(Path(directory))
        if cache is not None:
            paths.cache.parent.mkdir(parents=True, exist_ok=True)
            paths.cache.symlink_to(cache)
        env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        yield paths, env | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "ROLLCAGE_HOME": directory}


def _write_definition(path: Path, number: int) -> None:
    path.write_text(
        f"---\nname: {path.stem}\ndescription: Do what is to be done as number {number}\n"
        f"category: group-{number % 20}\n---\nSays *{number}*.\n\n```bash\necho {number}\n```\n"
    )


def _write_session(paths: Paths) -> None:
    paths.create()
    store = Store.open(paths)
    session = store.session_for("default", PROFILES["minimal"])
    parent: str | None = None
    at = datetime.now(UTC) - timedelta(hours=10)
    for number in range(_SNAPSHOTS):
        at += timedelta(seconds=30)
        run = RunRecord(
            new_id(), session.id, f"task {number}", None, {"steps": []}, RunState.RUNNING, at, before_id=parent
        )
        snapshot = SnapshotRecord(new_id(), session.id, parent, SnapshotReason.AFTER, at, run_id=run.id)
        store.add_run(run, "bench")
        store.add_snapshot(snapshot, head=True, move=MoveKind.RUN)
        store.update_run(replace(run, state=RunState.SUCCEEDED, ended_at=at, exit_code=0, after_id=snapshot.id))
        parent = snapshot.id
    store.close()


def measure(report: Report, rounds: int, seconds: float) -> None:
    """Take all figures; `seconds` at rest in each area."""
    version(report, rounds)
    first_paint(report, rounds)
    definitions(report, rounds)
    tree(report, rounds)
    idle(report, seconds)


def main() -> None:
    """Parse arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.interface")
    parser.add_argument("--rounds", type=int, default=10, help="samples of each figure (default: 10)")
    parser.add_argument("--idle", type=float, default=10, help="seconds at rest in each area (default: 10)")
    arguments = parser.parse_args()
    report = Report()
    try:
        measure(report, arguments.rounds, arguments.idle)
    finally:
        print(report.table())


if __name__ == "__main__":
    main()
