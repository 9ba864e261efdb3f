"""Live output against Textual's own logs, each in a process of its own: headless, and in a real terminal.

    python -m benchmarks.output [--seconds 5] [--rate 100000]

A producer hands over pieces of 64 KiB at a fixed rate of lines, as a guest does, or as quickly as it can; meanwhile a
coroutine that only wants to sleep a millisecond measures how late the event loop lets it go on.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import gc
import json
import os
import pty
import resource
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import Final

from textual.app import App, ComposeResult
from textual.widgets import Log, RichLog

from benchmarks.measure import Report, p99
from tui.machines.kinds import Stream
from tui.store.output import OutputWriter
from tui.text import clean
from tui.ui.output.log import OutputLog
from tui.ui.output.panel import OutputPanel
from tui.ui.output.view import OutputView

_LINE: Final = b"[%08d] GET /index.html 200 some usual text of a log line\n"
_COLOURED: Final = b"\x1b[32m[%08d]\x1b[0m GET \x1b[1;34m/index.html\x1b[0m 200 some usual text of a log line\n"
_PER_PIECE: Final = 1000
_KEPT: Final = 100_000
_SIZE: Final = (160, 50)
WIDGETS: Final = ("ours", "ours, filter", "ours, wrap", "ours, colour", "ours, paused", "Log", "RichLog")


class Bench(App[dict[str, float]]):
    """Feeds one widget and measures itself."""

    def __init__(self, kind: str, seconds: float, rate: int) -> None:
        super().__init__()
        self.kind, self.seconds, self.rate = kind, seconds, rate
        self.directory = tempfile.TemporaryDirectory()
        path = Path(self.directory.name) / "run.log"
        self.writer = OutputWriter(path, 1 << 40)
        self.output = OutputLog(_KEPT, path)
        self.lags: list[float] = []
        self.lines = 0

    def compose(self) -> ComposeResult:
        match self.kind:
            case "Log":
                yield Log(max_lines=_KEPT)
            case "RichLog":
                yield RichLog(max_lines=_KEPT)
            case _:
                yield OutputPanel(OutputView())

    def on_mount(self) -> None:
        if self.kind.startswith("ours"):
            self.query_one(OutputView).show_log(self.output)
        self.run_worker(self._measure())

    def _feed(self, data: bytes) -> None:
        match self.kind:
            case "Log":  # what it shows would reach the terminal as it is, so it has to be cleaned as well
                self.query_one(Log).write_lines(clean(data).splitlines())
            case "RichLog":
                log = self.query_one(RichLog)
                for line in clean(data).splitlines():
                    log.write(line)
            case _:
                self.writer.append(Stream.STDOUT, data, 0)
                self.output.feed(Stream.STDOUT, data)

    def _set_up(self) -> None:
        if not self.kind.startswith("ours"):
            return
        from tui.ui.output.query import Query

        view = self.query_one(OutputView)
        view.wrap = "wrap" in self.kind
        if "filter" in self.kind:
            view.set_filter(Query("7"))
        if "paused" in self.kind:
            self._feed(b"".join(_LINE % number for number in range(_PER_PIECE)))
            view.flush()
            view.following = False

    async def _lag(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            self.lags.append((time.perf_counter() - before - 0.001) * 1000)

    async def _measure(self) -> None:
        line = _COLOURED if "colour" in self.kind else _LINE
        pieces = [
            b"".join(line % number for number in range(start, start + _PER_PIECE)) for start in range(0, 50_000, 1000)
        ]
        await asyncio.sleep(0.5)
        self._set_up()
        await asyncio.sleep(0.5)
        gc.collect()
        gc.freeze()  # as the application does once it has started
        lag = asyncio.create_task(self._lag())
        cpu, started = time.process_time(), time.perf_counter()
        while (now := time.perf_counter() - started) < self.seconds:
            if self.rate and self.lines >= self.rate * now:
                await asyncio.sleep(0.002)
                continue
            self._feed(pieces[self.lines // _PER_PIECE % len(pieces)])
            self.lines += _PER_PIECE
            await asyncio.sleep(0)
        took = time.perf_counter() - started
        share = (time.process_time() - cpu) / took * 100
        lag.cancel()
        idle, idle_from = time.process_time(), time.perf_counter()
        await asyncio.sleep(2.5)
        idle_share = (time.process_time() - idle) / (time.perf_counter() - idle_from) * 100
        self.exit({
            "lines/s": self.lines / took, "p99 ms": p99(self.lags), "worst ms": max(self.lags), "cpu %": share,
            "idle cpu %": idle_share, "rss MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        })  # fmt: skip


def in_this_process(kind: str, seconds: float, rate: int, *, headless: bool) -> dict[str, float]:
    """Run one benchmark."""
    result = Bench(kind, seconds, rate).run(headless=headless, size=_SIZE if headless else None)
    assert result is not None
    return result


def measured(kind: str, seconds: float, rate: int, *, headless: bool) -> dict[str, float]:
    """Run one benchmark in a process of its own, in a terminal unless headless."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as result:
        command = [sys.executable, "-m", "benchmarks.output", "--one", kind, "--into", result.name,
                   "--seconds", str(seconds), "--rate", str(rate)]  # fmt: skip
        if headless:
            subprocess.run([*command, "--headless"], check=True, stdin=subprocess.DEVNULL)
        else:
            _in_terminal(command)
        found: dict[str, float] = json.loads(Path(result.name).read_text())
        return found


def _in_terminal(command: list[str]) -> None:
    """Run a command in a pseudo-terminal that takes all it prints."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _SIZE[1], _SIZE[0], 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        while process.poll() is None:
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    os.read(ours, 65536)
                except OSError:
                    break
        os.close(ours)
        if process.wait():
            raise RuntimeError(f"{command} ended with {process.returncode}")


def measure(report: Report, seconds: float = 4.0, rate: int = 100_000) -> None:
    """Add the figures of the output view beside Textual's logs."""
    peers = measured("Log", seconds, rate, headless=False)
    for kind in ("ours", "ours, filter", "ours, colour"):
        found = measured(kind, seconds, rate, headless=False)
        name = f"output at {rate:,} lines/s ({kind})"
        report.add(f"{name}: lateness of the event loop, p99", [found["p99 ms"]], below=20, peer="Textual Log",
                   peer_samples=[peers["p99 ms"]])  # fmt: skip
        report.add(f"{name}: share of a core", [found["cpu %"]], "%", peer="Textual Log", peer_samples=[peers["cpu %"]])


def main() -> None:
    """Print the table, or take one figure for it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.output", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rate", type=int, default=100_000, help="lines a second; 0: as many as possible")
    parser.add_argument("--one", choices=WIDGETS)
    parser.add_argument("--into", type=Path)
    parser.add_argument("--headless", action="store_true")
    arguments = parser.parse_args()
    if arguments.one:
        result = in_this_process(arguments.one, arguments.seconds, arguments.rate, headless=arguments.headless)
        arguments.into.write_text(json.dumps(result))
        return
    print("| widget | where | asked | lines/s | p99 ms | worst ms | cpu % | idle cpu % | rss MB |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for kind in WIDGETS:
        for headless, rate in ((True, arguments.rate), (False, arguments.rate), (True, 0)):
            found = measured(kind, arguments.seconds, rate, headless=headless)
            cells = [kind, "headless" if headless else "pty", f"{rate:,}" if rate else "most"]
            cells += [f"{found['lines/s']:,.0f}", *(f"{found[name]:.1f}" for name in list(found)[1:])]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
