"""Hooks that are files: real programs, told in JSON, bounded in everything."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.hooks.proposals import assess_low, assessment, context, outcome, proposal
from tui.hooks.chain import HookChain
from tui.hooks.executable import ExecutableHook, hook_files
from tui.hooks.model import Allow, Ask, Block, Decision, HookError, Limits, Modify, Output, Point
from tui.hooks.process import ERROR_LIMIT
from tui.hooks.wire import VERSION, decode_decision, encode_context
from tui.levels import RiskLevel
from tui.proposal import ProposedStep


def install(directory: Path, script: str, name: str = "50-guard", mode: int = 0o755) -> Path:
    directory.mkdir(exist_ok=True, mode=0o755)
    file = directory / name
    file.write_text(script if script.startswith("#!") else f"#!/bin/sh\n{script}\n")
    file.chmod(mode)
    return file


def hook_of(file: Path, timeout_s: float = 30.0) -> ExecutableHook:
    return ExecutableHook(file, "guard", 50, frozenset(Point), timeout_s)


async def answered(directory: Path, script: str, point: Point = Point.AFTER_ASSESSMENT) -> Decision:
    return await hook_of(install(directory / "hooks", script)).decide(context(point))


def answer(**fields: Any) -> str:
    return f"cat > /dev/null; printf '%s' '{json.dumps(fields)}'"


async def test_it_is_told_everything_and_answers_in_json(tmp_path: Path) -> None:
    script = f"""#!{sys.executable}
