"""However much is printed, nobody's memory grows and nobody is starved."""

from __future__ import annotations

import asyncio
import resource

import pytest

from tests.unit.guest_agent.conftest import PATIENCE, Agent
from tui.machines.errors import MachineError
from tui.machines.guest.link import AgentLink
from tui.machines.guest.wire import WINDOW
from tui.machines.kinds import Stream
from tui.machines.model import Command

MEGABYTE = 1_000_000


def own_peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def test_a_gigabyte_passes_in_bounded_memory(link: AgentLink, agent_process: Agent) -> None:
    await link.run(Command("code", text="pass", language="python"))  # after which the agent is warm
    agent_before, own_before = agent_process.peak_kb(), own_peak_kb()
    process = await link.start(Command("argv", argv=("head", "-c", "1000M", "/dev/zero")))
    received = 0
    async for chunk in process.output():
        received += len(chunk.data)
    assert received == 1000 * 1024 * 1024
    assert (await process.wait()).exit_code == 0
    assert agent_process.peak_kb() - agent_before < 4_000
    assert own_peak_kb() - own_before < 20_000


async def test_a_reader_that_pauses_holds_the_process_back(link: AgentLink, agent_process: Agent) -> None:
    process = await link.start(Command("shell", text="head -c 50M /dev/zero; echo done > done"))
    output = process.output()
    received = len((await anext(output)).data)
    before = agent_process.peak_kb()
    for _ in range(5):
        # The agent answers, so it has taken all it will take by now.
        await link.ping(PATIENCE)
    assert not (agent_process.work / "done").exists()
    assert agent_process.peak_kb() - before < 2_000
    async for chunk in output:
        received += len(chunk.data)
    assert received == 50 * 1024 * 1024
    assert (agent_process.work / "done").exists()


async def test_a_flood_starves_nobody(link: AgentLink) -> None:
    flood = await link.start(Command("argv", argv=("yes",)))
    taken = asyncio.Event()

    async def take() -> None:
        async for _ in flood.output():
            taken.set()

    reader = asyncio.create_task(take())
    await taken.wait()
    for _ in range(5):
        _, stdout, _ = await link.run(Command("shell", text="echo beside"))
        assert stdout == b"beside\n"
    await flood.signal(15)
    assert (await flood.wait()).signal == 15
    await reader


async def test_both_streams_flow_on_their_own(link: AgentLink) -> None:
    text = "head -c 20M /dev/zero & head -c 20M /dev/zero >&2; wait"
    report, stdout, stderr = await link.run(Command("shell", text=text), limit=50 * MEGABYTE)
    assert (report.exit_code, len(stdout), len(stderr)) == (0, 20 * 1024 * 1024, 20 * 1024 * 1024)


async def test_a_reader_that_leaves_does_not_hold_up_the_process(link: AgentLink) -> None:
    process = await link.start(Command("argv", argv=("head", "-c", "20M", "/dev/zero")))
    async for _ in process.output():
        break
    assert (await process.wait()).exit_code == 0


async def test_waiting_without_reading_ends_and_keeps_the_beginning(link: AgentLink) -> None:
    process = await link.start(Command("shell", text="echo first; head -c 20M /dev/zero"))
    assert (await process.wait()).exit_code == 0
    kept = b"".join([chunk.data async for chunk in process.output()])
    assert kept.startswith(b"first\n")
    assert WINDOW // 2 <= len(kept) <= WINDOW


async def test_a_reader_that_starts_after_waiting_began_loses_nothing(link: AgentLink) -> None:
    process = await link.start(Command("argv", argv=("head", "-c", "20M", "/dev/zero")))

    async def read() -> int:
        return sum([len(chunk.data) async for chunk in process.output()])

    reading = asyncio.create_task(read())
    await process.wait()
    assert await reading == 20 * 1024 * 1024


async def test_output_is_read_once(link: AgentLink) -> None:
    process = await link.start(Command("shell", text="echo 1"))
    assert [chunk.stream async for chunk in process.output()] == [Stream.STDOUT]
    with pytest.raises(RuntimeError):
        await anext(process.output())


async def test_stdin_waits_for_the_process_to_read(link: AgentLink) -> None:
    process = await link.start(Command("shell", text="read line; echo $line; cat > /dev/null"))
    writing = asyncio.create_task(process.write_stdin(bytes(5 * MEGABYTE)))
    output = process.output()
    await process.signal(0)
    for _ in range(3):
        await link.ping(PATIENCE)
    assert not writing.done()
    process_ended = asyncio.create_task(process.wait())
    await process.signal(9)
    assert (await process_ended).signal == 9
    await writing
    await output.aclose()  # type: ignore[attr-defined]


async def test_run_is_bounded(link: AgentLink) -> None:
    with pytest.raises(MachineError, match="more than 1000000 bytes"):
        await link.run(Command("argv", argv=("yes",)), limit=MEGABYTE)
    assert (await link.run(Command("shell", text="echo still"), limit=10))[1] == b"still\n"


async def test_background_floods_after_the_exit_cost_nothing_and_end_nobody(link: AgentLink) -> None:
    report, stdout, _ = await link.run(Command("shell", text="yes & echo $! >&2; sleep 0.05"), limit=1 << 30)
    assert report.exit_code == 0
    assert report.detached == 1
    assert stdout
    _, stdout, _ = await link.run(Command("shell", text="pgrep -x yes -P 1 || pgrep -x yes; pkill -x yes"))
    assert stdout
