"""The sanitiser: nothing a terminal would obey, and nothing that hides or reorders text, comes out of it."""

from __future__ import annotations

import itertools
import re
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.text import LINE_LIMIT, PLAIN, Line, LineCleaner, Sgr, TerminalCleaner, clean, clean_line

VISIBLE_FORMAT_CHARACTERS = {
    code
    for first, last in [(0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2)]
    for code in range(first, last + 1)
} | {0x110BD, 0x110CD}
"""Signs of Arabic, Syriac and Kaithi that Unicode calls format characters although they are drawn."""

HOSTILE = [
    "\x1b]0;title\x07", "\x1b]52;c;cm0gLXJm\x07", "\x1bP+q544e\x1b\\", "\x1b_app\x1b\\", "\x1b[2J", "\x1b[31m",
    "\x1b[0m", "\x1b[38;2;1;2;3m", "\x1b[?1049h", "\x1bc", "\x1b", "\x9b31m", "\u202e", "\u2066", "\u200b",
    "\u2028", "\ud800", "\U000e0041", "\ufff9", "\r", "\n", "\t", "\b", "\x00", "\x7f", "a", "é", "日本",
]  # fmt: skip

hostile_text = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=5))).map("".join)
hostile_bytes = st.one_of(st.binary(max_size=300), hostile_text.map(lambda text: text.encode("utf-8", "surrogatepass")))


def is_harmless(character: str, allowed: str = "") -> bool:
    return (
        character in allowed
        or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        or ord(character) in VISIBLE_FORMAT_CHARACTERS
    )


def fed(*chunks: bytes) -> list[Line]:
    cleaner = LineCleaner()
    lines = [line for chunk in chunks for line in cleaner.feed(chunk)]
    return lines + cleaner.finish()


def texts(*chunks: bytes) -> list[str]:
    return [line.text for line in fed(*chunks)]


