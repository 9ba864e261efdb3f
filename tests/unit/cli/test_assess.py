"""How an assessment is laid out for a person, and what `rollcage assess` takes."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.cli.assessment import explain
from tui.cli.main import main
from tui.risk import assess

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("ROLLCAGE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def running(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(["assess", *arguments], lambda *_: 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return running


def test_the_worst_effect_and_its_place_stand_first(run: Run) -> None:
    code, out, _ = run("echo hello; sudo rm -rf /usr")
    first, text, underlined, why = out.splitlines()[:4]
    assert code == 0
    assert first.startswith("CRITICAL  deletes /usr")
    assert text[underlined.index("^") : underlined.rindex("^") + 1] == "/usr"
    assert "DESTROY" in why
    assert "in sudo" in why


def test_the_harmless_takes_one_line(run: Run) -> None:
    assert run("ls -l")[1].splitlines() == ["LOW  nothing in it is worth a warning   (understood as written)"]


def test_many_reasons_are_cut_and_counted() -> None:
    text = "\n".join(f"rm -rf /etc/{name}" for name in "abcdefghijkl")
    lines = list(explain(assess(text), text))
    assert sum(line.startswith("  Also: ") for line in lines) == 7
    assert any("and 4 more (--json lists all)" in line for line in lines)


def test_wide_characters_are_underlined_in_their_cells() -> None:
    text = "rm -rf /usr/日本語 # 猫"
    _, shown, underlined, *_ = explain(assess(text), text)
    assert shown == f"  {text}"
    assert underlined == "  " + " " * len("rm -rf ") + "^" * (len("/usr/") + 2 * len("日本語"))


def test_a_file_without_a_suffix_is_read_in_the_language_of_its_first_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "job").write_text("#!/usr/bin/env python3\nimport shutil\nshutil.rmtree('/usr')\n")
    assert json.loads(run("job", "--json")[1])["language"] == "python"
    assert json.loads(run("job", "--json", "-l", "bash")[1])["language"] == "bash"


@pytest.mark.parametrize(("level", "code"), [("low", 1), ("medium", 1), ("high", 0), ("critical", 0)])
def test_a_level_can_fail_a_build(run: Run, level: str, code: int) -> None:
    assert run("rm -rf build", "--fail-on", level)[0] == code


@pytest.mark.parametrize("arguments", [(), ("-",), ("-", "--fail-on", "high")])
def test_nothing_is_not_harmless(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments, stdin=b" \n")
    assert (code, out) == (120, "")
    assert "nothing in it" in err


@pytest.mark.parametrize(
    "arguments",
    [("--jsonl", "ls"), ("ls", "--", "ls"), ("--",), ("--fail-on", "severe", "ls"), ("ls", "--nonsense")],
)
def test_what_makes_no_sense_is_refused(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[:2] == (2, "")
