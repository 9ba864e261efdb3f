"""The survey finds what was written over an image, and answers nothing but what it is asked."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from tui.machines.guest import agent_survey
from tui.machines.guest.agent_survey import Survey, digests, mounts
from tui.machines.guest.link import AgentLink
from tui.machines.guest.surveyor import parse_contents
from tui.machines.inspection import FileKind
from tui.machines.model import Command


@pytest.fixture
def layers(tmp_path: Path) -> tuple[Path, Path]:
    image, written = tmp_path / "image", tmp_path / "written"
    for directory in (image / "etc", written / "etc", written / "work"):
        directory.mkdir(parents=True)
    (image / "etc" / "hosts").write_text("image")
    (image / "etc" / "untouched").write_text("image")
    (written / "etc" / "hosts").write_text("own")
    return image, written


def walked(layers: tuple[Path, Path], *covered: str) -> Survey:
    survey = Survey(*map(str, layers))
    survey.walk_root(covered)
    return survey


def found(survey: Survey):
    return parse_contents(
        {
            "files": survey.files,
            "image": survey.lower,
            "replaced": survey.replaced,
            "processes": [],
            "notes": [],
            "partial": survey.partial,
        }
    )


def test_what_was_written_is_found_with_what_the_image_has_there(layers: tuple[Path, Path]) -> None:
    contents = found(walked(layers))
    assert set(contents.written) == {"/etc", "/etc/hosts", "/work"}
    assert set(contents.image) == {"/etc", "/etc/hosts"}
    own = contents.written["/etc/hosts"]
    assert own is not None
    assert (own.size, contents.image["/etc/hosts"].size) == (3, 5)


def test_a_whiteout_is_a_removal(layers: tuple[Path, Path]) -> None:
    try:
        os.mknod(layers[1] / "etc" / "untouched", 0o020000, os.makedev(0, 0))
    except OSError as error:
        pytest.skip(f"no whiteouts can be made here: {error}")
    assert found(walked(layers)).written["/etc/untouched"] is None


def test_below_an_opaque_directory_the_image_is_named_as_gone(
    layers: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (layers[0] / "etc" / "deep" / "er").mkdir(parents=True)
    (layers[1] / "etc" / "deep").mkdir()
    monkeypatch.setattr(agent_survey, "_is_opaque", lambda path: path.endswith("/etc"))
    contents = found(walked(layers))
    assert contents.replaced == {"/etc", "/etc/deep"}
    assert {"/etc/untouched", "/etc/deep", "/etc/deep/er"} < set(contents.image)


def test_what_another_file_system_covers_is_left_to_that(layers: tuple[Path, Path]) -> None:
    (layers[1] / "work" / "hidden").write_text("")
    assert "/work/hidden" not in found(walked(layers, "/work")).written


def test_names_that_are_no_text_and_links_and_pipes(layers: tuple[Path, Path]) -> None:
    work = layers[1] / "work"
    name = b"new\nline\x1b\xff"
    Path(os.fsdecode(bytes(work) + b"/" + name)).write_text("x")
    (work / "link").symlink_to(os.fsdecode(b"\xfe"))
    os.mkfifo(work / "pipe")
    survey = walked(layers)
    survey.files = json.loads(json.dumps(survey.files))
    contents = found(survey)
    assert "/work/" + os.fsdecode(name) in contents.written
    link, pipe = contents.written["/work/link"], contents.written["/work/pipe"]
    assert link is not None
    assert pipe is not None
    assert os.fsencode(link.target) == b"\xfe"
    assert pipe.kind is FileKind.FIFO


def test_more_files_than_are_looked_at_are_said(layers: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_survey, "MOST_FILES", 2)
    survey = walked(layers)
    assert len(survey.files) == 2
    assert survey.partial


def test_mount_points_with_blanks_are_read() -> None:
    table = "36 35 98:0 / /mnt\\040two rw master:1 - ext3 /dev/r rw\n37 35 0:5 / /a rw - tmpfs none rw\nrest\n"
    assert list(mounts(table)) == [("/mnt two", "ext3"), ("/a", "tmpfs")]


def test_only_regular_files_have_digests_and_no_pipe_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "large").write_bytes(b"x" * 100)
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(agent_survey, "MOST_DIGESTED", 50)
    paths = [str(tmp_path / name) for name in ("file", "large", "link", "pipe", "missing")]
    assert digests(paths) == {paths[0]: hashlib.sha256(b"content").hexdigest()}


async def test_the_agent_answers_one_question_after_the_other(link: AgentLink, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    question = {"what": "read", "path": str(tmp_path / "file"), "limit": 3}
    questions = [question, {**question, "path": str(tmp_path)}, {"what": "read"}, {**question, "limit": 99}]
    stdin = "".join(f"{json.dumps(each)}\n" for each in questions).encode()
    report, stdout, _ = await link.run(Command("survey", cwd="/"), stdin)
    refused = f"{tmp_path} is not a regular file".encode()
    assert report.exit_code == 0
    assert stdout == b"ok 3\ncon" + b"no %d\n%b" % (len(refused), refused) + b"no 6\n'path'" + b"ok 7\ncontent"
