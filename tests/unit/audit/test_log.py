from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.audit import START, Ticking, entry
from tui.audit.errors import AuditError, AuditTampered, explained
from tui.audit.log import LONGEST_TEXT, AuditLog
from tui.audit.model import AuditResult, EntryKind, Filter
from tui.audit.reader import AuditReader
from tui.errors import NotFound
from tui.paths import Paths
from tui.redaction import Redactor

Fill = Callable[[int], AuditLog]


def test_what_is_appended_is_there_for_the_next_process(paths: Paths, log: AuditLog) -> None:
    assert log.append(entry(1)) == 1
    assert log.append(entry(2), entry(3)) == 3
    log.close()
    with AuditLog.open(paths) as again:
        record = again.get(2)
        assert (record.seq, record.kind, record.run_id, record.user) == (2, "run-started", "run-2", "ada")
        assert record.details == {"number": 2, "text": "ünïcode\n\u2028"}
        assert record.previous == again.get(1).hash
        assert again.append(entry(4)) == 4
        assert again.verify().whole


def test_a_record_that_is_not_there_is_not_found(log: AuditLog) -> None:
    with pytest.raises(NotFound, match="no audit record 7"):
        log.get(7)


def test_entries_are_recorded_all_or_none(log: AuditLog) -> None:
    class Unprintable:
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        log.append(entry(1), entry(2, details={"x": Unprintable()}))
    assert log.last() == 0


def test_files_are_for_this_user_only(paths: Paths, log: AuditLog) -> None:
    log.append(entry())
    for path in (paths.audit_database, paths.audit_head, paths.audit_key):
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_nothing_is_made_by_reading(paths: Paths) -> None:
    assert AuditReader.read(paths) is None
    assert list(paths.data.glob("audit*")) == []


def test_records_cannot_be_changed_replaced_or_deleted(paths: Paths, filled: Fill) -> None:
    filled(3)
    with contextlib.closing(sqlite3.connect(paths.audit_database)) as connection:
        for statement in (
            "UPDATE records SET user = 'eve' WHERE seq = 2",
            "DELETE FROM records WHERE seq = 3",
            "REPLACE INTO records SELECT * FROM records WHERE seq = 2",
            "INSERT INTO records SELECT seq + 5, at, kind, run_id, session, user, role, command, result, details,"
            " previous, hash, seal FROM records WHERE seq = 2",
            "DELETE FROM origin",
            "UPDATE origin SET genesis = x'00'",
        ):
            with pytest.raises(sqlite3.IntegrityError, match=r"audit records|origin of the log"):
                connection.execute(statement)


# --- secrets -------------------------------------------------------------------------------------------------------


def test_secrets_never_reach_the_file(paths: Paths) -> None:
    token = "ghp_" + "A1b2" * 9
    with AuditLog.open(paths, Redactor(["of-the-log"])) as log:
        log.append(
            entry(
                1, command="of-the-log", details={"text": f"x {token}", "password": "hunter2", "deep": [{"a": token}]}
            )
        )
        log.append(entry(2, user="of-the-run", details={"of-the-run": 1}), redactor=Redactor(["of-the-run"]))
        assert log.get(1).details["text"] == "x [redacted:github-token]"
        assert log.get(2).user == "[redacted:secret]"
    contents = b"".join(path.read_bytes() for path in paths.data.glob("audit*"))
    for secret in (token, "hunter2", "of-the-log", "of-the-run"):
        assert secret.encode() not in contents


def test_what_is_no_json_is_redacted_as_the_text_it_becomes(log: AuditLog) -> None:
    details = {"path": Path("/tmp/password=hunter2"), "data": b"token=abc123\xff", "set": {1}, "nan": float("nan")}
    log.append(entry(details=details))
    assert log.get(1).details == {
        "path": "/tmp/password=[redacted:password]", "data": "token=[redacted:token]", "set": [1], "nan": "nan",
    }  # fmt: skip


def test_a_very_long_text_is_cut_and_says_so(log: AuditLog) -> None:
    log.append(entry(details={"text": "x" * (LONGEST_TEXT + 5)}))
    assert str(log.get(1).details["text"]).endswith("x… and 5 more characters")