import json, os, sys
told = json.load(sys.stdin)
json.dump(told, open({str(tmp_path / "told")!r}, "w"))
prompt = told["steps"][0]["text"] + " at " + os.environ["ROLLCAGE_HOOK_POINT"]
json.dump({{"decision": "ask", "prompt": prompt}}, sys.stdout)
"""
    about = proposal("rm x", assessed=assessment(("rm", "x"), level=RiskLevel.HIGH), parameters={"day": 1}, cwd="/srv")
    file = install(tmp_path / "hooks", script)
    decision = await hook_of(file).decide(context(Point.AFTER_ASSESSMENT, about))
    assert decision == Ask("rm x at after-assessment")
    told = json.loads((tmp_path / "told").read_text())
    assert (told["version"], told["point"], told["user"], told["cwd"]) == (VERSION, "after-assessment", "ada", "/srv")
    assert told["assessment"]["level"] == "high"
    assert told["assessment"]["commands"][0]["argv"] == ["rm", "x"]
    assert told["parameters"] == {"day": 1}
    assert told["outcome"] is None


def test_an_outcome_is_told_as_it_is() -> None:
    finished = outcome(
        Output("head", "tail", 7), state="failed", exit_code=None, usage={"wall_s": 1.5, "cpu_user_s": None}
    )
    told = json.loads(encode_context(context(Point.AFTER_EXECUTION, finished=finished)))["outcome"]
    assert told == {
        "state": "failed", "exit_code": None, "duration_s": 1.0, "error": "",
        "output": {"head": "head", "tail": "tail", "omitted_bytes": 7}, "usage": {"wall_s": 1.5, "cpu_user_s": None},
    }  # fmt: skip


@pytest.mark.parametrize("text", ["caf\udce9", "\0", "ü", "\u2028"])
def test_any_text_can_be_told(text: str) -> None:
    told = json.loads(encode_context(context(about=proposal(text))))
    assert told["steps"][0]["text"] == text


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"decision": "allow"}, Allow()),
        (
            {"decision": "allow", "env": {"A": "b"}, "limits": {"cpu_s": 2}, "notes": ["n"], "warnings": ["w"]},
            Allow({"A": "b"}, Limits(cpu_s=2), ("n",), ("w",)),
        ),
        ({"decision": "block", "reason": "no"}, Block("no")),
        ({"decision": "ask", "prompt": "sure?"}, Ask("sure?")),
        (
            {"decision": "modify", "reason": "safer", "steps": ["false"]},
            Modify("safer", steps=(ProposedStep("false", "bash"),)),
        ),
        (
            {
                "decision": "modify",
                "reason": "r",
                "steps": [{"language": "python", "text": "1"}, {"language": "bash", "text": "ls", "argv": ["ls"]}],
            },
            Modify("r", steps=(ProposedStep("1", "python"), ProposedStep("ls", "bash", ("ls",)))),
        ),
        ({"decision": "modify", "reason": "r", "model_text": "x"}, Modify("r", model_text="x")),
        ({"decision": "modify", "reason": "r", "output": {"head": "h"}}, Modify("r", output=Output("h"))),
    ],
)
async def test_every_decision_can_be_said(tmp_path: Path, fields: dict[str, Any], expected: Decision) -> None:
    assert await answered(tmp_path, answer(**fields)) == expected


async def test_saying_nothing_allows(tmp_path: Path) -> None:
    assert await answered(tmp_path, "exit 0") == Allow()


@pytest.mark.parametrize(
    "said",
    [
        b"yes", b"[]", b"null", b"{}", b'{"decision": "alow"}', b'{"decision": ["allow"]}', b'{"decision": "block"}',
        b'{"decision": "block", "reason": ""}', b'{"decision": "block", "reson": "x"}',
        b'{"decision": "block", "reason": "x", "extra": 1}', b'{"decision": "allow", "env": {"A": 1}}',
        b'{"decision": "allow", "env": []}', b'{"decision": "allow", "notes": "n"}',
        b'{"decision": "allow", "limits": {"cpu_s": -1}}', b'{"decision": "allow", "limits": {"speed": 1}}',
        b'{"decision": "allow", "limits": {"cpu_s": true}}', b'{"decision": "modify", "reason": "r", "steps": [1]}',
        b'{"decision": "modify", "reason": "r", "steps": ["a", "b"]}', b'{"decision": "modify", "steps": ["a"]}',
        b'{"decision": "modify", "reason": "r", "steps": [{"language": "bash", "text": "x", "rm": 1}]}',
        b'{"decision": "modify", "reason": "r", "output": {"text": "x"}}', b"\xff\xfe", b"[" * 100_000,
        b'{"decision": "allow"} {"decision": "block"}',
    ],
)  # fmt: skip
def test_an_answer_that_is_not_understood_is_a_failure_and_never_an_allow(said: bytes) -> None:
    with pytest.raises(HookError):
        decode_decision(said, context(about=proposal("one")))


async def test_a_failing_program_blocks_and_its_words_are_kept(tmp_path: Path) -> None:
    file = install(tmp_path / "hooks", "echo 'cannot reach \033[31mLDAP' >&2; exit 7")
    result = await HookChain([hook_of(file)], assess=assess_low).run(context())
    assert isinstance(result.decision, Block)
    assert "exit code 7: cannot reach" in result.decision.reason
    assert "\033" not in result.decision.reason


async def test_a_signal_is_named(tmp_path: Path) -> None:
    with pytest.raises(HookError, match="signal 9"):
        await answered(tmp_path, "kill -9 $$")


async def test_a_program_that_does_not_listen_is_fine(tmp_path: Path) -> None:
    file = install(tmp_path / "hooks", 'exec < /dev/null; echo \'{"decision": "allow"}\'')
    long = context(about=proposal("x" * 1_000_000, assessed=assessment()))
    assert await hook_of(file).decide(long) == Allow()


async def test_a_program_that_hangs_is_killed_with_all_it_started(tmp_path: Path) -> None:
    file = install(tmp_path / "hooks", f"sleep 1000 & echo $! > {tmp_path}/child; sleep 1000")
    with pytest.raises(HookError, match="killed"):
        await hook_of(file, timeout_s=0.3).decide(context())
    await gone(int((tmp_path / "child").read_text()))


def lives(pid: int) -> bool:
    """Say whether a process still does anything; a zombie that init has not collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def gone(pid: int) -> None:
    """Wait until a process has ended."""
    while lives(pid):  # noqa: ASYNC110  # the kernel tells nobody but the parent
        await asyncio.sleep(0.01)


