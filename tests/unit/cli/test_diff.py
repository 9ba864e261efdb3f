"""`rollcage diff` and `rollcage branch`, with the real engine over a backend of directories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Rollcage
from tests.unit.cli.scripted import AT, BEFORE, FAILED
from tui.cli import diff as module
from tui.machines.inspection import FileFacts, FileKind, ProcessFacts
from tui.runs.comparison import (
    Aspect,
    ChangeKind,
    Comparison,
    DiffLine,
    FileChange,
    FileDiff,
    LineKind,
    MemoryChange,
    ProcessChange,
)
from tui.store.model import SnapshotRecord
from tui.store.states import SnapshotReason

KEY = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


@pytest.fixture(scope="module")
def rollcage(tmp_path_factory: pytest.TempPathFactory) -> Rollcage:
    rollcage = Rollcage(tmp_path_factory.mktemp("home"))
    assert rollcage("exec", "-q", "echo one > file; seq 5 > kept").returncode == 0
    assert rollcage("snapshots", "create", "before").returncode == 0
    assert rollcage("exec", "-q", f"echo two > file; rm kept; echo key={KEY} > new").returncode == 0
    return rollcage


def test_what_changed_until_the_head_is_listed(rollcage: Rollcage) -> None:
    done = rollcage("diff", "before")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.decode().splitlines()]
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("CHANGE", "KIND", "FILE"), ("changed", "file", "/file"), ("removed", "file", "/kept"),
        ("added", "file", "/new"),
    ]  # fmt: skip
    said = done.stderr.decode()
    assert "'before'" in said
    assert "memory is not compared: a fake machine has no memory" in said


def test_programs_get_an_object(rollcage: Rollcage) -> None:
    found = rollcage.json("diff", "before", "head")
    assert [(each["path"], each["change"], each["aspects"]) for each in found["files"]] == [
        ("/file", "changed", ["content"]), ("/kept", "removed", []), ("/new", "added", []),
    ]  # fmt: skip
    assert found["files"][1]["after"] is None
    assert found["memory"] is None
    assert found["older"]["name"] == "before"


def test_one_file_is_shown_line_by_line_without_secrets(rollcage: Rollcage) -> None:
    done = rollcage("diff", "before", "--file", "/file")
    lines = done.stdout.decode().splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["---", "/file"], ["+++", "/file"]]
    assert lines[2:] == ["@@ -1 +1 @@", "-one", "+two"]
    done = rollcage("diff", "before", "--file", "/new")
    assert done.stdout.decode().startswith("--- /dev/null")
    assert KEY not in done.stdout.decode()
    found = rollcage.json("diff", "before", "--file", "/kept")
    assert [line["kind"] for line in found["lines"]] == ["hunk", *["removed"] * 5]


def test_what_is_not_there_is_exit_code_121(rollcage: Rollcage) -> None:
    for arguments in (("before", "nothing"), ("before", "--file", "/nothing"), ("0" * 26,)):
        done = rollcage("diff", *arguments)
        assert (done.returncode, done.stdout) == (121, b""), arguments


def test_a_branch_is_made_named_and_compared_with_its_source(rollcage: Rollcage) -> None:
    done = rollcage("branch", "before", "twin")
    assert done.returncode == 0, done.stderr
    assert "session twin begins at" in done.stderr.decode()
    assert rollcage("exec", "-q", "-s", "twin", "cat file").stdout == b"one\n"
    head = rollcage.json("sessions", "show", "default")["session"]["head_id"]
    found = rollcage.json("diff", "-s", "twin", "head", head)
    assert [each["path"] for each in found["files"]] == ["/file", "/kept", "/new"]
    assert rollcage("branch", "before", "twin").returncode == 120
    assert rollcage("branch", "nothing", "other").returncode == 121
    assert rollcage.json("branch", "head", "third")["name"] == "third"


SNAPSHOTS = [SnapshotRecord(id_, "S", None, SnapshotReason.AFTER, AT) for id_ in (BEFORE, FAILED)]


def shown(capsys: pytest.CaptureFixture[str], files: list[FileChange], **others: Any) -> tuple[list[str], str]:
    comparison = Comparison(*SNAPSHOTS, tuple(files), others.pop("processes", ()), others.pop("memory", None), **others)
    module._show(comparison, as_json=False)
    out, err = capsys.readouterr()
    return out.splitlines(), err


def facts(**changes: Any) -> FileFacts:
    return FileFacts(**{"kind": FileKind.FILE, "mode": 0o644, "uid": 0, "gid": 0, "size": 1, **changes})


def test_each_way_in_which_a_file_may_differ_has_words(capsys: pytest.CaptureFixture[str]) -> None:
    lines, said = shown(
        capsys,
        [
            FileChange("/m", "/m", ChangeKind.CHANGED, facts(), facts(mode=0o600, uid=5), (Aspect.MODE, Aspect.OWNER)),
            FileChange("/s", "/s", ChangeKind.CHANGED, facts(), facts(size=2048), (Aspect.SIZE, Aspect.CONTENT)),
            FileChange("/u", "/u", ChangeKind.CHANGED, facts(), facts(), content_known=False),
            FileChange(
                "/d", "/d", ChangeKind.REMOVED, facts(kind=FileKind.DIRECTORY, size=None), None, with_contents=True
            ),
            FileChange("/l", "/l", ChangeKind.ADDED, None, facts(kind=FileKind.SYMLINK, size=None, target="to")),
        ],
        memory=MemoryChange(3, 100, 4096),
        notes=("newer: something was not looked at",),
    )
    assert [" ".join(line.split()) for line in lines[1:]] == [
        "changed file 644 → 600 0:0 → 5:0 1 B /m (content is the same)",
        "changed file 644 0:0 1 B → 2.0 KiB /s",
        "changed file 644 0:0 1 B /u (content not compared)",
        "removed directory 644 0:0 - /d/ (with all that is in it)",
        "added symlink 644 0:0 - /l → to",
    ]
    assert "3 of 100 pages differ (12.0 KiB)" in said
    assert "newer: something was not looked at" in said


def test_processes_are_listed_and_nothing_is_said_to_be_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    gone = ProcessChange(ChangeKind.REMOVED, ProcessFacts(7, 1, 0, "sleep", ("sleep", "9")), None)
    nameless = ProcessChange(ChangeKind.ADDED, None, ProcessFacts(8, 1, 5, "worker", ()))
    lines, _ = shown(capsys, [], processes=(gone, nameless))
    assert [line.split() for line in lines[1:]] == [
        ["removed", "7", "0", "sleep", "9"],
        ["added", "8", "5", "[worker]"],
    ]
    lines, said = shown(capsys, [])
    assert lines == []
    assert "no file and no process differs" in said


def test_a_path_with_a_secret_is_not_told_to_programs() -> None:
    assert module._path("/work/a\nb\udcff", "/work/a␤b�") == b"/work/a\nb\xff"
    assert module._path("/work/secret", "/work/[redacted:token]") is None


@pytest.mark.parametrize(
    ("diff", "words"),
    [
        (FileDiff("/f", "/f", facts(), facts()), "its lines are the same"),
        (FileDiff("/f", "/f", None, facts(), is_binary=True, after_sha256="ab"), "SHA-256 ab"),
        (FileDiff("/f", "/f", facts(), None, truncated=True, notes=("large",)), "large"),
        (FileDiff("/f", "/f", facts(), facts(), (DiffLine(LineKind.ADDED, "x"),), truncated=True), "there is more"),
    ],
)
def test_what_lines_cannot_say_is_said(capsys: pytest.CaptureFixture[str], diff: FileDiff, words: str) -> None:
    module._show_file(diff, *SNAPSHOTS, as_json=False)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("diff", "nosuch"), ("branch", "nosuch", "x")], ids=" ".join)
def test_before_the_first_run_what_is_not_there_is_named(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = Rollcage(tmp_path)(*arguments)
    assert done.returncode == 121
    assert "there is no snapshot 'nosuch': there is no session 'default'" in done.stderr.decode()
