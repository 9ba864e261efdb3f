"""Themes on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def user(tmp_path: Path) -> Path:
    directory = tmp_path / "config" / "themes"
    directory.mkdir(parents=True)
    return directory


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("ROLLCAGE_HOME", str(tmp_path))

    def running(*arguments: str) -> tuple[int, str, str]:
        code = main(("themes", *arguments), lambda *_: 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return running


def test_the_list_says_which_theme_the_application_starts_with(run: Run, tmp_path: Path, user: Path) -> None:
    (user / "mine.yaml").write_text("name: rollcage-dark\nprimary: red\n")
    (user / "odd.yaml").write_text("primary: nonsense\n")
    (tmp_path / "config" / "config.yaml").write_text("theme: high-contrast\n")
    code, out, err = run("list")
    assert code == 0
    lines = {tuple(line.split()[:3]): line for line in out.splitlines()}
    assert "hidden by another" in lines["rollcage-dark", "dark", "shipped"]
    assert "broken" in lines["odd", "-", "user"]
    assert ("ansi", "terminal", "shipped") in lines
    assert "starts with high-contrast, named in" in err
    started = [theme["name"] for theme in json.loads(run("list", "--json")[1]) if theme["start"]]
    assert started == ["high-contrast"]


def test_a_check_reports_everything_with_its_place(run: Run, user: Path) -> None:
    assert run("check")[:2] == (0, "")
    file = user / "odd.yaml"
    file.write_text("primary: nonsense\ndrak: true\n")
    code, out, _ = run("check")
    assert code == 120
    assert [line.split(" ")[0] for line in out.splitlines()] == [f"{file}:1:10:", f"{file}:2:1:"]
    assert run("check", str(file))[:2] == (code, out)
    assert [problem["column"] for problem in json.loads(run("check", "--json")[1])] == [10, 1]


def test_a_check_of_a_file_that_is_not_there_says_so(run: Run, tmp_path: Path) -> None:
    code, _, err = run("check", str(tmp_path / "nowhere.yaml"))
    assert code == 121
    assert "nowhere.yaml" in err


def test_a_theme_is_shown_with_all_it_sets(run: Run) -> None:
    code, out, _ = run("show", "colour-blind-safe")
    assert code == 0
    assert "risk-critical" in out
    assert json.loads(run("show", "colour-blind-safe", "--json")[1])["theme"]["dark"] is True
    code, _, err = run("show", "colour-blind")
    assert code == 121
    assert "no theme 'colour-blind'" in err
