"""The floor: a script that only spawns QEMU, restores and talks to the agent over blocking sockets, nothing else."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tui.machines.guest import wire
from tui.machines.model import Command
from tui.machines.qemu.command_line import Channels


class BareMachine:
    """One QEMU, driven by hand."""

    def __init__(self, arguments: Callable[[Channels], list[str]], extra: tuple[str, ...] = ()) -> None:
        pairs = [socket.socketpair() for _ in range(3)]
        self.state_file = os.memfd_create("bare")
        theirs = [pair[1].fileno() for pair in pairs]
        self._popen = subprocess.Popen(
            [*arguments(Channels(*theirs)), "-S", "-incoming", "defer", *extra],
            pass_fds=[*theirs, self.state_file],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for pair in pairs:
            pair[1].close()
        self._qmp, self._agent, self._console = (pair[0] for pair in pairs)
        self._lines = self._qmp.makefile("rwb", buffering=0)
        self._lines.readline()
        self.command("qmp_capabilities")
        self._decoder = wire.Decoder()
        self._generation = 0
        self._channel = 0

    def command(self, name: str, **arguments: Any) -> Any:
        """Execute one QMP command."""
        self._lines.write(json.dumps({"execute": name, "arguments": arguments}).encode())
        while True:
            answer = json.loads(self._lines.readline())
            if "error" in answer:
                raise RuntimeError(answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]

    def restore(self, devices: bytes) -> None:
        """Load a device state and wait until it is in."""
        os.pwrite(self.state_file, devices, 0)
        self.command("migrate-incoming", uri=f"fd:{self.state_file}")
        while self.command("query-status")["status"] == "inmigrate":
            pass

    def hello(self, generation: int) -> None:
        """Begin a life."""
        self._generation = generation
        hello = {
            "protocol": wire.PROTOCOL, "generation": generation, "nonce": os.urandom(16).hex(), "hostname": "bare",
            "boot_id": "00000000-0000-4000-8000-000000000000", "entropy": os.urandom(32).hex(),
            "time_ns": time.time_ns(), "rehearsal": False,
        }  # fmt: skip
        self._agent.sendall(wire.encode(wire.Kind.HELLO, generation, 0, wire.pack_fields(hello)))
        self._channel = 0
        self._until(wire.Kind.WELCOME)

    def job(self, name: str, **arguments: Any) -> None:
        """Start one of QEMU's jobs and wait until it is done.

        Raises:
            RuntimeError: it failed.
        """
        self.command(name, **arguments)
        while True:
            job = next(job for job in self.command("query-jobs") if job["id"] == arguments["job-id"])
            if job["status"] == "concluded":
                self.command("job-dismiss", id=job["id"])
                if "error" in job:
                    raise RuntimeError(job["error"])
                return

    def run(self, command: Command) -> None:
        """Execute a command to its end, dropping what it prints."""
        self._channel += 1
        payload = json.dumps(asdict(command)).encode()
        self._agent.sendall(wire.encode(wire.Kind.START, self._generation, self._channel, payload))
        self._until(wire.Kind.EXIT)

    def execute(self, *argv: str) -> None:
        """Run a program; return when its first output has arrived."""
        self._channel += 1
        start = json.dumps(asdict(Command("argv", argv=argv))).encode()
        self._agent.sendall(wire.encode(wire.Kind.START, self._generation, self._channel, start))
        self._until(wire.Kind.DATA)

    def _until(self, *kinds: wire.Kind) -> None:
        received = b""
        while True:
            for frame in self._decoder.feed(received):
                if frame.channel == self._channel and frame.kind in kinds:
                    return
            received = self._agent.recv(65536)

    @property
    def pid(self) -> int:
        """Process id of QEMU."""
        return self._popen.pid

    def kill(self) -> None:
        """End it."""
        self._popen.kill()
        self._popen.wait()
        for closable in (self._qmp, self._agent, self._console):
            closable.close()
        os.close(self.state_file)


def qcow2(path: Path, size_mb: int) -> Path:
    """Make an empty image that QEMU's own savevm can write to."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(path), f"{size_mb}M"], check=True)
    return path
