"""What of a guest's output reaches the user's own terminal."""

from __future__ import annotations

import itertools
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.terminal.filter import ScreenFilter

# Written apart from the filter's own tables: everything that may ever leave it.
SAFE_TEXT = (
    r"[\x07-\x0f\x20-\x7e\xa0-\u034e\u0350-\u061b\u061d-\u115e\u1161-\u17b3\u17b6-\u180a\u1810-\u200a\u200c\u200d"
    r"\u2010-\u2027\u202f-\u205f\u2070-\u3163\u3165-\uff9f\uffa1-\uffef\ufffc-\U0001342f\U00013460-\U0001bc9f"
    r"\U0001bca4-\U0001d172\U0001d17b-\U000dffff\U000e0100-\U000e01ef\U000e1000-\U0010ffff]"
)
MODE = "(?:1|5|6|7|9|12|25|45|47|66|100[0-6]|101[56]|104[789]|2004|2026)"
SAFE_SEQUENCE = (
    r"\x1b(?:[78=>DEM]|[()][0AB]|\[(?:[0-9;]*[@A-IK-MPXZ`abdefrST]|(?![0-9;]*3J)[0-9;]*J|[0-9;:]*m|[su]|4[hl]|6n|!p"
    rf"|[0-9]* q|\?{MODE}(?:;{MODE})*[hl]))"
)
SAFE = re.compile(f"(?:{SAFE_TEXT}|{SAFE_SEQUENCE})*")

HOSTILE = [
    b"\x1b]52;c;cm0gLXJm\x07", b"\x1b]0;title\x1b\\", b"\x1b]8;;http://x\x1b\\", b"\x1b]777;notify;a;b\x07",
    b"\x9d0;t\x9c",
    b"\xc2\x9d0;t\x07", b"\xc2\x9b6n", b"\x1bP$qm\x1b\\", b"\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\", b"\x1b_Gi=1\x1b\\",
    b"\x1b^private\x1b\\", b"\x1bXstart\x1b\\", b"\x1bkname\x1b\\", b"\x1b[c", b"\x1b[>c", b"\x1b[=c", b"\x1b[5n",
    b"\x1b[?6n", b"\x1b[14t", b"\x1b[21t", b"\x1b[8;9;9t", b"\x1b[>q", b"\x1b[?2026$p", b"\x1b[>4;2m", b"\x1b[>1u",
    b"\x1b[<u", b"\x1b[=1;1u", b"\x1b[5i", b"\x1b[?5i", b"\x1b[2h", b"\x1b[20h", b"\x1b[?3h", b"\x1b[?69h", b"\x1b[3J",
    b"\x1b[03J", b"\x1b[x", b"\x1b[1;2;3;4;5;6*y", b"\x1bZ", b"\x05", b"\x11\x13", b"\x1b%@", b"\x1b G", b"\x1b#8",
    b"\x1bn",
    b"\x1bl", b"\x1bH", b"\x1b[3g", "\u202e\u2066".encode(), b"\x1b]" + b"a" * 50, b"\x1b[1;2\x18c", b"\x1b\x1b[c",
    b"\x1b[" + b"1" * 300 + b"c", b"\xff\xfe\x80",
]  # fmt: skip
DRAWING = [
    b"\x1b[?1049h", b"\x1b[2J", b"\x1b[10;20H", b"\x1b[1;31m", b"\x1b[38:2::1:2:3m", b"\x1b[?25l", b"\x1b[?2004h",
    b"\x1b[?1000;1006h", b"\x1b(0lqk\x1b(B", b"\x1b7", b"\x1b8", b"\x1b[2;20r", b"\x1bM", b"\x1b[6n", b"\x1b[2 q",
    b"\x1b[4h",
    b"\x1b[!p", b"\x1b=", b"\x0e\x0f", "é漢👍🏽".encode(), b"\r\n\t\b\x07",
]  # fmt: skip
piece = st.one_of(st.sampled_from(HOSTILE + DRAWING), st.binary(max_size=8), st.text(max_size=4).map(str.encode))
stream = st.lists(piece, max_size=12).map(b"".join)


def shown(*pieces: bytes) -> str:
    screen = ScreenFilter()
    return "".join(map(screen.feed, pieces))


@given(stream, st.lists(st.integers(0, 120), max_size=8))
def test_where_a_stream_is_cut_makes_no_difference(data: bytes, cuts: list[int]) -> None:
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    pieces = [data[start:end] for start, end in itertools.pairwise(places)]
    assert shown(*pieces) == shown(data)
    assert shown(*(bytes([byte]) for byte in data)) == shown(data)


