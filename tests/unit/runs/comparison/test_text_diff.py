"""A diff says how the one text becomes the other, and stays small."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from tui.runs.comparison import DiffLine, LineKind
from tui.runs.comparison import text_diff as module
from tui.runs.comparison.text_diff import MOST_LINES, diff, is_binary

TEXTS = st.lists(st.sampled_from(["a", "b", "", "long line", "é"]), max_size=30).flatmap(
    lambda lines: st.sampled_from(["\n".join(lines), "\n".join([*lines, ""])])
)


def patched(before: str, lines: tuple[DiffLine, ...]) -> str:
    """Apply a diff, checking what it says of the text it applies to."""
    source = before.splitlines(keepends=True)
    result: list[str] = []
    at = 0
    for position, line in enumerate(lines):
        follows = lines[position + 1] if position + 1 < len(lines) else None
        text = line.text + ("" if follows is not None and follows.kind is LineKind.NOTE else "\n")
        if line.kind in (LineKind.CONTEXT, LineKind.REMOVED):
            assert line.before is not None
            result += source[at : line.before - 1]
            at = line.before
            assert source[at - 1] == text
        if line.kind in (LineKind.CONTEXT, LineKind.ADDED):
            if line.kind is LineKind.ADDED:
                assert line.after is not None
                missing = line.after - 1 - len(result)
                result += source[at : at + missing]
                at += missing
            result.append(text)
            assert len(result) == line.after
    return "".join([*result, *source[at:]])


@given(TEXTS, TEXTS)
def test_a_diff_applied_to_the_one_text_gives_the_other(before: str, after: str) -> None:
    lines, truncated = diff(before.encode(), after.encode())
    assert not truncated
    assert patched(before, lines) == after
    assert bool(lines) == (before != after)


@given(TEXTS, TEXTS, st.integers(0, 40))
def test_long_texts_are_compared_only_where_they_differ(before: str, after: str, equal: int) -> None:
    shared = "".join(f"{number}\n" for number in range(equal))
    lines, _ = diff((shared + before).encode(), (shared + after).encode())
    assert patched(shared + before, lines) == shared + after
    assert all((line.before or equal) >= equal - module.CONTEXT for line in lines)


def test_it_is_written_as_everybody_writes_it() -> None:
    before, after = b"1\n2\n3\n4\n5\n6\n7\n8\nend", b"1\n2\n3\n4\nfive\n6\n7\n8\nend"
    assert list(map(str, diff(before, after)[0])) == [
        "@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8",
    ]  # fmt: skip
    assert list(map(str, diff(b"", b"x")[0])) == ["@@ -0,0 +1 @@", "+x", "\\ No newline at end of file"]
    assert list(map(str, diff(b"x", b"x\n")[0])) == ["@@ -1 +1 @@", "-x", "\\ No newline at end of file", "+x"]


def test_what_a_guest_wrote_reaches_no_terminal() -> None:
    lines, _ = diff(b"", b"\x1b]0;t\x07\xff\x9b\r\n\xe2\x80\xae\n")
    text = "".join(map(str, lines))
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "\u202e" not in text
    assert "\\xff" in text  # not one sign for all that is not UTF-8: different bytes must look different


def test_its_size_is_bounded() -> None:
    lines, truncated = diff(b"", b"x\n" * 10_000)
    assert (len(lines), truncated) == (MOST_LINES, True)
    lines, truncated = diff(b"", b"y" * 100_000)
    assert max(len(line.text) for line in lines) == module.LONGEST_LINE


def test_more_than_is_matched_is_replaced_as_a_whole_with_its_context() -> None:
    before = "".join(f"{n}\n" for n in range(10)) + "a\n" * 1 + "".join(f"{n}\n" for n in range(10))
    after = before.replace("a\n", "".join(f"{n} new\n" for n in range(4000)))
    lines, truncated = diff(before.encode(), after.encode())
    assert truncated
    assert [line.kind for line in lines[:5]] == [LineKind.HUNK, *[LineKind.CONTEXT] * 3, LineKind.REMOVED]


def test_a_zero_byte_makes_a_file_binary() -> None:
    assert is_binary(b"ELF\0")
    assert not is_binary("größer\n".encode("latin-1"))
