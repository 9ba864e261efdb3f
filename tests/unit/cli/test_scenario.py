"""`rollcage scenario`, in processes of its own, with the real engine over a backend of directories."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.support.command_line import Rollcage
from tests.unit.scenarios.texts import scenario_text, step

GOOD = "## It prints\n\n" + step("expect: {state: succeeded, output_contains: hello}")
BAD = step("expect: {exit_code: 0}", code="printf 'a\\033[31mb\\n'; exit 3") + step("expect: {exit_code: 0}")


@pytest.fixture
def rollcage(tmp_path: Path) -> Rollcage:
    (tmp_path / "scenarios").mkdir()
    rollcage = Rollcage(tmp_path)
    write(rollcage, "good", GOOD)
    return rollcage


def write(rollcage: Rollcage, name: str, body: str) -> None:
    (rollcage.home / "scenarios" / f"{name}.md").write_text(scenario_text(name, body))


def test_it_passes_and_leaves_nothing(rollcage: Rollcage) -> None:
    done = rollcage("scenario", "run", "good")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[:5] == [
        "good: good",
        "  step 1 of 1: It prints",
        "       bash: echo hello",
        "       ✓ met      state: succeeded → succeeded",
        "       ✓ met      output: contains 'hello' → hello",
    ]
    assert lines[5].startswith("  PASSED: 1 of 1 steps as expected")
    assert rollcage.json("sessions") == []


def test_it_fails_with_words_and_an_exit_code(rollcage: Rollcage) -> None:
    write(rollcage, "bad", BAD)
    done = rollcage("scenario", "run", "bad", "good", "-v")
    assert done.returncode == 1, done.stderr
    said = done.stdout.decode()
    assert "✗ NOT MET  exit code: 0 → 3\n" in said
    assert "FAILED: 0 of 2 steps as expected, 1 not carried out" in said
    assert "1 of 2 scenarios passed\nfailed: bad\n" in said
    assert "       rollcage: exit code 3; rolled back to " in said
    assert "       | hello\n" in said


def test_programs_get_a_line_of_json_for_each_event(rollcage: Rollcage) -> None:
    write(rollcage, "bad", BAD)
    done = rollcage("scenario", "run", "good", "bad", "--json", "--keep")
    assert done.returncode == 1, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    ended = [event for event in events if event["event"] == "ScenarioEnded"]
    assert [(event["scenario"], event["passed"], event["kept"]) for event in ended] == [
        ("good", True, True), ("bad", False, True),
    ]  # fmt: skip
    assert {session["name"] for session in rollcage.json("sessions")} == {event["session"] for event in ended}


def test_lists_and_details(rollcage: Rollcage) -> None:
    entries = {entry["name"]: entry for entry in rollcage.json("scenario")}
    assert (entries["good"]["scope"], entries["good"]["steps"]) == ("project", 1)
    assert entries["rollback-race"]["scope"] == "shipped"
    shown = rollcage("scenario", "show", "good").stdout.decode()
    assert "step 1 (line 8): It prints\n    echo hello\n  expects: state succeeded\n" in shown
    assert rollcage.json("scenario", "show", "good")["scenario"]["steps"][0]["code"] == "echo hello\n"


def test_a_broken_file(rollcage: Rollcage) -> None:
    write(rollcage, "broken", "```bash\ntrue\n```\n")
    for arguments in (("show", "broken"), ("run", "good", "broken"), ("run", "--all"), ("check",), ("check", ".")):
        done = rollcage("scenario", *arguments)
        assert done.returncode == 120, arguments
        said = (done.stdout + done.stderr).decode()
        assert "broken.md:6: error: nothing says what is expected of this code" in said
        assert "good: good" not in said  # nothing runs where something cannot
    assert rollcage("scenario", "check", "scenarios/good.md").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("run",), 2),
        (("run", "good", "--all"), 2),
        (("run", "gone"), 121),
        (("show", "gone"), 121),
        (("check", "gone"), 121),
        (("walk",), 2),
    ],
)
def test_what_makes_no_sense(rollcage: Rollcage, arguments: tuple[str, ...], code: int) -> None:
    assert rollcage("scenario", *arguments).returncode == code


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_scenario_leaves_nothing(rollcage: Rollcage, signum: signal.Signals) -> None:
    write(rollcage, "long", step("expect: {exit_code: 0}", code="echo up; sleep 600"))
    process = rollcage.start("scenario", "run", "long", "-v")
    assert process.stdout is not None
    for line in process.stdout:
        if line == b"       | up\n":
            break
    process.send_signal(signum)
    process.communicate()
    assert process.returncode == 130
    assert rollcage.json("sessions") == []
