"""What a confined command cannot do, tried for real."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.machines import run
from tui.machines.kinds import Limit
from tui.machines.local.confinement import Confinement, probe
from tui.machines.local.host import LocalHost
from tui.machines.local.secrets import hidden_places
from tui.machines.model import Command
from tui.paths import Paths


async def tried(host: LocalHost, text: str) -> tuple[int | None, str]:
    report, stdout, stderr = await run(host, Command("shell", text=text))  # type: ignore[arg-type]
    return report.exit_code, (stdout + stderr).decode()


async def test_it_writes_in_the_workspace_and_nowhere_else(host: LocalHost, home: Path, workspace: Path):
    assert (await tried(host, "echo new > file; mkdir -p a/b; echo x > a/b/c"))[0] == 0
    assert (workspace / "file").read_text() == "new\n"
    for place in (home / "new", Path("/usr/bin/new"), Path("/etc/hosts"), Path("/new")):
        code, printed = await tried(host, f"echo changed >> {place}")
        assert code == 1
        assert "Read-only file system" in printed
    assert not (home / "new").exists()


async def test_a_link_in_the_workspace_leads_to_nothing_that_can_be_written(
    host: LocalHost, home: Path, workspace: Path
):
    (workspace / "link").symlink_to(home / "notes")
    assert (await tried(host, "echo changed > link"))[0] == 1
    assert (home / "notes").read_text() == "notes"


async def test_secrets_are_hidden(host: LocalHost, home: Path, rollcage_paths: Paths):
    assert await tried(host, "ls -A ~") == (0, "project\n")
    secrets = (home / ".netrc", home / "dotfiles" / "netrc", home / ".ssh" / "id_ed25519", home / "notes")
    for file in (*secrets, rollcage_paths.data / "rollcage.db"):
        code, printed = await tried(host, f"cat {file}")
        assert code == 1
        assert "No such file" in printed


async def test_secrets_of_the_system_are_hidden(confinement: Confinement, environment: dict[str, str], outside: Path):
    (outside / "kept").mkdir()
    (outside / "kept" / "key").write_text("the key")
    (outside / "shadow").write_text("the hash")
    # As of a system whose homes are elsewhere.
    elsewhere = replace(confinement, homes=(), hidden=(outside / "kept", outside / "shadow"))
    host = LocalHost(elsewhere, environment)
    assert await tried(host, f"ls -A {outside}/kept") == (0, "")
    code, printed = await tried(host, f"cat {outside}/shadow")
    assert (code, "Permission denied" in printed) == (1, True)
    assert (await tried(host, f"echo x > {outside}/kept/new"))[0] == 1


@pytest.mark.parametrize("place", ["home", "run", "workspace-is-no-way-in"])
async def test_sockets_of_services_are_not_reachable(host: LocalHost, home: Path, place: str):
    parent = {"home": home, "run": Path("/run")}.get(place, home / ".ssh")
    if not os.access(parent, os.W_OK):
        pytest.skip(f"no right to listen in {parent}")
    path = parent / f"rollcage-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as service:
        service.bind(str(path))
        try:
            service.listen()
            service.setblocking(False)
            connect = f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r})"
            report, _, stderr = await run(host, Command("code", text=connect, language="python"))  # type: ignore[arg-type]
            assert (report.exit_code, b"FileNotFoundError" in stderr) == (1, True)
            with pytest.raises(BlockingIOError):
                service.accept()
        finally:
            path.unlink()


async def test_what_is_obeyed_later_can_be_read_and_not_changed(
    workspace: Path, rollcage_paths: Paths, environment: dict[str, str]
):
    (workspace / ".git" / "hooks").mkdir(parents=True)
    (workspace / "commands").mkdir()
    files = [".git/config", ".gitattributes", "rollcage-policy.yaml", "commands/own.md", "Makefile", ".envrc"]
    for name in files:
        (workspace / name).write_text("as it was\n")
    (workspace / "real.json").write_text("as it was\n")
    (workspace / "package.json").symlink_to("real.json")
    found = probe(workspace, rollcage_paths, environment)
    if not found.available:
        pytest.skip(found.reason)
    host = LocalHost(found, environment)
    for name in [*files, "real.json", "package.json", ".git/hooks/post-checkout"]:
        code, printed = await tried(host, f"echo changed >> {name}")
        assert (code, "Read-only file system" in printed) == (1, True), name
    assert (await tried(host, "rm -rf .git commands; mv Makefile other; echo x > Makefile"))[0] == 1
    assert all((workspace / name).read_text() == "as it was\n" for name in files)
    assert await tried(host, "cat .git/config; echo made > made") == (0, "as it was\n")


async def test_programs_are_not_looked_for_in_the_workspace(
    workspace: Path, confinement: Confinement, environment: dict[str, str]
):
    (workspace / "bin").mkdir()
    (workspace / "bin" / "cat").write_text("#!/bin/sh\necho planted\n")
    (workspace / "bin" / "cat").chmod(0o755)
    for path in (f"{workspace}/bin:{environment['PATH']}", f"bin:.:{environment['PATH']}", f"{workspace}/bin"):
        for found in (confinement, replace(confinement, program="", reason="there is none")):
            host = LocalHost(found, {**environment, "PATH": path}, allow_unconfined=True)
            assert await tried(host, "cat /dev/null") == (0, "")


async def test_secrets_within_the_workspace_are_hidden_too(
    workspace: Path, home: Path, environment: dict[str, str], confinement: Confinement
):
    paths = Paths.below(workspace / ".rollcage")
    paths.create()
    (paths.data / "rollcage.db").write_text("records")
    host = LocalHost(probe(workspace, paths, environment), environment)
    assert (await tried(host, "cat .rollcage/data/rollcage.db"))[0] == 1
    assert (paths.data / "rollcage.db").read_text() == "records"


async def test_temporary_files_are_its_own(host: LocalHost, tmp_path: Path):
    (tmp_path / "of-the-host").touch()
    code, printed = await tried(host, f"mkdir -p {tmp_path} && echo x > {tmp_path}/left && ls {tmp_path}")
    assert (code, printed) == (0, "left\n")
    assert (tmp_path / "of-the-host").exists()
    assert not (tmp_path / "left").exists()
    listed = (await tried(host, "ls -A /tmp /run | grep -v :"))[1].split()
    assert set(listed) <= {Path.home().name}  # which is empty, and may lie there


async def test_there_is_no_network(host: LocalHost):
    reached = asyncio.Event()

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    name = f"\0rollcage-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(name)
        abstract.listen()
        code, printed = await tried(host, f"exec 3<>/dev/tcp/127.0.0.1/{port}")
        assert code == 1
        assert "Connection refused" in printed
        code, printed = await tried(host, "exec 3<>/dev/tcp/1.1.1.1/53")
        assert "Network is unreachable" in printed
        connect = f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})"
        report, _, stderr = await run(host, Command("code", text=connect, language="python"))  # type: ignore[arg-type]
        assert report.exit_code == 1
        assert b"ConnectionRefusedError" in stderr
    assert not reached.is_set()
    server.close()
    await server.wait_closed()


async def test_it_sees_and_signals_no_process_of_the_host(host: LocalHost):
    code, printed = await tried(host, f"kill -0 {os.getpid()}; ls -d /proc/[0-9]* | wc -l")
    assert "No such process" in printed
    assert code == 0
    assert 0 < int(printed.split()[0]) < 10


async def test_it_has_and_gains_no_privileges(host: LocalHost):
    _, printed = await tried(host, "grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs)' /proc/self/status | tr -s '\\t' ' '")
    status = dict(line.split(": ") for line in printed.splitlines())
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    for forbidden in ("mount -t tmpfs x /mnt", "mount -o remount,rw /", "chroot / true", "mknod x b 7 0"):
        code, printed = await tried(host, forbidden)
        assert code != 0, printed


async def test_it_has_no_terminal_and_no_descriptor_of_rollcage(host: LocalHost):
    code, _ = await tried(host, "echo x > /dev/tty")
    assert code == 1
    leaked = os.open("/etc/hostname", os.O_RDONLY)
    os.set_inheritable(leaked, True)
    try:
        _, printed = await tried(host, "ls /proc/self/fd")
        assert printed.split() == ["0", "1", "2", "3"]  # the last is the directory that ls looks at
    finally:
        os.close(leaked)


async def test_devices_are_the_harmless_ones(host: LocalHost):
    _, printed = await tried(host, "find /dev -type b; ls /dev")
    assert not {"kvm", "mem", "sda", "vda", "fuse", "loop0"} & set(printed.split())


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("home", "is or contains the home directory"),
        ("home/..", "is or contains the home directory"),
        ("/", "is or contains the home directory"),
        ("/usr/share", "belongs to the system"),
        ("/etc", "belongs to the system"),
        ("home/.ssh", "holds secrets"),
        ("/tmp", "no project directory"),
        ("/var", "no project directory"),
        ("/var/www", "is not a directory" if not Path("/var/www").is_dir() else "no project directory"),
        ("/var/lib/dpkg", "belongs to the system"),
        ("/opt", "no project directory"),
        ("/mnt", "no project directory"),
        ("/media", "no project directory"),
        ("/srv", "no project directory"),
        ("/home", "no project directory"),
        ("home/nowhere", "is not a directory"),
    ],
)
def test_some_directories_are_no_workspace(
    place: str, why: str, home: Path, rollcage_paths: Paths, environment: dict[str, str]
):
    found = probe(home.parent / place, rollcage_paths, environment)
    assert not found.available
    assert why in found.unfit or "contains the home directory" in found.unfit


def test_a_directory_that_everybody_may_write_to_is_no_workspace(
    workspace: Path, rollcage_paths: Paths, environment: dict[str, str]
):
    workspace.chmod(0o777)
    found = probe(workspace, rollcage_paths, environment)
    assert found.unfit == f"everybody may write to {workspace}"


def test_a_directory_of_another_account_is_no_workspace(
    workspace: Path, rollcage_paths: Paths, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "geteuid", lambda: workspace.stat().st_uid + 1)
    assert probe(workspace, rollcage_paths, environment).unfit == f"{workspace} belongs to another account"


def test_a_host_without_bubblewrap_says_so(workspace: Path, rollcage_paths: Paths, environment: dict[str, str]):
    found = probe(workspace, rollcage_paths, {**environment, "PATH": str(workspace)})
    assert not found.available
    assert "not installed" in found.reason


def test_a_bubblewrap_that_does_not_work_is_found_out_with_what_it_says(
    workspace: Path, rollcage_paths: Paths, environment: dict[str, str], tmp_path: Path
):
    broken = tmp_path / "bin" / "bwrap"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    found = probe(workspace, rollcage_paths, {**environment, "PATH": f"{broken.parent}:/usr/bin:/bin"})
    assert not found.available
    assert found.reason.endswith("bwrap: No permissions to create new namespace")


def test_it_promises_only_the_limits_it_keeps(confinement: Confinement):
    assert confinement.enforces == {Limit.CPU_TIME}


def test_of_nested_secrets_the_outermost_is_hidden_and_links_are_followed(home: Path, rollcage_paths: Paths):
    places = hidden_places(home, rollcage_paths)
    assert {home / ".ssh", home / "dotfiles" / "netrc", rollcage_paths.data} <= set(places)
    assert not any(one != other and one.is_relative_to(other) for one in places for other in places)
