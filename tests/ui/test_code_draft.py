"""What was written is kept, privately, all or nothing; what cannot be read is told of and not overwritten."""

from __future__ import annotations

import json
import os
import stat
from contextlib import closing
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
    session=st.text(max_size=9),
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
    assert {each.name for each in path.parent.iterdir()} == {"draft.json", "draft.lock"}
    assert stat.S_IMODE((path.parent / "draft.lock").stat().st_mode) == 0o600


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
    draft.close()
    assert (tmp_path / "draft.unreadable").read_text() == text
    assert Draft(path).load().text == "new"


def texts(directory: Path) -> dict[str, str]:
    return {each.name: json.loads(each.read_text())["text"] for each in directory.glob("*.json")}


def kept(path: Path, text: str) -> None:
    """Leave a draft behind as an application does that has ended."""
    with closing(Draft(path)) as draft:
        draft.load()
        assert draft.save(Code(text)) == ""


def test_windows_at_once_keep_what_each_has_written_and_the_next_ones_find_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    kept(path, "before")
    with closing(Draft(path)) as one, closing(Draft(path)) as other:
        assert one.load() == Code("before")
        assert other.load() == Code()
        assert one.save(Code("one")) == other.save(Code("other")) == ""
        assert one.save(Code("one, too")) == other.save(Code("other, too")) == ""
        assert texts(tmp_path) == {"draft.json": "one, too", "draft-2.json": "other, too"}
    os.utime(path, ns=(0, 0))
    with closing(Draft(path)) as one, closing(Draft(path)) as other, closing(Draft(path)) as third:
        assert (one.load().text, other.load().text, third.load().text) == ("other, too", "one, too", "")


def test_drafts_with_nothing_in_them_do_not_pile_up(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    with closing(Draft(path)) as first, closing(Draft(path)) as second, closing(Draft(path)) as third:
        for draft in (first, second, third):
            draft.load()
            draft.save(Code("some"))
        second.save(Code(" \n"))
        assert set(texts(tmp_path)) == {"draft.json", "draft-3.json"}
        first.save(Code())
    (tmp_path / "draft-9.json").write_text((tmp_path / "draft.json").read_text())
    with closing(Draft(path)) as draft:
        assert draft.load().text == "some"
    kept(path, "")
    with closing(Draft(path)) as draft:
        assert draft.load().text == ""
    assert set(texts(tmp_path)) == {"draft.json"}


def test_what_somebody_else_wrote_all_the_same_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    with closing(Draft(path)) as draft:
        draft.load()
        draft.save(Code("one"))
        path.unlink()
        path.write_text(json.dumps({"text": "theirs"}))
        assert (
            draft.save(Code("two"))
            == f"Something else writes to draft.json; this code is kept in {path.with_stem('draft-2')}."
        )
        assert draft.save(Code("three")) == ""
    assert texts(tmp_path) == {"draft.json": "theirs", "draft-2.json": "three"}


def test_what_cannot_be_kept_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a directory should be")
    with pytest.raises(InvalidInput, match="cannot be kept"):
        Draft(tmp_path / "state" / "draft.json").save(Code("x"))
