"""What was written is kept, privately, all or nothing; what cannot be read is told of and not overwritten."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.errors import InvalidInput
from tui.languages import INTERPRETED
from tui.ui.code.draft import LONGEST_TEXT, Code, Draft

CODES = st.builds(
    Code,
    text=st.text(max_size=60),
    language=st.sampled_from([None, *INTERPRETED]),
    keep_interpreter=st.booleans(),
    stop_on_failure=st.booleans(),
    as_one=st.booleans(),
    choices=st.dictionaries(st.integers(1, 200), st.booleans(), max_size=4).map(lambda each: tuple(each.items())),
)


@given(code=CODES)
def test_what_was_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, code: Code) -> None:
    path = tmp_path_factory.mktemp("state") / "draft.json"
    Draft(path).save(code)
    assert Draft(path).load() == code


@pytest.mark.parametrize("character", ["\0", "\U0001f600", "\ud800", "x"])
def test_the_longest_text_is_kept_whatever_it_is_of(tmp_path: Path, character: str) -> None:
    code = Code(character * (LONGEST_TEXT + 1000))
    Draft(tmp_path / "draft.json").save(code)
    assert Draft(tmp_path / "draft.json").load() == code


def test_only_its_owner_can_read_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "state" / "draft.json"
    draft = Draft(path)
    assert draft.load() == Code()
    draft.save(Code("secret"))
    draft.save(Code("secret 2"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["draft.json"]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"version": 2}', '{"version": 1, "text": 3}', "[" * 100_000,
        " " * (16 * LONGEST_TEXT + 1),
        json.dumps({"version": 1, "text": "x", "language": "perl", "choices": []}),
        json.dumps({"version": 1, "text": "x", "language": None, "choices": [[1, 2]]}),
        json.dumps({"version": 1, "text": "x", "language": None, "choices": [], "as_one": "yes"}),
    ],
)  # fmt: skip
def test_a_draft_that_makes_no_sense_is_moved_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "draft.json"
    path.write_text(text)
    draft = Draft(path)
    with pytest.raises(InvalidInput, match="makes no sense"):
        draft.load()
    draft.save(Code("new"))
    assert (tmp_path / "draft.unreadable").read_text() == text
    assert Draft(path).load().text == "new"


def test_two_applications_keep_what_each_has_written(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    Draft(path).save(Code("before"))
    one, other = Draft(path), Draft(path)
    assert one.load() == other.load() == Code("before")
    one.save(Code("one"))
    with pytest.raises(InvalidInput, match=r"in draft\.json: that of this one is kept in draft-2\.json"):
        other.save(Code("other"))
    one.save(Code("one, too"))
    other.save(Code("other, too"))
    assert {each.name for each in tmp_path.iterdir()} == {"draft.json", "draft-2.json"}
    assert "one, too" in path.read_text()
    os.utime(path, ns=(0, 0))
    again = Draft(path)
    assert again.load() == Code("other, too")
    again.save(Code("on"))
    assert "one, too" in path.read_text()
    assert "on" in (tmp_path / "draft-2.json").read_text()


def test_an_application_that_loaded_nothing_overwrites_nothing(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    one, other = Draft(path), Draft(path)
    assert one.load() == other.load() == Code()
    one.save(Code("one"))
    with pytest.raises(InvalidInput, match="another Rollcage"):
        other.save(Code("other"))
    assert "one" in path.read_text()


def test_what_cannot_be_kept_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a directory should be")
    with pytest.raises(InvalidInput, match="cannot be kept"):
        Draft(tmp_path / "state" / "draft.json").save(Code("x"))
