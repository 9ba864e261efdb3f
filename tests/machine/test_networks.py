"""Networks: none unless granted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.support.machines import label, output_of
from tui.machines.model import PROFILES, Command
from tui.machines.qemu.backend import QemuBackend

pytestmark = pytest.mark.machine

MINIMAL = PROFILES["minimal"]
HOST_SEEN_FROM_GUEST = "10.0.2.2"


def shell(text: str) -> Command:
    return Command("shell", text=text)


async def test_without_a_grant_there_is_no_way_out(backend: QemuBackend):
    machine = await backend.clone(MINIMAL)
    await machine.resume()
    assert await output_of(machine, shell("ls /sys/class/net; ip route show table all | grep -v ' lo ' ; :")) == "lo\n"
    for address in (HOST_SEEN_FROM_GUEST, "1.1.1.1"):
        connect = f"import socket; socket.create_connection(('{address}', 80))"
        refused = f'python3 -c "{connect}" 2>&1 | tail -1'
        assert "Network is unreachable" in await output_of(machine, shell(refused))
    serve = "python3 -m http.server 8000 --bind 127.0.0.1 >/dev/null 2>&1 &"
    own = shell(f"{serve} until curl -so /dev/null http://127.0.0.1:8000; do :; done; echo reached")
    assert await output_of(machine, own) == "reached\n"


async def test_with_a_grant_the_guest_reaches_the_network_also_after_a_rollback(backend: QemuBackend):
    greeted = 0

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal greeted
        greeted += 1
        writer.write(b"hello " + await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    machine = await backend.clone(replace(MINIMAL, network=True))
    await machine.resume()
    assert "10.0.2.15/24" in await output_of(machine, shell("ip -brief -4 address show eth0"))
    talk = shell(f"exec 3<>/dev/tcp/{HOST_SEEN_FROM_GUEST}/{port}; echo guest >&3; cat <&3")
    assert await output_of(machine, talk) == "hello guest\n"
    await backend.capture(machine, snapshot := label())
    await machine.discard()
    restored = await backend.restore(snapshot.id)
    await restored.resume()
    assert await output_of(restored, talk) == "hello guest\n"
    assert greeted == 2
    server.close()
    await server.wait_closed()
