"""A real agent in a process of its own, and links to it."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tui.machines.guest import agent
from tui.machines.guest.link import AgentLink
from tui.machines.model import Identity

PATIENCE = 20.0


@dataclass
class Agent:
    """An agent that runs on the host, without a machine, and the socket to it."""

    process: subprocess.Popen[bytes]
    socket: socket.socket
    work: Path
    generations: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def identity(self) -> Identity:
        """The identity of the next life."""
        return Identity(
            generation=next(self.generations),
            hostname="tested",
            boot_id="00000000-0000-4000-8000-000000000000",
            entropy=os.urandom(32),
            time_ns=0,
        )

    def peak_kb(self) -> int:
        """Highest resident memory of the agent so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0])


@pytest.fixture
def agent_process(tmp_path: Path) -> Iterator[Agent]:
    ours, theirs = socket.socketpair()
    work = tmp_path / "work"
    assert agent.__file__
    command = [sys.executable, agent.__file__, "--fd", str(theirs.fileno()), "--work", str(work)]
    with theirs, subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=tmp_path) as process:
        theirs.close()
        try:
            yield Agent(process, ours, work)
        finally:
            with contextlib.suppress(OSError):
                ours.close()
            process.kill()


@pytest.fixture
async def link(agent_process: Agent) -> AsyncIterator[AgentLink]:
    link = await AgentLink.open(agent_process.socket)
    await link.handshake(agent_process.identity(), timeout=PATIENCE)
    yield link
    assert not link.protests, link.protests
    await link.close()
