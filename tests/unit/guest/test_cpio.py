"""The initial root file system's container."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tui.machines.guest import cpio


def unpack(archive: bytes) -> dict[str, tuple[int, bytes, str]]:
    """A reader written from the format's description: path -> mode, data and the mtime field."""
    found: dict[str, tuple[int, bytes, str]] = {}
    at = 0
    while True:
        assert at % 4 == 0
        assert archive[at : at + 6] == b"070701"
        fields = [archive[at + 6 + 8 * i : at + 14 + 8 * i].decode() for i in range(13)]
        size, name_size = int(fields[6], 16), int(fields[11], 16)
        name = archive[at + 110 : at + 110 + name_size - 1].decode()
        at += 110 + name_size + (-(110 + name_size) % 4)
        data = archive[at : at + size]
        at += size + (-size % 4)
        if name == "TRAILER!!!":
            assert at == len(archive)
            return found
        assert name not in found
        found[name] = (int(fields[1], 16), data, fields[5])


ENTRIES = [
    cpio.file("bin/tool", b"\x7fELF", 0o755),
    cpio.symlink("bin/link", "tool"),
    cpio.file("a", b"12345"),
    cpio.directory("empty", 0o700),
    cpio.file("deep/er/file", b""),
]


def test_everything_put_in_is_found_with_the_directories_above_it() -> None:
    found = unpack(cpio.archive(ENTRIES))

    assert found["bin/tool"][:2] == (stat.S_IFREG | 0o755, b"\x7fELF")
    assert found["bin/link"][:2] == (stat.S_IFLNK | 0o777, b"tool")
    assert found["a"][:2] == (stat.S_IFREG | 0o644, b"12345")
    assert found["empty"][0] == stat.S_IFDIR | 0o700
    assert {path for path, (mode, _, _) in found.items() if stat.S_ISDIR(mode)} == {"bin", "deep", "deep/er", "empty"}


def test_a_directory_comes_before_what_it_holds() -> None:
    order = list(unpack(cpio.archive([cpio.file("a/b", b""), cpio.file("a-b", b""), cpio.directory("a")])))
    assert order.index("a") < order.index("a/b")


def test_the_bytes_depend_on_the_entries_only() -> None:
    assert cpio.archive(ENTRIES) == cpio.archive(reversed(ENTRIES))
    assert {mtime for _, _, mtime in unpack(cpio.archive(ENTRIES)).values()} == {"00000000"}


@pytest.mark.parametrize("path", ["/etc", "../etc", "a//b", "a/./b", "", "TRAILER!!!", "a/"])
def test_a_path_that_could_lead_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not a plain relative path"):
        cpio.archive([cpio.file(path, b"")])


def test_a_path_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        cpio.archive([cpio.file("a", b"1"), cpio.file("a", b"2")])


@pytest.mark.skipif(shutil.which("cpio") is None, reason="cpio is not installed")
def test_the_usual_tool_reads_it(tmp_path: Path) -> None:
    subprocess.run(
        ["cpio", "--extract", "--quiet"], input=cpio.archive(ENTRIES), cwd=tmp_path, check=True, capture_output=True
    )
    assert (tmp_path / "bin/link").readlink() == Path("tool")
    assert (tmp_path / "bin/tool").read_bytes() == b"\x7fELF"
    assert (tmp_path / "a").read_bytes() == b"12345"
