"""What stands around a text, and around each command in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.levels import RiskLevel
from tui.risk.assessing import assess, assess_argv
from tui.risk.knowledge import Knowledge, load_knowledge
from tui.risk.model import UNKNOWN_INPUT, Confidence, Effect

LOW, MEDIUM, HIGH, CRITICAL = RiskLevel
KNOWLEDGE: Knowledge = load_knowledge()


def around(text: str, program: str, knowledge: Knowledge = KNOWLEDGE) -> tuple[str, ...]:
    return next(each.around for each in assess(text, knowledge=knowledge).commands if each.argv[0] == program)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PATH=/x; rm a", ("PATH=/x",)),
        ("HOME=/\nB=c rm a > f", ("HOME=/", "B=c", ">f")),
        ("export KUBECONFIG=prod; rm a", ("KUBECONFIG=prod",)),
        ("A=1; A=2; rm a", ("A=2",)),
        ("A=1 ls; rm a", ()),
        ("{ rm a; } > f", (">f",)),
        ("rm a; > f", (">f",)),
        ("rm a; A=1", ("A=1",)),
        ("rm a <<< text", ("<<text\n",)),
    ],
)
def test_what_was_set_before_a_command_is_said_with_it(text: str, expected: tuple[str, ...]) -> None:
    assert around(text, "rm") == expected


def test_plain_data_has_what_stands_around() -> None:
    found = assess("A=1 ls > f", knowledge=KNOWLEDGE).to_json()
    assert found["commands"][0]["around"] == ["A=1", ">f"]


@settings(deadline=None, max_examples=30)
@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=600, max_size=900), st.integers(0, 599))
def test_long_values_are_shortened_and_still_tell_apart(value: str, place: int) -> None:
    other = value[:place] + ("b" if value[place] == "a" else "a") + value[place + 1 :]
    one, two = (around(f"A={each}; rm x", "rm") for each in (value, other))
    assert one != two
    assert len(one[0]) < len(value)


def test_many_settings_do_not_grow_without_bounds_and_still_tell_apart() -> None:
    lines = [f"V{number}={number}" for number in range(300)]
    one, two = around("; ".join([*lines, "rm x"]), "rm"), around("; ".join([*lines[:-1], "V299=other", "rm x"]), "rm")
    assert len(one) < 100
    assert one != two


@pytest.mark.parametrize(
    ("text", "env", "level", "effect"),
    [
        ("ls", {"LD_PRELOAD": "./x.so"}, HIGH, Effect.EXECUTE),
        ("ls", {"PATH": "/tmp/x:/usr/bin"}, MEDIUM, Effect.EXECUTE),
        ("git log", {"GIT_PAGER": "sh -c 'rm -rf ~'"}, CRITICAL, Effect.DELETE),
        ("$TOOL -rf /", {"TOOL": "rm"}, CRITICAL, Effect.DELETE),
        ("ls", {"LANG": "C", "PATH": "/usr/bin:/bin"}, LOW, Effect.READ),
    ],
)
def test_variables_are_judged_as_if_they_stood_before_the_text(
    text: str, env: dict[str, str], level: RiskLevel, effect: Effect
) -> None:
    found = assess(text, env=env, knowledge=KNOWLEDGE)
    assert found.level is level
    assert effect in found.effects
    assert found.commands[-1].around == tuple(f"{name}={value}" for name, value in env.items())


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_variables_matter_to_other_languages(language: str) -> None:
    assert assess("x = 1", language, env={"LD_PRELOAD": "./x.so"}, knowledge=KNOWLEDGE).level is HIGH


@pytest.mark.parametrize(
    ("text", "cwd", "level"),
    [
        ("rm -rf *", "/", CRITICAL),
        ("rm -rf nginx", "/etc", HIGH),
        ("rm -rf build", None, MEDIUM),
        ("cd etc && rm -rf nginx", "/", HIGH),
        ("rm -rf x", "/tmp/scratch", MEDIUM),
    ],
)
def test_the_directory_is_judged_as_a_leading_cd(text: str, cwd: str | None, level: RiskLevel) -> None:
    assert assess(text, cwd=cwd, knowledge=KNOWLEDGE).level is level


@pytest.mark.parametrize(
    "text", ["sh", "bash -s", "cat | sh", "bash /dev/stdin", "sh -", "xargs -0 sh -c", "read x; eval $x"]
)
def test_known_input_is_code_to_what_runs_it(text: str) -> None:
    assert assess(text, stdin="rm -rf /", knowledge=KNOWLEDGE).level is CRITICAL


def test_known_input_is_code_of_its_language() -> None:
    assert assess("python3 -", stdin="import shutil\nshutil.rmtree('/')", knowledge=KNOWLEDGE).level is CRITICAL
    assert assess("xargs rm -rf", stdin="/", knowledge=KNOWLEDGE).level is CRITICAL


@pytest.mark.parametrize(
    "text", ["sh", "cat | sh", "python3", "python3 -", "node", "bash /dev/stdin", "ssh host sh", "read x; eval $x"]
)
def test_unknown_input_is_grave_to_what_runs_it(text: str) -> None:
    found = assess(text, stdin=UNKNOWN_INPUT, knowledge=KNOWLEDGE)
    assert found.level is HIGH
    assert found.confidence is Confidence.PARTIAL
    assert Effect.EXECUTE in found.effects


@pytest.mark.parametrize(
    "text", ["cat", "wc -l", "jq .", "sort | uniq -c", "awk '{ print $1 }'", "grep -c x", "sh -c ls", "python3 x.py"]
)
@pytest.mark.parametrize("stdin", [None, "rm -rf /", UNKNOWN_INPUT])
def test_input_is_data_to_everything_else(text: str, stdin: str | None) -> None:
    found, plain = (assess(text, stdin=each, knowledge=KNOWLEDGE) for each in (stdin, None))
    assert (found.level, found.confidence, found.effects) == (plain.level, plain.confidence, plain.effects)


def test_spans_refer_to_the_text_that_was_given() -> None:
    text = "rm -rf *"
    plain = assess(text, knowledge=KNOWLEDGE)
    found = assess(text, env={"A": "b"}, cwd="/etc", stdin="x", knowledge=KNOWLEDGE)
    assert [each.span for each in found.commands] == [each.span for each in plain.commands]
    assert all(0 <= each.span.start <= each.span.end <= len(text) for each in found.reasons)


def test_words_without_a_shell_have_surroundings_too() -> None:
    assert assess_argv(["rm", "-rf", "."], cwd="/", knowledge=KNOWLEDGE).level is CRITICAL
    assert assess_argv(["sh"], stdin="rm -rf /", knowledge=KNOWLEDGE).level is CRITICAL
    assert assess_argv(["ls"], env={"LD_PRELOAD": "./x.so"}, knowledge=KNOWLEDGE).level is HIGH
    assert assess_argv(["ls"], knowledge=KNOWLEDGE).level is LOW


@pytest.mark.parametrize(
    ("text", "language", "cwd"),
    [
        ('open("passwd", "w").write("x")', "python", "/etc"),
        ('import shutil\nshutil.rmtree("etc")', "python", "/"),
        ('from pathlib import Path\n(Path(".") / "sudoers.d" / name).write_text("x")', "python", "/etc"),
        ('import subprocess\nsubprocess.run(["rm", "-rf", "etc"])', "python", "/"),
        ('require("fs").writeFileSync("passwd", "x")', "javascript", "/etc"),
        ('require("child_process").execSync("rm -rf etc")', "javascript", "/"),
        ('python3 -c \'open("passwd", "w")\'', "bash", "/etc"),
    ],
)
def test_code_is_judged_in_the_directory_it_works_in(text: str, language: str, cwd: str) -> None:
    elsewhere = assess(text, language, knowledge=KNOWLEDGE)
    there = assess(text, language, cwd=cwd, knowledge=KNOWLEDGE)
    assert there.level >= HIGH > elsewhere.level


@pytest.mark.parametrize("language", ["python", "javascript"])
@pytest.mark.parametrize("path", ["/tmp/x", "~/notes", "C:/x", "file:///tmp/x", "/dev/null"])
def test_a_path_that_does_not_begin_here_means_the_same_everywhere(language: str, path: str) -> None:
    text = f'open("{path}", "w")' if language == "python" else f'require("fs").writeFileSync("{path}", "")'
    here, there = (assess(text, language, cwd=cwd, knowledge=KNOWLEDGE) for cwd in (None, "/etc"))
    assert (here.level, here.reasons) == (there.level, there.reasons)
