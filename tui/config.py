"""Settings: one YAML file, every key with a default, every mistake reported with its place."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """When the machine is captured and when it is rolled back."""

    before: bool = True
    after: bool = True
    on_failure: bool = True
    auto_rollback: bool = True
    """Needs `before`; a failed run puts the machine back to where it started."""
    keep_per_session: int = 100
    """Unpinned snapshots of one session that garbage collection leaves."""
    keep_total_mb: int = 20_480
    """Bytes on disk, MiB, above which the oldest unpinned snapshots of all sessions go."""


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How many warm machines wait."""

    low: int = 1
    """Refill when fewer than this many wait."""
    high: int = 2
    """Refill up to this many."""
    memory_mb: int = 2048
    """Guest RAM of waiting machines, MiB, at most."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How runs are carried out."""

    timeout_s: float = 600.0
    """For a run that names none."""
    kill_grace_s: float = 2.0
    """Between SIGTERM and SIGKILL when a run is cancelled or times out."""
    retries: int = 2
    """Further attempts after the machine, never the command, failed."""
    retry_base_s: float = 0.2
    retry_cap_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings."""

    profile: str = "minimal"
    """Profile of sessions that name none."""
    theme: str = "rollcage-dark"
    backend: str = "auto"
    """`auto` (probe KVM, else TCG), `kvm` or `tcg`."""
    snapshots: SnapshotSettings = field(default_factory=SnapshotSettings)
    pool: PoolSettings = field(default_factory=PoolSettings)
    runs: RunSettings = field(default_factory=RunSettings)
