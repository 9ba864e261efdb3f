"""Programs and shell commands: what they get, what comes back, how they end."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.unit.guest_agent.conftest import Agent
from tui.errors import InvalidInput
from tui.machines.errors import GuestRefused
from tui.machines.guest.link import AgentLink
from tui.machines.guest.link_process import AgentProcess
from tui.machines.kinds import Stream
from tui.machines.model import Command, ExitReport, TerminalSize


async def shell(link: AgentLink, text: str, stdin: bytes = b"", **options: object) -> tuple[ExitReport, bytes, bytes]:
    return await link.run(Command("shell", text=text, **options), stdin)  # type: ignore[arg-type]


async def read_until(process: AgentProcess, wanted: bytes) -> bytes:
    """Read until something was printed; what follows is left to be discarded."""
    printed = b""
    async for chunk in process.output():
        printed += chunk.data
        if wanted in printed:
            break
    return printed


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def test_streams_stay_apart(link: AgentLink) -> None:
    report, stdout, stderr = await shell(link, "echo out; echo err >&2; exit 3")
    assert (report.exit_code, report.signal, stdout, stderr) == (3, None, b"out\n", b"err\n")


async def test_argv_is_not_interpreted(link: AgentLink) -> None:
    words = ("$HOME", "a b", "*", "", "'\"", "ü\udcff")
    _, stdout, _ = await link.run(Command("argv", argv=("printf", "%s\\n", *words)))
    assert stdout == b"$HOME\na b\n*\n\n'\"\n\xc3\xbc\xff\n"


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (Command("argv", argv=("no-such-program",)), "'no-such-program'"),
        (Command("argv"), "no program name"),
        (Command("argv", argv=("/etc/passwd",)), "/etc/passwd"),
        (Command("shell", text="true", cwd="/no/such"), "cannot work in /no/such"),
        (Command("shell", text="a\0b"), "zero byte"),
        (Command("argv", argv=("a\0b",)), "'argv'"),
        (Command("argv", argv=("true",), env={"A=B": "c"}), "'env'"),
        (Command("code", language="rust", text="fn main() {}"), "cannot run 'rust' code; it runs bash"),
        (Command("code", language="bash", text="true", interpreter="a"), "kept interpreter"),
        (Command("dance"), "kind 'dance'"),  # type: ignore[arg-type]
    ],
)
async def test_what_cannot_start_is_refused_with_a_reason(link: AgentLink, command: Command, names: str) -> None:
    with pytest.raises(GuestRefused) as refusal:
        await link.start(command)
    assert names in refusal.value.message
    assert (await shell(link, "true"))[0].exit_code == 0


async def test_environment_is_clean_and_extended(link: AgentLink, monkeypatch: pytest.MonkeyPatch) -> None:
    _, stdout, _ = await shell(link, "env", env={"GREETING": "hello\nthere"})
    variables = dict(line.split("=", 1) for line in stdout.decode().splitlines() if "=" in line)
    assert variables["GREETING"] == "hello"
    assert set(variables) <= {
        "GREETING", "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TERM", "PWD", "SHLVL", "_",
    }  # fmt: skip


async def test_works_in_its_own_directory_by_default(link: AgentLink, agent_process: Agent) -> None:
    (agent_process.work / "below").mkdir()
    assert (await shell(link, "pwd; echo $PWD"))[1].decode().split() == [str(agent_process.work)] * 2
    assert (await shell(link, "pwd", cwd="below"))[1].decode() == f"{agent_process.work}/below\n"
    assert (await shell(link, "pwd", cwd="/"))[1] == b"/\n"


async def test_default_directory_comes_back(link: AgentLink, agent_process: Agent) -> None:
    agent_process.work.rmdir()
    assert (await shell(link, "pwd"))[1].decode() == f"{agent_process.work}\n"


async def test_stdin_reaches_the_process_and_ends(link: AgentLink) -> None:
    data = bytes(range(256)) * 8192
    report, stdout, _ = await link.run(Command("argv", argv=("cat",)), data)
    assert report.exit_code == 0
    assert stdout == data


async def test_stdin_nobody_reads_is_dropped(link: AgentLink) -> None:
    report, stdout, _ = await shell(link, "exec <&-; echo closed", bytes(3_000_000))
    assert (report.exit_code, stdout) == (0, b"closed\n")


async def test_shell_is_bash_as_itself(link: AgentLink) -> None:
    _, stdout, stderr = await shell(link, 'echo "$0 $#"; false; echo after; [[ a == a ]] && cat <(echo sub); nonesuch')
    assert stdout == b"bash 0\nafter\nsub\n"
    assert b"bash: line 1: nonesuch: command not found" in stderr


@pytest.mark.parametrize("size", [131_000, 131_200, 1_000_000])
async def test_long_texts_run_like_short_ones(link: AgentLink, size: int) -> None:
    text = f"#{'x' * size}\nread line; echo got $line"
    _, stdout, stderr = await shell(link, text, b"this\n")
    assert (stdout, stderr) == (b"got this\n", b"")


async def test_a_text_beyond_the_limit_is_not_sent(link: AgentLink) -> None:
    with pytest.raises(InvalidInput):
        await link.start(Command("shell", text="x" * 5_000_000))


async def test_no_descriptor_of_the_agent_is_inherited(link: AgentLink) -> None:
    _, stdout, _ = await link.run(Command("argv", argv=("ls", "/proc/self/fd")))
    assert stdout.split() == [b"0", b"1", b"2", b"3"]  # the last is the directory itself


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_signals_reach_the_whole_group(link: AgentLink, signum: int) -> None:
    process = await link.start(Command("shell", text="sleep 1000 | sleep 1000 & echo ready; wait"))
    assert await read_until(process, b"ready") == b"ready\n"
    await process.signal(signum)
    report = await process.wait()
    assert (report.exit_code, report.signal, report.shell_code) == (None, signum, 128 + signum)
    if signum != signal.SIGINT:  # which bash lets background jobs ignore
        assert report.detached == 0


async def test_kill_reaches_descendants_that_left_the_group(link: AgentLink) -> None:
    text = "set -m; (trap '' TERM; while :; do sleep 0.01; done) & echo $!; wait"
    process = await link.start(Command("shell", text=text))
    pid = int(await read_until(process, b"\n"))
    await process.signal(signal.SIGTERM)
    report = await process.wait()
    assert report.signal == signal.SIGTERM
    assert report.detached >= 1
    os.kill(pid, signal.SIGKILL)
    process = await link.start(Command("shell", text=text))
    pid = int(await read_until(process, b"\n"))
    await process.signal(signal.SIGKILL)
    assert (await process.wait()).detached == 0
    assert not is_alive(pid)


async def test_signalling_what_ended_does_nothing(link: AgentLink) -> None:
    process = await link.start(Command("shell", text="true"))
    await process.wait()
    await process.signal(signal.SIGKILL)
    await process.resize(TerminalSize())
    await process.close_stdin()
    await process.write_stdin(b"late")


async def test_a_background_child_does_not_hold_up_the_exit(link: AgentLink) -> None:
    report, stdout, _ = await shell(link, "(sleep 1000; echo never) & echo started; echo $!")
    assert (report.exit_code, report.detached) == (0, 2)
    assert stdout.startswith(b"started\n")
    await shell(link, f"kill {stdout.split()[1].decode()}; pkill -g $(ps -o pgid= {stdout.split()[1].decode()})")


async def test_what_a_filter_prints_after_the_shell_is_not_lost(link: AgentLink, agent_process: Agent) -> None:
    report, stdout, _ = await shell(link, "exec > >(tee log); echo logged")
    assert (report.exit_code, stdout) == (0, b"logged\n")
    assert (agent_process.work / "log").read_text() == "logged\n"


async def test_output_comes_as_it_is_printed(link: AgentLink) -> None:
    process = await link.start(Command("shell", text="echo one; read; echo two"))
    output = process.output()
    assert (await anext(output)).data == b"one\n"
    await process.write_stdin(b"\n")
    chunk = await anext(output)
    assert (chunk.stream, chunk.data) == (Stream.STDOUT, b"two\n")
    with pytest.raises(StopAsyncIteration):
        await anext(output)


async def test_usage_is_measured(link: AgentLink) -> None:
    report, _, _ = await shell(link, "x=; for ((i = 0; i < 20000; i++)); do :; done")
    usage = report.usage
    assert usage.wall_s > 0
    assert usage.cpu_user_s is not None
    assert usage.cpu_user_s > 0
    assert usage.peak_memory_bytes is not None
    assert usage.peak_memory_bytes > 1_000_000
    assert usage.disk_written_bytes is None


async def test_many_at_once(link: AgentLink) -> None:
    results = await asyncio.gather(*(shell(link, f"echo {number}; exit {number}") for number in range(20)))
    assert [(report.exit_code, stdout) for report, stdout, _ in results] == [
        (number, f"{number}\n".encode()) for number in range(20)
    ]


async def test_a_cancelled_start_leaves_nothing_running(link: AgentLink, agent_process: Agent) -> None:
    starting = asyncio.create_task(link.start(Command("shell", text="echo $$ > pid; exec sleep 1000")))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await link.ping(10)
    file = agent_process.work / "pid"
    if file.exists() and file.read_text():
        await shell(link, f"while kill -0 {file.read_text().strip()}; do :; done")


class TestTerminal:
    async def test_is_a_terminal_of_that_size(self, link: AgentLink) -> None:
        report, stdout, stderr = await shell(
            link, "tty; stty size; [ -t 0 -a -t 1 -a -t 2 ] && echo all", terminal=TerminalSize(10, 33)
        )
        lines = stdout.decode().split("\r\n")
        assert lines[0].startswith("/dev/pts/")
        assert lines[1:] == ["10 33", "all", ""]
        assert (report.exit_code, stderr) == (0, b"")

    async def test_resizes_and_tells_the_program(self, link: AgentLink) -> None:
        process = await link.start(
            Command(
                "shell",
                text="trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.01; done",
                terminal=TerminalSize(10, 33),
            )
        )
        output = process.output()
        assert (await anext(output)).data == b"ready\r\n"
        await process.resize(TerminalSize(20, 44))
        assert (await anext(output)).data == b"20 44\r\n"
        assert (await process.wait()).exit_code == 0

    async def test_control_characters_mean_what_they_mean(self, link: AgentLink) -> None:
        process = await link.start(Command("argv", argv=("cat",), terminal=TerminalSize()))
        await process.write_stdin(b"echo\n")
        assert await read_until(process, b"echo\r\necho\r\n")
        await process.write_stdin(b"\x03")
        assert (await process.wait()).signal == signal.SIGINT

    async def test_end_of_input(self, link: AgentLink) -> None:
        report, stdout, _ = await shell(link, "stty -echo; cat", b"typed\n", terminal=TerminalSize())
        assert report.exit_code == 0
        assert b"typed\r\n" in stdout

    async def test_python_has_it_too(self, link: AgentLink) -> None:
        code = "import os; print(os.isatty(0), os.ttyname(1), os.tcgetpgrp(0) == os.getpgrp())"
        _, stdout, _ = await link.run(Command("code", language="python", text=code, terminal=TerminalSize()))
        assert stdout.startswith(b"True /dev/pts/")
        assert stdout.endswith(b"True\r\n")
