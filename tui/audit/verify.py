"""Checking that the log is what was written, and saying what is not.

A record is *self-consistent* when its hash is that of its own fields and of the hash it names as the one before.
`docs/audit.md` explains which change leads to which finding.
"""

# ruff: noqa: S608 - statements are put together of constants; values are always bound

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

from tui.audit import anchor, schema
from tui.audit.anchor import Anchor, BadAnchor
from tui.audit.chain import record_hash, same, seal
from tui.audit.checkpoint import Archived, checkpoint
from tui.audit.errors import AuditError
from tui.audit.model import Finding, FindingKind, Verification
from tui.paths import Paths

_EVERY: Final = 20_000
_MOST_COMPARED: Final = 200
"""Records that are compared with each other to tell those that were moved from those that were edited."""

Progress = Callable[[int, int], None]


def verify(
    connection: sqlite3.Connection,
    paths: Paths,
    start: int,
    noted: tuple[int, str] | None,
    progress: Progress | None,
) -> Verification:
    """Verify what one connection sees; `AuditReader.verify` explains the arguments."""
    findings: list[Finding] = []
    key = _key(paths, findings)
    # The anchor first: what is appended meanwhile can only make the log longer than it says.
    anchored = _anchor(paths, key, findings)
    connection.execute("BEGIN")
    try:
        walk = _Walk(connection, key, start)
        walk.check(progress)
        findings += walk.findings
        findings += _protection(connection)
        if anchored is not None:
            findings += _against_anchor(connection, anchored, walk)
        elif key is not None and walk.last_seq:
            findings.append(Finding(FindingKind.ANCHOR, f"the anchor {paths.audit_head} is missing or wrong"))
        if noted is not None:
            findings += _against_note(connection, walk.archived, *noted)
        findings += _structure(connection)
    except sqlite3.DatabaseError as error:
        findings.append(Finding(FindingKind.DAMAGED, f"the database cannot be read: {error}"))
        return Verification(0, 0, "", tuple(findings))
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    unanchored = max(0, walk.last_seq - anchored.seq) if anchored is not None else 0
    return Verification(walk.records, walk.last_seq, walk.last_hash.hex(), tuple(findings), unanchored)


def unreadable(message: str) -> Verification:
    """Return the verification of a log that cannot be opened."""
    return Verification(0, 0, "", (Finding(FindingKind.DAMAGED, message),))


def without_log(paths: Paths, noted: tuple[int, str] | None) -> Verification | None:
    """Return the verification of a log that is not there; None where there is no sign that there ever was one."""
    findings: list[Finding] = []
    if paths.audit_head.exists():
        anchored = _anchor(paths, _key(paths, findings), findings)
        last = anchored.seq if anchored is not None else None
        message = f"the log {paths.audit_database} is gone, but its anchor is there"
        findings.append(Finding(FindingKind.TRUNCATED, message, 1 if last else None, last or None))
    elif noted is not None:
        findings.append(
            Finding(FindingKind.TRUNCATED, f"there is no log, but record {noted[0]} was noted", 1, noted[0])
        )
    return Verification(0, 0, "", tuple(findings)) if findings else None


def _key(paths: Paths, findings: list[Finding]) -> bytes | None:
    try:
        key = anchor.read_key(paths.audit_key)
    except (AuditError, OSError) as error:
        findings.append(Finding(FindingKind.KEY, f"the key cannot be read: {error}".splitlines()[0]))
        return None
    if key is None:
        message = f"the key {paths.audit_key} is missing: the anchor cannot be checked, nor who made the records"
        findings.append(Finding(FindingKind.KEY, message))
    return key


def _anchor(paths: Paths, key: bytes | None, findings: list[Finding]) -> Anchor | None:
    if key is None:
        return None
    try:
        return anchor.read_anchor(paths.audit_head, key)
    except (BadAnchor, OSError) as error:
        findings.append(Finding(FindingKind.ANCHOR, f"the anchor {paths.audit_head}: {error}"))
        return None


