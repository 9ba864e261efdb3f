"""The vocabulary of hooks: where they are heard, what they see, what they may decide, what is kept of it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from tui.errors import RollcageError
from tui.proposal import Proposal, ProposedStep

if TYPE_CHECKING:
    from tui.redaction import Redactor


class Point(StrEnum):
    """A moment at which hooks are heard."""

    BEFORE_ASSESSMENT = "before-assessment"
    AFTER_ASSESSMENT = "after-assessment"
    BEFORE_EXECUTION = "before-execution"
    """Everything is decided, where it runs too, and a person has agreed if one had to."""
    AFTER_EXECUTION = "after-execution"
    BEFORE_MODEL_CALL = "before-model-call"
    AFTER_MODEL_REPLY = "after-model-reply"

    @property
    def fails_closed(self) -> bool:
        """Whether a hook that fails here stops what comes next: something is about to run, or to be sent away."""
        return self not in {Point.AFTER_EXECUTION, Point.AFTER_MODEL_REPLY}

    @property
    def can_stop(self) -> bool:
        """Whether there is anything left to stop or to ask about."""
        return self is not Point.AFTER_EXECUTION

    @property
    def has_outcome(self) -> bool:
        """Whether something has run."""
        return self is Point.AFTER_EXECUTION

    @property
    def has_model_text(self) -> bool:
        """Whether it is about text that goes to, or comes from, a model."""
        return self in {Point.BEFORE_MODEL_CALL, Point.AFTER_MODEL_REPLY}


class HookError(RollcageError):
    """A hook could not do its work. Before a run that stops the run."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use at most; None leaves the limit to others."""

    memory_bytes: int | None = None
    cpu_s: float | None = None
    disk_bytes: int | None = None
    wall_s: float | None = None

    def strictest(self, other: Limits) -> Limits:
        """Return the lower of both limits, each for itself."""
        return Limits(
            memory_bytes=_lower(self.memory_bytes, other.memory_bytes),
            cpu_s=_lower(self.cpu_s, other.cpu_s),
            disk_bytes=_lower(self.disk_bytes, other.disk_bytes),
            wall_s=_lower(self.wall_s, other.wall_s),
        )


def _lower(left: Any, right: Any) -> Any:
    return min((value for value in (left, right) if value is not None), default=None)


@dataclass(frozen=True, slots=True)
class Output:
    """What a run printed, as text; of long output only the beginning and the end."""

    head: str = ""
    tail: str = ""
    """Empty where `head` holds everything."""
    omitted_bytes: int = 0
    """Between head and tail."""

    @property
    def text(self) -> str:
        """All of it, with a line saying what was left out."""
        return f"{self.head}\n[{self.omitted_bytes} bytes left out]\n{self.tail}" if self.omitted_bytes else self.head


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended."""

    state: str
    """`succeeded`, `failed`, `timed-out` …: the values of `tui.store.states.RunState`."""
    exit_code: int | None
    """None where nothing was executed or the code is not known."""
    duration_s: float
    output: Output = Output()
    usage: Mapping[str, float | None] = field(default_factory=dict)
    """The fields of `tui.machines.model.ResourceUsage`; None means not measured."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class HookContext:
    """What a hook sees."""

    point: Point
    proposal: Proposal
    outcome: Finished | None = None
    """Set at `after-execution`."""
    model_text: str | None = None
    """Set at the two points around a model: the prompt, or the reply."""
    redactor: Redactor | None = field(default=None, compare=False)
    """Knows the secrets of this run; None where no more is known of them than their shapes."""


@dataclass(frozen=True, slots=True)
class Allow:
    """Nothing against it."""

    env: Mapping[str, str] = field(default_factory=dict)
    """Variables for the process. Where hooks disagree, the one with the higher priority wins."""
    limits: Limits = Limits()
    """Limits for the run. The strictest of all hooks' holds."""
    notes: tuple[str, ...] = ()
    """What was done, for the record."""
    warnings: tuple[str, ...] = ()
    """What did not work but stops nothing."""


