"""Uses survive a restart, and of two processes only one gets the last."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tui.paths import Paths
from tui.store.schema import MIGRATIONS, open_database
from tui.store.store import Store
from tui.store.uses import KEPT_S, Quota, Uses, _key

ROOT = Path(__file__).resolve().parents[3]
THREE = Quota(3, 60.0, command="deploy")


@pytest.fixture
def uses(paths: Paths):  # type: ignore[no-untyped-def]
    store = Store.open(paths)
    yield store.uses
    store.close()


def take(uses: Uses, now: float, *quotas: Quota, command: str = "deploy", user: str = "ann") -> bool:
    """Take a use and say whether there was one."""
    return all(standing.free_at is None for standing in uses.take([command], "engineer", user, quotas, now))


def test_the_window_slides(uses: Uses) -> None:
    assert [take(uses, at, THREE) for at in (0.0, 10.0, 59.0, 59.9)] == [True, True, True, False]
    (standing,) = uses.standings([THREE], 59.9)
    assert (standing.used, standing.free_at) == (3, 60.0)
    assert take(uses, 60.0, THREE)
    assert not take(uses, 60.1, THREE)
    assert uses.standings([THREE], 60.1)[0].free_at == 70.0


def test_it_is_free_at_the_very_moment_it_says(uses: Uses) -> None:
    quota = Quota(1, 0.1)
    for start in (0.3, 1_770_000_000.123456, 3.3e9 + 0.7):
        assert take(uses, start, quota)
        free_at = uses.standings([quota], start)[0].free_at
        assert free_at is not None
        assert take(uses, free_at, quota)


def test_what_is_refused_does_not_count(uses: Uses) -> None:
    strict, loose = Quota(1, 60.0), Quota(10, 60.0)
    assert take(uses, 0.0, strict, loose)
    assert not take(uses, 1.0, strict, loose)
    assert [standing.used for standing in uses.standings([strict, loose], 2.0)] == [1, 1]


def test_a_quota_counts_only_what_it_concerns(uses: Uses) -> None:
    take(uses, 0.0, command="deploy", user="ann")
    take(uses, 0.0, command="deploy", user="bob")
    take(uses, 0.0, command="search", user="ann")
    quotas = [
        Quota(9, 60.0),
        Quota(9, 60.0, "deploy"),
        Quota(9, 60.0, "deploy", "engineer", "ann"),
        Quota(9, 60.0, role="x"),
    ]
    assert [standing.used for standing in uses.standings(quotas, 1.0)] == [3, 2, 1, 0]


def test_a_use_of_several_commands_is_one_use_of_each(uses: Uses) -> None:
    uses.take(["deploy", "rsync", "rsync"], "engineer", "ann", [], 0.0)
    quotas = [Quota(9, 60.0), Quota(9, 60.0, "deploy"), Quota(9, 60.0, "rsync"), Quota(9, 60.0, "ls")]
    assert [standing.used for standing in uses.standings(quotas, 1.0)] == [1, 1, 1, 0]


def test_uses_of_an_older_database_still_count(paths: Paths) -> None:
    Store.open(paths).close()
    paths.database.unlink()
    connection = open_database(paths.database, MIGRATIONS[:3])
    connection.execute("INSERT INTO uses (command, role, user, at) VALUES (?, 'r', 'u', 5.0)", (_key("deploy"),))
    connection.close()
    store = Store.open(paths)
    quotas = [Quota(9, 60.0), Quota(9, 60.0, "deploy"), Quota(9, 60.0, "ls")]
    assert [standing.used for standing in store.uses.standings(quotas, 6.0)] == [1, 1, 0]
    store.close()


def test_uses_survive_a_restart(paths: Paths) -> None:
    for at, free in ((0.0, True), (1.0, True), (2.0, True), (3.0, False)):
        store = Store.open(paths)
        assert take(store.uses, at, THREE) is free
        store.close()


def test_a_lowered_limit_holds_at_once(uses: Uses) -> None:
    for at in range(5):
        take(uses, float(at))
    assert uses.standings([Quota(2, 60.0)], 5.0)[0].free_at == 63.0


def test_old_uses_are_forgotten(paths: Paths) -> None:
    store = Store.open(paths)
    take(store.uses, 0.0)
    take(store.uses, KEPT_S + 1.0)
    assert store._connection.execute("SELECT at FROM uses").fetchall() == [(KEPT_S + 1.0,)]
    assert store._connection.execute("SELECT count(*) FROM used_commands").fetchone() == (1,)
    store.close()


def test_failures_are_counted_for_each_command_and_user(uses: Uses) -> None:
    assert [uses.count_failure("a", "ann", float(at)) for at in range(3)] == [1, 2, 3]
    assert uses.count_failure("a", "bob", 3.0) == uses.count_failure("b", "ann", 3.0) == 1
    uses.forget_failures("a", "ann")
    assert [uses.failures(*subject, 4.0) for subject in (("a", "ann"), ("a", "bob"))] == [0, 1]


def test_a_command_is_recognised_but_not_kept(paths: Paths) -> None:
    token = "ghp_" + "Zk7Q" * 9
    store = Store.open(paths)
    quota = Quota(1, 60.0, command=token)
    assert take(store.uses, 0.0, quota, command=token)
    store.uses.count_failure(token, "ann", 0.0)
    store.close()
    assert all(token.encode() not in file.read_bytes() for file in paths.data.rglob("*") if file.is_file())
    store = Store.open(paths)
    assert not take(store.uses, 1.0, quota, command=token)
    assert take(store.uses, 1.0, Quota(1, 60.0, command="deploy"))
    assert store.uses.failures(token, "ann", 1.0) == 1
    store.uses.forget_failures(token, "ann")
    assert store.uses.failures(token, "ann", 1.0) == 0
    store.close()


def test_failures_are_forgotten_a_day_after_the_last(uses: Uses) -> None:
    uses.count_failure("a", "ann", 0.0)
    uses.count_failure("a", "ann", 86_000.0)
    assert uses.failures("a", "ann", 172_399.9) == 2
    assert uses.failures("a", "ann", 172_400.0) == 0
    assert uses.count_failure("a", "ann", 172_400.0) == 1


def test_two_processes_cannot_both_take_the_last_use(paths: Paths, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tui.paths import Paths; from tui.store.store import Store\n"
        "from tui.store.uses import Quota\n"
        "store = Store.open(Paths.below(Path(sys.argv[1]))); sys.stdin.readline()\n"
        "quota = Quota(25, 3600.0)\n"
        "free = [store.uses.take(['c'], 'r', 'u', [quota], 1000.0 + i)[0].free_at is None for i in range(20)]\n"
        "print(sum(free))\n"
    )
    Store.open(paths).close()
    command = [sys.executable, "-c", program, str(tmp_path / "home")]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    taken = [int(process.communicate(timeout=60)[0]) for process in running]
    assert sum(taken) == 25
