"""Names of keys, compared with what Textual makes of them."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.keys import _character_to_key

from tui.keymap.names import NoKey, is_typed, parse_key, shown, why_unsent

PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " äß"
NAMED = ("escape", "enter", "tab", "pageup", "f5", "home", "left", "space", "slash", "question_mark")


@pytest.mark.parametrize("character", PRINTABLE)
def test_a_character_is_called_what_textual_calls_it(character: str) -> None:
    assert parse_key(character) == _character_to_key(character)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("^r", "ctrl+r"), ("Ctrl+R", "ctrl+r"), ("esc", "escape"), ("PgDn", "pagedown"), ("shift+g", "G"),
        ("ctrl+]", "ctrl+right_square_bracket"), ("backtab", "shift+tab"), ("shift+ctrl+x", "ctrl+shift+x"),
        ("ctrl++", "ctrl+plus"), ("+", "plus"), ("↑", "up"), (" f5", "f5"),
    ],
)  # fmt: skip
def test_what_people_write_is_understood(written: str, key: str) -> None:
    assert parse_key(written) == key


@pytest.mark.parametrize("written", ["", "controll+x", "ctrl+", "pgdnn", "f25", "ctrl+sift+x", "\x1b", "a b"])
def test_what_is_no_key_is_refused(written: str) -> None:
    with pytest.raises(NoKey):
        parse_key(written)


@given(st.sampled_from([*PRINTABLE.replace(" ", ""), *NAMED]), st.sampled_from(["", "ctrl+", "alt+", "ctrl+shift+"]))
def test_what_is_shown_can_be_written(base: str, modifiers: str) -> None:
    key = parse_key(modifiers + base)
    assert parse_key(shown(key)) == key


@pytest.mark.parametrize("key", ["ctrl+i", "ctrl+j", "ctrl+m", "ctrl+h", "ctrl+shift+x", "ctrl+1", "alt+x", "f13",
                                 "ctrl+enter", "super+a", "ctrl+left_square_bracket"])  # fmt: skip
def test_keys_that_terminals_do_not_send_are_known(key: str) -> None:
    assert why_unsent(key)


@pytest.mark.parametrize("key", ["a", "G", "ctrl+r", "f12", "shift+tab", "ctrl+left", "slash", "ctrl+underscore"])
def test_keys_that_all_terminals_send_are_known(key: str) -> None:
    assert not why_unsent(key)


def test_characters_belong_to_text_fields() -> None:
    assert all(map(is_typed, ("a", "question_mark", "space", "ä")))
    assert not any(map(is_typed, ("ctrl+a", "f5", "escape", "pageup")))
