"""Nothing in a file makes the parser raise, hang or lose its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.definitions.test_parsing import FULL
from tui.definitions.parsing import MAX_FILE_BYTES, Parsed, parse
from tui.definitions.problems import has_errors

WORDS = (
    "--- \n: - ' \" [ ] { } & * ! | > # ? %  \t ``` ~~~ bash {{ }} <!-- --> name parameters type validation "
    "pattern (a+)+$ default_value null true 1e999 .inf .nan 0x1 1:30 2024-01-01 !!binary << \\"
)
SNIPPETS = st.sampled_from(WORDS.split(" "))
FILE = FULL.encode()


def hold(data: bytes) -> Parsed:
    """Parse and check what holds of every result."""
    result = parse(data, Path("fuzz.md"))
    lines = data.count(b"\n") + 1
    assert (result.definition is None) == has_errors(result.problems)
    assert all(1 <= problem.line <= lines for problem in result.problems), result.problems
    assert all(problem.message.isprintable() for problem in result.problems)
    return result


@given(st.binary(max_size=400))
def test_bytes(data: bytes) -> None:
    hold(data)
    hold(b"---\n" + data + b"\n---\n" + data)


@given(st.text(max_size=300))
def test_text(text: str) -> None:
    data = text.encode(errors="replace")
    hold(b"---\n" + data + b"\n---\n" + data)


@settings(deadline=None)
@given(st.lists(SNIPPETS | st.just("\n") | st.just("\n  "), max_size=60))
def test_pieces_of_yaml_and_markdown(pieces: list[str]) -> None:
    text = "".join(pieces)
    hold(f"---\nname: x\ndescription: y\n{text}\n---\n{text}\n".encode())


@settings(deadline=None)
@given(st.data())
def test_damaged_definitions(data: st.DataObject) -> None:
    damaged = bytearray(FILE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged)))
        length = data.draw(st.integers(0, 12))
        damaged[at : at + length] = data.draw(st.binary(max_size=6) | SNIPPETS.map(str.encode))
    hold(bytes(damaged))


@pytest.mark.slow
def test_sizes_that_would_hurt_if_something_were_quadratic() -> None:
    header = b"---\nname: x\ndescription: y\n---\n"
    for unit in (
        b"{",
        b"```",
        b"<!--",
        b"```bash\n{{ ",
        b"/[",
        b"'\"",
        b"$(",
        b"{{ a }}",
        b"- ",
        b"> ",
        b"<<E\n",
        b"`",
    ):
        count = (MAX_FILE_BYTES - 200) // len(unit)
        hold(header + unit * count)
        for language in (b"bash", b"js", b"rust", b"python"):
            body = b"```" + language + b"\n{{ name }} " + unit.replace(b"`", b"'") * (120_000 // len(unit)) + b"\n```\n"
            hold(header + body)
    hold(b"---\n" + b"".join(b"k%d: 1\n" % n for n in range(6_000)) + b"---\n")
