"""What a judge found out about one text, before it becomes an assessment: every judge of a language returns this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tui.levels import RiskLevel
from tui.risk.model import Confidence, Effect, RealCommand, Reason, Reversibility, Span
from tui.risk.shell.model import Code

_SURE_TO_UNSURE = (Confidence.PARSED, Confidence.FOLDED, Confidence.PARTIAL)
_MILD_TO_GRAVE = (
    Reversibility.REVERSIBLE,
    Reversibility.UNKNOWN,
    Reversibility.HARD,
    Reversibility.IRREVERSIBLE,
)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to the text that may make it safer."""

    span: Span
    before: str
    """What must stand there for the change to make sense; a deeply hidden word does not."""
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Findings:
    """Reasons and effects of a text or of a part of it. The empty one says: nothing worth a word, all understood."""

    reasons: tuple[Reason, ...] = ()
    effects: frozenset[Effect] = field(default_factory=frozenset)
    reversibility: Reversibility = Reversibility.REVERSIBLE
    confidence: Confidence = Confidence.PARSED
    commands: tuple[RealCommand, ...] = ()
    """What really runs, in the order of the text."""
    not_understood: tuple[str, ...] = ()
    """What could not be analysed, in words for a person. Not empty means at least MEDIUM."""
    embedded: tuple[Code, ...] = ()
    """Known code in other languages that is yet to be judged, such as the text after `python -c`."""
    edits: tuple[Edit, ...] = ()
    """Changes worth trying as suggestions."""

    @property
    def level(self) -> RiskLevel:
        """The worst level among the reasons; what was not understood is at least MEDIUM."""
        floor = RiskLevel.MEDIUM if self.not_understood else RiskLevel.LOW
        return max((floor, *(reason.level for reason in self.reasons)), key=lambda level: level.rank)


def merge(parts: Iterable[Findings]) -> Findings:
    """Return all of `parts` as one: the worst of each axis, everything said once, in the order given."""
    kept = tuple(parts)
    if len(kept) == 1:
        return kept[0]
    return Findings(
        reasons=tuple(dict.fromkeys(reason for part in kept for reason in part.reasons)),
        effects=frozenset().union(*(part.effects for part in kept)),
        reversibility=max((part.reversibility for part in kept), key=_MILD_TO_GRAVE.index, default=_MILD_TO_GRAVE[0]),
        confidence=max((part.confidence for part in kept), key=_SURE_TO_UNSURE.index, default=_SURE_TO_UNSURE[0]),
        commands=tuple(command for part in kept for command in part.commands),
        not_understood=tuple(dict.fromkeys(text for part in kept for text in part.not_understood)),
        embedded=tuple(code for part in kept for code in part.embedded),
        edits=tuple(edit for part in kept for edit in part.edits),
    )
