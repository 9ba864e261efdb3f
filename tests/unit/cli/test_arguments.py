from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import Any

import pytest

from tui.cli import execute, run
from tui.cli import main as cli
from tui.cli.arguments import assignment, duration
from tui.cli.command_line import COMMANDS, build_parser, parse
from tui.errors import InvalidInput, UsageError
from tui.levels import RiskLevel
from tui.runs.request import Request, StepRequest


def main(arguments: list[str]) -> int:
    return cli.main(arguments, lambda *_: pytest.fail("the application was opened"))


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30.0), ("1.5m", 90.0), ("2h", 7200.0), ("250ms", 0.25), (".5", 0.5), (" 3 S ", 3.0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "0", "-1", "soon", "1d", "1m30s", "inf", "nan"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        duration(text)


def test_assignments_split_at_the_first_equals_sign() -> None:
    assert assignment("A=b=c") == ("A", "b=c")
    assert assignment("A=") == ("A", "")
    for wrong in ("A", "=b", ""):
        with pytest.raises(argparse.ArgumentTypeError):
            assignment(wrong)


def test_each_command_is_parsed_alone_as_it_is_among_all() -> None:
    (everything,) = build_parser()._subparsers._group_actions  # type: ignore[union-attr]
    assert set(everything.choices) == COMMANDS  # type: ignore[arg-type]
    for name in COMMANDS:
        (alone,) = build_parser(name)._subparsers._group_actions  # type: ignore[union-attr]
        assert alone.choices[name].format_help() == everything.choices[name].format_help()  # type: ignore[index]


def test_values_may_stand_before_between_and_after_options() -> None:
    parsed = parse(["run", "deploy", "a=1", "--timeout", "5", "b=2", "--session", "x", "c=3"])
    assert parsed.values == ["a=1", "b=2", "c=3"]
    assert (parsed.name, parsed.timeout, parsed.session) == ("deploy", 5.0, "x")


def test_everything_after_two_dashes_belongs_to_the_program() -> None:
    parsed = parse(["exec", "-s", "x", "--", "ls", "--json", "--", "-l"])
    assert parsed.program == ["ls", "--json", "--", "-l"]
    assert parsed.json is False


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["exec", "--nonsense", "x"],
        ["run", "deploy", "--nonsense"],
        ["run"],
        ["history", "--", "x"],
        ["sessions", "show"],
        ["exec", "a", "b"],
        ["exec", "--quiet", "--verbose", "x"],
        ["exec", "--timeout", "never", "x"],
    ],
    ids=" ".join,
)
def test_a_command_line_that_makes_no_sense_exits_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "usage: rollcage" in said.err


def test_an_option_before_a_command_of_a_family_is_not_forgotten() -> None:
    assert parse(["snapshots", "--session", "x", "create"]).session == "x"
    assert parse(["snapshots", "create", "--session", "x"]).session == "x"
    assert parse(["snapshots", "create"]).session == "default"
    assert parse(["history", "--json", "show", "R"]).json is True
    assert parse(["history", "--limit", "3", "list"]).limit == 3
    assert parse(["history"]).limit == 20


def test_every_command_explains_itself() -> None:
    def commands(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        found = [words]
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, child in action.choices.items():
                    found += commands(child, (*words, name))
        return found

    names = commands(build_parser())
    assert {("exec",), ("run",), ("history", "show"), ("snapshots", "verify"), ("setup",), ("gc",)} <= set(names)
    for words in names:
        with pytest.raises(SystemExit) as stop:
            parse([*words, "--help"])
        assert stop.value.code == 0


def step_of(*words: str) -> tuple[StepRequest, str, bool]:
    return execute._step(parse(["exec", *words]))


def test_code_from_the_argument() -> None:
    step, title, from_stdin = step_of("\n  echo hi\necho there")
    assert step == StepRequest("\n  echo hi\necho there", "bash")
    assert title == "echo hi"
    assert not from_stdin


def test_code_from_a_file_is_in_the_language_of_its_suffix_unless_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "job.py"
    file.write_text("print(1)\n")
    assert step_of("--file", str(file)) == (StepRequest("print(1)\n", "python"), "job.py", False)
    assert step_of("--file", str(file), "-l", "js")[0].language == "javascript"


@pytest.mark.parametrize("words", [(), ("-",)])
def test_code_from_standard_input(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("print('ä')".encode())))
    step, _, from_stdin = step_of("-l", "python", *words)
    assert step == StepRequest("print('ä')", "python")
    assert from_stdin


def test_a_program_is_run_with_its_arguments_as_they_are() -> None:
    step, title, from_stdin = step_of("--", "printf", "%s", "a b", "$HOME; rm")
    assert step.argv == ("printf", "%s", "a b", "$HOME; rm")
    assert title == "printf %s 'a b' '$HOME; rm'"
    assert not from_stdin


@pytest.mark.parametrize(
    "words",
    [("code", "--file", "x"), ("code", "--", "ls"), ("--file", "x", "--", "ls"), ("--",), ("-l", "py", "--", "ls")],
    ids=" ".join,
)
def test_contradictions_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        step_of(*words)


def test_code_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        step_of("--file", str(tmp_path / "none"))
    (tmp_path / "binary").write_bytes(b"abc\xff")
    with pytest.raises(InvalidInput, match="byte 3"):
        step_of("--file", str(tmp_path / "binary"))
    (tmp_path / "empty").write_bytes(b" \n")
    with pytest.raises(InvalidInput, match="no code"):
        step_of("--file", str(tmp_path / "empty"))


