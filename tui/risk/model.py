"""The vocabulary of a risk assessment."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Final

from tui.levels import RiskLevel

__all__ = [
    "UNKNOWN_INPUT", "Assessment", "Category", "Confidence", "Effect", "RealCommand", "Reason", "Reversibility",
    "RiskLevel", "Span", "Suggestion", "UnknownInput",
]  # fmt: skip


class UnknownInput(enum.Enum):
    """The kind of `UNKNOWN_INPUT`."""

    PIPED = "piped"


UNKNOWN_INPUT: Final = UnknownInput.PIPED
"""Something will be piped into a text, and nobody knows what."""


class Confidence(enum.StrEnum):
    """How well the text was understood."""

    PARSED = "parsed"
    """It says plainly what it does."""
    FOLDED = "folded"
    """What it does had to be worked out: decoded, expanded, put together."""
    PARTIAL = "partial"
    """Some of it is only known when it runs, or could not be parsed."""


class Reversibility(enum.StrEnum):
    """Whether what it does can be taken back without a snapshot of the machine."""

    REVERSIBLE = "reversible"
    """There is nothing to take back, or a known way back."""
    HARD = "hard"
    """Only with what may exist elsewhere: a backup, a clone, a log."""
    IRREVERSIBLE = "irreversible"
    UNKNOWN = "unknown"


class Effect(enum.StrEnum):
    """What a command does to the world. Modes, policy and hooks decide by these, never by names of programs."""

    READ = "read"
    WRITE = "write"
    """Creates or changes files."""
    OVERWRITE = "overwrite"
    """Destroys what a file or device held."""
    DELETE = "delete"
    EXECUTE = "execute"
    """Runs code that is not in view: a script, a build, a package's install hook."""
    NETWORK_IN = "network-in"
    NETWORK_OUT = "network-out"
    """Sends local data away."""
    PRIVILEGE = "privilege"
    """Uses or grants rights of another account."""
    PERSIST = "persist"
    """Arranges to be run again."""
    CREDENTIAL_READ = "credential-read"
    HISTORY_REWRITE = "history-rewrite"
    KILL = "kill"
    """Ends processes, services or the machine."""
    KERNEL = "kernel"
    """Changes the kernel, its modules or its settings."""
    CONFIG = "config"
    """Changes settings of the system or of a remote service."""
    INSTALL = "install"
    REMOTE = "remote"
    """Acts on another machine or a service, which no snapshot here covers."""
    EXHAUST = "exhaust"
    """Uses up processes, memory, disk or the network."""


class Category(enum.StrEnum):
    """Why something is dangerous."""

    DESTROY = "DESTROY"
    VCS_HISTORY = "VCS-HISTORY"
    CLOUD_DESTROY = "CLOUD-DESTROY"
    DB_DESTROY = "DB-DESTROY"
    BACKUP_DESTROY = "BACKUP-DESTROY"
    SECRETS_DESTROY = "SECRETS-DESTROY"
    PRIV_ESC = "PRIV-ESC"
    CRED_READ = "CRED-READ"
    EXFIL = "EXFIL"
    REMOTE_CODE = "REMOTE-CODE"
    OBFUSCATED = "OBFUSCATED"
    SHELL = "SHELL"
    PERSIST = "PERSIST"
    ACCOUNT = "ACCOUNT"
    EVADE = "EVADE"
    KERNEL = "KERNEL"
    HIJACK = "HIJACK"
    DOS = "DOS"
    ESCAPE = "ESCAPE"
    NET_ATTACK = "NET-ATTACK"
    SUPPLY_CHAIN = "SUPPLY-CHAIN"
    CHANGE = "CHANGE"
    """An ordinary change outside the workspace: the usual reason for medium."""
    UNKNOWN = "UNKNOWN"
    """It could not be understood completely."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of characters in the text that was assessed."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One effect worth naming."""

    level: RiskLevel
    category: Category
    effect: str
    """What happens, verb first, with the concrete object: `deletes /etc and everything below it`."""
    span: Span
    """The evidence, in the text as the person wrote it."""
    rule: str
    """Id of the rule that says so, for the log: `fs.delete-system`."""
    attack: tuple[str, ...] = ()
    """MITRE ATT&CK technique ids."""
    chain: tuple[str, ...] = ()
    """What had to be peeled off to find it, outermost first: `("sudo", "bash -c")`."""


@dataclass(frozen=True, slots=True)
class RealCommand:
    """A command as it really runs, once unfolded."""

    argv: tuple[str, ...]
    """Normalised: unquoted, folded; what stays unknown is shown as written (`$DIR`)."""
    span: Span
    chain: tuple[str, ...] = ()
    complete: bool = True
    """Whether every word is known."""
    around: tuple[str, ...] = ()
    """What changes what the words do, and so belongs to what an approval is for.

    First what earlier commands of the same text have set (`PATH=/x; ls`, `export A=b; ls`) and the redirections of
    groups it may stand in (`{ ls; } >log`), whether or not they reach this command; then its own: variables set for it
    (`A=b`), redirections (`2>log`), its text (`<<text`). Long values are shortened and carry a digest.
    """


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A safer way, which the engine itself rates lower."""

    text: str
    """The whole text to run instead."""
    why: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What running a text would do, and how bad that would be."""

    level: RiskLevel
    confidence: Confidence
    reversibility: Reversibility
    language: str
    reasons: tuple[Reason, ...] = ()
    """The worst first. Every level from MEDIUM on has at least one."""
    commands: tuple[RealCommand, ...] = ()
    """What really runs, in the order of the text."""
    effects: frozenset[Effect] = field(default_factory=frozenset)
    not_understood: tuple[str, ...] = ()
    """What could not be analysed, in words."""
    suggestion: Suggestion | None = None
    engine: str = ""
    """Identifies the engine's version and the rules, so that a record can be compared later."""

    def to_json(self) -> dict[str, Any]:
        """Return the assessment as plain data."""
        return {
            "level": str(self.level),
            "confidence": str(self.confidence),
            "reversibility": str(self.reversibility),
            "language": self.language,
            "reasons": [
                {
                    "level": str(reason.level), "category": str(reason.category), "effect": reason.effect,
                    "span": [reason.span.start, reason.span.end], "rule": reason.rule,
                    "attack": list(reason.attack), "chain": list(reason.chain),
                }
                for reason in self.reasons
            ],
            "commands": [
                {
                    "argv": list(command.argv), "span": [command.span.start, command.span.end],
                    "chain": list(command.chain), "complete": command.complete,
                    "around": list(command.around),
                }
                for command in self.commands
            ],
            "effects": sorted(map(str, self.effects)),
            "not_understood": list(self.not_understood),
            "suggestion": None
            if self.suggestion is None
            else {"text": self.suggestion.text, "why": self.suggestion.why},
            "engine": self.engine,
        }  # fmt: skip