@given(stream)
def test_nothing_leaves_but_text_and_sequences_that_draw(data: bytes) -> None:
    screen = ScreenFilter()
    out = screen.feed(data) + screen.restoring()
    assert SAFE.fullmatch(out), out


@pytest.mark.parametrize("data", HOSTILE)
def test_what_can_harm_is_dropped(data: bytes) -> None:
    out = shown(b"a", data, b"\x1b\\b")
    assert "\x1b" not in out
    assert not set(out) & {"\x05", "\x11", "\x13", "\x9b", "\x9d", "\u202e"}


@pytest.mark.parametrize("data", DRAWING)
def test_what_draws_passes_as_it_is(data: bytes) -> None:
    assert shown(data) == data.decode()


def test_payloads_do_not_appear_as_text() -> None:
    assert shown(b"a\x1b]52;c;c2VjcmV0\x07b\x1bPq#0\x1b\\c\x1bktitle\x1b\\d") == "abcd"


def test_only_the_allowed_of_several_modes_pass() -> None:
    assert shown(b"\x1b[?3;1049;69;25h") == "\x1b[?1049;25h"


def test_a_string_without_an_end_gives_up_after_a_mebibyte() -> None:
    screen = ScreenFilter()
    assert screen.feed(b"\x1b]52;c;" + b"A" * (1 << 20)) == "A" * len("52;c;")
    assert screen.feed(b"prompt$ ") == "prompt$ "


def test_an_unfinished_sequence_holds_no_memory() -> None:
    screen = ScreenFilter()
    assert screen.feed(b"\x1b[" + b"1" * 256) == ""
    assert screen.feed(b"1") == "1"


def test_whoever_asks_for_the_cursor_without_end_gets_few_answers() -> None:
    screen = ScreenFilter()
    assert screen.feed(b"\x1b[6n" * 50).count("\x1b[6n") == 8
    assert screen.feed(b"\x1b[6n") == ""
    screen.answered()
    assert screen.feed(b"\x1b[6n\x1b[6n").count("\x1b[6n") == 1


def test_restoring_undoes_what_was_changed_and_only_that() -> None:
    screen = ScreenFilter()
    screen.feed(b"\x1b[?1049h\x1b[?1000;1006h\x1b[?2004h\x1b[?25l\x1b[?7l\x1b[2;5r\x1b[4 q\x1b[?1h\x1b[?1000l")
    found = screen.restoring()
    for wanted in (
        "\x1b[?1049l",
        "\x1b[?1006l",
        "\x1b[?2004l",
        "\x1b[?25h",
        "\x1b[?7h",
        "\x1b[r",
        "\x1b[0 q",
        "\x1b[?1l",
    ):
        assert wanted in found
    assert "1000" not in found
    assert found.index("\x1b[?2004l") < found.index("\x1b[?1049l")


def test_without_changes_no_screen_is_left_that_was_not_entered() -> None:
    found = ScreenFilter().restoring()
    assert "1049" not in found
    assert "\x1b[0m" in found
    assert "\x1b[?25h" in found


def test_a_full_reset_becomes_the_defaults() -> None:
    screen = ScreenFilter()
    out = screen.feed(b"\x1b[?1000h\x1bc")
    assert out.startswith("\x1b[?1000h\x1b[?1000l")
    assert out.endswith("\x1b[H\x1b[2J")
    assert "\x1bc" not in out


def test_it_knows_whether_a_line_is_begun() -> None:
    screen = ScreenFilter()
    assert screen.at_line_start
    screen.feed(b"$ ")
    assert not screen.at_line_start
    screen.feed(b"exit\r\n")
    assert screen.at_line_start


@pytest.mark.parametrize("name", ["smcup", "rmcup", "clear", "smkx", "rmkx", "civis", "cnorm", "sgr0", "bold", "smacs",
                                  "rmacs", "ed", "el", "ri", "ind", "home", "rev", "cub1"])  # fmt: skip
def test_the_capabilities_programs_draw_with_pass(name: str) -> None:
    found = subprocess.run(["tput", "-T", "xterm-256color", name], capture_output=True, check=False)
    if found.returncode:
        pytest.skip("this host has no terminal descriptions")
    harmless = re.sub(rb"\x1b\[3J|\x1b\[22;0;0t|\x1b\[23;0;0t", b"", found.stdout)
    assert shown(found.stdout) == harmless.decode()
