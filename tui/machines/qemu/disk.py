"""Disks of machines that write more than RAM holds: a chain of qcow2 overlays, one frozen with each snapshot.

    template: disk.raw (ext4, empty, sparse) <- boot.qcow2 (what the first boot wrote)
    vault:    LAYER <- LAYER <- ... <- the overlay of the live machine

A snapshot puts a new overlay on top (`blockdev-snapshot`, milliseconds) and names the one below as its own; a restore
opens the chain up to there with a fresh overlay. Memory and disk become visible together, by the snapshot's manifest.
What an overlay covers is said by the manifest, not by its header, where a name ends after 1023 bytes.

A chain that has become long is shortened by copying what its upper layers hold into the last of them (`block-stream`).
Whoever still opens the long chain finds the same content, so nothing that exists has to change.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tui.errors import HostNotReady
from tui.ids import is_id, new_id
from tui.machines.errors import MachineError, MachineLost
from tui.machines.host import find_program
from tui.machines.qemu.monitor import DirectMonitor
from tui.machines.qemu.process import QemuProcess
from tui.machines.qemu.vault import Vault

RAW: Final = "disk.raw"
BOOT_LAYER: Final = "boot.qcow2"
_LONGEST_CHAIN: Final = 64
"""Every layer costs an open file and some milliseconds at each restore, and QEMU's command line is finite."""
_MERGED_AT_ONCE: Final = 48
_log = logging.getLogger(__name__)


async def run_tool(name: str, *arguments: str) -> None:
    """Run a host program to its end.

    Raises:
        HostNotReady: it is not installed.
        MachineError: it failed.
    """
    program = find_program(name)
    if program is None:
        raise HostNotReady(f"{name} is not installed", hint="run `rollcage setup`")
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    if process.returncode:
        raise MachineError(f"{name} failed: {errors.decode(errors='replace').strip()}")


async def format_raw(path: Path, size_mb: int) -> None:
    """Make a sparse file with an empty ext4 on it."""
    with path.open("xb") as file:
        file.truncate(size_mb << 20)
    await run_tool(
        "mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "lazy_itable_init=1,nodiscard", str(path)
    )  # fmt: skip


async def create_overlay(path: Path, size_mb: int) -> None:
    """Make an empty overlay. What it covers is said when it is opened."""
    await run_tool("qemu-img", "create", "-q", "-f", "qcow2", str(path), f"{size_mb}M")


def _node(layer: str) -> str:
    """Return the name of a layer in QEMU: 31 characters, the most it takes."""
    return f"disk-{layer}"


def layer_options(path: Path) -> dict[str, Any]:
    """Return QEMU's options for one file of a disk."""
    return {
        "driver": "raw" if path.suffix == ".raw" else "qcow2",
        "discard": "unmap",
        "file": {"driver": "file", "filename": str(path), "locking": "off", "discard": "unmap"},
    }


def chain(paths: Iterable[Path]) -> str:
    """Return QEMU's JSON description of a disk: the raw file first, the writable overlay last."""
    node: dict[str, Any] = {}
    *below, _ = files = list(paths)
    for path in files:
        layer = layer_options(path)
        if path in below:
            layer["read-only"] = layer["file"]["read-only"] = True
            if is_id(path.stem):
                layer["node-name"] = _node(path.stem)
        if node:
            layer["backing"] = node
        node = layer
    return json.dumps({**node, "node-name": "disk"})


class DiskChain:
    """The overlays of one live machine, locked against deletion while it lives."""

    def __init__(self, vault: Vault, size_mb: int, template: Path, frozen: tuple[str, ...]) -> None:
        self._vault = vault
        self._size_mb = size_mb
        self._template = template
        self.frozen = frozen
        """Ids of the vault's overlays below the writable one, lowest first."""
        self._top = new_id()
        self._next: str | None = None
        self._added = {self._top: "disk"}
        """Nodes that QEMU was told of one by one, by layer; it keeps them until told otherwise."""
        self._locks: dict[str, int] = {}

    async def open(self) -> str:
        """Make the writable overlay, lock the chain, and return its description for QEMU."""
        await self._create(self._top)
        with self._vault.adding():
            for layer in self.frozen:
                self._lock(layer)
        layers = [self._vault.layer_path(layer) for layer in (*self.frozen, self._top)]
        return chain([self._template / RAW, self._template / BOOT_LAYER, *layers])

    async def _create(self, layer: str) -> None:
        with self._vault.adding():
            await create_overlay(self._vault.layer_path(layer), self._size_mb)
            self._lock(layer)

    def _lock(self, layer: str) -> None:
        file = os.open(self._vault.layer_path(layer), os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(file, fcntl.LOCK_SH)
        self._locks[layer] = file

    async def prepare(self, process: QemuProcess) -> None:
        """Make the overlay that `freeze` needs and have QEMU open it, while the machine may still run."""
        if self._next is not None:
            return
        layer = new_id()
        await self._create(layer)
        overlay = layer_options(path := self._vault.layer_path(layer))
        try:
            await process.command("blockdev-add", {**overlay, "node-name": _node(layer), "backing": None})
        except BaseException:
            with contextlib.suppress(MachineError):  # whoever gave up waiting: it may have been opened all the same
                await process.command("blockdev-del", {"node-name": _node(layer)})
            os.close(self._locks.pop(layer))
            path.unlink(missing_ok=True)
            raise
        self._next = layer

    def freeze(self, monitor: DirectMonitor) -> None:
        """Freeze what the machine, standing still, has written, and put the overlay that was prepared on top."""
        assert self._next is not None
        monitor.execute("blockdev-snapshot", {"node": self._added[self._top], "overlay": _node(self._next)})
        self._added[self._next] = _node(self._next)
        self.frozen = (*self.frozen, self._top)
        self._top, self._next = self._next, None

    async def shorten(self, process: QemuProcess) -> None:
        """Merge the upper layers of a long chain into the one frozen last, which no other machine writes to."""
        if len(self.frozen) < _LONGEST_CHAIN:
            return
        *kept, base = self.frozen[:-_MERGED_AT_ONCE]
        *merged, last = self.frozen[-_MERGED_AT_ONCE:]
        try:
            base_node = self._added.get(base, _node(base))
            await process.stream(self._added[last], base_node, self._vault.layer_path(base).name)
        except MachineLost:
            raise
        except MachineError as error:
            _log.warning("a disk of %d layers could not be merged: %s", len(self.frozen), error)
            return
        self.frozen = (*kept, base, last)
        for layer in reversed(merged):  # each uses the one below
            if (node := self._added.pop(layer, None)) is not None:
                await process.command("blockdev-del", {"node-name": node})
            os.close(self._locks.pop(layer))

    def close(self) -> None:
        """Let go of the chain; the writable overlays, which no snapshot knows, are removed."""
        for file in self._locks.values():
            os.close(file)
        self._locks.clear()
        for layer in filter(None, (self._top, self._next)):
            self._vault.layer_path(layer).unlink(missing_ok=True)
