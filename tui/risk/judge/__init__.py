"""The judge: what each command of a shell text does, to what, and how bad that is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from tui.levels import RiskLevel
from tui.risk.findings import Edit, Findings, merge
from tui.risk.judge.abilities import escapes_by_ability, typed_at_prompt
from tui.risk.judge.around import surroundings
from tui.risk.judge.command import Command, read_command
from tui.risk.judge.dataflow import dataflow
from tui.risk.judge.draft import DESTROYING, ESCAPING, Draft, Verdict, lower
from tui.risk.judge.flow import flows_into
from tui.risk.judge.foreign import JudgeText, foreign
from tui.risk.judge.inner import inner
from tui.risk.judge.matching import applies, evidence, sentence
from tui.risk.judge.mentions import escapes, mentions, typed
from tui.risk.judge.roles import weigh
from tui.risk.judge.scripts import scripts
from tui.risk.judge.searches import handed, with_found
from tui.risk.judge.services import acts_on_service, services
from tui.risk.judge.touched import redirected, touched
from tui.risk.judge.variables import variables
from tui.risk.knowledge import Knowledge
from tui.risk.model import Category, Confidence, Effect, RealCommand, Reason, Reversibility, Span
from tui.risk.programs import PLAIN
from tui.risk.rule import Rule
from tui.risk.shell.model import Invocation, ShellProgram, Unknown, Word

EMBEDDED: Final = frozenset({"python", "javascript"})
"""Languages with a judge of their own."""
_SHELLS: Final = frozenset({"bash", "sh"})
_SILENT: Final = frozenset({"", ":", "true", "false", "exec"})

_DECODES: Final = re.compile(r"^(?:base(?:64|32)|basenc|b64decode|openssl|xxd|uudecode|rev|tr|gpg)\b.*\|")
"""A wrapper that decodes what is then run."""
_VARIABLE: Final = re.compile(r"\$\{?(\w+)\}?")
_NAME: Final = re.compile(r"[A-Za-z_][\w.+-]*")


def judge(program: ShellProgram, knowledge: Knowledge, judge_text: JudgeText | None = None) -> Findings:
    """Return what the commands of a shell text do.

    `judge_text` rates a text in a language,
    such as a shell command found inside code of a language that is not parsed; without it such strings are
    not looked at.
    """
    commands = [
        read_command(with_found(invocation, program), knowledge.facts(invocation.program))
        for invocation in program.invocations
    ]
    drafts = {invocation.index: Draft(invocation) for invocation in program.invocations}
    together = [*scripts(commands, program, judge_text), *typed_at_prompt(commands)]
    looked_at = _looked_at(commands)
    for command in commands:
        draft = drafts[command.invocation.index]
        _examine(command, draft, program, knowledge, judge_text, looked_at.get(command.invocation.index, ()))
    for command, verdict in together:
        drafts[command.invocation.index].add(verdict)
    for command in commands:
        _raise_hidden(command, drafts[command.invocation.index])
    around = surroundings(program.invocations)
    parts = [_findings(draft, around.get(index, ())) for index, draft in drafts.items()]
    parts += [_busy(span) for span in program.busy[:1]]
    parts += [_piling(span) for span in program.piling[:1]]
    return merge([*parts, Findings(confidence=program.confidence, not_understood=program.problems)])


def _busy(span: Span) -> Findings:
    reason = Reason(
        RiskLevel.MEDIUM, Category.DOS, "keeps a processor busy without end", span, "dos.busy-loop", ("T1499",)
    )
    return Findings(reasons=(reason,), effects=frozenset({Effect.EXHAUST}))


def _piling(span: Span) -> Findings:
    reason = Reason(
        RiskLevel.HIGH, Category.DOS, "writes or starts processes without end and without a pause", span,
        "dos.endless-growth", ("T1499",),
    )  # fmt: skip
    return Findings(reasons=(reason,), effects=frozenset({Effect.EXHAUST}), reversibility=Reversibility.HARD)


def _looked_at(commands: Sequence[Command]) -> dict[int, tuple[Word, ...]]:
    """Return what each command hands to one that only looks at files and shows nothing of them: `sudo stat FILE`."""
    found: dict[int, tuple[Word, ...]] = {}
    for command in commands:
        by = command.invocation.found_by
        if by is not None and command.facts.metadata:
            found[by] = (*found.get(by, ()), *command.invocation.argv[1:])
    return found


def _examine(
    command: Command,
    draft: Draft,
    program: ShellProgram,
    knowledge: Knowledge,
    judge_text: JudgeText | None,
    looked_at: tuple[Word, ...],
) -> None:
    invocation = command.invocation
    for rule in knowledge.rules_for(command.program):
        if applies(rule, command, lambda: flows_into(invocation, program, knowledge)):
            draft.add(_said(rule, command))
            draft.edits += _edits(rule, command)
    if not command.dry:
        for thing in (*touched(command), *handed(command, program)):
            draft.weighed(*weigh(thing, invocation))
        draft.extend_new(services(command), DESTROYING)
    for thing in redirected(invocation, silent=_prints_nothing(command)):
        draft.weighed(*weigh(thing, invocation))
    for effects, verdict in variables(command):
        draft.weighed(effects, verdict)
    if not command.dry:
        effects, said = inner(command)
        draft.effects |= effects
        draft.extend(said)
    draft.extend_new(mentions(command, looked_at), ESCAPING)
    draft.extend_new(escapes(command), ESCAPING)
    draft.extend(typed(command))
    draft.extend_new(escapes_by_ability(command), ESCAPING)
    draft.extend(dataflow(command, program, knowledge))
    if judge_text is not None:
        for code in invocation.code:
            if code.text is not None and code.language not in EMBEDDED | _SHELLS:
                draft.extend(foreign(code.language, code.text, judge_text))
    draft.extend(_baseline(command, draft, program, judge_text))
    draft.effects |= frozenset({Effect.READ}) if command.only_looks else command.facts.effects


def _prints_nothing(command: Command) -> bool:
    if command.program in _SILENT:
        return True
    words = command.words
    given = {word.text for word in command.invocation.argv[1:]}
    if any(redirect.target.text in given for redirect in command.invocation.redirects):
        return True  # the shell empties the file before the command reads it
    return (command.facts.data and not any(words)) or (command.facts.harmless and set(words) == {"/dev/null"})


def _said(rule: Rule, command: Command) -> Verdict:
    return Verdict(
        rule.level, rule.category, sentence(rule, command), rule.id, rule.attack, rule.effects, rule.reversibility,
        evidence(rule, command),
    )  # fmt: skip


def _baseline(command: Command, draft: Draft, program: ShellProgram, judge_text: JudgeText | None) -> Iterator[Verdict]:
    """Yield what running the program says by itself, where nothing worse was found."""
    invocation, facts = command.invocation, command.facts
    if not invocation.argv or command.dry or draft.level >= RiskLevel.MEDIUM:
        return
    first = invocation.argv[0]
    if not command.program:
        if judge_text is not None and (level := _guess(invocation, judge_text)) >= RiskLevel.HIGH:
            yield Verdict(
                level, Category.UNKNOWN,
                f"runs a command only known when it runs ({first.text[:80]}) on what is dangerous",
                "unknown.dangerous", ("T1027",), frozenset({Effect.EXECUTE}), word=first,
            )  # fmt: skip
            return
        if any(isinstance(part, Unknown) for part in first.parts):
            yield Verdict(
                RiskLevel.MEDIUM, Category.UNKNOWN,
                f"runs a command that is only known when it runs: {first.text[:80]}",
                "unknown.command", (), frozenset({Effect.EXECUTE}), word=first,
            )  # fmt: skip
        return
    if acts_on_service(command):
        yield Verdict(
            RiskLevel.MEDIUM, Category.CHANGE, f"acts on a service with {command.line[:100]}", "service.act", (),
            frozenset({Effect.REMOTE}), Reversibility.UNKNOWN,
        )  # fmt: skip
    elif facts.level and facts.level != RiskLevel.LOW and not command.only_looks:
        yield Verdict(
            RiskLevel(facts.level), Category.CHANGE, facts.effect or f"runs {command.program}", "program.baseline", (),
            facts.effects, Reversibility.UNKNOWN,
        )  # fmt: skip
    if facts is PLAIN and first.text not in program.functions and not invocation.code:
        yield Verdict(
            RiskLevel.MEDIUM, Category.UNKNOWN, f"runs {first.text[:80]}, which is not known here",
            "unknown.program", (),
            frozenset({Effect.EXECUTE}), word=first,
        )  # fmt: skip


def _guess(invocation: Invocation, judge_text: JudgeText) -> RiskLevel:
    """Return how bad it would be if a variable's name says what it holds (`$RM`), or an argument is a command."""
    first = invocation.argv[0].text
    rest = [word.text for word in invocation.argv[1:]]
    tried = [word for word in rest if " " in word and len(word) < 4096]
    if match := _VARIABLE.fullmatch(first):
        tried.append(shlex.join([match[1].lower(), *rest]))
    options = {letter for word in rest if re.fullmatch(r"-[A-Za-z]{1,6}", word) for letter in word[1:]}
    if {"r", "f"} <= options or {"R", "f"} <= options:
        tried.append(shlex.join(["rm", *rest]))
    return max(
        (lower(judge_text(text, "bash")) for text in tried[:4]), key=lambda level: level.rank, default=RiskLevel.LOW
    )


