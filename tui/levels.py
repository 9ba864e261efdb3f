"""Risk levels, shared by everything that judges, declares or shows one."""

from __future__ import annotations

from enum import StrEnum


class RiskLevel(StrEnum):
    """How much harm something can do. Ordered: LOW < MEDIUM < HIGH < CRITICAL."""

    LOW = "low"
    """Reads, or writes only in the workspace or a temporary place, reversibly."""
    MEDIUM = "medium"
    """Changes state elsewhere, installs, fetches, deletes what it names, or could not be analysed completely."""
    HIGH = "high"
    """Hard to undo, privileged, persistent, exposes data, or affects others."""
    CRITICAL = "critical"
    """Catastrophic, or almost only malicious."""

    @property
    def rank(self) -> int:
        """0 for LOW to 3 for CRITICAL."""
        return _RANKS[self]

    def __lt__(self, other: str) -> bool:
        return self.rank < RiskLevel(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= RiskLevel(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > RiskLevel(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= RiskLevel(other).rank


_RANKS = {level: rank for rank, level in enumerate(RiskLevel)}
