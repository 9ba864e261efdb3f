"""The errors Rollcage reports to a person, and the exit codes they carry.

    RollcageError                 125  something of Rollcage itself went wrong
    ├── Refused                   119  policy, a hook or a person said no, or nobody was there to say yes
    ├── UsageError                  2  the command line or a request makes no sense
    ├── InvalidInput              120  a definition, parameter, theme or setting is wrong
    ├── NotFound                  121  no such definition, session, snapshot or run
    ├── HostNotReady              122  the host lacks something; `rollcage setup` or the hint says what
    ├── Busy                      123  another process holds the session
    └── MachineError              125  the machine, not the command, failed (defined in `tui.machines.errors`)

A run's own exit code is passed through; a run that hit its timeout exits 124 and a cancelled one 130.
"""

from __future__ import annotations

from typing import ClassVar


class RollcageError(Exception):
    """An error with a message for a person and, where there is one, a hint saying what to do next."""

    exit_code: ClassVar[int] = 125

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class Refused(RollcageError):
    """It may not run: policy, a hook or a person said no, or nobody was there to say yes."""

    exit_code = 119


class UsageError(RollcageError):
    """The command line or a request contradicts itself."""

    exit_code = 2


class InvalidInput(RollcageError):
    """Something a person wrote (definition, parameter value, theme, setting) is not valid."""

    exit_code = 120


class NotFound(RollcageError):
    """A name or id refers to nothing."""

    exit_code = 121


class HostNotReady(RollcageError):
    """The host lacks a program, a file or a right that is needed."""

    exit_code = 122


class Busy(RollcageError):
    """Another process is using the session."""

    exit_code = 123
