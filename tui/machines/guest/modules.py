"""Which kernel modules the initramfs carries, and what each of them needs."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

from tui.machines.guest.kernel import UnreadableKernel

ALWAYS: Final = ("virtio_mmio", "virtio_blk", "virtio_console", "squashfs", "overlay")
NETWORK: Final = ("virtio_net",)
DISK: Final = ("ext4",)

_SIGNATURE_MAGIC: Final = b"~Module signature appended~\n"
_SIGNATURE_INFO_SIZE: Final = 12

Dependencies = Mapping[str, tuple[str, ...]]
"""Path of a module -> paths of the modules it needs, as `modules.dep` has them."""


def parse_dependencies(text: str) -> Dependencies:
    """Read a `modules.dep` file (modules.dep(5))."""
    table: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        path, colon, needed = line.partition(":")
        if colon:
            table[path.strip()] = tuple(needed.split())
    return table


def module_name(path: str) -> str:
    """Return the name by which the kernel knows the module at `path`."""
    return PurePosixPath(path).name.split(".", 1)[0].replace("-", "_")


def load_order(table: Dependencies, names: Iterable[str], builtin: frozenset[str]) -> list[str]:
    """Return the paths of `names` and all they need, every module after what it needs.

    Raises:
        UnreadableKernel: a module is neither there nor built into the kernel.
    """
    paths = {module_name(path): path for path in table}
    order: list[str] = []

    def add(path: str) -> None:
        if path in order:
            return
        # modules.dep lists the nearest need first; loading goes the other way round.
        for needed in reversed(table.get(path, ())):
            add(needed)
        order.append(path)

    for name in names:
        if name in paths:
            add(paths[name])
        elif name not in builtin:
            raise UnreadableKernel(f"it has no module {name}")
    return order


def without_signature(module: bytes) -> bytes:
    """Return a module without its appended signature (Linux, scripts/sign-file.c).

    Where the CPU is emulated, hashing and checking it takes longer than all else in loading a module, and the image
    that holds the module is as trusted as the kernel that would check it.
    """
    if not module.endswith(_SIGNATURE_MAGIC):
        return module
    end = len(module) - len(_SIGNATURE_MAGIC)
    (length,) = struct.unpack_from(">I", module, end - 4)
    return module[: max(0, end - _SIGNATURE_INFO_SIZE - length)]
