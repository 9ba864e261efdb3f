"""Which modules a boot loads, and in which order."""

from __future__ import annotations

import struct

import pytest

from tui.machines.guest.kernel import UnreadableKernel
from tui.machines.guest.modules import load_order, module_name, parse_dependencies, without_signature

TABLE = parse_dependencies(
    "kernel/a/virtio_mmio.ko: kernel/a/virtio.ko kernel/a/virtio_ring.ko\n"
    "kernel/a/virtio.ko: kernel/a/virtio_ring.ko\n"
    "kernel/a/virtio_ring.ko:\n"
    "kernel/b/net-failover.ko.xz: kernel/b/failover.ko.xz\n"
    "kernel/b/failover.ko.xz:\n"
)


def test_every_module_comes_after_what_it_needs() -> None:
    assert load_order(TABLE, ["virtio_mmio", "net_failover", "virtio"], frozenset()) == [
        "kernel/a/virtio_ring.ko",
        "kernel/a/virtio.ko",
        "kernel/a/virtio_mmio.ko",
        "kernel/b/failover.ko.xz",
        "kernel/b/net-failover.ko.xz",
    ]


def test_what_is_built_in_is_not_loaded() -> None:
    assert load_order(TABLE, ["ext4"], frozenset({"ext4"})) == []


def test_a_module_that_is_nowhere_makes_the_kernel_unusable() -> None:
    with pytest.raises(UnreadableKernel, match="no module ext4"):
        load_order(TABLE, ["ext4"], frozenset())


def test_names_are_the_kernels() -> None:
    assert module_name("kernel/drivers/char/hw_random/virtio-rng.ko.zst") == "virtio_rng"


def test_a_signature_is_taken_off() -> None:
    code, signature = b"\x7fELF module", b"s" * 700
    info = bytes(8) + struct.pack(">I", len(signature))
    assert without_signature(code + signature + info + b"~Module signature appended~\n") == code
    assert without_signature(code) == code
