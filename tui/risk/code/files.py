"""What it means to open, read, write, move and pack files."""

from __future__ import annotations

import os
import posixpath
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code import deleting, permissions
from tui.risk.code.contents import content_of, pack_into
from tui.risk.code.deleting import category_of
from tui.risk.code.judge import Judge, key_of
from tui.risk.code.operations import Action, Call, Operation, path_of
from tui.risk.code.paths import PROTECTED, Place, place_of
from tui.risk.code.values import UNKNOWN, Constant, Instance, Label, Value, labels_of, shown, text_of
from tui.risk.code.writing import write_to
from tui.risk.model import Effect

_HIGH: Final = RiskLevel.HIGH


def read(judge: Judge, call: Call, operation: Operation) -> Value:
    """Read a file: the result carries where it came from."""
    return content_of(judge, path_of(call, operation), call.span)


def pack(judge: Judge, call: Call, operation: Operation) -> Value:
    """Put a file into an archive: what is later done with the archive is done with the file."""
    archive = call.receiver.attributes.get("database") if isinstance(call.receiver, Instance) else None
    pack_into(judge, archive, path_of(call, operation), call.span)
    return UNKNOWN


def open_file(judge: Judge, call: Call, operation: Operation) -> Value:
    """Open a file: for reading its content is the result's, for writing it may be emptied already."""
    path = path_of(call, operation)
    mode = text_of(call.argument(operation.arguments[1]) if len(operation.arguments) > 1 else None)
    if len(operation.arguments) > 1 and isinstance(flags := call.argument(operation.arguments[1]), Constant):
        mode = _mode_of_flags(flags.value) if isinstance(flags.value, int) else mode
    if mode is None and len(operation.arguments) > 1 and call.argument(operation.arguments[1]) is not None:
        mode = "r?"
    mode = mode or ("w" if operation.kind == "write" else "r")
    attributes: dict[str, Value] = {"mode": Constant(mode)}
    content = path if path is not None else UNKNOWN
    if any(letter in mode for letter in "wax+"):
        write_to(judge, call.span, path, None, adding="a" in mode or "x" in mode)
    if "w" not in mode and "a" not in mode and "x" not in mode:
        attributes["content"] = content_of(judge, path, call.span)
    return Instance("open", content, attributes)


def _mode_of_flags(flags: int) -> str:
    """Return the mode that stands for the flags of open(2), as Linux numbers them."""
    if not flags & (os.O_WRONLY | os.O_RDWR):
        return "r"
    return "a" if flags & os.O_APPEND else "w" if flags & os.O_TRUNC else "r+"


def write(judge: Judge, call: Call, operation: Operation) -> Value:
    """Put a text into the file at a path."""
    path = path_of(call, operation)
    content = call.argument(operation.arguments[1]) if len(operation.arguments) > 1 else None
    if content is None and call.args:
        content = call.args[-1]
    adding = "append" in call.name.lower() or text_of(call.option("flag")) == "a"
    write_to(judge, call.span, path, content, adding=adding)
    return UNKNOWN


def put(judge: Judge, call: Call, operation: Operation) -> Value:
    """Put the arguments into an open file."""
    receiver = call.receiver if isinstance(call.receiver, Instance) else call.args[0] if call.args else None
    path = receiver.content if isinstance(receiver, Instance) else None
    content = call.argument(operation.arguments[0]) if operation.arguments else (call.args[0] if call.args else None)
    if path is not None:
        write_to(judge, call.span, path, content, adding=True, known_open=True)
    return UNKNOWN


def transfer(judge: Judge, call: Call, operation: Operation) -> Value:
    """Move or copy: the target is written, and the source of a move is gone."""
    origin, target = path_of(call, operation), path_of(call, operation, 1)
    moves = operation.action is Action.MOVE
    place = place_of(origin, judge.cwd)
    if moves and place in PROTECTED - {Place.LOG}:
        judge.report(
            _HIGH,
            category_of(place),
            "move-protected",
            f"moves {shown(origin)} away: {place.value}",
            call.span,
            Effect.DELETE,
        )
    elif not moves:
        held = labels_of(content_of(judge, origin, call.span))
        if Label.CREDENTIAL in held and (key := key_of(target)):
            judge.mark(f"copy:{key}", call.span)
    if (key := key_of(origin)) and key in judge.fetched and key_of(target):
        judge.fetched[key_of(target)] = judge.fetched[key]
    write_to(judge, call.span, target, None)
    return target or UNKNOWN


def create(judge: Judge, call: Call, operation: Operation) -> Value:
    """Make a directory or an empty file."""
    judge.effects.add(Effect.WRITE)
    return path_of(call, operation) or UNKNOWN


def truncate(judge: Judge, call: Call, operation: Operation) -> Value:
    """Cut a file."""
    write_to(judge, call.span, path_of(call, operation), None)
    return UNKNOWN


def link(judge: Judge, call: Call, operation: Operation) -> Value:
    """Give a file another name."""
    write_to(judge, call.span, path_of(call, operation, 1), None)
    return UNKNOWN


def change_directory(judge: Judge, call: Call, operation: Operation) -> Value:
    """Work somewhere else from here on: relative paths lead there."""
    path = text_of(path_of(call, operation))
    if path is None or not (path.startswith(("/", "~")) or judge.cwd is not None):
        judge.cwd = judge.moved_to = None
    else:
        judge.cwd = judge.moved_to = posixpath.normpath(posixpath.join(judge.cwd or "", path))
    return UNKNOWN


HANDLERS: Final = {
    Action.CHANGE_DIRECTORY: change_directory,
    **deleting.HANDLERS, **permissions.HANDLERS,
    Action.READ: read, Action.PACK: pack, Action.OPEN: open_file, Action.WRITE: write, Action.PUT: put,
    Action.CREATE: create, Action.TRUNCATE: truncate, Action.MOVE: transfer, Action.COPY: transfer, Action.LINK: link,
}  # fmt: skip
