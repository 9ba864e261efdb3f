from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.audit import START, Ticking, entry
from tui import __version__
from tui.audit.export import ExportFormat, line
from tui.audit.log import AuditLog
from tui.audit.model import AuditResult, EntryKind
from tui.cli.main import main
from tui.paths import Paths

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def rollcage(paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("ROLLCAGE_HOME", str(paths.data.parent))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["audit", *arguments], lambda *_: 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def recorded(paths: Paths) -> Paths:
    with AuditLog.open(paths, clock=Ticking()) as log:
        for number in range(1, 7):
            log.append(
                entry(
                    number,
                    kind=EntryKind.RUN_STARTED if number % 2 else EntryKind.POLICY_CHECKED,
                    result=AuditResult.DENIED if number == 4 else AuditResult.ALLOWED,
                    command="backup" if number > 4 else "deploy",
                    details={"reason": f"because {number} \x1b[31m", "n": number},
                )
            )
    return paths


def numbers(out: str) -> list[int]:
    return [record["seq"] for record in json.loads(out)]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), [6, 5, 4, 3, 2, 1]),
        (("--limit", "2"), [6, 5]),
        (("--before", "3"), [2, 1]),
        (("--result", "denied"), [4]),
        (("--command", "backup"), [6, 5]),
        (("--kind", "run-started", "--kind", "policy-checked", "--limit", "3"), [6, 5, 4]),
        (("--kind", "run-started", "--command", "deploy"), [3, 1]),
        (("--run", "run-2"), [2]),
        (("--user", "eve"), []),
        (("--session", "default", "--until", (START + timedelta(seconds=3)).isoformat()), [2, 1]),
        (("--since", "10000w",), [6, 5, 4, 3, 2, 1]),
        (("--since", (START + timedelta(seconds=6)).isoformat()), [6]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", [(), ("list",)])
def test_lists_are_filtered(
    rollcage: Run, recorded: Paths, verb: tuple[str, ...], arguments: tuple[str, ...], expected: list[int]
) -> None:
    code, out, _ = rollcage(*verb, *arguments, "--json")
    assert (code, numbers(out)) == (0, expected)


def test_a_list_for_people_is_clean_and_says_how_to_go_on(rollcage: Run, recorded: Paths) -> None:
    _, out, err = rollcage("list", "--limit", "2")
    assert "\x1b" not in out
    assert [row.split()[0] for row in out.splitlines()] == ["SEQ", "6", "5"]
    assert "--before 5" in err


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "5", "", "99999999999999999w"])
def test_what_is_no_moment_is_refused(rollcage: Run, text: str) -> None:
    code, _, err = rollcage("--since", text)
    assert code == 2
    assert "not a moment" in err


def test_the_beginning_of_a_run_id_must_mean_one_run(rollcage: Run, recorded: Paths) -> None:
    assert rollcage("--run", "run-")[0] == 121
    assert rollcage("--run", "walk")[0] == 121


def test_one_record_is_shown(rollcage: Run, recorded: Paths) -> None:
    code, out, _ = rollcage("show", "4")
    assert code == 0
    assert "denied" in out
    assert "\x1b" not in out
    assert json.loads(rollcage("show", "4", "--json")[1])["details"]["n"] == 4
    assert rollcage("show", "9")[0] == 121


def test_verification_says_whole_and_what_to_note(rollcage: Run, recorded: Paths) -> None:
    code, out, err = rollcage("verify")
    assert code == 0
    assert out.startswith("whole: 6 records checked, the last is 6:")
    note = err.split("--noted ")[1].split()[0]
    assert rollcage("verify", "--noted", note)[0] == 0
    assert rollcage("verify", "--noted", "6:00000000")[0] == 1
    assert rollcage("verify", "--noted", "nonsense")[0] == 2


def test_verification_names_every_finding_and_fails(rollcage: Run, recorded: Paths) -> None:
    with contextlib.closing(sqlite3.connect(recorded.audit_database)) as connection, connection:
        connection.execute("DROP TRIGGER records_keep")
        connection.execute("UPDATE records SET user = 'eve' WHERE seq IN (2, 5)")
    code, out, _ = rollcage("verify")
    assert code == 1
    for text in ("record 2 was edited", "record 5 was edited", "records_keep"):
        assert text in out
    findings = json.loads(rollcage("verify", "--json")[1])["verification"]["findings"]
    assert [(finding["kind"], finding["first"]) for finding in findings] == [
        ("edited", 2), ("edited", 5), ("unprotected", None),
    ]  # fmt: skip


