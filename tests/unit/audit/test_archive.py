"""Old records go into a file, and nothing else can take them away unseen."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.audit import START, entry
from tests.unit.audit.test_verify import checked, found, tampering
from tui.audit.archive import archive, check_archive
from tui.audit.errors import AuditError, AuditTampered
from tui.audit.export import ExportFormat, line
from tui.audit.log import AuditLog
from tui.audit.model import Filter, FindingKind
from tui.errors import InvalidInput, NotFound, UsageError
from tui.paths import Paths

Fill = Callable[[int], AuditLog]


def moved(log: AuditLog, file: Path, before: int) -> None:
    archive(log, START + timedelta(seconds=before), file, "ada")


def test_old_records_are_in_the_file_and_the_rest_is_whole(paths: Paths, filled: Fill, tmp_path: Path) -> None:
    log = filled(7)
    wanted = [line(record, ExportFormat.JSONL, "") for record in log.records()][:4]
    moved(log, tmp_path / "old.jsonl", 5)
    assert (tmp_path / "old.jsonl").read_text().splitlines() == wanted
    assert (tmp_path / "old.jsonl").stat().st_mode & 0o777 == 0o600
    assert [record.seq for record in log.records()] == [5, 6, 7, 8]
    assert log.count() == 4
    newest = log.get(8)
    assert (newest.kind, newest.user) == ("log-archived", "ada")
    assert (newest.details["first"], newest.details["last"]) == (1, 4)
    verification = checked(paths)
    assert verification.whole
    assert (verification.records, verification.head) == (4, 8)


def test_the_log_goes_on_and_is_archived_again(paths: Paths, filled: Fill, tmp_path: Path) -> None:
    log = filled(3)
    moved(log, tmp_path / "one", 3)
    log.append(entry(9))
    moved(log, tmp_path / "two", 1000)
    log.append(entry(10))
    assert [record.kind for record in log.records()] == ["log-archived", "run-started"]
    assert checked(paths).whole
    lines = [*(tmp_path / "one").read_text().splitlines(), *(tmp_path / "two").read_text().splitlines()]
    chain = [json.loads(each) for each in lines] + [record.to_json() for record in log.records()]
    assert [each["seq"] for each in chain] == list(range(1, 8))
    assert all(after["previous"] == before["hash"] for before, after in itertools.pairwise(chain))
    with AuditLog.open(paths) as again:
        again.append(entry(11))
    assert checked(paths).whole


def test_every_start_of_a_verification_is_good(paths: Paths, filled: Fill, tmp_path: Path) -> None:
    moved(filled(5), tmp_path / "old", 4)
    assert all(checked(paths, start=start).whole for start in range(1, 9))


def test_a_noted_record_is_found_or_said_to_be_archived(paths: Paths, filled: Fill, tmp_path: Path) -> None:
    log = filled(5)
    hashes = {record.seq: record.hash.hex() for record in log.records()}
    moved(log, tmp_path / "old", 4)
    assert all(checked(paths, noted=(seq, hashes[seq])).whole for seq in (3, 4))
    (finding,) = checked(paths, noted=(2, hashes[2])).findings
    assert "in an archive" in finding.message
    assert found(paths, noted=(3, hashes[2])) == [(FindingKind.REPLACED, 3, 3)]


def test_cutting_off_more_than_was_archived_is_found(paths: Paths, filled: Fill, tmp_path: Path) -> None:
    moved(filled(6), tmp_path / "old", 3)
    with tampering(paths) as connection:
        connection.execute("DELETE FROM records WHERE seq <= 4")
    assert found(paths) == [(FindingKind.REMOVED, 3, 4)]


def test_cutting_off_without_an_archive_is_found(paths: Paths, filled: Fill) -> None:
    filled(6).close()
    with tampering(paths) as connection:
        connection.execute("DELETE FROM records WHERE seq <= 4")
    assert (FindingKind.REMOVED, 1, 4) in found(paths)


def test_a_record_of_an_archive_that_was_edited_excuses_nothing(paths: Paths, filled: Fill, tmp_path: Path) -> None:
    moved(filled(6), tmp_path / "old", 3)
    with tampering(paths) as connection:
        (text,) = connection.execute("SELECT details FROM records WHERE seq = 7").fetchone()
        connection.execute("UPDATE records SET details = ? WHERE seq = 7", (text.replace('"last":2', '"last":4'),))
        connection.execute("DELETE FROM records WHERE seq <= 4")
    kinds = found(paths)
    assert (FindingKind.REMOVED, 1, 4) in kinds
    assert (FindingKind.EDITED, 7, 7) in kinds


def test_records_in_the_place_of_archived_ones_are_found(paths: Paths, filled: Fill, tmp_path: Path) -> None:
    moved(filled(6), tmp_path / "old", 4)
    with tampering(paths) as connection:
        connection.execute(
            "INSERT INTO records SELECT 2, " + ", ".join(COLUMNS_BUT_SEQ) + " FROM records WHERE seq = 5"
        )
    assert found(paths) == [(FindingKind.INSERTED, 2, 2)]


COLUMNS_BUT_SEQ = (
    "at", "kind", "run_id", "session", "user", "role", "command", "result", "details", "previous", "hash", "seal",
)  # fmt: skip


def test_nothing_is_moved_from_a_log_that_is_not_whole(paths: Paths, filled: Fill, tmp_path: Path) -> None:
    log = filled(5)
    with tampering(paths) as connection:
        connection.execute("UPDATE records SET user = 'eve' WHERE seq = 4")
    with pytest.raises(AuditTampered, match="record 4 was edited"):
        moved(log, tmp_path / "old", 3)
    assert not (tmp_path / "old").exists()
    assert log.get(1).seq == 1


def test_a_file_that_is_there_is_left_alone(filled: Fill, tmp_path: Path) -> None:
    log, file = filled(3), tmp_path / "old"
    file.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        moved(log, file, 3)
    assert file.read_text() == "mine"
    with pytest.raises(NotFound):
        moved(log, tmp_path / "other", 1)
    with pytest.raises(UsageError, match="cannot be written"):
        moved(log, tmp_path / "none" / "old", 3)
    assert log.last() == 3


def test_where_it_cannot_be_recorded_everything_stays(
    filled: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: Paths
) -> None:
    log = filled(4)
    monkeypatch.setattr(log, "let_go", lambda *_: (_ for _ in ()).throw(AuditError("the disk is full")))
    with pytest.raises(AuditError, match="full"):
        moved(log, tmp_path / "old", 3)
    assert [record.seq for record in log.records()] == [1, 2, 3, 4]
    assert not (tmp_path / "old").exists()
    assert checked(paths).whole


def test_a_process_that_dies_before_the_anchor_leaves_a_whole_log(
    filled: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: Paths
) -> None:
    log = filled(4)
    head = paths.audit_head.read_bytes()
    moved(log, tmp_path / "old", 1000)
    paths.audit_head.write_bytes(head)
    verification = checked(paths)
    assert verification.whole
    assert verification.unanchored == 1
    log.append(entry(5))
    assert checked(paths).whole


def test_an_archive_is_known_again_unless_it_was_changed(filled: Fill, tmp_path: Path) -> None:
    log, file = filled(4), tmp_path / "old"
    moved(log, file, 3)
    assert check_archive(log, file).seq == 5
    with file.open("ab") as target:
        target.write(os.urandom(1))
    with pytest.raises(InvalidInput, match="changed"):
        check_archive(log, file)
    with pytest.raises(UsageError):
        check_archive(log, tmp_path / "none")


def test_pages_and_filters_go_on_working(filled: Fill, tmp_path: Path) -> None:
    log = filled(6)
    moved(log, tmp_path / "old", 4)
    assert [record.seq for record in log.page(limit=2)] == [7, 6]
    assert [record.seq for record in log.page(before=6, limit=9)] == [5, 4]
    assert log.count(Filter(command="deploy")) == 3
    with pytest.raises(NotFound):
        log.get(2)