class _Walk:
    """One walk along the chain."""

    def __init__(self, connection: sqlite3.Connection, key: bytes | None, start: int) -> None:
        self._connection = connection
        self._key = key
        self._start = max(1, start)
        self.archived: Archived | None = None
        """What is not in the log any more, and may not be."""
        self.findings: list[Finding] = []
        self.records = 0
        self.last_seq = 0
        self.last_hash = b""
        self._broken: list[tuple[Any, ...]] = []
        """Rows that are not self-consistent, or do not follow what is before them; the first of them."""
        self._more_broken: list[int] = []
        self._missing: list[range] = []
        self._forged: list[int] = []

    def check(self, progress: Progress | None) -> None:
        """Look at every record once."""
        (end,) = self._connection.execute("SELECT coalesce(max(seq), 0) FROM records").fetchone()
        archived = self.archived = checkpoint(self._connection, self._key)
        start = min(max(self._start, archived.last + 1 if archived is not None else 1), end + 1)
        total = end - start + 1
        if archived is not None and start == archived.last + 1:
            self.last_seq, self.last_hash, follows = archived.last, _from_hex(archived.hash), True
        else:
            self.last_seq, self.last_hash, follows = self._before(start)
        if archived is not None:
            self._look_before(archived)
        for row in self._connection.execute(
            f"SELECT {schema.COLUMNS} FROM records WHERE seq >= ? ORDER BY seq", (start,)
        ):
            follows = self._look_at(row, follows)
            self.records += 1
            if progress is not None and self.records % _EVERY == 0:
                progress(self.records, total)
        self._explain()

    def _look_before(self, archived: Archived) -> None:
        """Find records where there can be none: they were moved away."""
        low, high = self._connection.execute(
            "SELECT min(seq), max(seq) FROM records WHERE seq <= ?", (archived.last,)
        ).fetchone()
        if low is not None:
            message = f"records {low} to {high} were archived, and others were put in their place"
            self.findings.append(Finding(FindingKind.INSERTED, message, low, high))

    def _before(self, start: int) -> tuple[int, bytes, bool]:
        """Return number and hash of what is before `start`, and whether it is there."""
        if start > 1:
            row = self._connection.execute("SELECT hash FROM records WHERE seq = ?", (start - 1,)).fetchone()
        else:
            row = self._connection.execute("SELECT genesis FROM origin").fetchone()
        return start - 1, _bytes(row[0]) if row is not None else b"", row is not None

    def _look_at(self, row: tuple[Any, ...], previous_holds: bool) -> bool:
        """Check one record; return whether the next one can be expected to name its hash."""
        seq, previous, digest = row[0], _bytes(row[-3]), _bytes(row[-2])
        expected = self.last_seq + 1
        gap = seq > expected
        if gap:
            self._missing.append(range(expected, seq))
        elif seq < expected:
            self.findings.append(Finding(FindingKind.INSERTED, f"there is more than one record {seq}", seq, seq))
        follows = gap or not previous_holds or previous == self.last_hash
        consistent = _hash_of(row, seq) == digest
        if not (consistent and follows):
            if len(self._broken) < _MOST_COMPARED:
                self._broken.append(row)
            else:
                self._more_broken.append(seq)
        elif self._key is not None and not same(seal(self._key, digest), _bytes(row[-1])):
            self._forged.append(seq)
        self.last_seq, self.last_hash = seq, digest
        return consistent

    def _explain(self) -> None:
        """Turn what does not hold into findings: moved where a record holds under another number, edited elsewhere."""
        places = {row[0] for row in self._broken} | {seq for gap in self._missing for seq in gap[:_MOST_COMPARED]}
        candidates = sorted(places)[: 2 * _MOST_COMPARED]
        edited: list[int] = []
        for row in self._broken:
            seq, digest = row[0], _bytes(row[-2])
            home = next((at for at in candidates if at != seq and _hash_of(row, at) == digest), None)
            if home is not None:
                message = f"record {seq} was record {home}"
                self.findings.append(Finding(FindingKind.REORDERED, message, seq, seq))
            elif _hash_of(row, seq) == digest:
                message = f"record {seq} does not follow record {seq - 1}: one of the two was replaced"
                self.findings.append(Finding(FindingKind.REPLACED, message, seq, seq))
            else:
                edited.append(seq)
        for first, last in _runs(edited):
            self.findings.append(_ranged(FindingKind.EDITED, first, last, "edited"))
        for first, last in _runs(self._more_broken):
            self.findings.append(_ranged(FindingKind.EDITED, first, last, "edited or moved"))
        for gap in self._missing:
            self.findings.append(_ranged(FindingKind.REMOVED, gap[0], gap[-1], "removed"))
        for first, last in _runs(self._forged):
            self.findings.append(_ranged(FindingKind.FORGED, first, last, "not written by this installation"))
        self.findings.sort(key=lambda finding: finding.first or 0)


