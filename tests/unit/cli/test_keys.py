"""`rollcage keys`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.cli.main import main
from tui.paths import Paths
from tui.ui.bindings import KEY_TABLE

Keys = Callable[..., tuple[int, str, str]]


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ROLLCAGE_HOME", str(tmp_path))
    file = Paths.from_environment().keymap_file
    file.parent.mkdir(parents=True)
    return file


@pytest.fixture
def keys(mine: Path, capsys: pytest.CaptureFixture[str]) -> Keys:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["keys", *arguments], lambda *_, **__: pytest.fail("the application was opened"), lambda: KEY_TABLE)
        return code, *capsys.readouterr()

    return run


def test_every_action_is_listed_with_its_keys_and_what_it_does(keys: Keys) -> None:
    code, out, _ = keys()
    assert code == 0
    assert len(out.splitlines()) == len(KEY_TABLE.keys) + 1
    assert "session.undo" in out


def test_the_list_is_of_the_keys_as_they_are_now(keys: Keys, mine: Path) -> None:
    mine.write_text("session.undo: f12\noutput.wrap: []\n")
    found = {row["id"]: row for row in json.loads(keys("--json")[1])}
    assert found["session.undo"]["keys"] == ["f12"]
    assert found["session.undo"]["default"] == ["z"]
    assert found["output.wrap"]["keys"] == []
    assert found["session.undo"]["changes"] is True
    assert found["output.wrap"]["changes"] is False


def test_the_list_says_when_the_keymap_is_not_used(keys: Keys, mine: Path) -> None:
    mine.write_text("session.undoo: f12\n")
    code, out, err = keys()
    assert code == 0
    assert "session.undo" in out
    assert f"{mine}:1: error: there is no action 'session.undoo'" in err
    assert "rollcage keys --check" in err


def test_the_default_keymap_is_printed_whatever_mine_says(keys: Keys, mine: Path) -> None:
    mine.write_text("session.undo: f12\n")
    _, out, _ = keys("--print")
    assert "\nsession.undo: z\n" in out
    mine.write_text(out)
    assert keys("--check")[:2] == (0, "")


def test_all_problems_are_reported_with_their_lines(keys: Keys, mine: Path) -> None:
    mine.write_text("session.undo: x\n\napp.quit: []\n")
    code, out, _ = keys("--check")
    assert code == 120
    assert [line.removeprefix(f"{mine}:").partition(":")[0] for line in out.splitlines()] == ["1", "3"]


def test_a_warning_is_no_failure(keys: Keys, mine: Path) -> None:
    mine.write_text("session.undo: ctrl+m\n")
    code, out, _ = keys("--check")
    assert code == 0
    assert "warning" in out


def test_another_file_is_checked(keys: Keys, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("nonsense: x")
    code, out, _ = keys("--check", str(other), "--json")
    assert code == 120
    assert json.loads(out)[0]["line"] == 1


def test_a_file_that_is_not_there_is_said_to_be_so(keys: Keys, tmp_path: Path) -> None:
    assert keys("--check", str(tmp_path / "none.yaml"))[0] == 121
    code, _, err = keys("--check")
    assert code == 0
    assert "there is no" in err


def test_the_tables_hold_every_id(keys: Keys) -> None:
    _, out, _ = keys("--markdown")
    assert all(f"| `{key.id}` |" in out for key in KEY_TABLE.keys)


@pytest.mark.parametrize("command", [("exec", "true"), ("keys",), ("undo",)])
def test_read_only_goes_with_no_command(command: tuple[str, ...]) -> None:
    assert main(["--readonly", *command], lambda *_, **__: 0) == 2
