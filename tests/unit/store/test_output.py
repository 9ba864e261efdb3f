"""The output file: whole, in order, and readable however it ends."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tui.machines.kinds import Stream
from tui.store.errors import StoreError
from tui.store.output import BEGINNING, INLINE_BYTES, OutputReader, OutputWriter, read_output, repair

MIB = 1024 * 1024
PIECES = st.lists(
    st.tuples(st.sampled_from([Stream.STDOUT, Stream.STDERR]), st.binary(min_size=1, max_size=300)), max_size=12
)


def write(path: Path, pieces: list[tuple[Stream, bytes]], limit: int = MIB) -> OutputWriter:
    writer = OutputWriter(path, limit)
    for number, (stream, data) in enumerate(pieces):
        writer.append(stream, data, number)
    return writer


@settings(deadline=None, max_examples=50)
@given(pieces=PIECES, cut=st.integers(0, 5000))
def test_a_file_cut_anywhere_yields_the_whole_frames_before(tmp_path_factory: pytest.TempPathFactory, pieces, cut):  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("output") / "x.log"
    write(path, pieces).close()
    whole = [(frame.stream, frame.data) for frame in read_output(path)]
    assert whole == pieces
    end = min(cut, path.stat().st_size)
    os.truncate(path, end)
    total, head = repair(path)
    left = [(frame.stream, frame.data) for frame in read_output(path)]
    assert left == pieces[: len(left)]
    assert head == b"".join(data for _, data in left)
    assert total == len(head)
    assert path.stat().st_size <= max(end, BEGINNING)


def test_the_first_64_kib_are_kept_apart_across_streams(tmp_path: Path):
    writer = write(tmp_path / "x.log", [(Stream.STDOUT, b"a" * 60_000), (Stream.STDERR, b"b" * 60_000)])
    assert writer.head == b"a" * 60_000 + b"b" * (INLINE_BYTES - 60_000)
    assert writer.data_bytes == 120_000
    writer.close()
    writer.close()


def test_a_huge_chunk_is_split_and_a_frame_larger_than_a_read_is_whole(tmp_path: Path):
    data = os.urandom(3 * MIB)
    write(tmp_path / "x.log", [(Stream.STDOUT, data)], 4 * MIB).close()
    frames = list(read_output(tmp_path / "x.log"))
    assert b"".join(frame.data for frame in frames) == data
    assert len(frames) == 3


def test_a_growing_file_can_be_followed(tmp_path: Path):
    writer = write(tmp_path / "x.log", [(Stream.STDOUT, b"one")])
    reader = OutputReader(writer.path)
    frames, position = reader.read(BEGINNING)
    assert [frame.data for frame in frames] == [b"one"]
    assert reader.read(position) == ([], position)
    writer.append(Stream.STDERR, b"two", 5)
    frames, position = reader.read(position)
    assert [(frame.at_ns, frame.stream, frame.data) for frame in frames] == [(5, Stream.STDERR, b"two")]
    reader.close()
    writer.close()


def test_the_limit_keeps_what_was_before(tmp_path: Path):
    writer = OutputWriter(tmp_path / "x.log", 10)
    writer.append(Stream.STDOUT, b"123456", 0)
    with pytest.raises(StoreError, match="printed more than"):
        writer.append(Stream.STDOUT, b"123456", 0)
    writer.close()
    assert [frame.data for frame in read_output(writer.path)] == [b"123456"]


def test_a_full_disk_leaves_whole_frames_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    writer = write(tmp_path / "x.log", [(Stream.STDOUT, b"before")])
    real = os.pwrite

    def full(file: int, data: memoryview, position: int) -> int:
        if len(data) > 5:
            return real(file, data[:5], position)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(StoreError, match="the disk is full"):
        writer.append(Stream.STDOUT, b"x" * 4, 0)
    monkeypatch.undo()
    writer.append(Stream.STDOUT, b"after", 0)
    writer.close()
    assert [frame.data for frame in read_output(writer.path)] == [b"before", b"after"]


def test_garbage_in_the_file_ends_the_reading(tmp_path: Path):
    path = tmp_path / "x.log"
    write(path, [(Stream.STDOUT, b"good")]).close()
    with path.open("ab") as file:
        file.write(b"\xff" * 100)
    assert [frame.data for frame in read_output(path)] == [b"good"]
    assert repair(path) == (4, b"good")


def test_a_missing_output_is_an_error_to_read_and_nothing_to_repair(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be read"):
        list(read_output(tmp_path / "none.log"))
    assert repair(tmp_path / "none.log") == (0, b"")


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        OutputWriter(tmp_path / "file" / "x.log", 10)