def _hash_of(row: Sequence[Any], seq: int) -> bytes | None:
    """Return the hash a row would have as record `seq`; None where it holds what no record can."""
    try:
        return record_hash(_bytes(row[-3]), (seq, *row[1:-3]))
    except (TypeError, ValueError):
        return None


def _bytes(value: Any) -> bytes:
    """Return a column that should be bytes; whatever else was put there equals no hash."""
    return value if isinstance(value, bytes) else b""


def _from_hex(text: str) -> bytes:
    """Return a hash that was written down; what is none equals no hash."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Return ascending numbers as stretches without gaps."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] + 1 == number:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _ranged(kind: FindingKind, first: int, last: int, what: str) -> Finding:
    if first == last:
        return Finding(kind, f"record {first} was {what}", first, last)
    return Finding(kind, f"records {first} to {last} were {what}", first, last)


def _against_anchor(connection: sqlite3.Connection, anchored: Anchor, walk: _Walk) -> list[Finding]:
    origin = connection.execute("SELECT genesis FROM origin").fetchone()
    if origin is None or _bytes(origin[0]).hex() != anchored.genesis:
        return [Finding(FindingKind.REPLACED, "this is not the log that was anchored: its origin is another")]
    if anchored.seq > walk.last_seq:
        return [_ranged(FindingKind.TRUNCATED, walk.last_seq + 1, anchored.seq, "cut off the end")]
    if anchored.seq and _hash_at(connection, walk.archived, anchored.seq) != anchored.hash:
        message = f"record {anchored.seq} is not the one that was anchored"
        return [Finding(FindingKind.REPLACED, message, anchored.seq, anchored.seq)]
    return []


def _hash_at(connection: sqlite3.Connection, archived: Archived | None, seq: int) -> str | None:
    """Return the hash of a record, also where it is the last one that was moved away."""
    if archived is not None and seq == archived.last:
        return archived.hash
    row = connection.execute("SELECT hash FROM records WHERE seq = ?", (seq,)).fetchone()
    return _bytes(row[0]).hex() if row is not None else None


def _against_note(connection: sqlite3.Connection, archived: Archived | None, seq: int, digest: str) -> list[Finding]:
    found = _hash_at(connection, archived, seq)
    if found is None:
        where = "in an archive: look there" if archived is not None and seq < archived.last else "not there"
        return [Finding(FindingKind.TRUNCATED, f"record {seq}, which was noted, is {where}", seq, seq)]
    if not found.startswith(digest.lower()):
        return [Finding(FindingKind.REPLACED, f"record {seq} is not the one that was noted", seq, seq)]
    return []


def _protection(connection: sqlite3.Connection) -> list[Finding]:
    """Compare the triggers with what they were made as."""
    found = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"))
    gone = [name for name, statement in schema.PROTECTION.items() if found.pop(name, None) != statement]
    findings = []
    if gone:
        message = f"what keeps the log append-only was taken away or changed: {', '.join(gone)}"
        findings.append(Finding(FindingKind.UNPROTECTED, message))
    if found:
        findings.append(Finding(FindingKind.UNPROTECTED, f"unknown triggers were added: {', '.join(sorted(found))}"))
    return findings


def _structure(connection: sqlite3.Connection) -> list[Finding]:
    """Let SQLite compare its indexes, through which records are found, with the table."""
    problems = [text for (text,) in connection.execute("PRAGMA integrity_check(20)") if text != "ok"]
    return [Finding(FindingKind.DAMAGED, problem) for problem in problems]
