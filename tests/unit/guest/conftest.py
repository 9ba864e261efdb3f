"""A tiny Debian tree, and a mmdebstrap that delivers it."""

from __future__ import annotations

import io
import struct
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

RELEASE = "6.1.0-test-cloud-amd64"


def elf_kernel(*, pvh: bool = True) -> bytes:
    """A 64-bit ELF file with one note segment, which is all of a kernel that is looked at."""
    kind = 18 if pvh else 1
    note = struct.pack("<III", 4, 8, kind) + b"Xen\0" + struct.pack("<Q", 0x1000000)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x1000000, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 4, 4, 120, 0, 0, len(note), len(note), 4)
    return header + segment + note + bytes(range(256)) * 64


def bz_image(payload: bytes, *, sectors: int = 4) -> bytes:
    """The container a distribution ships its kernel in."""
    image = bytearray((sectors + 1) * 512)
    image[0x1F1] = sectors
    image[0x202:0x206] = b"HdrS"
    gap = 64
    struct.pack_into("<II", image, 0x248, gap, len(payload))
    return bytes(image) + bytes(gap) + payload + b"after"


def debian_tree(kernel: bytes) -> bytes:
    """A tar stream with one of everything the build cares about."""
    modules = f"usr/lib/modules/{RELEASE}"
    files = {
        f"boot/vmlinuz-{RELEASE}": kernel,
        f"boot/initrd.img-{RELEASE}": b"never used",
        "usr/bin/busybox": b"\x7fELF busybox",
        f"{modules}/modules.builtin": b"kernel/fs/ext4/ext4.ko\n",
        f"{modules}/modules.dep": (
            b"kernel/drivers/virtio/virtio_ring.ko:\n"
            b"kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko\n"
            b"kernel/drivers/virtio/virtio_mmio.ko:"
            b" kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko\n"
            b"kernel/drivers/block/virtio_blk.ko:"
            b" kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko\n"
            b"kernel/drivers/char/virtio_console.ko:"
            b" kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko\n"
            b"kernel/drivers/net/virtio_net.ko: kernel/drivers/virtio/virtio.ko"
            b" kernel/drivers/virtio/virtio_ring.ko\n"
            b"kernel/fs/squashfs/squashfs.ko:\n"
            b"kernel/fs/overlayfs/overlay.ko:\n"
            b"kernel/drivers/net/ethernet/big.ko:\n"
        ),
        "etc/hostname": b"the-hosts-own-name\n",
        "etc/resolv.conf": b"nameserver 192.0.2.53\n",
        "etc/machine-id": b"0123456789abcdef0123456789abcdef\n",
        "etc/apt/apt.conf.d/99mmdebstrap": b'Acquire::http::Proxy "http://user:secret@proxy.example:3128/";\n',
        "etc/apt/sources.list.d/0000host.sources": b"URIs: http://user:secret@mirror.example/debian\n",
        "var/cache/apt/archives/left.deb": b"left",
        "var/log/dpkg.log": b"log",
        "var/lib/dpkg/status": b"Package: bash\nVersion: 5.2-1\n\nPackage: python3-minimal\nVersion: 3.11.2-1+b1\n\n",
        "usr/bin/python3": b"\x7fELF python",
    }
    for line in files[f"{modules}/modules.dep"].decode().splitlines():
        files[f"{modules}/{line.split(':')[0]}"] = b"\x7fELF " + line.encode()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tree:
        for path in ("boot", "dev", "etc", "run", "tmp", "var", "var/cache", "var/cache/apt", "root"):
            info = tarfile.TarInfo(f"./{path}/")
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tree.addfile(info)
        device = tarfile.TarInfo("./dev/null")
        device.type, device.devmajor, device.devminor = tarfile.CHRTYPE, 1, 3
        tree.addfile(device)
        for path, data in files.items():
            info = tarfile.TarInfo(f"./{path}")
            info.size, info.mode = len(data), 0o755
            tree.addfile(info, io.BytesIO(data))
    return stream.getvalue()


FakeProgram = Callable[[str, str], None]


@pytest.fixture
def fake_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeProgram:
    """Put a program of this name, written in Python, first on PATH."""
    directory = tmp_path / "fake-bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/usr/sbin:/bin:/sbin")

    def install(name: str, body: str) -> None:
        path = directory / name
        path.write_text(f"#!{sys.executable}\n{body}\n")
        path.chmod(0o755)

    return install
