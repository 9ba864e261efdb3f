"""What it means to change who may use a file."""

from __future__ import annotations

from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge, key_of
from tui.risk.code.operations import Action, Call, Operation, path_of
from tui.risk.code.paths import PROTECTED, Place, place_of
from tui.risk.code.values import UNKNOWN, Constant, Value, shown
from tui.risk.model import Category, Effect

_HIGH: Final = RiskLevel.HIGH


def change_mode(judge: Judge, call: Call, operation: Operation) -> Value:
    """Change who may do what with a file."""
    path = path_of(call, operation)
    mode_value = call.argument(operation.arguments[1]) if len(operation.arguments) > 1 else None
    if not isinstance(mode_value, Constant):
        mode_value = None
    mode = _mode(mode_value)
    place, name = place_of(path, judge.cwd), shown(path) or "…"
    if mode is not None and mode & 0o6000 and mode < 0o10000:
        judge.report(
            _HIGH,
            Category.PRIV_ESC,
            "set-user-id",
            f"lets {name} run with its owner's rights",
            call.span,
            Effect.PRIVILEGE,
        )
    elif place in PROTECTED and mode is not None:
        secret = place in {Place.CREDENTIAL, Place.ACCOUNT}
        if mode & 0o002 or (secret and mode & 0o044 and "authorized" not in name and "passwd" not in name):
            judge.report(
                _HIGH,
                Category.PRIV_ESC,
                "open-protected",
                f"changes who may use {name}: {place.value}",
                call.span,
                Effect.PRIVILEGE,
            )
    if mode is None or mode & 0o111 or mode == 777:
        key = key_of(path)
        if key and key in judge.fetched:
            judge.report(
                _HIGH,
                Category.REMOTE_CODE,
                "executable-download",
                f"makes {name} executable, which came from the network",
                call.span,
            )
    return UNKNOWN


def _mode(value: Constant | None) -> int | None:
    if value is None:
        return None
    if isinstance(value.value, int):
        return int(value.value)
    try:
        return int(str(value.value).removeprefix("0o"), 8)
    except ValueError:
        return None


def change_owner(judge: Judge, call: Call, operation: Operation) -> Value:
    """Give a file to another account."""
    path = path_of(call, operation)
    place = place_of(path, judge.cwd)
    if place in PROTECTED - {Place.SYSTEM, Place.LOG, Place.BACKUP, Place.VCS}:
        judge.report(
            _HIGH,
            Category.PRIV_ESC,
            "change-owner",
            f"changes the owner of {shown(path)}: {place.value}",
            call.span,
            Effect.PRIVILEGE,
        )
    return UNKNOWN


HANDLERS: Final = {Action.MODE: change_mode, Action.OWNER: change_owner}