def _raise_hidden(command: Command, draft: Draft) -> None:
    """Raise what is hidden on purpose: nobody hides a harmless command."""
    if not command.invocation.obfuscated:
        return
    level = draft.level
    if command.facts is PLAIN and not _NAME.fullmatch(command.program):
        return  # text that was never meant as a command
    decoded = any(map(_DECODES.search, command.invocation.chain))
    harmless = (command.facts.harmless or command.facts.data) and not decoded
    if level is RiskLevel.MEDIUM or (level is RiskLevel.LOW and not harmless):
        draft.add(
            Verdict(
                RiskLevel.HIGH,
                Category.OBFUSCATED,
                f"hides that it runs {command.program or 'a command'}",
                "code.hidden",
                ("T1027",),
                frozenset({Effect.EXECUTE}),
            )
        )


def _edits(rule: Rule, command: Command) -> list[Edit]:
    safer, words = rule.safer, command.invocation.argv
    if safer is None or not words:
        return []
    if safer.append:
        last = words[-1]
        return [Edit(last.span, last.text, " ".join((last.text, *safer.append)), safer.why)]
    if safer.text:
        start, end = words[0].span.start, words[-1].span.end
        return [Edit(type(words[0].span)(start, end), "", safer.text, safer.why)]
    wanted = dict(safer.replace)
    return [Edit(word.span, word.text, wanted[word.text], safer.why) for word in words if word.text in wanted]


def _findings(draft: Draft, around: tuple[str, ...]) -> Findings:
    invocation = draft.invocation
    complete = all(word.literal is not None for word in invocation.argv)
    folded = any(word.folded for word in invocation.argv)
    argv = tuple(word.text for word in invocation.argv)
    real = RealCommand(argv, invocation.span, invocation.chain, complete, around)
    return Findings(
        reasons=tuple(draft.worth_saying()),
        effects=frozenset(draft.effects),
        reversibility=merge(Findings(reversibility=back) for back in draft.reversibilities).reversibility,
        confidence=Confidence.FOLDED if folded else Confidence.PARSED,
        commands=(real,) if invocation.argv else (),
        embedded=tuple(code for code in invocation.code if code.text is not None and code.language in EMBEDDED),
        edits=tuple(draft.edits),
    )
