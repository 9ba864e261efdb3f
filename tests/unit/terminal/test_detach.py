"""The key that leaves an attached terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.config import parse_settings
from tui.errors import InvalidInput
from tui.terminal.detach import KeyWatch, cursor_answers, parse_key

KEY = parse_key("ctrl+]")


@pytest.mark.parametrize(
    ("text", "name", "byte"),
    [("ctrl+]", "ctrl+]", b"\x1d"), ("^A", "ctrl+a", b"\x01"), ("Ctrl-\\", "ctrl+\\", b"\x1c"),
     ("c-_", "ctrl+_", b"\x1f"), (" ctrl+q ", "ctrl+q", b"\x11")],
)  # fmt: skip
def test_keys_are_known_by_their_usual_names(text: str, name: str, byte: bytes) -> None:
    assert (parse_key(text).name, parse_key(text).byte) == (name, byte)


@pytest.mark.parametrize(
    "text", ["", "q", "f1", "ctrl+", "ctrl+1", "alt+x", "ctrl+aa", "ctrl+m", "^[", "ctrl+i", "ctrl+j"]
)
def test_other_keys_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_key(text)


@given(st.lists(st.sampled_from([b"ls\r", b"\x1d", b"\x1b[200~", b"\x1b[201~", b"\x1b[A", b"\x1b"]), max_size=8))
def test_where_the_input_is_cut_makes_no_difference(pieces: list[bytes]) -> None:
    def fed(parts: list[bytes]) -> tuple[bytes, bool]:
        watch, passed = KeyWatch(KEY), b""
        for part in parts:
            more, leaves = watch.feed(part)
            passed += more
            if leaves:
                return passed, True
        return passed, False

    data = b"".join(pieces)
    assert fed([data]) == fed(pieces) == fed([bytes([byte]) for byte in data])


def test_what_follows_the_key_is_not_passed_on() -> None:
    assert KeyWatch(KEY).feed(b"a\x1drm -r x\r") == (b"a", True)


def test_in_what_is_pasted_it_is_no_key() -> None:
    watch = KeyWatch(KEY)
    pasted = b"\x1b[200~a\x1db\x1b[201~"
    assert watch.feed(pasted) == (pasted, False)
    assert watch.feed(b"\x1d") == (b"", True)


def test_the_setting_is_checked_where_it_stands() -> None:
    assert parse_settings(b"shell:\n  detach_key: ^Q\n", Path("config.yaml")).shell.detach_key == "^Q"
    with pytest.raises(InvalidInput, match=r"config.yaml:2: shell.detach_key: ctrl\+m cannot be the key"):
        parse_settings(b"shell:\n  detach_key: ctrl+m\n", Path("config.yaml"))


def test_answers_about_the_cursor_are_counted() -> None:
    assert cursor_answers(b"a\x1b[24;80Rb\x1b[1;1R\x1b[A") == 2
