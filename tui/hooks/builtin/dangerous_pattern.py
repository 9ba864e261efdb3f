"""`dangerous-pattern`: what code may not do, by category of the assessment."""

from __future__ import annotations

from dataclasses import dataclass

from tui.hooks.model import Allow, Ask, Block, Decision, HookContext, Point
from tui.levels import RiskLevel
from tui.risk.model import Category


@dataclass(frozen=True, slots=True)
class Options:
    """Which categories are refused and which a person is asked about.

    By default that is what no rollback takes back: an attack on the host, or on others over the network.
    """

    block: tuple[Category, ...] = (Category.ESCAPE, Category.NET_ATTACK)
    ask: tuple[Category, ...] = (Category.EXFIL,)
    level: RiskLevel = RiskLevel.HIGH
    """Reasons below this level do not count."""


@dataclass(frozen=True, slots=True)
class DangerousPatternHook:
    """Judges the reasons of the assessment; the text itself is never searched."""

    options: Options
    name: str = "dangerous-pattern"
    priority: int = 85
    points: frozenset[Point] = frozenset({Point.AFTER_ASSESSMENT})

    def decide(self, context: HookContext) -> Decision:
        """Look at the reasons; without an assessment nothing is let through."""
        assessment = context.proposal.assessment
        if assessment is None:
            return Block("it was not assessed")
        grave = [reason for reason in assessment.reasons if reason.level >= self.options.level]
        blocked = [f"{reason.effect} ({reason.category})" for reason in grave if reason.category in self.options.block]
        if blocked:
            return Block("; ".join(dict.fromkeys(blocked)))
        asked = [f"{reason.effect} ({reason.category})" for reason in grave if reason.category in self.options.ask]
        if asked:
            return Ask("; ".join(dict.fromkeys(asked)) + ". Go on?")
        return Allow()