@given(
    details=st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=5,
        ),
        max_size=3,
    ),
    words=st.lists(st.text(st.characters(), max_size=10), min_size=4, max_size=4),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_whatever_is_recorded_verifies(log: AuditLog, details: dict[str, object], words: list[str]) -> None:
    session, user, role, command = words
    log.append(entry(session=session, user=user, role=role, command=command, details=details))
    assert log.verify().whole
    json.dumps(log.get(log.last()).to_json())


# --- paging --------------------------------------------------------------------------------------------------------


def varied(log: AuditLog, count: int) -> None:
    kinds, results = list(EntryKind), list(AuditResult)
    for number in range(1, count + 1):
        log.append(
            entry(
                number,
                kind=kinds[number % len(kinds)],
                result=results[number % 3],
                session=f"s{number % 2}",
                user=("ada", "bob", "eve")[number % 3],
                command=("deploy", "backup")[number % 5 == 0],
                run_id=None if number % 4 == 0 else f"run-{number % 7}",
            )
        )


FILTERS = st.builds(
    Filter,
    since=st.none() | st.integers(0, 90).map(lambda second: START + timedelta(seconds=second)),
    until=st.none() | st.integers(0, 90).map(lambda second: START + timedelta(seconds=second)),
    run_id=st.none() | st.sampled_from(["run-1", "run-2", "none"]),
    session=st.none() | st.sampled_from(["s0", "s1"]),
    command=st.none() | st.sampled_from(["deploy", "backup"]),
    user=st.none() | st.sampled_from(["ada", "bob"]),
    result=st.none() | st.sampled_from(AuditResult),
    kinds=st.frozensets(st.sampled_from(EntryKind), max_size=4),
)


