"""Assessing a text: the one entrance for everybody outside this package."""

from __future__ import annotations

import dataclasses
import functools
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from tui.languages import NAMES, Language
from tui.levels import RiskLevel
from tui.risk.findings import Edit, Findings, merge
from tui.risk.hostile import deceptions, too_large
from tui.risk.knowledge import Knowledge, knowledge_of
from tui.risk.model import Assessment, Category, Confidence, Reason, Reversibility, Span, Suggestion, UnknownInput
from tui.risk.shell.model import NOTHING_AROUND, Code, ShellProgram, Surroundings

_READ_AS: Final[dict[str, str]] = {
    **{name: str(language) for name, language in NAMES.items()},
    **dict.fromkeys(("zsh", "dash", "ksh"), str(Language.BASH)),
    "typescript": str(Language.JAVASCRIPT),
}
"""Languages by name, and what is close enough to one of them to be read as it."""
_DEEPEST: Final = 6
"""Code in code in code: beyond this it is not followed."""
_MOST_REASONS: Final = 64
_UNJUDGED: Final = Confidence.PARTIAL


@functools.cache
def default_knowledge() -> Knowledge:
    """Return the shipped rules and those of this user. Read once a process.

    Raises:
        BadRules: the user's rules are not valid.
    """
    from tui.paths import Paths

    return knowledge_of(Paths.from_environment())


def assess(
    text: str,
    language: str = "bash",
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    stdin: str | UnknownInput | None = None,
    knowledge: Knowledge | None = None,
) -> Assessment:
    """Return what running `text` would do. Never raises because of the text; time is bounded by its size.

    Args:
        text: what would be run. Spans refer to it, whatever stands around it.
        language: of the text; what is not bash, Python or JavaScript is not analysed.
        env: variables set for it, judged as if their assignments stood before it.
        cwd: where it would run, judged as if a `cd` stood before it. In Python and JavaScript it is what makes
            a relative path one of the system, of devices, of credentials…
        stdin: what is piped into it: None for nothing, the content where it is known, `UNKNOWN_INPUT` where it is not.
            Only shell texts are followed in what they do with it.
        knowledge: the rules; those of this user where it is not given.

    Raises:
        BadRules: no `knowledge` is given and the user's rules are not valid.
    """
    return _Assessor(knowledge or default_knowledge(), _around(env, cwd, stdin)).text(text, language)


def assess_argv(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    stdin: str | UnknownInput | None = None,
    knowledge: Knowledge | None = None,
) -> Assessment:
    """Return what running a program without a shell would do. Spans refer to `shlex.join(argv)`.

    The other arguments are those of `assess`.
    """
    return _Assessor(knowledge or default_knowledge(), _around(env, cwd, stdin)).argv(argv)


def _around(env: Mapping[str, str] | None, cwd: str | None, stdin: str | UnknownInput | None) -> Surroundings:
    return Surroundings(tuple((env or {}).items()), cwd, stdin)


def combine(assessments: Iterable[Assessment]) -> Assessment:
    """Return several assessments as one: the worst of each axis, every reason, no suggestion.

    Spans still refer to the text each came from.
    """
    parts = tuple(assessments)
    if len(parts) == 1:
        return parts[0]
    findings = merge(
        Findings(part.reasons, part.effects, part.reversibility, part.confidence, part.commands, part.not_understood)
        for part in parts
    )
    level = max((part.level for part in parts), key=lambda each: each.rank, default=RiskLevel.LOW)
    languages = dict.fromkeys(part.language for part in parts)
    engine = parts[0].engine if parts else ""
    return dataclasses.replace(_assessment(findings, "+".join(languages), engine), level=level)


