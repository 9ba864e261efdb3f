"""How much a stream searches, and how much it holds back, however its bytes are cut into pieces."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.redaction import Redactor, redactor
from tui.redaction.redactor import _Match
from tui.redaction.shapes import LONGEST, Shape

BEGINNINGS = [
    "password=", "token=", "token: a", "--password ", "password: \"", "-----BEGIN " + "RSA PRIVATE KEY-----",
    "eyJaaaaaaaa.", "curl -u ", "mysql ", "Authorization: ", "a" * 40, "https://me:", "abab",
]  # fmt: skip


@dataclass
class Work:
    """What was searched: bytes looked through for triggers, and bytes that patterns were tried on."""

    looked_through: int = 0
    tried_on: int = 0


class Counting(Redactor):
    """A redactor that counts what it is given to search."""

    work: Work

    def scan(self, data: bytes, start: int, *, final: bool) -> tuple[bytes, int]:
        self.work.looked_through += len(data) - start
        return super().scan(data, start, final=final)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    counted = Work()
    monkeypatch.setattr(Counting, "work", counted, raising=False)
    shaped = redactor._shaped

    def counting(shape: Shape, text: str, at: int, final: bool) -> tuple[_Match | None, bool]:
        match, waits = shaped(shape, text, at, final)
        counted.tried_on += match.end - at if match else len(text) - at if waits else 1
        return match, waits

    monkeypatch.setattr(redactor, "_shaped", counting)
    return counted


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("size", [16, 4096, 65536])
def test_the_work_grows_with_the_length(work: Work, beginning: str, size: int) -> None:
    data = (beginning * (60_000 // len(beginning))).encode()
    stream = Counting(["abab"]).stream()
    for at in range(0, len(data), size):
        stream.feed(data[at : at + size])
    stream.finish()
    free = 64 * 1024
    assert work.looked_through <= 17 * len(data) + free
    assert work.tried_on <= 2 * (17 * len(data) + free)


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_what_is_held_back_is_bounded(beginning: str) -> None:
    stream = Redactor(["abab"]).stream()
    for _ in range(100):
        stream.feed(beginning.encode() * 300)
        assert stream.held <= 5 * LONGEST


def test_a_long_declared_secret_is_waited_for() -> None:
    secret = "".join(f"{number:x}," for number in range(40_000))
    stream = Redactor([secret]).stream()
    data = f"<{secret}>".encode()
    received = b"".join(stream.feed(data[at : at + 1000]) for at in range(0, len(data), 1000))
    assert received + stream.finish() == b"<[redacted:secret]>"


def test_what_is_typed_is_passed_on_letter_by_letter() -> None:
    stream = Redactor().stream()
    for line in ["say token of love, please\n"] * 40:
        for letter in line[:-1].encode():
            stream.feed(bytes([letter]))
        stream.feed(b"\n")
        assert stream.held == 0


@given(st.lists(st.sampled_from(BEGINNINGS), min_size=1, max_size=3), st.integers(1, 60), st.integers(1, 3000))
@settings(max_examples=60, deadline=None)
def test_how_repeated_beginnings_are_cut_makes_no_difference(pieces: list[str], times: int, size: int) -> None:
    data = ("".join(pieces) * times).encode()
    known = Redactor(["abab"])
    stream = known.stream()
    parts = [stream.feed(data[at : at + size]) for at in range(0, len(data), size)]
    assert b"".join([*parts, stream.finish()]) == known.data(data)