@given(wanted=FILTERS, size=st.integers(1, 20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
def test_pages_hold_what_is_wanted_once_and_in_order(log: AuditLog, wanted: Filter, size: int) -> None:
    if not log.last():
        varied(log, 80)
    expected = [record.seq for seq in range(80, 0, -1) if _wanted(record := log.get(seq), wanted)]
    found: list[int] = []
    before = None
    while page := log.page(wanted, before=before, limit=size):
        assert len(page) <= size
        found += [record.seq for record in page]
        before = found[-1]
    assert found == expected
    assert log.count(wanted) == len(expected)
    assert log.count(wanted, limit=3) == min(3, len(expected))


def _wanted(record: object, wanted: Filter) -> bool:
    equal = all(
        getattr(wanted, name) in (None, getattr(record, name))
        for name in ("run_id", "session", "command", "user", "result")
    )
    at = record.at  # type: ignore[attr-defined]
    return (
        equal
        and (wanted.since is None or at >= wanted.since)
        and (wanted.until is None or at < wanted.until)
        and (not wanted.kinds or record.kind in wanted.kinds)  # type: ignore[attr-defined]
    )


def test_paging_goes_on_where_it_was_while_more_is_appended(filled: Fill) -> None:
    log = filled(10)
    first = log.page(limit=4)
    log.append(entry(11))
    assert [record.seq for record in log.page(before=first[-1].seq, limit=4)] == [6, 5, 4, 3]
    assert [record.seq for record in log.page(before=999, limit=2)] == [11, 10]


def test_a_clock_that_is_put_back_loses_nothing(log: AuditLog, clock: Ticking) -> None:
    log.append(entry(1), entry(2))
    clock.now -= timedelta(hours=1)
    log.append(entry(3), entry(4))
    found: list[int] = []
    while page := log.page(before=found[-1] if found else None, limit=1):
        found += [record.seq for record in page]
    assert found == [2, 1, 4, 3]
    assert [record.seq for record in log.page(Filter(until=START))] == [4, 3]
    assert log.verify().whole


# --- several at once, and what goes wrong ---------------------------------------------------------------------------


def test_threads_may_append_at_once(log: AuditLog) -> None:
    threads = [threading.Thread(target=lambda: [log.append(entry(n)) for n in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.last() == 80
    assert log.verify().whole


def test_a_full_disk_is_an_error_and_the_log_goes_on_when_there_is_room(log: AuditLog) -> None:
    log.append(entry(1))
    (pages,) = log._connection.execute("PRAGMA page_count").fetchone()
    log._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(AuditError, match="disk is full") as caught:
        for number in range(2, 500):
            log.append(entry(number, details={"text": "x" * 10_000}))
    assert "nothing runs" in caught.value.hint
    last = log.last()
    log._connection.execute("PRAGMA max_page_count = 1000000")
    assert log.append(entry(0)) == last + 1
    assert log.verify().whole


def test_an_anchor_that_cannot_be_written_is_an_error_and_is_made_up_for(
    paths: Paths, log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(entry(1))

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", refuse)
        with pytest.raises(AuditError, match="disk is full"):
            log.append(entry(2))
    checked = log.verify()
    assert (checked.whole, checked.unanchored) == (True, 1)
    assert log.append(entry(3)) == 3
    assert log.verify().unanchored == 0


@pytest.mark.parametrize("name", ["audit.db", "audit.key", "audit.head"])
def test_a_log_that_lacks_a_part_is_not_appended_to(paths: Paths, filled: Fill, name: str) -> None:
    filled(3).close()
    for path in paths.data.glob(f"{name}*"):
        path.unlink()
    with pytest.raises(AuditTampered):
        AuditLog.open(paths)


@pytest.mark.parametrize("damage", [b"", b"not a database" * 100], ids=["empty", "overwritten"])
def test_a_damaged_database_is_an_error(paths: Paths, filled: Fill, damage: bytes) -> None:
    filled(3).close()
    paths.audit_database.write_bytes(damage)
    with pytest.raises(AuditError):
        AuditLog.open(paths)


def test_a_log_that_was_cut_is_not_appended_to_even_while_it_is_open(paths: Paths, filled: Fill) -> None:
    log = filled(3)
    with contextlib.closing(sqlite3.connect(paths.audit_database)) as connection, connection:
        connection.execute("DROP TRIGGER records_stay")
        connection.execute("DELETE FROM records WHERE seq = 3")
    with pytest.raises(AuditTampered, match="ends with record 2, but there were 3"):
        log.append(entry())


def test_a_forged_record_at_the_end_is_not_built_upon(paths: Paths, filled: Fill) -> None:
    log = filled(3)
    with contextlib.closing(sqlite3.connect(paths.audit_database)) as connection, connection:
        connection.execute(
            "INSERT INTO records SELECT 4, at, kind, run_id, session, user, role, command, result, details, hash, hash,"
            " seal FROM records WHERE seq = 3"
        )
    with pytest.raises(AuditTampered, match="record 4 was not written by this installation"):
        log.append(entry())


def test_a_lock_that_is_held_too_long_is_an_error(paths: Paths, log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.audit.log._PATIENCE", 3)
    holder = os.open(paths.data / "audit.lock", os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    with pytest.raises(AuditError, match="another process keeps"):
        log.append(entry())
    os.close(holder)
    assert log.append(entry()) == 1


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (sqlite3.OperationalError("database or disk is full"), "disk is full", "free some space"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full", "free some space"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "opened or written", "rights"),
        (OSError(errno.EROFS, "Read-only file system"), "opened or written", "rights"),
        (sqlite3.OperationalError("disk I/O error"), "disk I/O error", "sound"),
        (sqlite3.OperationalError("database is locked"), "another process", "try again"),
        (sqlite3.DatabaseError("database disk image is malformed"), "damaged", "rollcage audit verify"),
    ],
)  # fmt: skip
def test_every_error_says_what_to_do(error: Exception, message: str, hint: str) -> None:
    with pytest.raises(AuditError, match=message) as caught, explained(Path("audit.db")):
        raise error
    assert hint in caught.value.hint


def test_a_log_of_a_newer_version_is_left_alone(paths: Paths, filled: Fill) -> None:
    filled(1).close()
    with contextlib.closing(sqlite3.connect(paths.audit_database)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(AuditError, match="version 99"):
        AuditLog.open(paths)
