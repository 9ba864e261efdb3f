"""Trying the examples that every rule carries."""

from __future__ import annotations

import sys

from tui.risk.judge.command import read_command
from tui.risk.judge.flow import flows_into
from tui.risk.judge.matching import applies
from tui.risk.knowledge import Knowledge
from tui.risk.rule import Rule, RuleProblem
from tui.risk.shell.model import ShellProgram


def check_examples(knowledge: Knowledge, ids: set[str] | None = None) -> list[RuleProblem]:
    """Return what is wrong with the examples of the rules named `ids`, or of all."""
    found = []
    for rule in knowledge.rules():
        if ids is not None and rule.id not in ids:
            continue
        file, _, line = rule.where.rpartition(":")
        found += [
            RuleProblem(file, int(line), f"{rule.id}: does not apply to its example {text!r}")
            for text in rule.match
            if not rule_applies(rule, text, knowledge)
        ]
        found += [
            RuleProblem(file, int(line), f"{rule.id}: applies to {text!r}, which it should not")
            for text in rule.not_match
            if rule_applies(rule, text, knowledge)
        ]
    return found


def rule_applies(rule: Rule, text: str, knowledge: Knowledge) -> bool:
    """Say whether the rule applies to any command of a shell text."""
    from tui.risk.shell import read

    program: ShellProgram = read(text)
    for invocation in program.invocations:
        if rule not in knowledge.rules_for(invocation.program):
            continue
        command = read_command(invocation, knowledge.facts(invocation.program))
        if applies(rule, command, lambda at=invocation: flows_into(at, program, knowledge)):  # type: ignore[misc]
            return True
    return False


def main(arguments: list[str]) -> int:
    """Check the shipped rules, or only the files named, and print every problem."""
    from pathlib import Path

    from tui.risk.knowledge import BadRules, load_knowledge

    try:
        knowledge = load_knowledge()
        names = {Path(argument).name for argument in arguments}
        ids = {rule.id for rule in knowledge.rules() if not names or rule.where.partition(":")[0] in names}
        problems = check_examples(knowledge, ids)
    except BadRules as error:
        problems, ids = list(error.problems), set()
    sys.stdout.write("".join(f"{problem}\n" for problem in problems) or f"{len(ids)} rules, no problem\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
