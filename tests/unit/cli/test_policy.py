"""The policy and the knowledge graph on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tui.cli.main import main

Run = Callable[..., tuple[int, str, str]]
POLICY = """\
roles: {reviewer: [read]}
deny: [{program: mkfs*, reason: made elsewhere}]
rate_limits: [{limit: 9 per day, each: [user]}]
allowed_times: {maintenance: [{day: daily, start: '00:00', duration: 1 day, reason: moving house}]}
"""
DEFINITION = """\
---
name: quiet
description: Says nothing of what it needs
knowledge_graph_required: [quantum]
parameters: [{name: about, type: string, default_value: nothing}]
---
```bash
ls
```
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "project"
    (found / "commands").mkdir(parents=True)
    (found / "knowledge").mkdir()
    (found / "commands" / "quiet.md").write_text(DEFINITION)
    (found / "knowledge" / "quantum.md").write_text("# Quantum\nsynonyms:: qubit\n")
    monkeypatch.chdir(found)
    monkeypatch.setenv("ROLLCAGE_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "config").mkdir(parents=True)
    return found


@pytest.fixture
def run(project: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def running(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments, lambda *_: 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return running


@pytest.fixture
def policy_file(tmp_path: Path, project: Path) -> Path:
    return tmp_path / "home" / "config" / "policy.yaml"


def checks(output: str, number: int = 0) -> dict[str, Any]:
    return {check["action"]: check for check in json.loads(output)[number]["checks"]}


def test_the_rules_in_force(run: Run, policy_file: Path) -> None:
    policy_file.write_text(POLICY)
    code, output, errors = run("policy", "--role", "reviewer", "--user", "ann")
    assert (code, errors) == (0, "")
    for line in (
        "you are ann, role reviewer: read", "program 'mkfs*': made elsewhere", "9 per day, each user (everything)",
        "100 per minute (command search)  (default)", "not during maintenance: daily 00:00-24:00 (moving house)",
        "the restrictions leave no moment in sight", f"  {policy_file}\n",
    ):  # fmt: skip
        assert line in output


def test_the_rules_in_force_for_programs(run: Run, policy_file: Path) -> None:
    policy_file.write_text(POLICY)
    code, output, _ = run("policy", "show", "--json", "--role", "Terraphim Engineer")
    found = json.loads(output)
    assert code == 0
    assert found["role"] == "engineer"
    assert found["roles"]["reviewer"] == ["read"]
    assert found["deny"][0]["place"] == f"{policy_file}:2"
    assert found["next_allowed_at"] is None


def test_the_defaults(run: Run) -> None:
    code, output, _ = run("policy", "show")
    assert code == 0
    assert "nothing is denied" in output
    assert "times:\n  always" in output


def test_mistakes_are_reported_with_their_lines(run: Run, policy_file: Path) -> None:
    policy_file.write_text("refuse: huge\nrole: x\n")
    code, output, errors = run("policy", "show")
    assert (code, output) == (120, "")
    assert f"{policy_file}:1: error: policy.yaml: 'refuse' cannot be 'huge'" in errors
    assert f"{policy_file}:2: error: policy.yaml: unknown field 'role'" in errors


def test_what_keeps_a_definition_from_running(run: Run) -> None:
    code, output, _ = run("policy", "check", "quiet", "--json", "--role", "stranger")
    found = checks(output)
    assert code == 1
    assert found["permission"]["result"] == "denied"
    assert found["knowledge-graph"]["details"]["unmatched"][0] == "quantum"


def test_parameters_are_part_of_what_is_checked(run: Run) -> None:
    _, output, _ = run("policy", "check", "quiet", "about=a qubit", "--json")
    assert checks(output)["knowledge-graph"]["result"] == "allowed"


def test_a_parameter_nobody_takes(run: Run) -> None:
    code, _, errors = run("policy", "check", "quiet", "abuot=x")
    assert code == 2
    assert "none of the definitions takes a parameter 'abuot'" in errors


def test_checking_counts_nothing(run: Run) -> None:
    for _ in range(7):
        _, output, _ = run("policy", "check", "deploy", "version=1.0.0", "--json")
    found = checks(output)
    assert found["rate-limit"]["details"]["left"] == 5
    assert found["knowledge-graph"]["result"] == "allowed"


def test_a_program_that_the_deny_list_names(run: Run, policy_file: Path) -> None:
    policy_file.write_text(POLICY)
    code, output, _ = run("policy", "test", "--json", "--", "/sbin/mkfs.ext4", "/dev/sda")
    assert code == 1
    assert "made elsewhere" in checks(output)["deny-list"]["reason"]
    assert checks(output)["time-restriction"]["result"] == "denied"


def test_nothing_to_test(run: Run) -> None:
    assert run("policy", "test")[0] == 2


def test_concepts_are_listed_with_where_they_come_from(run: Run) -> None:
    code, output, _ = run("knowledge")
    assert code == 0
    assert any(line.split()[:2] == ["Quantum", "project"] for line in output.splitlines())
    assert any(line.split()[:2] == ["Deployment", "shipped"] for line in output.splitlines())
    assert {"Quantum", "Backup"} <= {concept["name"] for concept in json.loads(run("knowledge", "list", "--json")[1])}


def test_what_a_text_speaks_of(run: Run) -> None:
    assert run("knowledge", "match", "roll", "out", "a", "qubit")[1] == "Deployment\nQuantum\n"
    code, output, errors = run("knowledge", "match", "quantun")
    assert (code, output) == (0, "")
    assert "did you mean 'quantum'?" in errors


def test_problems_of_concepts(run: Run, project: Path) -> None:
    (project / "knowledge" / "bad.md").write_text("synonyms:: x\n")
    code, output, _ = run("knowledge", "check")
    assert code == 120
    assert f"{project / 'knowledge' / 'bad.md'}:1: error: synonyms:: stands before any heading" in output


def test_a_server_that_is_not_there_is_an_error(run: Run, policy_file: Path) -> None:
    policy_file.write_text("knowledge: {server: 'http://127.0.0.1:9'}")
    code, _, errors = run("knowledge", "check")
    assert code == 125
    assert "the knowledge server http://127.0.0.1:9 is unreachable" in errors


def test_hostile_text_is_cleaned(run: Run, project: Path) -> None:
    (project / "knowledge" / "evil.md").write_text("# Evil\x1b]0;x\x07\u202e\nsynonyms:: evil\n")
    _, output, _ = run("knowledge", "match", "evil")
    assert "\x1b" not in output
    assert "\u202e" not in output
