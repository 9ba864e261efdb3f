"""The command line in processes of its own, with the real engine over a backend of directories."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import Rollcage


@pytest.fixture
def rollcage(tmp_path: Path) -> Rollcage:
    return Rollcage(tmp_path)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    controller, end = pty.openpty()
    yield controller, end
    os.close(controller)
    os.close(end)


def test_streams_and_exit_code_are_those_of_the_command(rollcage: Rollcage) -> None:
    done = rollcage("exec", "--no-rollback", r"printf 'out\377'; echo err >&2; exit 42")
    assert done.returncode == 42
    assert done.stdout == b"out\xff"
    assert done.stderr.decode().splitlines()[0] == "err"
    assert "not rolled back" in done.stderr.decode()


def test_piped_input_goes_to_the_command(rollcage: Rollcage) -> None:
    data = bytes(range(256)) * 2000
    assert rollcage("exec", "-q", "cat", stdin=data).stdout == data


def test_code_from_standard_input_gets_none(rollcage: Rollcage) -> None:
    done = rollcage("exec", "-l", "python", "-", stdin=b"import sys; print(len(sys.stdin.read()), 6 * 7)")
    assert done.stdout == b"0 42\n"


def test_a_program_gets_its_arguments_and_environment(rollcage: Rollcage) -> None:
    done = rollcage(
        "exec", "-e", "A=b c", "--", "python3", "-c", "import os, sys; print(os.environ['A'], sys.argv[1:])", "$x", ""
    )
    assert done.stdout == b"b c ['$x', '']\n"


def test_json_is_the_event_stream(rollcage: Rollcage) -> None:
    done = rollcage("exec", "--json", "echo out; exit 5")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [event["event"] for event in events]
    assert done.returncode == 5
    assert done.stderr == b""
    assert kinds[0] == "RunStarted"
    assert kinds[-1] == "RunFinished"
    assert kinds.index("SnapshotTaken") < kinds.index("StepStarted") < kinds.index("OutputReceived")
    assert kinds.index("OutputReceived") < kinds.index("RunExited") < kinds.index("RolledBack")
    assert "".join(event["data"] for event in events if event["event"] == "OutputReceived") == "out\n"
    assert (events[-1]["state"], events[-1]["exit_code"], events[-1]["rolled_back"]) == ("failed", 5, True)
    assert len({event["run_id"] for event in events}) == 1


def test_a_timeout_exits_with_124(rollcage: Rollcage) -> None:
    done = rollcage("exec", "--timeout", "0.3", "echo before; sleep 600")
    assert (done.returncode, done.stdout) == (124, b"before\n")
    assert b"timed out after 0.3 s; rolled back" in done.stderr


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_the_run_and_rolls_it_back(rollcage: Rollcage, signum: signal.Signals) -> None:
    rollcage("exec", "echo kept > file")
    code = "rm file; trap 'echo told; exit 7' TERM; echo started; sleep 600 & wait"
    with rollcage.start("exec", code) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        process.send_signal(signum)
        out, err = process.communicate()
    assert (process.returncode, out) == (130, b"told\n")
    assert b"cancelling the run" in err
    assert b"cancelled; rolled back" in err
    assert rollcage("exec", "cat file").stdout == b"kept\n"
    assert rollcage.json("history", "--state", "cancelled")[0]["exit_code"] == 7


def test_a_second_signal_kills_a_command_that_will_not_end(rollcage: Rollcage) -> None:
    settings = rollcage.home / "config" / "config.yaml"
    settings.parent.mkdir()
    settings.write_text("runs: {kill_grace_s: 600}")
    code = "trap 'echo no' TERM; echo started; while :; do sleep 600 & wait; done"
    with rollcage.start("exec", code) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == b"no\n"
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 130
    assert rollcage.json("history")[0]["state"] == "cancelled"


def test_a_reader_that_goes_away_cancels_the_run(rollcage: Rollcage) -> None:
    with rollcage.start("exec", "yes") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"y\n"
        process.stdout.close()
        assert process.wait() == 141
    assert [run["state"] for run in rollcage.json("history")] == ["cancelled"]


def test_a_session_in_use_exits_with_123(rollcage: Rollcage) -> None:
    with rollcage.start("exec", "echo started; read", stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        second = rollcage("exec", "true")
        other = rollcage("exec", "--session", "other", "true")
        process.communicate(b"\n")
    assert (process.returncode, second.returncode, other.returncode) == (0, 123, 0)
    assert b"rollcage: " in second.stderr


def test_undo_redo_and_rollback_walk_the_tree(rollcage: Rollcage) -> None:
    for number in (1, 2, 3):
        assert rollcage("exec", f"echo {number} > file").returncode == 0

    def content() -> bytes:
        return rollcage("exec", "--json", "cat file").stdout.split(b'"data": "')[1][:1]

    assert rollcage("undo").returncode == 0
    assert rollcage("undo").returncode == 0
    assert rollcage("redo").returncode == 0
    tree = rollcage.json("snapshots")
    first = min(item["id"] for item in tree["snapshots"] if item["reason"] == "after")
    assert content() == b"2"
    assert rollcage("rollback", first).returncode == 2  # nobody to ask
    assert content() == b"2"
    moved = rollcage.json("rollback", first, "--yes")
    assert (moved["event"], moved["to_id"], moved["kind"]) == ("RolledBack", first, "rollback")
    assert content() == b"1"


@pytest.mark.parametrize(("answer", "code", "content"), [(b"n\n", 130, b"new\n"), (b"yes\n", 0, b"old\n")])
def test_a_rollback_asks_on_a_terminal_and_names_what_is_lost(
    rollcage: Rollcage, terminal: tuple[int, int], answer: bytes, code: int, content: bytes
) -> None:
    rollcage("exec", "echo old > file")
    (target,) = (item["id"] for item in rollcage.json("snapshots")["snapshots"] if item["reason"] == "after")
    rollcage("exec", "echo new > file; : a run with a \x1b[31mname")
    controller, end = terminal
    with rollcage.start("rollback", target, stdin=end, stderr=end) as process:
        asked = b""
        while b"[y/N]" not in asked:
            asked += os.read(controller, 4096)
        os.write(controller, answer)
        process.wait()
    assert process.returncode == code
    assert "echo new > file; : a run with a ␛[31mname" in asked.decode()
    assert rollcage("exec", "cat file").stdout == content


def test_history_keeps_what_was_printed(rollcage: Rollcage) -> None:
    rollcage("exec", r"printf 'a\033[2Jb\377'; echo err >&2")
    (run,) = rollcage.json("history")
    shown = rollcage("history", "show", run["id"][:12])
    assert "succeeded" in shown.stdout.decode()
    assert b"\x1b" not in shown.stdout
    output = rollcage("history", "show", run["id"], "--output")
    assert (output.stdout, output.stderr) == (b"a\x1b[2Jb\xff", b"err\n")
    assert rollcage("history", "show", "0000").returncode == 121


def test_snapshots_are_made_named_pinned_verified_and_deleted(rollcage: Rollcage) -> None:
    rollcage("exec", "echo 1 > file")
    made = rollcage.json("snapshots", "create", "by hand")
    rollcage("exec", "echo 2 > file")
    assert rollcage("snapshots", "name", made["id"], "renamed").returncode == 0
    (pinned,) = rollcage.json("snapshots", "pin", "renamed")
    assert pinned["pinned"] is True
    assert rollcage("snapshots", "delete", "renamed", "--yes").returncode == 2
    (unpinned,) = rollcage.json("snapshots", "unpin", "renamed")
    assert unpinned["pinned"] is False
    listed = rollcage("snapshots").stdout.decode()
    assert "renamed" in listed
    assert "head" in listed
    assert {entry["problem"] for entry in rollcage.json("snapshots", "verify")} == {None}
    file = next(rollcage.home.glob(f"data/fake/snapshots/{made['id']}/files/file"))
    file.write_text("tampered")
    damaged = rollcage("snapshots", "verify", "renamed")
    assert damaged.returncode == 125
    assert b"damaged" in damaged.stderr
    assert rollcage("snapshots", "delete", "renamed", "--yes").returncode == 0
    assert rollcage("snapshots", "verify", "renamed").returncode == 121


def test_sessions_are_listed_shown_and_deleted(rollcage: Rollcage) -> None:
    assert rollcage("sessions").stdout == b""
    rollcage("exec", "-s", "one", "--profile", "standard", "true")
    rollcage("exec", "-s", "two", "true")
    assert {session["name"]: session["spec"]["memory_mb"] for session in rollcage.json("sessions")} == {
        "one": 512,
        "two": 256,
    }
    assert "512 MiB, 1 CPU" in rollcage("sessions", "show", "one").stdout.decode()
    assert rollcage("sessions", "delete", "one").returncode == 2
    assert rollcage("sessions", "delete", "one", "--yes").returncode == 0
    assert [session["name"] for session in rollcage.json("sessions")] == ["two"]
    assert rollcage("sessions", "show", "one").returncode == 121


def test_it_is_said_when_a_session_keeps_another_machine(rollcage: Rollcage) -> None:
    rollcage("exec", "true")
    demanded = rollcage("exec", "--network", "true")
    assert demanded.returncode == 2
    assert b"keeps it" in demanded.stderr
    commands = rollcage.home / "commands"
    commands.mkdir()
    (commands / "big.md").write_text(
        "---\nname: big\ndescription: d\nprofile: standard\nexecution_mode: vm\n---\n```bash\ntrue\n```\n"
    )
    noted = rollcage("run", "big")
    assert noted.returncode == 0
    assert b"note: session default keeps its machine of 256 MiB, 1 CPU, not 512 MiB, 1 CPU" in noted.stderr
    assert rollcage("run", "big", "--session", "new").stderr == b""


def test_a_definition_is_run_with_its_values(rollcage: Rollcage) -> None:
    commands = rollcage.home / "commands"
    commands.mkdir()
    (commands / "greet.md").write_text(
        "---\nname: greet\ndescription: d\nparameters:\n  - {name: who, type: string, required: true}\n"
        "  - {name: times, type: number, default_value: 1}\n---\n```bash\necho {{ who }}\n```\n```python\n"
        "print({{ times }} * 2)\n```\n"
    )
    done = rollcage("run", "greet", "who=a $(b) 'c'", "times=21")
    assert (done.returncode, done.stdout) == (0, b"a $(b) 'c'\n42\n")
    wrong = rollcage("run", "greet", "times=many", "nonsense=1")
    assert wrong.returncode == 120
    assert all(name in wrong.stderr.decode() for name in ("who", "times", "nonsense"))
    unknown = rollcage("run", "great")
    assert unknown.returncode == 121
    assert b"greet" in unknown.stderr


def test_the_application_needs_a_terminal(rollcage: Rollcage) -> None:
    done = rollcage()
    assert done.returncode == 2
    assert b"rollcage exec" in done.stderr
