"""Real processes: several at once, killed at any moment, and out of room."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tui.audit.log import AuditLog
from tui.audit.model import Filter
from tui.audit.reader import verify_paths
from tui.paths import Paths

ROOT = Path(__file__).resolve().parents[3]
APPENDER = [sys.executable, "-m", "tests.support.audit_appender"]
KILLS = int(os.environ.get("ROLLCAGE_AUDIT_KILLS", "12"))


def appending(home: Path, name: str, *count: str, **arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [*APPENDER, str(home), name, *count], cwd=ROOT, stdout=subprocess.PIPE, text=True, **arguments
    )


def test_a_process_that_is_killed_loses_nothing_it_was_told_is_recorded(paths: Paths) -> None:
    randoms = random.Random(7)
    home = paths.data.parent
    said = 0
    for number in range(KILLS):
        child = appending(home, f"victim-{number}")
        assert child.stdout is not None
        # So many records, and then at whatever instruction it happens to be.
        for _ in range(randoms.randrange(1, 30)):
            said = int(child.stdout.readline())
        for _ in range(randoms.randrange(200_000)):
            pass
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split()
        child.wait()
        child.stdout.close()
        said = int(rest[-1]) if rest else said
        verification = verify_paths(paths)
        assert verification is not None
        assert verification.findings == ()
        assert verification.unanchored <= 1
        assert verification.head in (said, said + 1)
    with AuditLog.open(paths) as log:
        assert log.verify().whole


def test_several_processes_append_to_one_chain(paths: Paths) -> None:
    home = paths.data.parent
    children = [appending(home, name, "60") for name in ("one", "two", "three")]
    numbers = [int(line) for child in children for line in child.communicate()[0].split()]
    assert sorted(numbers) == list(range(1, 181))
    with AuditLog.open(paths) as log:
        assert [log.count(Filter(run_id=name)) for name in ("one", "two", "three")] == [60, 60, 60]
        assert log.verify().whole


@pytest.mark.parametrize("room", [150_000, 300_000])
def test_a_process_without_room_says_so_and_leaves_a_whole_log(paths: Paths, room: int) -> None:
    with AuditLog.open(paths):
        pass

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    child = appending(paths.data.parent, "big", "5000", preexec_fn=limit, stderr=subprocess.PIPE)
    output, errors = child.communicate()
    assert child.returncode == 1
    assert "AuditError" in errors
    verification = verify_paths(paths)
    assert verification is not None
    assert verification.findings == ()
    assert verification.head - int(output.split()[-1]) in (0, 1)
