"""Whether a rule applies to a command, and what it then says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from tui.risk.judge.command import Command
from tui.risk.judge.targets import classify, describe
from tui.risk.judge.wording import wording_holds
from tui.risk.rule import Condition, Flow, Rule, Target
from tui.risk.shell.model import Word

_FIELD: Final = re.compile(r"\{(program|operands|target|line|operand:(\d+))\}")
_INSIDE: Final = frozenset({Target.WORKSPACE, Target.WORKSPACE_WHOLE, Target.TEMP, Target.CACHE})
WRITING: Final = frozenset({">", ">>", ">|", "&>", "&>>", "<>", ">&"})

Flows = Callable[[], frozenset[Flow]]
"""What flows into the command; worked out only when a rule asks."""


def is_of(kinds: frozenset[Target], wanted: frozenset[Target]) -> bool:
    """Say whether a place of these kinds is one that is wanted."""
    if kinds & wanted:
        return True
    return Target.ANY_OUTSIDE in wanted and bool(kinds) and not kinds & _INSIDE


def applies(rule: Rule, command: Command, flows: Flows) -> bool:
    """Say whether every part of the rule's condition holds. The program's name is the index's business."""
    condition = rule.condition
    if command.dry and not condition.even_dry:
        return False
    # What is cheap to ask and mostly fails comes first.
    if condition.privileged is not None and command.invocation.privileged != condition.privileged:
        return False
    if condition.env and not command.invocation.assignments:
        return False
    if condition.redirect and not command.invocation.redirects:
        return False
    if condition.line is not None and not condition.line.search(command.line):
        return False
    return (
        _options_hold(condition, command)
        and _words_hold(condition, command)
        and wording_holds(condition, command)
        and _surroundings_hold(condition, command, flows)
    )


def _options_hold(condition: Condition, command: Command) -> bool:
    if condition.subcommand and not any(command.subcommand_at(words) for words in condition.subcommand):
        return False
    if condition.any_option and not any(map(command.has, condition.any_option)):
        return False
    if not all(map(command.has, condition.all_options)) or any(map(command.has, condition.no_option)):
        return False
    return all(
        any(pattern.search(value) for value in command.values(option)) for option, pattern in condition.option_value
    )


def _words_hold(condition: Condition, command: Command) -> bool:
    count = len(command.operands)
    if count < condition.min_operands and not command.invocation.appended:
        return False
    if condition.max_operands is not None and count > condition.max_operands:
        return False
    if condition.argument is not None and not any(map(condition.argument.search, command.words)):
        return False
    if condition.no_argument is not None and any(map(condition.no_argument.search, command.words)):
        return False
    return not condition.target or target_of(condition, command) is not None


def target_of(condition: Condition, command: Command) -> Word | None:
    """Return the first operand, or value of an option, that is of the kinds the condition names."""
    if not condition.target:
        return None
    cwd = command.invocation.cwd
    for word in (*command.operands, *command.option_words.values()):
        if condition.no_target is not None and condition.no_target.search(word.text):
            continue
        for piece in _pieces(word):
            if is_of(classify(piece, cwd), condition.target):
                return word
    return None


def _pieces(word: Word) -> tuple[Word, ...]:
    """Return the word, and what follows `=` in it (`of=/dev/sda`, `--file=/etc/passwd`)."""
    text = word.literal
    if text is not None and "=" in text and "://" not in text:
        return (word, Word((text.partition("=")[2],), word.span))
    return (word,)


def _surroundings_hold(condition: Condition, command: Command, flows: Flows) -> bool:
    invocation = command.invocation
    if condition.redirect and not any(
        redirect.operator in WRITING and is_of(classify(redirect.target, invocation.cwd), condition.redirect)
        for redirect in invocation.redirects
    ):
        return False
    if condition.directory and (invocation.cwd is None or not is_of(classify(invocation.cwd), condition.directory)):
        return False
    for name, pattern in condition.env:
        if not any(re.fullmatch(name, given) and pattern.search(value.text) for given, value in invocation.assignments):
            return False
    return not condition.stdin or bool(flows() & condition.stdin)


def sentence(rule: Rule, command: Command) -> str:
    """Return the rule's effect with its fields filled in."""

    def fill(match: re.Match[str]) -> str:
        field, number = match[1], match[2]
        if field == "program":
            return command.program or "what runs next"
        if field == "line":
            line = " ".join(f"'{word.text}'" if " " in word.text else word.text for word in command.invocation.argv)
            return line if len(line) <= 120 else line[:119] + "…"
        if field == "operands":
            return " ".join(describe(word) for word in command.operands[:8]) or "what it is given"
        if field == "target":
            word = target_of(rule.condition, command)
            if word is None:
                word = command.operands[-1] if command.operands else None
            return describe(word) if word is not None else "what it is given"
        index = int(number) - 1
        return describe(command.operands[index]) if 0 <= index < len(command.operands) else ""

    return re.sub(r"\s+([;,.])", r"\1", re.sub(r" {2,}", " ", _FIELD.sub(fill, rule.effect))).strip()


def evidence(rule: Rule, command: Command) -> Word | None:
    """Return the word that makes the rule apply, if one does rather than the whole command."""
    for option in (*rule.condition.any_option, *rule.condition.all_options):
        if option in command.option_words:
            return command.option_words[option]
    return target_of(rule.condition, command)