def test_without_code_a_terminal_gets_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    with pytest.raises(UsageError, match="nothing to run") as refused:
        step_of()
    assert "rollcage exec" in refused.value.hint


def test_a_value_given_twice_or_without_a_name_is_refused() -> None:
    assert run._values(["a=1", "b=x=y"]) == {"a": "1", "b": "x=y"}
    for wrong in (["a=1", "a=2"], ["a"]):
        with pytest.raises(UsageError):
            run._values(wrong)


def test_errors_become_a_message_a_hint_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Any) -> int:
        raise InvalidInput("this \x1b[31mis wrong", hint="do that\ninstead")

    monkeypatch.setattr("tui.cli.info._info", fail)
    assert main(["info"]) == 120
    assert capsys.readouterr().err == "rollcage: this ␛[31mis wrong\n  do that\n  instead\n"


def test_a_defect_is_a_sentence_for_the_person_and_a_traceback_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(_: Any) -> int:
        raise ZeroDivisionError("oh")

    monkeypatch.setenv("ROLLCAGE_HOME", str(tmp_path))
    monkeypatch.setattr("tui.cli.info._info", fail)
    assert main(["info"]) == 125
    said = capsys.readouterr().err
    log = tmp_path / "state" / "logs" / "rollcage.log"
    assert "ZeroDivisionError: oh" in said
    assert str(log) in said
    assert "Traceback" not in said
    assert "Traceback" in log.read_text()


@pytest.mark.parametrize(
    ("text", "mode"),
    [("local", "local"), ("VM", "firecracker"), ("machine", "firecracker"), ("Hybrid", "hybrid")],
)
def test_a_mode_is_named_in_any_case(text: str, mode: str) -> None:
    assert parse(["exec", "--mode", text, "x"]).mode == mode
    assert parse(["run", "hello", "-m", text]).mode == mode
    assert parse(["run", "hello"]).mode is None


@pytest.mark.parametrize("text", ["low", "Medium", "HIGH", "critical"])
def test_a_level_is_named_in_any_case(text: str) -> None:
    assert parse(["exec", "--yes-up-to", text, "x"]).yes_up_to is RiskLevel(text.lower())
    assert parse(["exec", "x"]).yes_up_to is None


@pytest.mark.parametrize(
    ("option", "value", "known"), [("--mode", "docker", "local, firecracker, hybrid"), ("--yes-up-to", "all", "medium")]
)
def test_what_there_is_not_is_answered_with_what_there_is(
    option: str, value: str, known: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["exec", option, value, "x"]) == 2
    said = capsys.readouterr().err
    assert repr(value) in said
    assert known in said


def test_secrets_are_taken_from_the_environment_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []

    def follow(_: argparse.Namespace, request: Request, **__: object) -> int:
        asked.append(request)
        return 0

    monkeypatch.setattr("tui.cli.running.run_and_follow", follow)
    monkeypatch.setenv("TOKEN", "hunter2")
    monkeypatch.setenv("EMPTY", "")
    assert main(["exec", "-e", "A=1", "--secret-env", "TOKEN", "--secret-env", "EMPTY", "x"]) == 0
    assert asked[0].env == {"A": "1", "TOKEN": "hunter2", "EMPTY": ""}
    assert asked[0].secrets == {"TOKEN": "hunter2", "EMPTY": ""}


def test_a_secret_that_is_not_there_or_is_given_as_a_value_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TOKEN", raising=False)
    assert main(["exec", "--secret-env", "TOKEN=hunter2", "x"]) == 2
    said = capsys.readouterr().err
    assert "takes names" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["keys", "--chek"], "rollcage keys: error: no such option: --chek; did you mean --check?"),
        (["run", "deploy", "--sesion=x"], "rollcage run: error: no such option: --sesion; did you mean --session?"),
        (["--readnly", "keys"], "rollcage: error: no such option: --readnly; did you mean --readonly?"),
        (["exec", "--zzz", "x"], "rollcage exec: error: no such option: --zzz\n"),
        (["snapshot"], "rollcage: error: no such command: snapshot; did you mean snapshots?"),
        (["sessions", "shwo"], "rollcage sessions: error: no such command: shwo; did you mean show?"),
        (["pool", "frob"], "no such command: frob (there is list, templates, remove-template)"),
        (["run", "deploy", "-p", "standart"], "no such value of -p/--profile: standart; did you mean standard?"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_what_was_probably_meant_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_nothing_a_terminal_obeys_is_said_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exec", "--\x1b]0;x\x07", "ls"]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("code", ["", "  \n"])
def test_code_that_is_none_is_refused_as_it_is_from_a_file(capsys: pytest.CaptureFixture[str], code: str) -> None:
    assert main(["exec", code]) == InvalidInput.exit_code
    assert "no code in it" in capsys.readouterr().err


def test_a_definition_is_all_that_run_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == UsageError.exit_code
    assert "required: NAME\n" in capsys.readouterr().err


def test_a_terminal_that_cannot_show_the_application_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tui.cli.app.is_terminal", lambda _: True)
    monkeypatch.setenv("TERM", "dumb")
    assert main([]) == 2
    assert "TERM is 'dumb'" in capsys.readouterr().err
