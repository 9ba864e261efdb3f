"""What is found out about one text, while it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.budget import MAX_NESTED_CODE, Budget
from tui.risk.code.values import Constant, Instance, Items, Labels, Text, Value, shown
from tui.risk.findings import Findings, merge
from tui.risk.model import Category, Confidence, Effect, Reason, Reversibility, Span
from tui.risk.shell.model import Code

AssessShell = Callable[[str | Sequence[str], Span], Findings]
"""Judges a shell text or a list of words; every span of the result is the given one."""

_MAX_REASONS: Final = 200
_ATTACK: Final = {
    Category.DESTROY: ("T1485",), Category.CLOUD_DESTROY: ("T1485",), Category.DB_DESTROY: ("T1485",),
    Category.BACKUP_DESTROY: ("T1490",), Category.SECRETS_DESTROY: ("T1531",), Category.PRIV_ESC: ("T1548",),
    Category.CRED_READ: ("T1552", "T1555"), Category.EXFIL: ("T1041", "T1567"),
    Category.REMOTE_CODE: ("T1105", "T1059"),
    Category.OBFUSCATED: ("T1027", "T1140"), Category.SHELL: ("T1059", "T1571"), Category.PERSIST: ("T1546",),
    Category.ACCOUNT: ("T1098",), Category.EVADE: ("T1562",), Category.KERNEL: ("T1547.006",),
    Category.HIJACK: ("T1574",),
    Category.DOS: ("T1499",), Category.ESCAPE: ("T1611",), Category.SUPPLY_CHAIN: ("T1195.002",),
}  # fmt: skip
_REVERSIBILITY: Final = {
    Category.DESTROY: Reversibility.IRREVERSIBLE, Category.CLOUD_DESTROY: Reversibility.IRREVERSIBLE,
    Category.DB_DESTROY: Reversibility.IRREVERSIBLE, Category.BACKUP_DESTROY: Reversibility.IRREVERSIBLE,
    Category.EXFIL: Reversibility.IRREVERSIBLE, Category.REMOTE_CODE: Reversibility.UNKNOWN,
    Category.OBFUSCATED: Reversibility.UNKNOWN, Category.SHELL: Reversibility.UNKNOWN,
    Category.PERSIST: Reversibility.HARD,
    Category.ACCOUNT: Reversibility.HARD, Category.VCS_HISTORY: Reversibility.HARD, Category.EVADE: Reversibility.HARD,
}  # fmt: skip
_NOT_A_NAME: Final = re.compile(r"\W+")


@dataclass(slots=True)
class Judge:
    """Collects reasons and remembers what later calls may give a meaning: what was fetched, connected, written."""

    language: str
    """`py` or `js`: the first part of rule ids."""
    assess_shell: AssessShell
    budget: Budget
    evaluate: Callable[[str, Span], None] = field(default=lambda _code, _span: None)
    """Reads code in the code; set by the reader of the language."""
    interpreter: str = "python3"
    cwd: str | None = None
    """The directory that the text is run in, where that is known."""
    moved_to: str | None = None
    """The directory that the text itself has changed to."""
    cwd_handed_out: str | None = None
    """The directory at the last `yield`: what a `with` that is made of a generator has in its body."""
    environment: dict[str, Value] = field(default_factory=dict)
    """Variables that the text has set for what it starts."""
    text: str = ""
    reasons: dict[tuple[str, Span, str], Reason] = field(default_factory=dict)
    effects: set[Effect] = field(default_factory=set)
    reversibility: Reversibility = Reversibility.REVERSIBLE
    not_understood: dict[str, None] = field(default_factory=dict)
    folded: bool = False
    shells: list[Findings] = field(default_factory=list)
    embedded: list[Code] = field(default_factory=list)
    nesting: int = 0
    looping: int = 0
    """How many loops without a known end surround the call."""
    fetched: dict[str, Span] = field(default_factory=dict)
    """Names of files that hold what came from the network, and where it was fetched."""
    packed: dict[str, Labels] = field(default_factory=dict)
    """Names of archives that the text fills, and where what it puts into them comes from."""
    written: dict[str, str] = field(default_factory=dict)
    """Names of files that the text writes itself, and what it writes."""
    marks: dict[str, Span] = field(default_factory=dict)
    """Things that matter together with others: `connects`, `opens a shell`…"""

    def report(
        self,
        level: RiskLevel,
        category: Category,
        rule: str,
        effect: str,
        span: Span,
        *effects: Effect,
        attack: tuple[str, ...] = (),
    ) -> None:
        """Add a reason; the rule id gets the language before it."""
        self.effects.update(effects)
        if len(self.reasons) >= _MAX_REASONS and level < RiskLevel.HIGH:
            return
        name = f"{self.language}.{rule}"
        reason = Reason(level, category, _short(effect), span, name, attack or _ATTACK.get(category, ()))
        self.reasons.setdefault((name, span, reason.effect), reason)
        if level >= RiskLevel.HIGH:
            self.worsen(_REVERSIBILITY.get(category, Reversibility.UNKNOWN))

    def worsen(self, reversibility: Reversibility) -> None:
        """Take `reversibility` if it is the graver one."""
        self.reversibility = merge(
            (Findings(reversibility=self.reversibility), Findings(reversibility=reversibility))
        ).reversibility

    def puzzled(self, what: str) -> None:
        """Say what could not be analysed."""
        if len(self.not_understood) < 20:
            self.not_understood.setdefault(what)

    def mark(self, what: str, span: Span) -> None:
        """Remember that `what` happens, and where it happened first."""
        self.marks.setdefault(what, span)

    def run_code(self, code: str, span: Span) -> None:
        """Judge code that the text hands to its own interpreter."""
        if self.nesting >= MAX_NESTED_CODE:
            self.report(
                RiskLevel.HIGH, Category.OBFUSCATED, "code-in-code", "runs code wrapped in many layers of code", span
            )
            return
        self.nesting += 1
        try:
            self.evaluate(code, span)
        finally:
            self.nesting -= 1

    def run_shell(self, command: str | Sequence[str], span: Span, by: str) -> Findings:
        """Judge a command with the shell's judge, and adopt what it finds; `by` is the call that runs it."""
        found = self.assess_shell(command, span)
        self.shells.append(replace(found, reasons=tuple(replace(r, chain=(by, *r.chain)) for r in found.reasons)))
        return found

    def conclude(self) -> Findings:
        """Return everything found."""
        own = Findings(
            reasons=tuple(self.reasons.values()),
            effects=frozenset(self.effects),
            reversibility=self.reversibility,
            confidence=Confidence.PARTIAL
            if self.not_understood
            else Confidence.FOLDED
            if self.folded
            else Confidence.PARSED,
            not_understood=tuple(self.not_understood),
            embedded=tuple(self.embedded),
        )
        whole = merge((own, *self.shells))
        return replace(whole, reasons=tuple(sorted(whole.reasons, key=lambda reason: -reason.level.rank)))


def _short(text: str, limit: int = 200) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def name_in_shell(value: Value) -> str:
    """Return a variable of the shell that stands for an unknown piece."""
    name = _NOT_A_NAME.sub("_", value.shown.rpartition(".")[2])[:32].strip("_").lower()
    return "${" + (name if name and not name[0].isdigit() else "value") + "}"


def key_of(path: Value | None) -> str:
    """Return what identifies a file within a text: its base name, or how its unknown name is written."""
    while isinstance(path, Instance) and path.content is not None and path.content is not path:
        path = path.content
    if path is None or (not isinstance(path, Constant | Text) and not path.shown):
        return ""
    if not isinstance(path, Constant | Text):
        return f"?{path.shown}"
    name = shown(path).replace("\\", "/").rstrip("/").rpartition("/")[2].lower()
    return "" if name.strip("….") == "" else name


def items_of(value: Value | None) -> tuple[Value, ...]:
    """Return the elements of a list, or the value itself as the only one."""
    if isinstance(value, Items):
        return value.items
    return () if value is None else (value,)
