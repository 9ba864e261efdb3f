"""What of a fresh Debian tree reaches the guest, and what stays behind."""

from __future__ import annotations

import io
import tarfile

import pytest

from tests.unit.guest.conftest import RELEASE, debian_tree
from tui.machines.guest.rootfs import BootParts, added, installed_packages, linked, strip_tree


@pytest.fixture
def stripped() -> tuple[BootParts, dict[str, bytes | None]]:
    target = io.BytesIO()
    parts = strip_tree(
        io.BytesIO(debian_tree(b"the kernel")),
        target,
        [added("work"), added("etc/hostname", b"guest\n"), added("etc/machine-id", b""), linked("bin/vim", "vim.tiny")],
    )
    target.seek(0)
    with tarfile.open(fileobj=target) as tree:
        found = {
            member.name.removeprefix("./"): member.linkname.encode()
            if member.issym()
            else file.read()
            if (file := tree.extractfile(member))
            else None
            for member in tree
        }
    return parts, found


def test_the_kernel_and_its_modules_are_kept_for_the_boot(stripped: tuple[BootParts, dict[str, bytes]]) -> None:
    parts, _ = stripped
    assert parts.kernel == b"the kernel"
    assert parts.busybox == b"\x7fELF busybox"
    assert parts.release == RELEASE
    assert parts.modules["kernel/fs/squashfs/squashfs.ko"].startswith(b"\x7fELF")
    assert b"virtio_ring" in parts.modules["modules.dep"]


def test_programs_reach_the_guest(stripped: tuple[BootParts, dict[str, bytes]]) -> None:
    _, found = stripped
    assert found["usr/bin/python3"] == b"\x7fELF python"
    assert found["usr/bin/busybox"] == b"\x7fELF busybox"
    assert f"usr/lib/modules/{RELEASE}/kernel/drivers/net/virtio_net.ko" in found


def test_names_that_people_type_are_there(stripped: tuple[BootParts, dict[str, bytes]]) -> None:
    _, found = stripped
    assert found["bin/vim"] == b"vim.tiny"


def test_nothing_of_the_host_reaches_the_guest(stripped: tuple[BootParts, dict[str, bytes]]) -> None:
    _, found = stripped
    text = b"\n".join(data or b"" for data in found.values())
    for secret in (b"secret", b"the-hosts-own-name", b"192.0.2.53", b"0123456789abcdef", b"proxy.example"):
        assert secret not in text
    assert found["etc/hostname"] == b"guest\n"
    assert found["etc/machine-id"] == b""
    assert "etc/resolv.conf" not in found


def test_what_a_guest_has_no_use_for_stays_behind(stripped: tuple[BootParts, dict[str, bytes]]) -> None:
    _, found = stripped
    assert "dev/null" not in found
    assert not any(path.startswith("boot/") for path in found)
    assert not any("ethernet" in path or path.endswith((".deb", ".log")) for path in found)
    assert {"boot", "dev", "run", "tmp", "var/cache/apt", "work"} <= set(found)


def test_the_list_of_packages_is_read() -> None:
    status = (
        "Package: bash\nVersion: 5.2-1\n\nPackage: half\nStatus: x\n\nPackage: git\nEssential: no\nVersion: 1:2.39\n"
    )
    assert installed_packages(status) == {"bash": "5.2-1", "git": "1:2.39"}


def test_a_stream_that_breaks_off_is_an_error() -> None:
    tree = debian_tree(b"the kernel" * 1000)
    with pytest.raises((tarfile.TarError, OSError)):
        strip_tree(io.BytesIO(tree[: len(tree) // 3]), io.BytesIO(), [])
