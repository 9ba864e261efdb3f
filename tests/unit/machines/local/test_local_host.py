"""Commands on the host: what they do, how they end, and that nothing holds up memory or leaves processes behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.machines import run
from tui.config import RunSettings
from tui.errors import HostNotReady
from tui.machines.errors import GuestRefused
from tui.machines.kinds import Limit, Stream
from tui.machines.local.confinement import Confinement
from tui.machines.local.host import LocalHost
from tui.machines.local.usage import tree
from tui.machines.model import Command, Limits, TerminalSize

SPIN = "while :; do :; done"


def shell(text: str, **options: object) -> Command:
    return Command("shell", text=text, **options)  # type: ignore[arg-type]


async def output_of(host: LocalHost, command: Command, stdin: bytes = b"") -> bytes:
    report, stdout, stderr = await run(host, command, stdin)  # type: ignore[arg-type]
    assert report.exit_code == 0, stderr
    return stdout


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        (Command("argv", argv=("printf", "%s|", "a b", ";c")), b"a b|;c|"),
        (shell("echo $0 $((6 * 7))"), b"/usr/bin/bash 42\n"),
        (Command("code", text="print(6 * 7)", language="python"), b"42\n"),
        (Command("code", text="console.log(6 * 7)", language="javascript"), b"42\n"),
        (Command("code", text="import os from 'os'; console.log(typeof os.EOL)", language="javascript"), b"string\n"),
        (Command("code", text="#" + "x" * 200_000 + "\nprint('long')", language="python"), b"long\n"),
        (shell("#" + "x" * 200_000 + "\necho long"), b"long\n"),
        (Command("code", text="//" + "x" * 200_000 + "\nconsole.log('long')", language="javascript"), b"long\n"),
    ],
    ids=lambda value: value.language + value.text[:8] if isinstance(value, Command) else "",
)
async def test_programs_and_code_of_three_languages(host: LocalHost, command: Command, printed: bytes):
    assert await output_of(host, command) == printed


async def test_it_works_in_the_workspace(host: LocalHost, workspace: Path):
    (workspace / "sub").mkdir()
    await output_of(host, shell("pwd > where; echo $PWD >> where"))
    assert (workspace / "where").read_text() == f"{workspace}\n" * 2
    assert await output_of(host, shell("pwd", cwd="sub")) == f"{workspace}/sub\n".encode()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (Command("argv", argv=("no-such-program",)), "no program 'no-such-program' on this host"),
        (Command("code", text="x", language="cobol"), "does not run 'cobol' code, only bash, javascript, python"),
        (shell("true", cwd="/etc"), "or below, not in /etc"),
        (shell("true", cwd="../.."), "or below, not in"),
        (shell("true", cwd="none"), "no such directory"),
        (shell("a\0b"), "zero byte"),
        (shell("true", terminal=TerminalSize()), "no terminal"),
        (shell("true", interpreter="kept"), "only a machine keeps an interpreter"),
        (shell("true", limits=Limits(memory_bytes=1 << 30)), "memory or disk limit"),
        (shell("true", limits=Limits(disk_bytes=1 << 30)), "memory or disk limit"),
        (Command("read-file", text="/etc/passwd"), "moves no files"),
    ],
)
async def test_what_cannot_be_done_here_is_refused_with_the_reason(host: LocalHost, command: Command, message: str):
    with pytest.raises(GuestRefused) as refusal:
        await host.execute(command)
    assert message in str(refusal.value)


async def test_a_language_without_its_interpreter_is_refused(confinement: Confinement, tmp_path: Path):
    host = LocalHost(confinement, {"PATH": str(tmp_path)})
    with pytest.raises(GuestRefused, match="javascript code needs node, which this host does not have"):
        await host.execute(Command("code", text="1", language="javascript"))


async def test_only_harmless_variables_and_declared_ones_are_passed_on(host: LocalHost):
    printed = await output_of(host, shell("env -0", env={"GIVEN": "a\nb", "LD_PRELOAD_X": "1"}))
    names = {entry.partition(b"=")[0] for entry in printed.split(b"\0") if entry}
    assert names - {b"_", b"SHLVL", b"OLDPWD"} == {b"PATH", b"LANG", b"HOME", b"PWD", b"GIVEN", b"LD_PRELOAD_X"}
    assert b"GIVEN=a\nb" in printed.split(b"\0")


async def test_declared_variables_are_not_obeyed_outside_of_the_confinement(host: LocalHost, workspace: Path):
    report, _, stderr = await run(host, shell("echo fine", env={"LD_PRELOAD": f"{workspace}/none.so"}))  # type: ignore[arg-type]
    assert report.exit_code == 0
    # For what runs inside: the first process and the shell. bubblewrap and what starts it did not look for it.
    assert stderr.count(b"none.so") <= 2


async def test_output_comes_as_it_is_printed_and_stdin_is_read(host: LocalHost):
    process = await host.execute(shell("echo first; read a; echo got $a >&2; cat; exit 3"))
    output = process.output()
    chunk = await anext(output)
    assert (chunk.stream, chunk.data) == (Stream.STDOUT, b"first\n")
    await process.write_stdin(b"one\n")
    chunk = await anext(output)
    assert (chunk.stream, chunk.data) == (Stream.STDERR, b"got one\n")
    await process.write_stdin(b"rest")
    await process.close_stdin()
    assert [chunk.data async for chunk in output] == [b"rest"]
    assert (await process.wait()).exit_code == 3


async def test_much_input_goes_through_and_what_nobody_reads_is_dropped(host: LocalHost):
    data = os.urandom(3_000_000)
    process = await host.execute(shell("cat"))

    async def feed() -> None:
        await process.write_stdin(data)
        await process.close_stdin()

    feeding = asyncio.create_task(feed())
    assert b"".join([chunk.data async for chunk in process.output()]) == data
    await feeding
    process = await host.execute(shell("exit 0"))
    await process.write_stdin(data)
    await process.close_stdin()
    assert (await process.wait()).exit_code == 0


async def test_a_hundred_megabytes_arrive_whole_with_bounded_memory(host: LocalHost):
    size, before = 100_000_000, _resident_kb()
    process = await host.execute(shell(f"head -c {size} /dev/zero"))
    total = 0
    async for chunk in process.output():
        total += len(chunk.data)
    assert total == size
    assert (await process.wait()).exit_code == 0
    assert _resident_kb() - before < 16 * 1024


async def test_a_reader_who_pauses_holds_up_the_process(host: LocalHost, workspace: Path):
    process = await host.execute(shell("head -c 5000000 /dev/zero; touch done"))
    output = process.output()
    total = len((await anext(output)).data)
    await output_of(host, shell("sleep 0.3"))
    assert not (workspace / "done").exists()
    async for chunk in output:
        total += len(chunk.data)
    assert total == 5_000_000
    assert (workspace / "done").exists()


async def test_who_only_waits_does_not_hold_it_up(host: LocalHost):
    process = await host.execute(shell("head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2"))
    assert (await process.wait()).exit_code == 0


def _resident_kb() -> int:
    with Path("/proc/self/status").open() as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


async def test_signals_reach_the_group_of_the_command(host: LocalHost):
    process = await host.execute(shell("trap 'echo told; exit 5' TERM; echo up; sleep 1000 & wait"))
    output = process.output()
    assert (await anext(output)).data == b"up\n"
    await process.signal(signal.SIGTERM)
    assert [chunk.data async for chunk in output] == [b"told\n"]
    assert (await process.wait()).exit_code == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_signal_that_ends_it_is_reported(host: LocalHost, number: signal.Signals):
    process = await host.execute(shell("echo up; exec sleep 1000"))
    output = process.output()
    await anext(output)
    await process.signal(number)
    report = await process.wait()
    assert (report.exit_code, report.signal, report.shell_code) == (None, number, 128 + number)
    await process.signal(signal.SIGKILL)


async def test_killing_reaches_every_descendant(host: LocalHost):
    process = await host.execute(shell("setsid bash -c 'trap \"\" TERM; echo up; while :; do sleep 1; done' & wait"))
    output = process.output()
    await anext(output)
    everything = tree(process.pid)
    assert len(everything) > 3
    await process.signal(signal.SIGKILL)
    assert (await process.wait()).signal == signal.SIGKILL
    assert not [pid for pid in everything if _lives(pid)]


async def test_what_it_leaves_in_the_background_ends_with_it(host: LocalHost):
    process = await host.execute(shell("setsid sleep 1000 & echo up; read line"))
    output = process.output()
    await anext(output)
    everything = tree(process.pid)
    await process.close_stdin()
    report = await process.wait()
    assert (report.exit_code, report.detached) == (1, 0)
    assert not [pid for pid in everything if _lives(pid)]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def test_it_dies_with_whoever_started_it(confinement: Confinement, environment: dict[str, str]):
    parent = textwrap.dedent(f"""
        import asyncio, pathlib
        from pathlib import PosixPath
        from tui.machines.local.confinement import Confinement
        from tui.machines.local.host import LocalHost
        from tui.machines.local.usage import tree
        from tui.machines.model import Command

        async def main():
            process = await LocalHost({confinement!r}, {environment!r}).execute(
                Command("shell", text="echo up; setsid sleep 1000 & sleep 1000"))
            async for chunk in process.output():
                print(*tree(process.pid), flush=True)

        asyncio.run(main())
    """)
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as started:  # noqa: ASYNC220
        assert started.stdout is not None
        pids = [int(word) for word in started.stdout.readline().split()]
        assert len(pids) >= 3
        started.kill()
        # The pipe ends when the last process that holds it has ended; they hold none, so their ends are waited for.
        for pid in pids:
            _wait_for_the_end(pid)


def _wait_for_the_end(pid: int) -> None:
    import select

    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], 20)[0], f"process {pid} lives on"
    finally:
        os.close(descriptor)


async def test_usage_is_measured(host: LocalHost):
    work = "(i=0; while ((i++ < 100000)); do :; done) & wait; head -c 30M /dev/zero | tail -c 30M | wc -c"
    report, _, _ = await run(host, shell(work))  # type: ignore[arg-type]
    usage = report.usage
    assert usage.wall_s > 0
    assert usage.cpu_user_s is not None
    assert usage.cpu_user_s > 0.03
    assert usage.peak_memory_bytes is not None
    assert usage.peak_memory_bytes > 30 << 20
    assert usage.disk_written_bytes is None


@pytest.mark.parametrize(
    "text",
    [
        SPIN,
        f"({SPIN}) & ({SPIN}) & wait",
        f"setsid bash -c '{SPIN}' & wait",
        "while :; do (i=0; while ((i++ < 20000)); do :; done); done",
    ],
)
async def test_cpu_time_is_limited_for_all_processes_together(host: LocalHost, text: str):
    report, _, _ = await run(host, shell(text, limits=Limits(cpu_time_s=0.3)))  # type: ignore[arg-type]
    assert (report.limit, report.signal) == (Limit.CPU_TIME, signal.SIGKILL)
    assert report.usage.cpu_user_s is not None
    assert report.usage.cpu_system_s is not None
    assert report.usage.cpu_user_s + report.usage.cpu_system_s > 0.3


async def test_below_the_limit_nothing_happens(host: LocalHost):
    report, stdout, _ = await run(host, shell("sleep 0.3; echo fine", limits=Limits(cpu_time_s=0.2)))  # type: ignore[arg-type]
    assert (report.limit, report.exit_code, stdout) == (None, 0, b"fine\n")


async def test_several_run_at_the_same_time(host: LocalHost):
    printed = await asyncio.gather(*(output_of(host, shell(f"sleep 0.05; echo {n}")) for n in range(8)))
    assert printed == [f"{n}\n".encode() for n in range(8)]


async def test_a_killed_bubblewrap_is_no_exit_code(host: LocalHost):
    from tui.machines.errors import MachineLost

    process = await host.execute(shell("echo up; sleep 1000"))
    output = process.output()
    await anext(output)
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(MachineLost):
        await process.wait()


async def test_unconfined_only_where_a_person_allows_it(
    confinement: Confinement, environment: dict[str, str], home: Path
):
    without = replace(confinement, program="", reason="bubblewrap does not work here")
    assert RunSettings().allow_unconfined_local is False
    with pytest.raises(HostNotReady, match="bubblewrap does not work here"):
        LocalHost(without, environment)
    host = LocalHost(without, environment, allow_unconfined=True)
    assert await output_of(host, shell("cat ~/.ssh/id_ed25519; pwd")) == f"the key{confinement.workspace}\n".encode()
    process = await host.execute(shell("echo $BASHPID; sleep 1000 & wait"))
    output = process.output()
    everything = {int((await anext(output)).data), *tree(process.pid)}
    await process.signal(signal.SIGKILL)
    assert (await process.wait()).signal == signal.SIGKILL
    for pid in everything:
        _wait_for_the_end(pid)
    report, stdout, _ = await run(host, shell("sleep 1000 & echo $!"))  # type: ignore[arg-type]
    assert report.exit_code == 0
    _wait_for_the_end(int(stdout))
    # What starts the command is not told of its variables, which would make it load a library.
    report, stdout, stderr = await run(host, shell("echo $LD_PRELOAD", env={"LD_PRELOAD": "/none.so", "A": "b c"}))  # type: ignore[arg-type]
    assert (report.exit_code, stdout) == (0, b"/none.so\n")
    assert stderr.count(b"/none.so") == 1
    names = {line.partition(b"=")[0] for line in (await output_of(host, shell("/usr/bin/env"))).splitlines()}
    assert names - {b"_", b"SHLVL", b"OLDPWD"} == {b"PATH", b"LANG", b"HOME", b"PWD"}
    with pytest.raises(HostNotReady, match="is or contains the home directory"):
        LocalHost(replace(confinement, unfit=f"{home} is or contains the home directory"), allow_unconfined=True)