class _Assessor:
    def __init__(self, knowledge: Knowledge, around: Surroundings) -> None:
        self._knowledge = knowledge
        self._around = around

    def text(self, text: str, language: str) -> Assessment:
        findings = self._checked(text, language)
        known = _READ_AS.get(language.lower(), language)
        assessment = _assessment(findings, known, self._knowledge.identity)
        if findings.edits and assessment.level > RiskLevel.LOW:
            return dataclasses.replace(assessment, suggestion=self._suggestion(text, language, assessment, findings))
        return assessment

    def argv(self, argv: Sequence[str]) -> Assessment:
        if not argv:
            return _assessment(Findings(), "argv", self._knowledge.identity)
        text = shlex.join(argv)
        if (reason := too_large(text)) is not None:
            findings = _unread(text, reason)
        else:
            findings = merge([self._shell_argv(argv, None, 0, self._around), Findings(reasons=tuple(deceptions(text)))])
        return _assessment(findings, "argv", self._knowledge.identity)

    def _checked(self, text: str, language: str) -> Findings:
        if (reason := too_large(text)) is not None:
            return merge([_unread(text, reason), Findings(reasons=tuple(deceptions(text)))])
        findings = self._any(text, language, None, 0, self._around)
        if self._around.env and _READ_AS.get(language.lower()) != "bash":
            # The shell's judge knows what variables do to programs of any language.
            alone = dataclasses.replace(self._around, stdin=None)
            findings = merge([findings, self._any("", "bash", Span(0, len(text)), 0, alone)])
        return merge([findings, Findings(reasons=tuple(deceptions(text)))])

    def _any(
        self, text: str, language: str, base: Span | None, depth: int, around: Surroundings = NOTHING_AROUND
    ) -> Findings:
        known = _READ_AS.get(language.lower())
        span = base or Span(0, len(text))
        if depth > _DEEPEST:
            return _unread(text, "code is nested too deeply", span)
        try:
            if known == "bash":
                return self._shell(text, base, depth, around)
            judge = _code_judge(known) if known is not None else None
            if judge is None:
                return _unread(text, f"not analysed: {language}", span)
            return self._code(judge, text, span if base is not None else None, depth, around.cwd)
        except RecursionError:
            return _unread(text, "code is nested too deeply", span)
        except Exception as error:  # noqa: BLE001  # a defect here must never read as "harmless"
            return _unread(text, f"the analysis failed: {type(error).__name__}", span)

    def _shell(self, text: str, base: Span | None, depth: int, around: Surroundings) -> Findings:
        from tui.risk.shell import read

        return self._program(read(text, base=base, around=around), depth, around.cwd)

    def _shell_argv(
        self, argv: Sequence[str], base: Span | None, depth: int, around: Surroundings = NOTHING_AROUND
    ) -> Findings:
        from tui.risk.shell import read_argv

        try:
            return self._program(read_argv(argv, base=base, around=around), depth, around.cwd)
        except Exception as error:  # noqa: BLE001
            return _unread(shlex.join(argv), f"the analysis failed: {type(error).__name__}", base)

    def _program(self, program: ShellProgram, depth: int, cwd: str | None) -> Findings:
        from tui.risk.judge import judge

        findings = judge(
            program, self._knowledge, lambda inner, language: self._any(inner, language, None, depth + 1).level
        )
        parts = [findings, *(self._embedded(code, depth + 1, cwd) for code in findings.embedded)]
        return dataclasses.replace(merge(parts), embedded=())

    def _embedded(self, code: Code, depth: int, cwd: str | None) -> Findings:
        assert code.text is not None
        findings = self._any(code.text, code.language, code.span, depth, Surroundings(cwd=cwd))
        return dataclasses.replace(findings, edits=())

    def _code(self, judge: CodeJudge, text: str, base: Span | None, depth: int, cwd: str | None) -> Findings:
        around = Surroundings(cwd=cwd)

        def shell(command: str | Sequence[str], span: Span) -> Findings:
            found = base or span
            inner = (
                self._any(command, "bash", found, depth + 1, around)
                if isinstance(command, str)
                else self._shell_argv(command, found, depth + 1, around)
            )
            return dataclasses.replace(inner, edits=())

        findings = judge(text, shell, cwd)
        if base is None:
            return findings
        return dataclasses.replace(
            findings,
            reasons=tuple(dataclasses.replace(reason, span=base) for reason in findings.reasons),
            commands=tuple(dataclasses.replace(command, span=base) for command in findings.commands),
        )

    def _suggestion(self, text: str, language: str, before: Assessment, findings: Findings) -> Suggestion | None:
        """Return the first change that leaves the text rated lower."""
        for edit in findings.edits[:4]:
            changed = _apply(text, edit)
            if changed is None or changed == text:
                continue
            if self._checked(changed, language).level < before.level:
                return Suggestion(changed, edit.why)
        return None


CodeJudge = Callable[[str, Callable[[str | Sequence[str], Span], Findings], str | None], Findings]


def _code_judge(language: str) -> CodeJudge | None:
    if language == "python":
        from tui.risk.code.python import judge_python

        return judge_python
    if language == "javascript":
        from tui.risk.code.javascript import judge_javascript

        return judge_javascript
    return None


def _apply(text: str, edit: Edit) -> str | None:
    start, end = edit.span.start, edit.span.end
    if edit.before and text[start:end] != edit.before:
        return None  # quoted, folded or hidden: replacing it by eye is for the person
    return text[:start] + edit.after + text[end:]


def _unread(text: str, reason: str, span: Span | None = None) -> Findings:
    return Findings(
        reasons=(
            Reason(
                RiskLevel.MEDIUM, Category.UNKNOWN, f"could not be fully analysed: {reason}",
                span or Span(0, min(len(text), 80)), "unknown.text",
            ),
        ),
        reversibility=Reversibility.UNKNOWN,
        confidence=Confidence.PARTIAL,
        not_understood=(reason,),
    )  # fmt: skip


def _assessment(findings: Findings, language: str, engine: str) -> Assessment:
    reasons = [*findings.reasons]
    if (
        findings.not_understood
        and findings.level is RiskLevel.MEDIUM
        and not any(reason.level >= RiskLevel.MEDIUM for reason in reasons)
    ):
        span = reasons[0].span if reasons else findings.commands[0].span if findings.commands else Span(0, 0)
        reasons.append(
            Reason(
                RiskLevel.MEDIUM,
                Category.UNKNOWN,
                f"could not be fully analysed: {findings.not_understood[0]}",
                span,
                "unknown.text",
            )
        )
    return Assessment(
        level=findings.level,
        confidence=Confidence.PARTIAL if findings.not_understood else findings.confidence,
        reversibility=findings.reversibility,
        language=language,
        reasons=_worst_first(reasons),
        commands=findings.commands,
        effects=findings.effects,
        not_understood=findings.not_understood,
        engine=engine,
    )


def _worst_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return the reasons by level, one for each effect on the same piece of text."""
    ordered = sorted(dict.fromkeys(reasons), key=lambda reason: (-reason.level.rank, reason.span.start))
    kept: dict[tuple[Category, Span], Reason] = {}
    for reason in ordered:
        kept.setdefault((reason.category, reason.span), reason)
    return tuple(kept.values())[:_MOST_REASONS]
