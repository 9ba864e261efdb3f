"""`rollcage assess` as people and programs use it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tui.cli.main import main
from tui.risk.assessing import default_knowledge
from tui.risk.knowledge import Knowledge


@pytest.fixture(autouse=True)
def _shipped_rules(monkeypatch: pytest.MonkeyPatch, knowledge: Knowledge) -> None:
    monkeypatch.setattr("tui.risk.assessing.default_knowledge", lambda: knowledge)


def run(*arguments: str) -> int:
    return main(["assess", *arguments], lambda *_: 0)


class Bytes(io.StringIO):
    """Standard input with bytes below it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data.decode(errors="replace"))
        self.buffer = io.BytesIO(data)  # type: ignore[misc]


def test_a_person_sees_the_effect_and_the_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("git push --force origin main") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("HIGH  ")
    assert lines[1] == "  git push --force origin main"
    assert lines[2] == "           ^^^^^^^"
    assert any(line.startswith("  Safer: git push --force-with-lease") for line in lines)


def test_what_is_hidden_is_shown_unfolded(capsys: pytest.CaptureFixture[str]) -> None:
    run("echo cm0gLXJmIC8= | base64 -d | sh")
    shown = capsys.readouterr().out
    assert "rm -rf /" in shown


def test_nothing_a_terminal_obeys_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    run("rm -rf /etc/\x1b[2J\u202e'x'")
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_scripts_can_stop_at_a_level() -> None:
    assert run("rm -rf /", "--fail-on", "high") == 1
    assert run("ls", "--fail-on", "high") == 0
    assert run("rm -rf /") == 0


def test_a_file_is_read_in_its_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "job.py"
    file.write_text("import shutil\nshutil.rmtree('/home')\n")
    run(str(file), "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["language"], found["level"] in ("high", "critical")) == ("python", True)


def test_a_program_after_two_dashes_has_no_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", "--json", "--", "echo", "; rm -rf /"], lambda *_: 0) == 0
    assert json.loads(capsys.readouterr().out)["level"] == "low"


def test_each_line_is_answered_in_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    requests = b'{"command": "ls"}\nnonsense\n{"command": 5}\n\xff\n\n{"command": "rm -rf /", "language": "bash"}\n'
    monkeypatch.setattr("sys.stdin", Bytes(requests))
    assert run("--jsonl") == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["level"] for answer in answers] == ["low", "medium", "medium", "medium", "critical"]
    assert ["error" in answer for answer in answers] == [False, True, True, True, False]


def test_rules_of_the_user_that_are_wrong_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("ROLLCAGE_HOME", str(tmp_path / "home"))
    default_knowledge.cache_clear()
    rules = tmp_path / "home" / "config" / "rules"
    rules.mkdir(parents=True)
    (rules / "mine.yaml").write_text("- id: x.y\n  level: huge\n")
    assert run("ls") == 120
    assert "mine.yaml:2:" in capsys.readouterr().err


def test_standard_input_can_be_the_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", Bytes(b"sudo rm -rf /\n"))
    run("-")
    assert capsys.readouterr().out.startswith("CRITICAL")
