"""What a command does is known even where there is nothing to say about it."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.levels import RiskLevel
from tui.risk.assessing import assess
from tui.risk.knowledge import Knowledge, load_knowledge
from tui.risk.model import Effect
from tui.risk.programs import ProgramFacts

KNOWLEDGE: Knowledge = load_knowledge()
FAST = settings(deadline=None, max_examples=80)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}(?:\.[a-z]{1,3})?", fullmatch=True)


def effects(text: str, language: str = "bash") -> frozenset[Effect]:
    return assess(text, language, knowledge=KNOWLEDGE).effects


@pytest.mark.parametrize(
    "text",
    [
        "echo x > f", ": > precious.db", "> precious.db", "cat a > b", "cat a >> b", "sed -i s/a/b/ f", "touch a",
        "mkdir d", "cp a b", "mv a b", "tee f", "find . -fprint out", "sort -o out in", "{ echo a; } > f",
        "for x in a b; do echo $x; done > f", "cat <<< x >| f", "dd if=a of=b", "truncate -s 0 f", "ls &> f",
        "bash -c 'echo x > f'", "sed 's/a/b/w out' f", "sed -n 'w out' f", "awk '{ print > \"out\" }' f",
    ],
)  # fmt: skip
def test_writing_a_file_is_an_effect_whatever_its_level(text: str) -> None:
    assert Effect.WRITE in effects(text)


@pytest.mark.parametrize(
    "text",
    ["ls 2>/dev/null", "echo a >&2", "sed s/a/b/ f", "cat a", "awk '{ print $1 }' f", "sort in", "sed 's/ w / e /' f"],
)
def test_what_only_reads_and_prints_writes_nothing(text: str) -> None:
    assert not effects(text) & {Effect.WRITE, Effect.OVERWRITE, Effect.DELETE}


@FAST
@given(NAMES, NAMES, st.sampled_from([">", ">|", "&>", "<>", "1>", "2>", ">&"]))
def test_every_redirection_that_replaces_overwrites(word: str, name: str, operator: str) -> None:
    assert {Effect.WRITE, Effect.OVERWRITE} <= effects(f"echo {word} {operator} ./{name}")


@FAST
@given(NAMES, st.sampled_from([">>", "&>>", "2>>"]))
def test_every_redirection_that_adds_writes(name: str, operator: str) -> None:
    found = effects(f"echo x {operator} ./{name}")
    assert Effect.WRITE in found
    assert Effect.OVERWRITE not in found


WANTED = {
    "deletes": Effect.DELETE, "destroys": Effect.DELETE, "overwrites": Effect.OVERWRITE, "writes": Effect.WRITE,
    "creates": Effect.WRITE,
}  # fmt: skip


def arguments(facts: ProgramFacts, selector: str) -> list[str]:
    """Return words of a command line in which the selector means at least one."""
    if selector.endswith("="):
        return [f"{selector}out"]
    if selector.startswith("-"):
        return [selector, "out", "in1", "in2"]
    return ["in1", "in2", "out"]


def changing() -> list[tuple[str, str, Effect]]:
    found = []
    for name in sorted(KNOWLEDGE.programs()):
        facts = KNOWLEDGE.facts(name)
        for role, selectors in facts.roles:
            for selector in selectors if role in WANTED else ():
                words = [name, *facts.only_with[:1], *arguments(facts, selector)]
                found.append((shlex.join(words), role, WANTED[role]))
    return found


@pytest.mark.parametrize(("text", "role", "wanted"), changing())
def test_every_program_that_changes_files_says_so(text: str, role: str, wanted: Effect) -> None:
    assert wanted in effects(text), role


def test_effects_do_not_make_reasons() -> None:
    found = assess("cp a b && echo x > c", knowledge=KNOWLEDGE)
    assert found.level is RiskLevel.LOW
    assert not found.reasons
