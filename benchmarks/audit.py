"""Figures of the audit log: how fast it takes records, and how quick a million of them stay.

Runs by itself, without machines: `python -m benchmarks.audit`.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import Report, Stopwatch
from tui.audit.export import ExportFormat, line
from tui.audit.log import AuditLog
from tui.audit.model import AuditResult, Entry, EntryKind, Filter
from tui.paths import Paths
from tui.redaction import Redactor

MILLION = 1_000_000
_AT_ONCE = 5000
_START = datetime(2025, 1, 1, tzinfo=UTC)

COMMANDS = [f"command-{number}" for number in range(40)]
USERS = ["ada", "bob", "eve", "mallory"]
KINDS = list(EntryKind)


class Clock:
    """A quarter of a minute from record to record, so that a million fill half a year."""

    def __init__(self) -> None:
        self.now = _START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=15)
        return self.now


def entries(count: int, seed: int = 1) -> list[Entry]:
    """Records as runs leave them: ten or so a run; few commands are denied, and one is denied only once."""
    randoms = random.Random(seed)
    made = []
    run = ""
    for number in range(count):
        if number % 10 == 0:
            run = f"01K9Z3X7QM{seed:06}{number:010}"
        command = randoms.choice(COMMANDS) if number % 2 else "deploy"
        denied = command != "deploy" and randoms.random() < 0.02
        made.append(
            Entry(
                KINDS[number % len(KINDS)],
                AuditResult.DENIED if denied else randoms.choice([AuditResult.ALLOWED, AuditResult.INFO]),
                run,
                f"session-{number // 10 % 25}",
                USERS[number // 10 % 3],
                "engineer",
                command,
                {"text": "kubectl apply -f deploy.yaml --namespace staging", "level": "medium", "n": number},
            )
        )
    return made


class Unredacted(Redactor):
    """Lets everything pass, so that filling a log measures the log."""

    def text(self, text: str) -> str:
        return text

    def value(self, value: object) -> object:
        return value


def _bare_inserts(directory: Path, count: int) -> list[float]:
    """Durable inserts into a table without chain, seal, anchor or index."""
    connection = sqlite3.connect(directory / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE records (seq INTEGER PRIMARY KEY, text TEXT)")
    samples = []
    for _ in range(count):
        watch = Stopwatch()
        connection.execute("INSERT INTO records (text) VALUES (?)", ("x" * 300,))
        samples.append(watch.ms)
    connection.close()
    return samples


def redaction(report: Report) -> None:
    """Live output through the redactor, in the pieces in which a guest sends it."""
    listing = "".join(
        f"-rw-r--r-- 1 root root {n * 37} Jan  1 12:00 /usr/lib/python3/file_{n}.py\n" for n in range(150_000)
    )
    data = listing.encode()
    redactor = Redactor(["a-declared-secret"])
    samples = []
    for _ in range(5):
        stream = redactor.stream()
        watch = Stopwatch()
        for at in range(0, len(data), 32_768):
            stream.feed(data[at : at + 32_768])
        stream.finish()
        samples.append(watch.ms / (len(data) / 1e6))
    report.add("redaction of live output, per MB", samples, below=50)


def appending(report: Report, paths: Paths, directory: Path, count: int) -> None:
    """One durable, anchored record at a time."""
    samples = []
    with AuditLog.open(paths) as log:
        for entry in entries(count, seed=2):
            watch = Stopwatch()
            log.append(entry)
            samples.append(watch.ms)
    report.add(
        "audit: append one record, durable and anchored", samples,
        peer="SQLite insert, synchronous=FULL", peer_samples=_bare_inserts(directory, count),
    )  # fmt: skip


def million(report: Report, paths: Paths, records: int, rounds: int) -> None:
    """Fill a log, then page, filter, count, export and verify it."""
    clock = Clock()
    with AuditLog.open(paths, Unredacted(), clock=clock) as log:
        started = time.perf_counter()
        for number in range(records // _AT_ONCE):
            log.append(*entries(_AT_ONCE, seed=number + 10))
        took = time.perf_counter() - started
        report.note(
            f"audit: {records} records appended {_AT_ONCE} at a time in {took:.0f} s ({records / took:,.0f}/s),"
            f" {paths.audit_database.stat().st_size / 1e6:.0f} MB"
        )
        end = log.last()
        middle = _START + timedelta(seconds=15 * end // 2)
        day = timedelta(days=1)
        run = log.get(end // 3).run_id
        filters = {
            "the newest": Filter(),
            "one run": Filter(run_id=run),
            "one session": Filter(session="session-7"),
            "one command": Filter(command="command-7"),
            "a day in the middle": Filter(since=middle, until=middle + day),
            "denied": Filter(result=AuditResult.DENIED),
            "denied, one user, one command": Filter(result=AuditResult.DENIED, user="bob", command="command-7"),
            "one user, a day, two kinds": Filter(
                since=middle, until=middle + day, user="ada",
                kinds=frozenset({EntryKind.RUN_STARTED, EntryKind.ASSESSED}),
            ),
            "nothing: a user who did nothing": Filter(user="mallory", result=AuditResult.DENIED),
            "nothing: half of all and 1 % of all, never together": Filter(
                command="deploy", result=AuditResult.DENIED
            ),
            "nothing: half of all and 5 % of all, never together": Filter(
                command="deploy", kinds=frozenset({KINDS[1]})
            ),
        }  # fmt: skip
        for name, wanted in filters.items():
            pages, counts = [], []
            for _ in range(rounds):
                watch = Stopwatch()
                found = log.page(wanted, limit=100)
                pages.append(watch.ms)
                watch = Stopwatch()
                log.count(wanted)
                counts.append(watch.ms)
            report.add(f"audit, {end:,} records: page of {name} ({len(found)})", pages, below=20)
            report.add("… counting them, up to 10,000", counts, below=20)
        deep = []
        for number in range(rounds):
            watch = Stopwatch()
            log.page(before=end // 2 + number, limit=100)
            deep.append(watch.ms)
        report.add(f"audit, {end:,} records: page in the middle", deep, below=20)
        watch = Stopwatch()
        count = sum(
            len(line(record, ExportFormat.JSONL, "0")) > 0 for record in log.records(Filter(command="command-7"))
        )
        report.add(f"audit: export of {count:,} records, per thousand", [watch.ms / count * 1000])
        watch = Stopwatch()
        verification = log.verify()
        report.add(f"audit: verify {end:,} records", [watch.ms / 1000], "s")
        assert verification.whole, verification


def measure(report: Report, records: int, rounds: int) -> None:
    """Take all figures, in a directory that is gone afterwards."""
    redaction(report)
    with tempfile.TemporaryDirectory() as directory:
        appending(report, Paths.below(Path(directory) / "one"), Path(directory), 500)
        million(report, Paths.below(Path(directory) / "million"), records, rounds)


def main() -> None:
    """Parse arguments, measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument("--records", type=int, default=MILLION, help="size of the log (default: one million)")
    parser.add_argument("--rounds", type=int, default=15, help="samples of each figure (default: 15)")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/audit.local.json"))
    arguments = parser.parse_args()
    report = Report()
    try:
        measure(report, arguments.records, arguments.rounds)
    finally:
        print(report.table())
        report.write(arguments.json)


if __name__ == "__main__":
    main()