def test_nothing_recorded_is_no_error_and_makes_nothing(rollcage: Run, paths: Paths) -> None:
    for verb in ("list", "verify", "export"):
        code, out, err = rollcage(verb)
        assert (code, out) == (0, "")
        assert "nothing was recorded yet" in err
    assert json.loads(rollcage("--json")[1]) == []
    assert not paths.audit_database.exists()


# --- export --------------------------------------------------------------------------------------------------------


def test_json_lines_hold_everything_oldest_first(rollcage: Run, recorded: Paths) -> None:
    lines = [json.loads(row) for row in rollcage("export")[1].splitlines()]
    assert [record["seq"] for record in lines] == [1, 2, 3, 4, 5, 6]
    assert [record["previous"] for record in lines[1:]] == [record["hash"] for record in lines[:-1]]


def test_an_export_replaces_its_file_only_when_it_is_complete(
    rollcage: Run, recorded: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "audit.jsonl"
    assert rollcage("export", "--command", "backup", "--output", str(target))[0] == 0
    assert len(target.read_text().splitlines()) == 2

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    code, _, err = rollcage("export", "--output", str(target))
    assert code == 2
    assert "No space left" in err
    assert len(target.read_text().splitlines()) == 2
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["audit.jsonl"]


def test_a_cef_line_escapes_what_would_break_it(paths: Paths) -> None:
    with AuditLog.open(paths, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as log:
        log.append(entry(1, user="a=b\\c|d\ne", result=AuditResult.DENIED, details={"x": "y=z"}))
        text = line(log.get(1), ExportFormat.CEF, "1|2")
    assert text.startswith("CEF:0|Rollcage|Rollcage|1\\|2|run-started|run started|7|rt=1767225600000 externalId=1 ")
    assert "suser=a\\=b\\\\c|d\\ne " in text
    assert 'msg={"x": "y\\=z"}' in text
    assert "\n" not in text


def test_an_ecs_line_has_the_fields_of_the_schema(paths: Paths) -> None:
    with AuditLog.open(paths, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as log:
        log.append(entry(1, result=AuditResult.DENIED))
        document = json.loads(line(log.get(1), ExportFormat.ECS, __version__))
    assert document["@timestamp"] == "2026-01-01T00:00:00.000000Z"
    assert document["event"]["action"] == "run-started"
    assert document["event"]["outcome"] == "failure"
    assert document["event"]["type"] == ["start", "denied"]
    assert document["user"] == {"name": "ada", "roles": ["engineer"]}
    assert json.loads(document["rollcage"]["details"])["number"] == 1


@pytest.mark.parametrize("kind", EntryKind)
@pytest.mark.parametrize("form", ExportFormat)
def test_every_kind_can_be_exported(paths: Paths, kind: EntryKind, form: ExportFormat) -> None:
    with AuditLog.open(paths) as log:
        log.append(entry(1, kind=kind))
        assert str(kind) in line(log.get(1), form, __version__)


def test_old_records_are_archived_and_known_again(rollcage: Run, recorded: Paths, tmp_path: Path) -> None:
    file = tmp_path / "old.jsonl"
    before = (START + timedelta(seconds=4)).isoformat()
    code, out, _ = rollcage("archive", "--before", before, str(file))
    assert code == 0
    assert "records 1 to 3 are in" in out
    assert [json.loads(each)["seq"] for each in file.read_text().splitlines()] == [1, 2, 3]
    assert rollcage("verify")[0] == 0
    code, out, _ = rollcage("verify", "--archive", str(file))
    assert (code, out) == (0, "unchanged: records 1 to 3, archived by record 7\n")
    assert numbers(rollcage("list", "--json")[1]) == [7, 6, 5, 4]
    file.write_text("")
    assert rollcage("verify", "--archive", str(file))[0] != 0
    assert rollcage("archive", "--before", before, str(tmp_path / "more"))[0] != 0
    assert recorded.audit_database.exists()
