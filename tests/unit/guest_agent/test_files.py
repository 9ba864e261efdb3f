"""Files and directories move through the streams of an execution."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from tests.unit.guest_agent.conftest import Agent
from tui.machines.guest.link import AgentLink
from tui.machines.model import Command


@pytest.fixture
def work(link: AgentLink, agent_process: Agent) -> Path:  # the agent makes the directory as it starts
    return agent_process.work


async def test_a_file_there_and_back(link: AgentLink, work: Path) -> None:
    data = os.urandom(1_000_000)
    report, _, stderr = await link.run(Command("write-file", text="new/data", file_mode=0o640), data)
    assert (report.exit_code, stderr) == (0, b"")
    assert (work / "new" / "data").read_bytes() == data
    assert (work / "new" / "data").stat().st_mode & 0o7777 == 0o640
    assert list((work / "new").iterdir()) == [work / "new" / "data"]
    report, stdout, _ = await link.run(Command("read-file", text="new/data"))
    assert (report.exit_code, stdout) == (0, data)


async def test_writing_goes_through_a_link_and_leaves_it(link: AgentLink, work: Path) -> None:
    (work / "target").write_text("old")
    (work / "link").symlink_to("target")
    await link.run(Command("write-file", text="link"), b"new")
    assert (work / "link").is_symlink()
    assert (work / "target").read_text() == "new"


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (Command("read-file", text="missing"), "No such file"),
        (Command("read-file", text="/"), "directory"),
        (Command("write-file", text="/"), "directory"),
        (Command("pack", text="missing"), "No such file"),
        (Command("unpack", text="/dev/null/x"), "/dev/null"),
    ],
)
async def test_failures_say_what_and_why(link: AgentLink, command: Command, names: str) -> None:
    report, _, stderr = await link.run(command)
    assert report.exit_code == 1
    assert stderr.decode().startswith(f"{command.kind} {command.text}: ")
    assert names in stderr.decode()


async def test_a_directory_there_and_back(link: AgentLink, work: Path) -> None:
    source = work / "source"
    (source / "below").mkdir(parents=True)
    (source / "below" / "run").write_bytes(b"#!/bin/sh\n")
    (source / "below" / "run").chmod(0o755)
    (source / "python").symlink_to("/usr/bin/python3")
    (source / "hard").hardlink_to(source / "below" / "run")
    report, archive, stderr = await link.run(Command("pack", text="source"))
    assert (report.exit_code, stderr) == (0, b"")
    report, _, stderr = await link.run(Command("unpack", text="copy"), archive)
    assert (report.exit_code, stderr) == (0, b"")
    copy = work / "copy"
    assert (copy / "below" / "run").read_bytes() == b"#!/bin/sh\n"
    assert (copy / "below" / "run").stat().st_mode & 0o777 == 0o755
    assert (copy / "python").readlink() == Path("/usr/bin/python3")
    assert (copy / "hard").stat().st_ino == (copy / "below" / "run").stat().st_ino
    report, _, stderr = await link.run(Command("unpack", text="copy"), archive)
    assert (report.exit_code, stderr) == (0, b""), "a second time over the first"


async def test_a_single_file_packs_under_its_name(link: AgentLink, work: Path) -> None:
    (work / "one").write_text("1")
    _, archive, _ = await link.run(Command("pack", text="one"))
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        assert members.getnames() == ["one"]


def archive_of(*members: tuple[str, bytes, str]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, kind, target in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            member.size = 4 if kind == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(b"evil"))
    return sink.getvalue()


@pytest.mark.parametrize(
    "members",
    [
        [("../outside", tarfile.REGTYPE, "")],
        [("/OUT/outside", tarfile.REGTYPE, "")],
        [("a/../../outside", tarfile.REGTYPE, "")],
        [("link", tarfile.SYMTYPE, ".."), ("link/outside", tarfile.REGTYPE, "")],
        [("link", tarfile.SYMTYPE, "/OUT"), ("link/outside", tarfile.REGTYPE, "")],
        [("hard", tarfile.LNKTYPE, "../victim")],
        [("link", tarfile.SYMTYPE, ".."), ("hard", tarfile.LNKTYPE, "link/victim")],
        [("device", tarfile.CHRTYPE, "")],
        [("fifo", tarfile.FIFOTYPE, "")],
    ],
)
async def test_archives_that_lead_out_are_refused(
    link: AgentLink, work: Path, members: list[tuple[str, bytes, str]]
) -> None:
    (work / "victim").write_text("safe")
    placed = [(name.replace("/OUT", str(work)), kind, to.replace("/OUT", str(work))) for name, kind, to in members]
    report, _, stderr = await link.run(Command("unpack", text="into"), archive_of(*placed))
    assert report.exit_code == 1
    assert b"leads out" in stderr or b"device" in stderr
    assert not (work / "outside").exists()
    assert (work / "victim").stat().st_nlink == 1


async def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(link: AgentLink, work: Path) -> None:
    (work / "victim").write_text("safe")
    archive = archive_of(("file", tarfile.SYMTYPE, "../victim"), ("file", tarfile.REGTYPE, ""))
    report, _, _ = await link.run(Command("unpack", text="into"), archive)
    assert report.exit_code == 0
    assert (work / "victim").read_text() == "safe"
    assert (work / "into" / "file").read_bytes() == b"evil"
