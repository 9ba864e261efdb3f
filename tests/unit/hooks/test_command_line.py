"""`rollcage hooks`, as a person types it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from tui.cli import hooks
from tui.errors import InvalidInput, NotFound, UsageError
from tui.hooks.backups import BackupError
from tui.paths import Paths


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("ROLLCAGE_HOME", str(tmp_path / "home"))
    paths = Paths.from_environment()
    paths.create()
    monkeypatch.chdir(tmp_path)
    return paths


def typed(*words: str) -> int:
    parser = argparse.ArgumentParser()
    hooks.add(parser.add_subparsers())
    arguments = parser.parse_args(["hooks", *words])
    code: int = arguments.function(arguments)
    return code


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert typed(*words, "--json") in {0, hooks.EXIT_BLOCKED}
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("words", [(), ("list",)])
def test_hooks_are_listed_in_their_order(
    home: Paths, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    listed = as_json(capsys, *words)
    assert listed[0]["name"] == "output-sanitizer"
    assert {one["name"] for one in listed if not one["enabled"]} == {"backup", "git", "dependency-injector"}
    assert typed(*words) == 0
    assert "syntax-validation" in capsys.readouterr().out


def test_a_broken_hook_is_listed_as_such(home: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    home.user_hooks.mkdir()
    file = home.user_hooks / "10-git"
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    (broken,) = [one for one in as_json(capsys, "list") if one["problem"]]
    assert "another hook is named git" in broken["problem"]


def test_options_are_shown_without_secrets(home: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    home.hooks_file.write_text("hooks: {notification: {headers: {Authorization: Bearer tulip-field-99}}}")
    shown = as_json(capsys, "show", "notification")
    assert shown["options"]["min_duration"] == 10.0
    assert "tulip-field-99" not in json.dumps(shown)
    typed("show", "notification")
    assert "tulip-field-99" not in capsys.readouterr().out


def test_mistakes_in_the_settings_are_reported(home: Paths) -> None:
    home.hooks_file.write_text("hooks: {loging: {}}")
    with pytest.raises(InvalidInput, match="did you mean 'logging'"):
        typed("list")


def test_what_is_not_there_is_said(home: Paths) -> None:
    with pytest.raises(NotFound, match="no hook 'x'"):
        typed("show", "x")
    with pytest.raises(NotFound, match="no backup"):
        typed("restore-backup", "01")
    with pytest.raises(UsageError, match="which backup"):
        typed("restore-backup")


def test_a_hook_can_be_tried(home: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("test", "syntax-validation", "--code", "fi") == hooks.EXIT_BLOCKED
    assert "syntax error" in capsys.readouterr().out
    (record,) = as_json(capsys, "test", "syntax-validation", "--code", "true")
    assert (record["decision"], record["point"]) == ("allow", "before-assessment")


def test_a_hook_is_only_tried_where_it_is_heard(home: Paths) -> None:
    with pytest.raises(UsageError) as caught:
        typed("test", "environment", "--point", "after-model-reply")
    assert "before-execution" in caught.value.hint


def backed_up(home: Paths, capsys: pytest.CaptureFixture[str]) -> str:
    Path("precious").write_text("precious")
    home.hooks_file.write_text("preset: production")
    from tui.hooks.backups import Backups
    from tui.hooks.inventory import Inventory

    made = Backups(home.data / "backups").save(
        Inventory.take([Path("precious").resolve()], max_bytes=100, max_files=1), {"title": "rm precious"}
    )
    (listed,) = as_json(capsys, "restore-backup", "--list")
    assert (listed["id"], listed["files"], listed["about"]) == (made.id, 1, {"title": "rm precious"})
    return made.id


def test_deleted_files_are_brought_back(home: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = backed_up(home, capsys)
    Path("precious").unlink()
    assert typed("restore-backup", id_[:12], "--yes") == 0
    assert Path("precious").read_text() == "precious"


def test_changed_files_are_replaced_only_on_request(home: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = backed_up(home, capsys)
    Path("precious").write_text("newer")
    with pytest.raises(BackupError):
        typed("restore-backup", id_, "--yes")
    assert Path("precious").read_text() == "newer"
    assert as_json(capsys, "restore-backup", id_, "--yes", "--overwrite")["saved_first"]
    assert Path("precious").read_text() == "precious"


def test_nothing_is_restored_unasked(home: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = backed_up(home, capsys)
    Path("precious").unlink()
    with pytest.raises(UsageError, match="no terminal"):
        typed("restore-backup", id_)
    assert not Path("precious").exists()


def test_files_can_be_restored_elsewhere(home: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = backed_up(home, capsys)
    (written,) = as_json(capsys, "restore-backup", id_, "--into", "out", "--yes")["written"]
    assert Path(written).read_text() == "precious"
    assert Path(written).is_relative_to(Path("out").resolve())
