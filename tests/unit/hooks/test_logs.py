"""The two hooks that write lines to files."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.hooks.proposals import context, outcome, proposal
from tui.hooks import jsonl
from tui.hooks.builtin import execution_logger, logging
from tui.hooks.model import Allow, Point
from tui.hooks.services import Services

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"


def lines(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_run_leaves_a_line_at_its_start_and_at_its_end(services: Services) -> None:
    hook = logging.LoggingHook(logging.Options(), services)
    assert hook.decide(context(Point.BEFORE_EXECUTION)) == Allow()
    assert hook.decide(context(Point.AFTER_EXECUTION, finished=outcome(state="failed", exit_code=3))) == Allow()
    before, after = lines(services.paths.logs / "hooks.log")
    assert (before["event"], before["user"], before["mode"], before["level"]) == (
        "before-execution",
        "ada",
        "local",
        "low",
    )
    assert (after["state"], after["exit_code"], after["at"]) == ("failed", 3, "2026-03-01T12:00:00+00:00")


def test_no_secret_gets_into_the_log(services: Services) -> None:
    hook = logging.LoggingHook(logging.Options(), services)
    hook.decide(context(about=proposal(title=f"push with {TOKEN}")))
    text = hook.file.read_text()
    assert TOKEN not in text
    assert "push with" in text


@pytest.mark.parametrize("make", [logging.LoggingHook, execution_logger.ExecutionLoggerHook])
def test_a_log_that_cannot_be_written_is_only_a_warning(make: Any, services: Services, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    module = logging if make is logging.LoggingHook else execution_logger
    hook = make(module.Options(file=in_the_way / "log"), services)
    decision = hook.decide(context(Point.AFTER_EXECUTION))
    assert isinstance(decision, Allow)
    assert str(in_the_way) in decision.warnings[0]


def test_the_history_holds_hashes_and_results_but_no_code(services: Services) -> None:
    hook = execution_logger.ExecutionLoggerHook(execution_logger.Options(), services)
    about = proposal("print('geheim')", language="python")
    hook.decide(
        context(Point.AFTER_EXECUTION, about, outcome("out", exit_code=1, state="failed", usage={"wall_s": 2.0}))
    )
    (line,) = lines(services.paths.logs / "executions.jsonl")
    assert "geheim" not in json.dumps(line)
    assert line["steps"] == [
        {"language": "python", "sha256": hashlib.sha256(b"print('geheim')").hexdigest(), "characters": 15}
    ]
    assert (line["exit_code"], line["usage"]) == (1, {"wall_s": 2.0})


def test_a_full_file_is_rotated_and_only_so_many_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "log"
    for number in range(10):
        jsonl.append(file, {"number": number}, max_bytes=30, keep=2)
    kept = [lines(tmp_path / name) for name in ("log.2", "log.1", "log")]
    assert [line["number"] for part in kept for line in part] == [4, 5, 6, 7, 8, 9]
    assert not (tmp_path / "log.3").exists()


def test_lines_of_many_writers_never_mix(tmp_path: Path) -> None:
    file = tmp_path / "log"

    def write(name: int) -> None:
        for number in range(50):
            jsonl.append(file, {"writer": name, "number": number, "pad": "x" * 500}, max_bytes=20_000, keep=100)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [
        (line["writer"], line["number"])
        for part in tmp_path.glob("log*")
        if part.suffix != ".lock"
        for line in lines(part)
    ]
    assert sorted(found) == [(name, number) for name in range(4) for number in range(50)]


def test_a_name_that_is_no_unicode_can_be_logged(services: Services) -> None:
    hook = logging.LoggingHook(logging.Options(), services)
    assert hook.decide(context(about=replace(proposal(), title="caf\udce9"))) == Allow()


def test_hashes_are_those_of_texts_without_secrets(services: Services) -> None:
    hook = execution_logger.ExecutionLoggerHook(execution_logger.Options(), services)
    known = services.redactor.extended({"pin": "2580"})
    for pin in ("2580", "[redacted:pin]"):
        about = proposal(f"login {TOKEN} {pin}", title=f"login {pin}")
        hook.decide(replace(context(Point.AFTER_EXECUTION, about), redactor=known))
        logging.LoggingHook(logging.Options(), services).decide(replace(context(about=about), redactor=known))
    first, second = lines(hook.file)
    expected = hashlib.sha256(b"login [redacted:github-token] [redacted:pin]").hexdigest()
    assert [line["steps"][0]["sha256"] for line in (first, second)] == [expected, expected]
    assert "2580" not in (services.paths.logs / "hooks.log").read_text()