@dataclass(frozen=True, slots=True)
class Block:
    """It must not go on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Modify:
    """Go on with something else. Exactly one of `steps`, `output` and `model_text` is set: the one the point is about.

    New steps are assessed, and all hooks are heard again, from the start. A hook must therefore leave alone what it
    has changed already, or the chain ends in a Block.
    """

    reason: str
    steps: tuple[ProposedStep, ...] | None = None
    output: Output | None = None
    model_text: str | None = None

    @classmethod
    def texts(cls, proposal: Proposal, texts: tuple[str, ...], reason: str) -> Modify:
        """Return a Modify that gives every step of a proposal its new text, in order."""
        pairs = zip(proposal.steps, texts, strict=True)
        return cls(reason, steps=tuple(replace(step, text=text, assessment=None) for step, text in pairs))


@dataclass(frozen=True, slots=True)
class Ask:
    """A person decides. No answer is a no."""

    prompt: str


Decision: TypeAlias = Allow | Block | Modify | Ask


class Hook(Protocol):
    """One look at a run. Attributes are read once, when the hook is put into a chain."""

    @property
    def name(self) -> str:
        """A word; unique in a chain."""
        ...

    @property
    def priority(self) -> int:
        """Who is heard first: the higher number. 0 by convention for those that do not care."""
        ...

    @property
    def points(self) -> frozenset[Point]:
        """Where it is heard."""
        ...

    def decide(self, context: HookContext) -> Decision | Awaitable[Decision]:
        """Decide, in a plain function or a coroutine. It is called in a thread of its own and may block it.

        Whatever it raises is contained; see `Point.fails_closed`.
        """
        ...


@dataclass(frozen=True, slots=True)
class HookRecord:
    """What one hook decided, kept whatever it was."""

    name: str
    point: Point
    priority: int
    decision: Decision
    """Of a hook that failed: what follows from it, a Block or an Allow with a warning."""
    took_ms: float
    error: str | None = None
    """Why the hook failed, if it did."""
    round: int = 1
    """How often the chain had been heard from the start; above 1 after a change of the text."""

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain data. Texts are as the hook wrote them: redact before keeping."""
        return {
            "hook": self.name,
            "point": str(self.point),
            "priority": self.priority,
            **decision_to_json(self.decision),
            "took_ms": round(self.took_ms, 3),
            "error": self.error,
            "round": self.round,
        }


@dataclass(frozen=True, slots=True)
class ChainResult:
    """What all hooks of a point decided together."""

    decision: Decision
    """The strictest: Block, then Ask, then Modify, then Allow. An Allow holds what all of them allow together."""
    records: tuple[HookRecord, ...]
    """Every decision of every round, in the order they were made."""
    context: HookContext
    """What may go on: with the steps, the output or the model's text as the hooks left them, newly assessed."""
    changed: bool = False
    """Whether hooks changed it, also where the decision is an Ask or a Block."""
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    warnings: tuple[str, ...] = ()

    @property
    def proposal(self) -> Proposal:
        """The proposal as the hooks left it."""
        return self.context.proposal


def decision_to_json(decision: Decision) -> dict[str, Any]:
    """Return a decision as plain data."""
    match decision:
        case Allow():
            return {
                "decision": "allow",
                "env": sorted(decision.env),
                "notes": list(decision.notes),
                "warnings": list(decision.warnings),
            }
        case Block():
            return {"decision": "block", "reason": decision.reason}
        case Ask():
            return {"decision": "ask", "prompt": decision.prompt}
        case Modify():
            steps = decision.steps
            return {
                "decision": "modify",
                "reason": decision.reason,
                "steps": None if steps is None else [step.text for step in steps],
                "output": decision.output is not None,
                "model_text": decision.model_text is not None,
            }