async def test_what_it_leaves_running_ends_with_it(tmp_path: Path) -> None:
    script = f'sleep 1000 & echo $! > {tmp_path}/child; echo \'{{"decision": "allow"}}\''
    assert await answered(tmp_path, script) == Allow()
    await gone(int((tmp_path / "child").read_text()))


async def test_a_cancelled_run_ends_its_hooks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "started")
    file = install(tmp_path / "hooks", f"echo $$ > {tmp_path}/started; sleep 1000")
    chain = HookChain([hook_of(file)], assess=assess_low, timeout_s=60)
    task = asyncio.create_task(chain.run(context()))
    pid = int(await asyncio.to_thread((tmp_path / "started").read_text))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(pid)


async def test_a_flood_is_cut_off(tmp_path: Path) -> None:
    with pytest.raises(HookError, match="more than 1024 KiB"):
        await answered(tmp_path, "yes")


async def test_a_flood_of_complaints_is_dropped(tmp_path: Path) -> None:
    script = f'head -c {ERROR_LIMIT * 4} /dev/zero >&2; echo \'{{"decision": "allow"}}\''
    assert await answered(tmp_path, script) == Allow()


async def test_names_and_texts_never_meet_a_shell(tmp_path: Path) -> None:
    file = install(tmp_path / "ho oks;touch pwned", "exit 0", name="50-guard")
    about = context(about=proposal("$(touch pwned)", title="`touch pwned`", assessed=assessment()))
    assert await hook_of(file).decide(about) == Allow()
    assert not list(tmp_path.rglob("pwned"))  # noqa: ASYNC240


# --- who may have written it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "directory_mode", "hint"),
    [
        (0o757, 0o755, "chmod go-w"),
        (0o775, 0o755, "chmod go-w"),
        (0o755, 0o777, "chmod go-w"),
        (0o644, 0o755, "chmod +x"),
    ],
)
async def test_what_others_can_write_or_nobody_can_start_is_refused(
    tmp_path: Path, mode: int, directory_mode: int, hint: str
) -> None:
    file = install(tmp_path / "hooks", "exit 0", mode=mode)
    file.parent.chmod(directory_mode)
    with pytest.raises(HookError) as caught:
        await hook_of(file).decide(context())
    assert hint in caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_what_somebody_else_owns_is_refused(tmp_path: Path) -> None:
    file = install(tmp_path / "hooks", "exit 0")
    os.chown(file, 12345, 12345)
    with pytest.raises(HookError, match="another user"):
        await hook_of(file).decide(context())


async def test_a_link_is_judged_by_what_it_leads_to(tmp_path: Path) -> None:
    install(tmp_path / "shared", "exit 0", name="tool")
    (tmp_path / "hooks").mkdir(mode=0o755)
    link = tmp_path / "hooks" / "50-guard"
    link.symlink_to(tmp_path / "shared" / "tool")
    assert await hook_of(link).decide(context()) == Allow()
    (tmp_path / "shared").chmod(0o777)
    with pytest.raises(HookError):
        await hook_of(link).decide(context())


async def test_a_file_that_went_away_blocks(tmp_path: Path) -> None:
    with pytest.raises(HookError):
        await hook_of(tmp_path / "hooks" / "gone").decide(context())


async def test_a_file_that_is_no_program_blocks(tmp_path: Path) -> None:
    file = install(tmp_path / "hooks", "#!/nonexistent/interpreter\n")
    with pytest.raises(HookError, match="cannot be started"):
        await hook_of(file).decide(context())


def test_names_give_priorities_and_leftovers_are_no_hooks(tmp_path: Path) -> None:
    for name in (
        "50-guard",
        "audit",
        "007-bond",
        "README",
        "notes.md",
        ".hidden",
        "x~",
        "50-old.bak",
        "a.sample",
        "b.disabled",
        "9000-far",
    ):
        (tmp_path / name).write_text("")
    (tmp_path / "directory").mkdir()
    found = [(file.name, name, priority) for file, name, priority in hook_files(tmp_path)]
    assert found == [
        ("007-bond", "bond", 7),
        ("50-guard", "guard", 50),
        ("9000-far", "9000-far", 0),
        ("audit", "audit", 0),
    ]
    assert list(hook_files(tmp_path / "absent")) == []