def cut_up(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def test_every_code_point_of_unicode_is_harmless_after_cleaning() -> None:
    cleaned = clean("".join(map(chr, range(sys.maxunicode + 1))))
    assert [hex(ord(character)) for character in cleaned if not is_harmless(character, "\n\t")] == []


@given(hostile_text)
def test_cleaned_text_is_harmless_and_cleaning_it_again_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    assert all(is_harmless(character, "\n\t") for character in cleaned)
    assert clean(cleaned) == cleaned


@given(hostile_text, st.integers(min_value=1, max_value=20))
def test_a_cleaned_line_is_one_line_within_its_limit(text: str, limit: int) -> None:
    cleaned = clean_line(text, limit)
    assert all(map(is_harmless, cleaned))
    assert len(cleaned) <= limit


@given(hostile_bytes)
def test_arbitrary_output_never_brings_a_control_character_to_the_screen(data: bytes) -> None:
    assert all(is_harmless(character) for text in texts(data) for character in text)


@given(hostile_bytes, st.lists(st.integers(min_value=0)))
def test_how_output_is_cut_into_chunks_makes_no_difference(data: bytes, cuts: list[int]) -> None:
    assert fed(*cut_up(data, cuts)) == fed(data)


@given(hostile_bytes)
def test_cleaning_cleaned_output_changes_nothing(data: bytes) -> None:
    once = texts(data)
    assert texts("".join(f"{text}\n" for text in once).encode()) == once


@given(hostile_bytes)
def test_spans_are_ordered_and_lie_inside_their_line(data: bytes) -> None:
    for text, spans, _ in fed(data):
        edges = [edge for start, end, _ in spans for edge in (start, end)]
        assert edges == sorted(edges)
        assert all(start < end <= len(text) and style != PLAIN for start, end, style in spans)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("\x1b]52;c;x\x07", "␛]52;c;x␇"),
        ("invoice\u202egpj.exe", "invoice‹U+202E›gpj.exe"),
        ("rm\u200b -rf", "rm‹U+200B› -rf"),
        ("\u200d\ufe0f", ""),
        ("a\r\nb", "a\nb"),
        ("\ud800", "\ufffd"),
        ("\x9b31m", "‹U+009B›31m"),
    ],
)
def test_what_was_there_stays_visible(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_bytes_that_are_not_utf8_become_replacement_characters() -> None:
    assert clean(b"\x9b31m\xff") == "\ufffd31m\ufffd"
    assert texts(b"caf\xc3", b"\xa9 \xe2\x82\n") == ["café \ufffd"]


def test_a_label_shows_its_newlines() -> None:
    assert clean_line("one\ntwo\n") == "one␤two"
    assert clean_line("abcdef", 4) == "abc…"


def test_colours_become_spans_that_last_over_lines() -> None:
    red = Sgr(foreground=1)
    assert fed(b"a\x1b[31mb\n", b"c\x1b[0md\n") == [Line("ab", ((1, 2, red),)), Line("cd", ((0, 1, red),))]


@pytest.mark.parametrize(
    ("parameters", "style"),
    [
        (b"1;3;4;7;9", Sgr(bold=True, italic=True, underline=True, reverse=True, strike=True)),
        (b"38;5;208", Sgr(foreground=208)),
        (b"38;2;1;2;3;1", Sgr(foreground=(1, 2, 3), bold=True)),
        (b"38:2::1:2:3", Sgr(foreground=(1, 2, 3))),
        (b"48:5:9", Sgr(background=9)),
        (b"4:3", Sgr(underline=True)),
        (b"94;103", Sgr(foreground=12, background=11)),
        (b"38;5", PLAIN),
        (b"8", PLAIN),
        (b"31;41", PLAIN),
        (b"1;22;31;39", PLAIN),
    ],
)
def test_graphic_renditions(parameters: bytes, style: Sgr) -> None:
    [line] = fed(b"\x1b[" + parameters + b"mx")
    assert (line.spans[0][2] if line.spans else PLAIN) == style


def test_sequences_that_move_or_erase_are_dropped_and_those_that_reach_the_terminal_leave_a_mark() -> None:
    assert texts(b"\x1b[2K\x1b[?25lwork\x1b[0K\x1b(B\n") == ["work"]
    assert texts(b"a\x1b]0;you\x07b\x1bPq\x1b\\c\n") == ["a␛b␛c"]
    assert texts(b"\x1b]8;;http://x\x07link\x1b]8;;\x07") == ["link"]


def test_choosing_a_character_set_shows_nothing_in_output() -> None:
    """`tput sgr0` of a terminal inside tmux ends in SI."""
    (line,) = fed(b"\x1b[1mbold\x1b[m\x0f rest\x0e\n")
    assert line.text == "bold rest"
    assert TerminalCleaner().feed(b"a\x0f\x0eb") == "ab"
    assert clean_line("a\x0fb") == "a␏b", "in a text it would be odd"


def test_an_unterminated_sequence_hides_nothing() -> None:
    assert texts(b"\x1b]0;never ends\nnext\n") == ["␛]0;never ends", "next"]
    assert texts(b"\x1b[12\n") == ["␛[12"]


def test_a_carriage_return_starts_the_line_anew() -> None:
    cleaner = LineCleaner()
    assert cleaner.feed(b"10%\r") == []
    assert cleaner.partial == Line("10%")
    assert cleaner.feed(b"100%\r") == []
    assert cleaner.partial == Line("100%")
    assert cleaner.feed(b"\ndone\r\n") == [Line("100%"), Line("done")]
    assert cleaner.partial is None


def test_backspaces_go_back() -> None:
    assert texts(b"|\b/\b-\b\\\n", b"N\bNA\n", b"\b\b\bx\n") == ["\\", "NA", "x"]


def test_tabs_reach_the_next_stop_across_styles() -> None:
    assert texts(b"a\t", b"b\n", b"\x1b[1mab\x1b[0m\tc\n") == ["a       b", "ab      c"]


def test_a_very_long_line_is_cut_and_says_so() -> None:
    lines = fed(b"x" * (3 * LINE_LIMIT + 5))
    assert [len(line.text) for line in lines] == [LINE_LIMIT, LINE_LIMIT, LINE_LIMIT, 5]
    assert [line.cut for line in lines] == [True, True, True, False]


def test_a_long_line_is_not_cut_inside_a_colour() -> None:
    lines = fed(b"x" * (LINE_LIMIT - 2) + b"\x1b[31mred\n")
    assert [line.text for line in lines] == ["x" * (LINE_LIMIT - 2), "red"]
    assert lines[1].spans == ((0, 3, Sgr(foreground=1)),)


def test_a_progress_bar_without_newlines_keeps_memory_bounded() -> None:
    cleaner = LineCleaner()
    for _ in range(100):
        assert cleaner.feed(b"working...\r" * 1000) == []
    assert cleaner.finish() == [Line("working...")]


@given(hostile_bytes, st.lists(st.integers(min_value=0)))
def test_text_for_a_terminal_holds_no_sequence_but_colours(data: bytes, cuts: list[int]) -> None:
    cleaner = TerminalCleaner()
    shown = "".join(cleaner.feed(chunk) for chunk in cut_up(data, cuts)) + cleaner.finish()
    without_colours = re.sub(r"\x1b\[0[0-9;]*m", "", shown)
    assert all(is_harmless(character, "\n\t\r\b") for character in without_colours)


def test_text_for_a_terminal_comes_at_once_and_waits_only_inside_a_sequence() -> None:
    cleaner = TerminalCleaner()
    assert cleaner.feed(b"name? \x1b[3") == "name? "
    assert cleaner.feed(b"1mred\r") == "\x1b[0;38;5;1mred\r"
    assert cleaner.feed(b"\x1b]52;c;x") == ""
    assert cleaner.feed(b"y\x07ok") == "␛ok"
    assert cleaner.finish() == "\x1b[0m"


PIECES_OF_OUTPUT = st.sampled_from([
    "a", "bc ", "日", "\n", "\x1b[31m", "\x1b[0m", "\x1b[m", "\x1b[1;38;5;3m", "\x1b[38:2::1:2:3m", "\x1b[", "3", "1m",
    "\r", "\r\n", "\b", "\t", "\u202e", "\x1b]0;t\x07", "\x1b[2K",
])  # fmt: skip


@given(st.lists(PIECES_OF_OUTPUT, max_size=30), st.integers(1, 40))
@example(["\x1b[31m", "x" * (LINE_LIMIT + 9), "\n", "\x1b[0m", "y\n"], 4096)
def test_texts_and_lines_say_the_same_and_a_copy_goes_on_alike(pieces: list[str], size: int) -> None:
    data = "".join(pieces).encode()
    one, other = LineCleaner(), LineCleaner()
    for start in range(0, len(data), size):
        other = other.copy()
        lines = one.feed(data[start : start + size])
        texts, looks = other.feed_texts(data[start : start + size])
        looked_at = {index: line if isinstance(line, Line) else line.parsed() for index, line in looks.items()}
        assert lines == [looked_at.get(index, Line(text)) for index, text in enumerate(texts)]
        assert one.partial == other.partial
    assert one.finish() == other.finish()
