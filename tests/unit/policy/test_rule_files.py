"""The policy's files: what they say, and every mistake with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.policy.proposals import proposal
from tui.definitions.fields import Problems
from tui.definitions.restrictions import CountedBy, RateLimit
from tui.levels import RiskLevel
from tui.policy.denylist import Denied, DeniedBy, check_deny_list
from tui.policy.knowledge.model import Strictness
from tui.policy.limits import DEFAULT_LIMITS, Limit
from tui.policy.roles import DEFAULT_ROLES
from tui.policy.rule_files import parse_restrictions, parse_user_rules
from tui.policy.rules import KnowledgeRules, Restrictions, Rules, tightened
from tui.policy.verdict import Result

FILE = Path("policy.yaml")

FULL = """\
roles:
  Reviewer: [read, search, Help]
  engineer: [read]
deny:
  - program: shred
    reason: snapshots keep a copy
  - category: exfil
  - pattern: 'git push .*--force'
refuse: Critical
rate_limits:
  - {command: deploy, limit: 2 per day}
  - {limit: 1000 per day, each: [user]}
  - {command: search, limit: none}
  - {role: Reviewer, user: ann, limit: {uses: 3, per: 15 minutes}}
allowed_times:
  windows: [mon-fri 09:00-18:00]
  maintenance: [{day: sunday, start: 02:00, duration: 4h, reason: backups}]
  time_zone: Europe/Berlin
knowledge:
  strictness: Strict
  ask_after: 1
  server: http://127.0.0.1:8000/
  role: Terraphim Engineer
  timeout_s: 0.5
  project: false
"""


def user(text: str) -> Rules:
    problems = Problems(str(FILE))
    rules = parse_user_rules(text.encode(), FILE, problems)
    assert not list(problems)
    return rules


def project(text: str) -> Restrictions:
    problems = Problems(str(FILE))
    restrictions = parse_restrictions(text.encode(), FILE, problems)
    assert not list(problems)
    return restrictions


def complaints(text: str, parse: object = parse_user_rules) -> list[str]:
    problems = Problems(str(FILE))
    parse(text.encode(), FILE, problems)  # type: ignore[operator]
    return [f"{problem.line}: {problem.message}" for problem in problems]


def test_everything_can_be_said() -> None:
    rules = user(FULL)
    assert rules.roles["reviewer"] == {"read", "search", "help"}
    assert rules.roles["engineer"] == {"read"}
    assert rules.roles["default"] == DEFAULT_ROLES["default"]
    assert rules.deny == (
        Denied(DeniedBy.PROGRAM, "shred", "snapshots keep a copy", "policy.yaml:5"),
        Denied(DeniedBy.CATEGORY, "EXFIL", "", "policy.yaml:7"),
        Denied(DeniedBy.PATTERN, "git push .*--force", "", "policy.yaml:8"),
    )
    assert rules.refuse is RiskLevel.CRITICAL
    assert rules.limits == (
        Limit(RateLimit(2, 86_400), command="deploy", place="policy.yaml:11"),
        Limit(RateLimit(1000, 86_400, (CountedBy.USER,)), place="policy.yaml:12"),
        Limit(RateLimit(3, 900), role="reviewer", user="ann", place="policy.yaml:14"),
    )
    (times,) = rules.times
    assert (len(times.windows), len(times.maintenance), str(times.zone)) == (5, 1, "Europe/Berlin")
    assert rules.knowledge == KnowledgeRules(
        Strictness.STRICT, 1, "http://127.0.0.1:8000", "Terraphim Engineer", 0.5, project=False
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}\n"])
def test_an_empty_file_leaves_the_defaults(text: str) -> None:
    assert user(text) == Rules()
    assert project(text) == Restrictions()


def test_defaults_stay_where_nothing_is_said_of_them() -> None:
    rules = user("rate_limits: [{command: deploy, limit: 1 per day}]")
    assert rules.limits[0] == DEFAULT_LIMITS[0]
    assert user("rate_limits: [{command: deploy, user: ann, limit: 1 per day}]").limits[:2] == DEFAULT_LIMITS


WRONG = """\
role: x
roles: {9: [read], a: read, b: ['r w']}
deny:
  - {program: a, rule: b}
  - {reason: because}
  - {category: NONSENSE}
  - {pattern: '('}
  - word
