"""Loading rules: every problem with its line, users' files only add, examples are tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.levels import RiskLevel
from tui.risk.assessing import assess
from tui.risk.knowledge import BadRules, Knowledge, load_knowledge

RULE = """\
- id: mine.deploy
  program: [deploy]
  any_option: [--prod]
  level: high
  category: CHANGE
  effect: "deploys {operands} where customers are"
  match: ["deploy --prod app"]
  not_match: ["deploy app"]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    directory = tmp_path / "rules"
    directory.mkdir()
    return directory


def problems(directory: Path) -> list[str]:
    with pytest.raises(BadRules) as caught:
        load_knowledge(directory)
    return [f"{Path(problem.file).name}:{problem.line}: {problem.message}" for problem in caught.value.problems]


def test_a_rule_of_the_user_is_asked(own: Path) -> None:
    (own / "mine.yaml").write_text(RULE)
    found = assess("sudo deploy --prod app", knowledge=load_knowledge(own))
    assert found.level is RiskLevel.HIGH
    assert found.reasons[0].rule == "mine.deploy"
    assert found.reasons[0].effect == "deploys app where customers are"


def test_rules_change_the_identity(own: Path, knowledge: Knowledge) -> None:
    (own / "mine.yaml").write_text(RULE)
    assert load_knowledge(own).identity != knowledge.identity
    assert load_knowledge().identity == knowledge.identity


def test_a_rule_of_the_user_cannot_make_a_verdict_milder(own: Path) -> None:
    (own / "mine.yaml").write_text(
        RULE.replace("[deploy]", "[rm]").replace("--prod", "-r").replace("deploy -r app", "rm -r app")
        .replace("deploy app", "rm app").replace("level: high", "level: low")
    )  # fmt: skip
    assert assess("rm -r /", knowledge=load_knowledge(own)).level is RiskLevel.CRITICAL


def test_all_problems_are_told_at_once_with_their_lines(own: Path) -> None:
    (own / "a.yaml").write_text(
        "- id: x.y\n  program: [x]\n  level: terrible\n  category: NOPE\n  effect: e\n  argument: '['\n  match: [x]\n"
        "- id: nodots\n  program: ['~(']\n"
    )
    (own / "b.yaml").write_text("- id: [\n")
    found = problems(own)
    assert any(line.startswith("a.yaml:3: `level` must be one of") for line in found)
    assert any(line.startswith("a.yaml:4: `category`") for line in found)
    assert any(line.startswith("a.yaml:6: `argument` is no regular expression") for line in found)
    assert any(line.startswith("a.yaml:9: `program`") for line in found)
    assert any(line.startswith("a.yaml:8: `level` is missing") for line in found)
    assert any(line.startswith("b.yaml:") for line in found)


def test_an_unknown_field_is_a_problem(own: Path) -> None:
    (own / "a.yaml").write_text(RULE + "  any_optoin: [-f]\n")
    assert problems(own)[0].startswith("a.yaml:9: there is no field 'any_optoin'")


def test_an_example_that_does_not_match_is_a_problem(own: Path) -> None:
    (own / "a.yaml").write_text(RULE.replace("deploy --prod app", "deploy --staging app"))
    assert problems(own) == ["a.yaml:1: mine.deploy: does not apply to its example 'deploy --staging app'"]


def test_an_example_that_matches_but_should_not_is_a_problem(own: Path) -> None:
    (own / "a.yaml").write_text(RULE.replace('["deploy app"]', '["sudo deploy --prod x"]'))
    assert problems(own) == ["a.yaml:1: mine.deploy: applies to 'sudo deploy --prod x', which it should not"]


def test_an_id_is_given_once(own: Path) -> None:
    (own / "a.yaml").write_text(RULE)
    (own / "b.yaml").write_text(RULE.replace("mine.deploy", "fs.format"))
    (own / "c.yaml").write_text(RULE)
    found = problems(own)
    assert any("'fs.format' is a shipped rule's" in line for line in found)
    assert any("'mine.deploy' is taken" in line for line in found)


def test_a_shipped_table_cannot_be_replaced(own: Path) -> None:
    (own / "programs.yaml").write_text("- programs: [rm]\n  harmless: true\n")
    assert "shipped tables cannot be replaced: rm" in problems(own)[0]


def test_a_table_of_the_user_adds_a_program(own: Path) -> None:
    (own / "programs.yaml").write_text("- programs: [zap]\n  deletes: operands\n  recursive: always\n")
    assert assess("zap /etc", knowledge=load_knowledge(own)).level is RiskLevel.CRITICAL


def test_what_is_cached_gives_the_same_answers(tmp_path: Path, knowledge: Knowledge) -> None:
    load_knowledge(cache=tmp_path)
    again = load_knowledge(cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert again.identity == knowledge.identity
    assert again.rules() == knowledge.rules()
    assert again.facts("rm") == knowledge.facts("rm")


def test_a_damaged_cache_is_not_believed(tmp_path: Path, knowledge: Knowledge) -> None:
    load_knowledge(cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_text('{"rules": []')
    assert load_knowledge(cache=tmp_path).rules() == knowledge.rules()


def test_a_name_with_a_version_has_the_table_of_the_program(knowledge: Knowledge) -> None:
    assert knowledge.facts("python3.11").interpreter
    assert knowledge.facts("gcc-12").verbs_harmless
