"""What can go wrong with a machine, as opposed to the command that runs in it.

MachineError                 the machine failed; the command's own outcome is unknown
├── BootFailed               a machine did not come up before its deadline
├── MachineLost              the machine process died or the agent stopped answering
├── GuestRefused             the guest could not start what it was asked to
├── CapabilityLacking        the backend cannot do what was asked
└── SnapshotError
    ├── SnapshotDamaged      stored bytes do not match their checksums; nothing was restored
    └── SnapshotIncompatible made by another template, kernel or QEMU; nothing was restored
"""

from __future__ import annotations

from tui.errors import RollcageError


class MachineError(RollcageError):
    """The machine, not the command, failed. `retryable` says whether another machine may do better."""

    retryable = True


class BootFailed(MachineError):
    """A machine did not come up before its deadline."""


class MachineLost(MachineError):
    """The machine process died, the guest panicked, or the agent stopped answering."""


class GuestRefused(MachineError):
    """The guest could not start what it was asked to: no such program, directory or language."""

    retryable = False


class CapabilityLacking(MachineError):
    """The backend cannot do what was asked, and says so instead of doing something weaker."""

    retryable = False


class SnapshotError(MachineError):
    """A snapshot could not be taken or restored."""

    retryable = False


class SnapshotDamaged(SnapshotError):
    """Stored bytes do not match their checksums. Nothing was restored."""


class SnapshotIncompatible(SnapshotError):
    """The snapshot belongs to another template, kernel or QEMU version. Nothing was restored."""