refuse: huge
rate_limits:
  - {command: x}
  - {limit: often}
  - {limit: 1 per day, each: [moon]}
allowed_times: {windows: [noday 09:00-10:00]}
knowledge: {strictness: lax, server: 'ftp://x', timeout_s: 0, ask_after: 0}
"""


def test_all_mistakes_are_reported_at_once_with_their_lines() -> None:
    found = complaints(WRONG)
    assert [int(line.split(":")[0]) for line in found] == [
        1, 2, 2, 2, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 15, 15, 15,
    ]  # fmt: skip
    assert found[0] == "1: policy.yaml: unknown field 'role'"
    assert "'deny': there is no category 'NONSENSE'" in found[6]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "1: a policy must be a mapping of keys to values, not a list"),
        ("a: [\n", "2: not valid YAML: did not find expected node content, while parsing a flow node"),
        ("deny: x\n", "1: 'deny' must be a list, not text"),
        ("roles: [a]\n", "1: 'roles' must be a mapping, not a list"),
        ("rate_limits: [x]\n", "1: 'rate_limits': an entry must be a mapping, not text"),
        ("roles: {A: [read], a: [read]}\n", "1: 'roles': 'a' is given twice"),
    ],
)
def test_what_is_no_policy_at_all(text: str, message: str) -> None:
    assert message in complaints(text)


def test_bytes_that_are_no_text() -> None:
    problems = Problems("x")
    assert parse_user_rules(b"roles:\n  \xff", FILE, problems) == Rules()
    assert [problem.line for problem in problems] == [2]


def test_a_project_takes_away() -> None:
    restrictions = project(
        "roles: {engineer: [read, write, root], outsider: [read]}\n"
        "deny: [{program: curl}]\n"
        "refuse: high\n"
        "rate_limits: [{command: search, limit: 1 per day}]\n"
        "allowed_times: daily 09:00-10:00\n"
        "knowledge: {strictness: strict}\n"
    )
    rules = tightened(user("refuse: critical\ndeny: [{program: wget}]\nallowed_times: daily 08:00-12:00"), restrictions)
    assert rules.roles["engineer"] == {"read", "write"}
    assert "outsider" not in rules.roles
    assert [entry.what for entry in rules.deny] == ["wget", "curl"]
    assert rules.refuse is RiskLevel.HIGH
    assert [str(limit) for limit in rules.limits if limit.command == "search"] == [
        "100 per minute (command search)", "1 per day (command search)",
    ]  # fmt: skip
    assert len(rules.times) == 2
    assert rules.knowledge.strictness is Strictness.STRICT


def test_a_project_cannot_loosen() -> None:
    rules = user("refuse: low\nknowledge: {strictness: strict}")
    assert tightened(rules, project("refuse: critical\nknowledge: {strictness: permissive}")) == rules


@pytest.mark.parametrize("key", ["server: http://x", "ask_after: 9", "timeout_s: 9", "role: x", "project: true"])
def test_what_is_not_a_projects_to_say(key: str) -> None:
    (found,) = complaints(f"knowledge: {{{key}}}", parse_restrictions)
    assert "is the user's to say" in found


def test_a_project_cannot_remove_a_limit() -> None:
    assert complaints("rate_limits: [{command: deploy, limit: none}]", parse_restrictions)


def examples() -> list[str]:
    text = (Path(__file__).resolve().parents[3] / "docs" / "policy.md").read_text()
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("text", examples())
def test_the_examples_of_the_documentation_are_valid(text: str) -> None:
    assert user(text) != Rules()


@pytest.mark.parametrize(
    ("command", "denied"),
    [
        ("rm -rf /", True), ("rm -r -f -- /", True), ("rm -fR / --no-preserve-root", True), ("rm -rf /tmp/x", False),
        ("dd if=/dev/zero of=x", True), ("dd if=x of=y", False), ("mkfs.ext4 x", True), ("fdisk -l", True),
    ],
)  # fmt: skip
def test_the_documented_list_denies_what_the_reference_denies(command: str, denied: bool) -> None:
    (text,) = (text for text in examples() if "fdisk" in text)
    check = check_deny_list(user(text).deny, None, proposal(command))
    assert (check.result is Result.DENIED) is denied
