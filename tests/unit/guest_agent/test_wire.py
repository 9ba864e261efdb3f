"""Frames survive any cutting of the stream; nonsense is noticed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.machines.guest.hunt import WelcomeHunt
from tui.machines.guest.wire import (
    HEADER,
    MAGIC,
    MAX_PAYLOAD,
    Decoder,
    Frame,
    Kind,
    ProtocolError,
    encode,
    pack_fields,
    read_fields,
)

U32 = st.integers(0, 2**32 - 1)
FRAMES = st.lists(st.builds(Frame, st.sampled_from(Kind), U32, U32, st.binary(max_size=300)), max_size=8)


def again(frame: Frame) -> bytes:
    return encode(Kind(frame.kind), frame.generation, frame.channel, frame.payload)


def pieces(data: bytes, seed: int) -> list[bytes]:
    draw = random.Random(seed)
    cuts = sorted(draw.randrange(len(data) + 1) for _ in range(draw.randrange(12)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@given(FRAMES, st.lists(st.integers(0, 40), min_size=9, max_size=9), st.integers())
def test_any_cutting_and_padding_gives_the_same_frames(frames: list[Frame], padding: list[int], seed: int) -> None:
    data = b"".join(bytes(zeros) + again(frame) for zeros, frame in zip(padding, frames, strict=False))
    decoder = Decoder()
    assert [frame for piece in pieces(data, seed) for frame in decoder.feed(piece)] == frames


@given(st.binary(max_size=2000), st.integers())
def test_garbage_gives_frames_or_an_error_and_never_hangs(data: bytes, seed: int) -> None:
    decoder = Decoder()
    try:
        for piece in pieces(data, seed):
            for frame in decoder.feed(piece):
                assert len(frame.payload) <= MAX_PAYLOAD + 1
    except ProtocolError:
        pass


@given(st.binary(max_size=500), st.integers())
def test_a_hunt_finds_the_frame_behind_any_prefix(noise: bytes, seed: int) -> None:
    hello = Frame(Kind.HELLO, 3, 0, b'{"nonce": "x"}')
    decoder = Decoder()
    decoder.hunt(Kind.HELLO)
    # Noise can look like the beginning of a frame, which padding completes.
    data = noise + bytes(HEADER.size + MAX_PAYLOAD + 1) + again(hello)
    found = []
    try:
        found = [frame for piece in pieces(data, seed) for frame in decoder.feed(piece)]
    except ProtocolError:
        assert HEADER.pack(MAGIC, Kind.HELLO, 0, 0, 0, 0)[:3] in noise
        return
    assert found[-1] == hello


@given(st.binary(max_size=500), FRAMES, st.integers())
def test_a_welcome_is_found_by_its_nonce_whatever_comes_before(noise: bytes, frames: list[Frame], seed: int) -> None:
    welcome = Frame(Kind.WELCOME, 3, 0, b"protocol=2\nnonce=0123456789abcdef0123456789abcdef\n")
    lure = encode(Kind.WELCOME, 3, 0, bytes(MAX_PAYLOAD))[: HEADER.size]
    after = b"".join(again(frame) for frame in frames)
    data = noise + lure[:2] + noise + again(welcome) + after
    hunt = WelcomeHunt(3, "0123456789abcdef0123456789abcdef")
    assert [frame for piece in pieces(data, seed) for frame in hunt.feed(piece)] == [welcome, *frames]


def test_a_hunt_keeps_no_more_than_it_needs() -> None:
    hunt = WelcomeHunt(3, "0123456789abcdef0123456789abcdef")
    for _ in range(100):
        assert list(hunt.feed(b"CR" * MAX_PAYLOAD)) == []
    assert len(hunt._buffer) <= 2 * (HEADER.size + MAX_PAYLOAD)


@pytest.mark.parametrize(
    "header",
    [
        HEADER.pack(MAGIC + 1, 1, 0, 0, 0, 0),
        HEADER.pack(MAGIC, 1, 1, 0, 0, 0),
        HEADER.pack(MAGIC, 1, 0, 0, 0, MAX_PAYLOAD + 2),
    ],
)
def test_headers_that_are_none(header: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(Decoder().feed(header))


NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)


@given(
    st.dictionaries(
        NAMES,
        st.one_of(st.none(), st.integers(), st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))),
    )
)
def test_fields_come_back_as_text(fields: dict[str, object]) -> None:
    assert read_fields(pack_fields(fields)) == {
        name: "" if value is None else str(value) for name, value in fields.items()
    }


@pytest.mark.parametrize("payload", [b"no end", b"no equals\n", b"\xff=1\n", b"a=1\nb=2"])
def test_what_is_no_fields_is_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_fields(payload)
