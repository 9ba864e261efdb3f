"""Every way of tampering with the file that somebody without the key has, and what verification says to it."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.audit import entry
from tui.audit.chain import record_hash
from tui.audit.log import AuditLog
from tui.audit.model import FindingKind, Verification
from tui.audit.reader import verify_paths
from tui.audit.schema import COLUMNS, FIELDS, PROTECTION
from tui.paths import Paths

Fill = Callable[[int], AuditLog]


@contextlib.contextmanager
def tampering(paths: Paths) -> Iterator[sqlite3.Connection]:
    """The database without what protects it, which is put back afterwards."""
    with contextlib.closing(sqlite3.connect(paths.audit_database)) as connection, connection:
        for name in PROTECTION:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for statement in PROTECTION.values():
            connection.execute(statement)


def found(paths: Paths, **arguments: object) -> list[tuple[FindingKind, int | None, int | None]]:
    return [(finding.kind, finding.first, finding.last) for finding in checked(paths, **arguments).findings]


def checked(paths: Paths, **arguments: object) -> Verification:
    verification = verify_paths(paths, **arguments)  # type: ignore[arg-type]
    assert verification is not None
    return verification


def test_a_log_that_nobody_touched_is_whole(paths: Paths, filled: Fill) -> None:
    log = filled(5)
    verification = checked(paths)
    assert verification.whole
    assert (verification.records, verification.head, verification.unanchored) == (5, 5, 0)
    assert verification.head_hash == log.get(5).hash.hex()


def test_where_nothing_was_ever_recorded_there_is_nothing_to_verify(paths: Paths) -> None:
    assert verify_paths(paths) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", 1), ("kind", "run-exited"), ("run_id", "run-7"), ("run_id", None), ("session", "other"), ("user", "eve"),
        ("role", "root"), ("command", "backup"), ("result", "denied"), ("details", "{}"), ("details", "{ }"),
        ("previous", b"x" * 32), ("hash", b"x" * 32), ("hash", b""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seq", [1, 3, 5])
def test_an_edited_field_is_found_in_its_record(
    paths: Paths, filled: Fill, column: str, value: object, seq: int
) -> None:
    filled(5).close()
    with tampering(paths) as connection:
        connection.execute(f"UPDATE records SET {column} = ? WHERE seq = ?", (value, seq))
    expected = [(FindingKind.EDITED, seq, seq)]
    if column == "hash" and seq == 5:
        expected.append((FindingKind.REPLACED, 5, 5))  # the anchor knows it, too
    assert found(paths) == expected


def test_an_edited_seal_is_found(paths: Paths, filled: Fill) -> None:
    filled(5).close()
    with tampering(paths) as connection:
        connection.execute("UPDATE records SET seal = x'00' WHERE seq = 3")
    assert found(paths) == [(FindingKind.FORGED, 3, 3)]


@given(st.integers(0, 9), st.sampled_from(["user", "command", "details", "session"]), st.text(max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_any_edit_is_found(paths: Paths, filled: Fill, index: int, column: str, value: str) -> None:
    shutil.rmtree(paths.data)
    with AuditLog.open(paths) as log:
        for number in range(10):
            log.append(entry(number))
    with tampering(paths) as connection:
        (before,) = connection.execute(f"SELECT {column} FROM records WHERE seq = ?", (index + 1,)).fetchone()
        connection.execute(f"UPDATE records SET {column} = ? WHERE seq = ?", (value, index + 1))
    assert found(paths) == ([] if value == before else [(FindingKind.EDITED, index + 1, index + 1)])


@pytest.mark.parametrize(("first", "last"), [(1, 1), (3, 3), (2, 4), (1, 4)])
def test_removed_records_are_named(paths: Paths, filled: Fill, first: int, last: int) -> None:
    filled(5).close()
    with tampering(paths) as connection:
        connection.execute("DELETE FROM records WHERE seq BETWEEN ? AND ?", (first, last))
    assert found(paths) == [(FindingKind.REMOVED, first, last)]


def test_a_removed_record_whose_place_the_next_ones_took_is_found(paths: Paths, filled: Fill) -> None:
    filled(5).close()
    with tampering(paths) as connection:
        connection.execute("DELETE FROM records WHERE seq = 2")
        for seq in (3, 4, 5):
            connection.execute("UPDATE records SET seq = seq - 1 WHERE seq = ?", (seq,))
    assert found(paths) == [
        (FindingKind.REORDERED, 2, 2), (FindingKind.REORDERED, 3, 3), (FindingKind.EDITED, 4, 4),
        (FindingKind.TRUNCATED, 5, 5),
    ]  # fmt: skip


@pytest.mark.parametrize("first", [1, 3, 5])
def test_an_end_that_was_cut_off_is_found(paths: Paths, filled: Fill, first: int) -> None:
    filled(5).close()
    with tampering(paths) as connection:
        connection.execute("DELETE FROM records WHERE seq >= ?", (first,))
    assert found(paths) == [(FindingKind.TRUNCATED, first, 5)]


@pytest.mark.parametrize(("one", "other"), [(2, 3), (1, 5), (2, 4), (4, 5)])
def test_records_that_changed_places_are_found(paths: Paths, filled: Fill, one: int, other: int) -> None:
    filled(5).close()
    with tampering(paths) as connection:
        for old, new in ((one, 99), (other, one), (99, other)):
            connection.execute("UPDATE records SET seq = ? WHERE seq = ?", (new, old))
    findings = found(paths)
    assert [finding for finding in findings if finding[0] is FindingKind.REORDERED] == [
        (FindingKind.REORDERED, one, one),
        (FindingKind.REORDERED, other, other),
    ]
    assert {kind for kind, *_ in findings} <= {FindingKind.REORDERED, FindingKind.REPLACED}


def rewrite(connection: sqlite3.Connection, start: int) -> None:
    """Compute the chain anew from a record on, as somebody without the key can."""
    previous = connection.execute(
        "SELECT hash FROM records WHERE seq = ? UNION ALL SELECT genesis FROM origin", (start - 1,)
    ).fetchone()[0]
    for fields in connection.execute(f"SELECT {FIELDS} FROM records WHERE seq >= ? ORDER BY seq", (start,)).fetchall():
        digest = record_hash(previous, fields)
        connection.execute(
            "UPDATE records SET previous = ?, hash = ?, seal = ? WHERE seq = ?",
            (previous, digest, hashlib.sha256(digest).digest(), fields[0]),
        )
        previous = digest


@pytest.mark.parametrize("start", [1, 3, 5])
def test_a_chain_that_was_computed_anew_is_found(paths: Paths, filled: Fill, start: int) -> None:
    filled(5).close()
    with tampering(paths) as connection:
        connection.execute("UPDATE records SET user = 'eve' WHERE seq = ?", (start,))
        rewrite(connection, start)
    assert found(paths) == [(FindingKind.FORGED, start, 5), (FindingKind.REPLACED, 5, 5)]


def test_a_record_put_between_others_is_found(paths: Paths, filled: Fill) -> None:
    filled(5).close()
    with tampering(paths) as connection:
        for seq in (5, 4, 3):
            connection.execute("UPDATE records SET seq = seq + 1 WHERE seq = ?", (seq,))
        marks = "3, at, kind, run_id, session, 'eve', role, command, result, details, previous, hash, seal"
        connection.execute(f"INSERT INTO records ({COLUMNS}) SELECT {marks} FROM records WHERE seq = 2")
        rewrite(connection, 3)
    assert (FindingKind.FORGED, 3, 6) in found(paths)


def test_a_second_record_of_one_number_is_found(paths: Paths, filled: Fill) -> None:
    filled(3).close()
    with contextlib.closing(sqlite3.connect(paths.audit_database)) as connection, connection:
        connection.execute("CREATE TABLE copy AS SELECT * FROM records")
        connection.execute("DROP TABLE records")
        connection.execute("ALTER TABLE copy RENAME TO records")
        connection.execute("INSERT INTO records SELECT * FROM records WHERE seq = 2")
    kinds = [kind for kind, *_ in found(paths)]
    assert FindingKind.INSERTED in kinds
    assert FindingKind.UNPROTECTED in kinds


def test_a_record_appended_by_somebody_else_is_found(paths: Paths, filled: Fill) -> None:
    filled(5).close()
    with tampering(paths) as connection:
        marks = "6, at, kind, run_id, session, 'eve', role, command, result, details, previous, hash, seal"
        connection.execute(f"INSERT INTO records ({COLUMNS}) SELECT {marks} FROM records WHERE seq = 5")
        rewrite(connection, 6)
    assert found(paths) == [(FindingKind.FORGED, 6, 6)]


def test_protection_that_was_taken_away_is_found(paths: Paths, filled: Fill) -> None:
    filled(1).close()
    with contextlib.closing(sqlite3.connect(paths.audit_database)) as connection, connection:
        connection.execute("DROP TRIGGER records_keep")
        connection.execute("CREATE TRIGGER quiet AFTER INSERT ON records BEGIN SELECT 1; END")
    verification = checked(paths)
    assert [finding.kind for finding in verification.findings] == [FindingKind.UNPROTECTED] * 2
    assert "records_keep" in verification.findings[0].message
    assert "quiet" in verification.findings[1].message


def test_an_index_that_hides_a_record_is_found(paths: Paths, filled: Fill) -> None:
    filled(5).close()
    with contextlib.closing(sqlite3.connect(paths.audit_database)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, 'WHERE run_id IS NOT NULL', 'WHERE run_id > ''run-3''')"
            " WHERE name = 'records_of_run'"
        )
    assert FindingKind.DAMAGED in [kind for kind, *_ in found(paths)]


def test_a_log_that_was_replaced_is_found(paths: Paths, filled: Fill) -> None:
    filled(5).close()
    other = Paths.below(paths.data / "other")
    with AuditLog.open(other) as log:
        log.append(*(entry(number) for number in range(5)))
    for path in paths.data.glob("audit.db*"):
        path.unlink()
    shutil.copy(other.audit_database, paths.audit_database)
    assert found(paths) == [(FindingKind.FORGED, 1, 5), (FindingKind.REPLACED, None, None)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("audit.db", [(FindingKind.TRUNCATED, 1, 5)]),
        ("audit.head", [(FindingKind.ANCHOR, None, None)]),
        ("audit.key", [(FindingKind.KEY, None, None)]),
    ],
)
def test_a_part_that_is_gone_is_found(
    paths: Paths, filled: Fill, name: str, expected: list[tuple[FindingKind, int | None, int | None]]
) -> None:
    filled(5).close()
    for path in paths.data.glob(f"{name}*"):
        path.unlink()
    assert found(paths) == expected


@pytest.mark.parametrize("contents", [b"", b"{}", b"[1]", b'{"head": "{}", "hmac-sha256": "00"}', b"\xff"])
def test_a_forged_anchor_is_found(paths: Paths, filled: Fill, contents: bytes) -> None:
    filled(5).close()
    paths.audit_head.write_bytes(contents)
    assert {kind for kind, *_ in found(paths)} == {FindingKind.ANCHOR}


def test_a_damaged_file_is_found(paths: Paths, filled: Fill) -> None:
    filled(50).close()
    data = bytearray(paths.audit_database.read_bytes())
    data[8192:12288] = b"\xa5" * 4096
    paths.audit_database.write_bytes(data)
    assert FindingKind.DAMAGED in [kind for kind, *_ in found(paths)]


def test_an_older_copy_put_back_with_its_anchor_is_found_by_what_was_noted_elsewhere(
    paths: Paths, filled: Fill
) -> None:
    log = filled(3)
    saved = {path.name: path.read_bytes() for path in paths.data.glob("audit.*") if path.suffix != ".lock"}
    log.append(entry(4), entry(5))
    noted = (5, log.get(5).hash.hex()[:16])
    assert checked(paths, noted=noted).whole
    log.close()
    for path in paths.data.glob("audit.*"):
        path.unlink()
    for name, data in saved.items():
        (paths.data / name).write_bytes(data)
    assert checked(paths).whole  # nothing that is left on this host knows better
    assert found(paths, noted=noted) == [(FindingKind.TRUNCATED, 5, 5)]
    assert found(paths, noted=(3, "0000")) == [(FindingKind.REPLACED, 3, 3)]


def test_verification_may_begin_in_the_middle(paths: Paths, filled: Fill) -> None:
    filled(10).close()
    with tampering(paths) as connection:
        connection.execute("UPDATE records SET user = 'eve' WHERE seq IN (2, 8)")
    assert found(paths, start=5) == [(FindingKind.EDITED, 8, 8)]
    assert checked(paths, start=5).records == 6
    assert found(paths, start=9) == []
    beyond = checked(paths, start=99)
    assert (beyond.whole, beyond.records, beyond.head) == (True, 0, 10)


def test_verification_may_begin_where_a_record_is_missing(paths: Paths, filled: Fill) -> None:
    filled(10).close()
    with tampering(paths) as connection:
        connection.execute("DELETE FROM records WHERE seq IN (4, 8)")
    assert found(paths, start=5) == [(FindingKind.REMOVED, 8, 8)]
    assert found(paths, start=8) == [(FindingKind.REMOVED, 8, 8)]


def test_another_origin_is_found(paths: Paths, filled: Fill) -> None:
    filled(3).close()
    with tampering(paths) as connection:
        connection.execute("UPDATE origin SET genesis = x'00'")
    assert found(paths) == [(FindingKind.REPLACED, 1, 1), (FindingKind.REPLACED, None, None)]


def test_thousands_of_edits_are_told_as_one_stretch(paths: Paths) -> None:
    with AuditLog.open(paths) as log:
        log.append(*(entry(number) for number in range(1000)))
    with tampering(paths) as connection:
        connection.execute("UPDATE records SET user = 'eve' WHERE seq BETWEEN 101 AND 900")
    assert found(paths) == [(FindingKind.EDITED, 101, 300), (FindingKind.EDITED, 301, 900)]


def test_progress_is_told(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.audit.verify._EVERY", 4)
    with AuditLog.open(paths) as log:
        log.append(*(entry(number) for number in range(10)))
    told: list[tuple[int, int]] = []
    checked(paths, progress=lambda done, total: told.append((done, total)))
    assert told == [(4, 10), (8, 10)]
