"""Keymaps that people write, with everything that may be wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.definitions.problems import Problem, Severity
from tui.keymap.key import Key
from tui.keymap.reading import load_keymap, parse_keymap
from tui.keymap.table import UNBOUND, Keymap, KeyTable
from tui.paths import Paths

FILE = Path("keymap.yaml")
TABLE = KeyTable(
    (
        Key("app.quit", "ctrl+q", "quit", "Quit", "Leave.", priority=True, essential=True),
        Key("app.help", "question_mark,f1", "help", "Help", "Help."),
        Key("app.command", "colon", "palette", "Palette", "Find."),
        Key("run.run", "ctrl+r", "run", "Run", "Run.", changes=True),
        Key("run.cancel", "x,ctrl+x", "cancel", "Cancel", "Cancel.", display="x", changes=True, essential=True),
        Key("list.down", "j,down", "down", "Down", "Down."),
        Key("other.mark", "x", "mark", "Mark", "Mark."),
        Key("dialog.cancel", "escape", "cancel", "Cancel", "Cancel."),
        Key("question.leave", "escape", "leave", "Leave", "Leave.", essential=True),
    ),
    {"app": "Everywhere", "run": "Run", "list": "List", "other": "Other", "dialog": "Dialogs", "question": "Questions"},
    {"list": ("run",)},
    frozenset({"dialog", "question"}),
)


def read(text: str) -> tuple[Keymap, tuple[Problem, ...]]:
    return parse_keymap(text.encode(), FILE, TABLE)


def only_problem(text: str) -> str:
    keymap, problems = read(text)
    assert keymap.changed == {}
    (problem,) = problems
    return str(problem)


def test_keys_are_bound_otherwise() -> None:
    keymap, problems = read("run.run: F10\nlist.down: [n, '?']\napp.help: f1\nrun.cancel: ctrl+k, x\n")
    assert problems == ()
    assert keymap.changed == {
        "run.run": ("f10",), "list.down": ("n", "question_mark"), "app.help": ("f1",), "run.cancel": ("ctrl+k", "x"),
    }  # fmt: skip
    assert keymap.current("run.run") == "f10"
    assert keymap.shown_keys(TABLE.by_id()["list.down"]) == "n ?"
    assert keymap.for_textual()["run.cancel"] == "ctrl+k,x"


def test_what_is_not_named_keeps_its_keys() -> None:
    keymap, _ = read("run.run: f10")
    assert keymap.current("run.cancel") == "x"
    assert set(keymap.for_textual()) == {"run.run"}


def test_what_is_bound_as_before_is_no_change() -> None:
    assert read("run.cancel: [x, ctrl+x]\n")[0].changed == {}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_file_changes_nothing(text: str) -> None:
    keymap, problems = read(text)
    assert (keymap.changed, problems) == ({}, ())


def test_a_key_can_be_taken_away() -> None:
    keymap, problems = read("run.run: []")
    assert problems == ()
    assert keymap.current("run.run") == ""
    assert keymap.for_textual() == {"run.run": UNBOUND}


def test_two_keys_can_change_places() -> None:
    keymap, problems = read("run.run: x\nrun.cancel: ctrl+r\n")
    assert problems == ()
    assert (keymap.current("run.run"), keymap.current("run.cancel")) == ("x", "^r")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("run.runn: f4", "keymap.yaml:1: error: there is no action 'run.runn' (did you mean 'run.run'?)"),
        ("\nrun.run: pgdnn", "keymap.yaml:2: error: 'run.run': there is no key 'pgdnn' (did you mean 'pgdn'?)"),
        ("run.run: f4\nrun.run: f5", "keymap.yaml:2: error: 'run.run' is given twice (first on line 1)"),
        ("run.run: [f4, f4]", "keymap.yaml:1: error: 'run.run': 'f4' is given twice"),
        ("run.run:", "keymap.yaml:1: error: 'run.run' must have a key or a list of keys, not nothing "
                     "(write [] to leave it without a key)"),
        ("run.run: {a: b}", "keymap.yaml:1: error: 'run.run' must have a key or a list of keys, not a mapping "
                            "(write a key, or [one, two])"),
        ("app.quit: []", "keymap.yaml:1: error: 'app.quit' would have no key: nobody could quit any more "
                         "(add one, as in [^q])"),
        ("run.run: x", "keymap.yaml:1: error: 'run.run': 'x' is the key of 'run.cancel' already "
                       "(Cancel, Run: give that another key too)"),
        ("- a", "keymap.yaml:1: error: a keymap must be a mapping of ids to keys, not a list (run.run: ctrl+r)"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(text: str, told: str) -> None:
    assert only_problem(text) == told


def test_a_key_of_an_essential_action_must_arrive_everywhere() -> None:
    _, problems = read("app.quit: ctrl+shift+q")
    assert [problem.severity for problem in problems] == [Severity.ERROR, Severity.WARNING] or [
        problem.severity for problem in problems
    ] == [Severity.WARNING, Severity.ERROR]


def test_what_comes_before_text_fields_takes_no_character() -> None:
    assert "'q' could not be typed any more" in only_problem("app.quit: q")


@pytest.mark.parametrize("key", ["tab", "shift+tab"])
def test_what_goes_from_field_to_field_cannot_be_taken(key: str) -> None:
    assert "is taken: it goes to" in only_problem(f"run.run: {key}")


def test_a_key_clashes_with_what_is_around_it() -> None:
    assert "is the key of 'run.run' already" in only_problem("list.down: ctrl+r")
    assert "is the key of 'list.down' already" in only_problem("app.help: [j, f1]")


def test_places_apart_may_share_a_key() -> None:
    assert read("other.mark: j")[1] == ()


def test_a_dialog_hides_the_keys_from_everywhere_that_come_after_it() -> None:
    assert read("dialog.cancel: f1")[1] == ()
    assert "is the key of 'app.quit' already" in only_problem("dialog.cancel: ctrl+q")


def test_a_key_that_may_not_arrive_is_a_warning() -> None:
    keymap, (problem,) = read("run.run: ctrl+m")
    assert problem.severity is Severity.WARNING
    assert "the same as enter" in problem.message
    assert keymap.current("run.run") == "^m"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("run.run: f10\napp.help: h", "keymap.yaml:2: warning: 'app.help': h would be typed where a text field has the "
                                      "focus (add a key with ctrl, or a function key, as in [h, f1])"),
        ("question.leave: [q, '?']", "keymap.yaml:1: warning: 'question.leave': q ? would be typed where a text "
                                   "field has the focus (add a key with ctrl, or a function key, as in [q, ?, esc])"),
    ],
)  # fmt: skip
def test_what_must_work_everywhere_is_not_left_to_characters_alone(text: str, told: str) -> None:
    keymap, (problem,) = read(text)
    assert str(problem) == told
    assert keymap.changed


@pytest.mark.parametrize(
    "text",
    [
        "app.help: [h, f2]",  # one of them works
        "app.command: h",  # a character by default too
        "list.down: n",  # not everywhere
        "app.help: []",  # nothing is promised
    ],
)
def test_other_characters_are_fine(text: str) -> None:
    assert read(text)[1] == ()


def test_all_mistakes_are_told_at_once_and_none_of_the_file_is_used() -> None:
    keymap, problems = read("run.run: f10\nnonsense: x\napp.quit: []\nlist.down: hyper+\n")
    assert [problem.line for problem in problems] == [2, 3, 4]
    assert keymap.changed == {}


@given(st.binary(max_size=300))
def test_nothing_in_a_file_breaks_reading(data: bytes) -> None:
    keymap, problems = parse_keymap(data, FILE, TABLE)
    assert keymap.changed == {} or not any(problem.severity is Severity.ERROR for problem in problems)


KEYS = st.sampled_from(["x", "j", "f4", "ctrl+r", "ctrl+x", "n", "escape", "f9"])


@given(st.dictionaries(st.sampled_from([key.id for key in TABLE.keys]), st.lists(KEYS, max_size=2, unique=True)))
def test_what_is_accepted_never_does_two_things_in_one_place(changes: dict[str, list[str]]) -> None:
    text = "\n".join(f"{name}: [{', '.join(keys)}]" for name, keys in changes.items())
    keymap, _ = read(text)
    for scope in TABLE.titles:
        pressed = [each for key in TABLE.within(scope) for each in keymap.keys_of(key)]
        assert len(pressed) == len(set(pressed))
    assert keymap.current("app.quit")
    assert keymap.current("run.cancel")


def test_read_only_takes_away_what_changes_something() -> None:
    keymap = Keymap(TABLE, {"run.run": ("f10",)}, read_only=True)
    assert keymap.for_textual() == {"run.run": UNBOUND, "run.cancel": UNBOUND}
    assert keymap.current("run.run") == ""


def test_without_a_file_there_are_the_default_keys(paths: Paths) -> None:
    assert load_keymap(paths, TABLE) == (Keymap(TABLE), ())


def test_the_file_is_read_from_beside_the_settings(paths: Paths) -> None:
    paths.config.mkdir(parents=True, exist_ok=True)
    (paths.settings_file.parent / "keymap.yaml").write_text("run.run: f10")
    assert load_keymap(paths, TABLE)[0].current("run.run") == "f10"


def test_a_file_that_cannot_be_read_is_a_problem(paths: Paths) -> None:
    paths.keymap_file.mkdir(parents=True)
    keymap, (problem,) = load_keymap(paths, TABLE)
    assert keymap == Keymap(TABLE)
    assert "cannot be read" in problem.message
