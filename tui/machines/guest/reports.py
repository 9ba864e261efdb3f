"""Reads what the guest agent says about itself and its executions. The guest is not trusted: every field is checked."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from tui.machines.guest.wire import PROTOCOL, ProtocolError, read_fields
from tui.machines.kinds import Limit
from tui.machines.model import Command, ExitReport, ResourceUsage

_LONGEST_MESSAGE: Final = 4000
_HIGHEST: Final = 2**63 - 1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a guest says of itself once its identity is in force. Untrusted text."""

    kernel: str
    python: str
    clock_skew_ns: int | None
    """By how much its clock was ahead of the host's before it was set."""


def command_json(command: Command) -> bytes:
    """Return a command as the agent reads it."""
    size = command.terminal
    fields = {
        "kind": command.kind,
        "argv": list(command.argv),
        "text": command.text,
        "language": command.language,
        "env": dict(command.env),
        "cwd": command.cwd,
        "interpreter": command.interpreter,
        "terminal": None if size is None else {"rows": size.rows, "columns": size.columns},
        "file_mode": command.file_mode,
        "network": command.network,
        "limits": None if command.limits is None else dataclasses.asdict(command.limits),
    }
    return json.dumps(fields).encode()


def read_welcome(payload: bytes, nonce: str) -> Welcome | None:
    """Return the welcome, or None if it answers another HELLO.

    Raises:
        ProtocolError: it is malformed or of another version of the language.
    """
    fields = read_fields(payload)
    if fields.get("nonce") != nonce:
        return None
    if fields.get("protocol") != str(PROTOCOL):
        raise ProtocolError(f"the agent speaks version {fields.get('protocol')!r:.20} of the protocol, not {PROTOCOL}")
    try:
        skew = int(fields["clock_skew_ns"]) if fields["clock_skew_ns"] else None
        kernel, python = fields["kernel"][:100], fields["python"][:100]
    except (KeyError, ValueError):
        raise ProtocolError("a welcome without kernel, python or clock_skew_ns") from None
    if skew is not None and abs(skew) > _HIGHEST:
        raise ProtocolError("a welcome of an impossible time")
    return Welcome(kernel, python, skew)


def read_message(payload: bytes) -> str:
    """Return the message of a REFUSED or PROTEST, cut to a bearable length.

    Raises:
        ProtocolError: there is none.
    """
    return _take(_object(payload), "message", _text)[:_LONGEST_MESSAGE]


def read_pid(payload: bytes) -> int:
    """Return the process id of a STARTED.

    Raises:
        ProtocolError: there is none.
    """
    return _take(_object(payload), "pid", _natural)


def read_exit(payload: bytes) -> ExitReport:
    """Return the report of an EXIT.

    Raises:
        ProtocolError: it is malformed or contradicts itself.
    """
    fields = _object(payload)
    usage = fields.get("usage")
    if not isinstance(usage, dict):
        raise ProtocolError("the agent's exit report has no usage")
    exit_code = _take(fields, "exit_code", _optional(_within(0, 255)))
    signal = _take(fields, "signal", _optional(_within(1, 64)))
    if (exit_code is None) == (signal is None):
        raise ProtocolError("the agent's exit report has not exactly one of exit code and signal")
    return ExitReport(
        exit_code=exit_code,
        signal=signal,
        usage=ResourceUsage(
            wall_s=_take(usage, "wall_s", _seconds),
            cpu_user_s=_take(usage, "cpu_user_s", _optional(_seconds)),
            cpu_system_s=_take(usage, "cpu_system_s", _optional(_seconds)),
            peak_memory_bytes=_take(usage, "peak_memory_bytes", _optional(_natural)),
            disk_written_bytes=_take(usage, "disk_written_bytes", _optional(_natural)),
            disk_grown_bytes=_take(usage, "disk_grown_bytes", _optional(_integer)),
            received_bytes=_take(usage, "received_bytes", _optional(_natural)),
            sent_bytes=_take(usage, "sent_bytes", _optional(_natural)),
        ),
        out_of_memory=_take(fields, "out_of_memory", _boolean),
        limit=_take(fields, "limit", _optional(lambda value: Limit(_text(value)))),
        detached=_take(fields, "detached", _natural),
        interpreter_lost=_take(fields, "interpreter_lost", _boolean),
    )


def _object(payload: bytes) -> Mapping[str, Any]:
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the agent sent what is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise ProtocolError("the agent sent JSON that is not an object")
    return fields


def _take(fields: Mapping[str, Any], name: str, read: Callable[[Any], T]) -> T:
    try:
        return read(fields.get(name))
    except ValueError:
        raise ProtocolError(f"the agent sent a {name!r} that makes no sense") from None


def _optional(read: Callable[[Any], T]) -> Callable[[Any], T | None]:
    return lambda value: None if value is None else read(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _integer(value: Any) -> int:
    if type(value) is not int or not -_HIGHEST <= value <= _HIGHEST:
        raise ValueError
    return value


def _within(lowest: int, highest: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not lowest <= _integer(value) <= highest:
            raise ValueError
        return int(value)

    return read


_natural = _within(0, _HIGHEST)


def _seconds(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or value < 0:
        raise ValueError
    return float(value)
