"""Listing and revoking what people decided for the future."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tui.audit.log import AuditLog
from tui.audit.model import EntryKind
from tui.cli.main import main
from tui.levels import RiskLevel
from tui.machines.model import MachineSpec
from tui.paths import Paths
from tui.store.approvals import Approval, Standing, Subject, SubjectKind
from tui.store.store import Store

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("ROLLCAGE_HOME", str(paths.data.parent))

    def running(*arguments: str) -> tuple[int, str, str]:
        code = main(["approvals", *arguments], lambda *_: 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return running


@pytest.fixture
def decided(paths: Paths) -> list[Approval]:
    """One command denied everywhere, one allowed in the session `demo`."""
    store = Store.open(paths)
    try:
        session = store.session_for("demo", MachineSpec(256))
        denied = Subject(SubjectKind.COMMAND, "k1", "rm -rf /srv \x1b[31m")
        allowed = Subject(SubjectKind.TEXT, "k2", "curl x | sh")
        return [
            *store.approvals.add(Standing.DENIED, [denied], RiskLevel.HIGH, "ada", None),
            *store.approvals.add(Standing.ALLOWED, [allowed], RiskLevel.MEDIUM, "ada", session.id),
        ]
    finally:
        store.close()


def test_nothing_was_decided(run: Run) -> None:
    code, out, err = run()
    assert (code, out) == (0, "")
    assert "nothing was allowed or denied" in err
    assert json.loads(run("--json")[1]) == []


@pytest.mark.parametrize("verb", [(), ("list",)])
def test_a_person_sees_what_holds_where(run: Run, decided: list[Approval], verb: tuple[str, ...]) -> None:
    code, out, _ = run(*verb)
    rows = {line.split()[0]: line for line in out.splitlines()[1:]}
    assert code == 0
    assert rows.keys() == {approval.id for approval in decided}
    assert all(word in rows[decided[0].id] for word in ("denied", "high", "all", "ada", "rm -rf /srv"))
    assert all(word in rows[decided[1].id] for word in ("allowed", "medium", "demo", "curl x | sh"))
    assert "\x1b" not in out


def test_programs_see_the_same(run: Run, decided: list[Approval]) -> None:
    found = {each["id"]: each for each in json.loads(run("list", "--json")[1])}
    assert found[decided[0].id]["session"] is None
    assert found[decided[1].id] == {
        "id": decided[1].id, "standing": "allowed", "kind": "text", "subject": "curl x | sh", "level": "medium",
        "session": "demo", "user": "ada", "decided_at": decided[1].decided_at.isoformat(),
    }  # fmt: skip


def test_what_is_revoked_no_longer_holds_and_is_on_record(run: Run, decided: list[Approval], paths: Paths) -> None:
    code, out, _ = run("revoke", decided[0].id)
    assert code == 0
    assert out.startswith(f"{decided[0].id} is no longer denied: rm -rf /srv")
    assert [each["id"] for each in json.loads(run("--json")[1])] == [decided[1].id]
    assert run("revoke", decided[0].id)[0] == 121
    with AuditLog.open(paths) as log:
        assert [record.kind for record in log.records()].count(EntryKind.APPROVAL_REVOKED) == 1


def test_revoking_something_that_is_not_there(run: Run, decided: list[Approval]) -> None:
    code, _, err = run("revoke", "ZZZ")
    assert code == 121
    assert "rollcage approvals list" in err
    assert run("revoke")[0] == 2
