"""What it means to read, write and delete files."""

from __future__ import annotations

import os
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge, items_of, key_of
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.paths import PROTECTED, Place, place_of, place_of_text
from tui.risk.code.values import (
    UNKNOWN,
    Constant,
    Instance,
    Label,
    Labels,
    Text,
    Value,
    labels_of,
    pieces_of,
    shown,
    text_of,
)
from tui.risk.model import Category, Effect, Span

_HIGH: Final = RiskLevel.HIGH
_CRITICAL: Final = RiskLevel.CRITICAL
_MEDIUM: Final = RiskLevel.MEDIUM
_NOT_EVERYONES: Final = frozenset(
    {Place.CREDENTIAL, Place.ACCOUNT, Place.PERSONAL, Place.HOME, Place.SYSTEM, Place.OUTSIDE, Place.LOG,
     Place.STARTUP}
)  # fmt: skip
_CATEGORY: Final = {
    Place.VCS: Category.VCS_HISTORY, Place.BACKUP: Category.BACKUP_DESTROY, Place.LOG: Category.EVADE,
    Place.CREDENTIAL: Category.SECRETS_DESTROY, Place.ACCOUNT: Category.ACCOUNT, Place.KERNEL: Category.KERNEL,
}  # fmt: skip


def path_of(call: Call, operation: Operation, index: int = 0) -> Value | None:
    """Return the path that the row's argument at `index` names; the object itself for methods of paths and files."""
    if index < len(operation.arguments):
        if operation.arguments[index] == (-1, ""):
            return call.receiver
        return call.argument(operation.arguments[index])
    return call.receiver if index == 0 else None


def is_recursive(call: Call) -> bool:
    """Whether an option of the call says that everything below goes as well."""
    return call.is_true("recursive")


def _category(place: Place) -> Category:
    return _CATEGORY.get(place, Category.DESTROY)


def delete(judge: Judge, call: Call, operation: Operation) -> Value:
    """Delete a file, or a directory with everything below it."""
    tree = operation.action is Action.DELETE_TREE or is_recursive(call)
    for path in items_of(path_of(call, operation)):
        _delete(judge, call.span, path, tree=tree)
    return UNKNOWN


def _delete(judge: Judge, span: Span, path: Value, *, tree: bool) -> None:
    place, name = place_of(path, judge.cwd), shown(path) or "…"
    walked = Label.WALK in labels_of(path)
    below = " and everything below it" if tree else ""
    judge.effects.add(Effect.DELETE)
    if place in {Place.ROOT, Place.HOME} or (tree and place in {Place.SYSTEM, Place.BOOT, Place.DEVICE}):
        judge.report(_CRITICAL, Category.DESTROY, "delete-system", f"deletes {name}{below}: {place.value}", span)
    elif place in PROTECTED and (tree or place is not Place.SYSTEM or not _own_data(name.lower(), walked=walked)):
        judge.report(_HIGH, _category(place), "delete-protected", f"deletes {name}{below}: {place.value}", span)
    elif (tree and place in {Place.PERSONAL, Place.OUTSIDE, Place.WHOLE_WORKSPACE}) or (
        walked and place is Place.PERSONAL
    ):
        judge.report(_HIGH, Category.DESTROY, "delete-tree-outside", f"deletes {name}{below}: {place.value}", span)
    elif place in {Place.UNKNOWN, Place.OUTSIDE, Place.PERSONAL, Place.SYSTEM} or (
        tree and place is not Place.TEMPORARY
    ):
        judge.report(_MEDIUM, Category.CHANGE, "delete-files", f"deletes {name}{below}", span)
    if walked or tree:
        judge.mark("deletes many", span)


def read(judge: Judge, call: Call, operation: Operation) -> Value:
    """Read a file: the result carries where it came from."""
    return content_of(judge, path_of(call, operation), call.span)


def is_secret(path: Value | None, cwd: str | None = None) -> bool:
    """Whether the file at `path` holds credentials."""
    place = place_of(path, cwd)
    return place is Place.CREDENTIAL or (place is Place.ACCOUNT and "shadow" in shown(path))


def content_of(judge: Judge, path: Value | None, span: Span) -> Value:
    """Return what the file at `path` holds, and say so where it is a secret."""
    place, labels = place_of(path, judge.cwd), labels_of(path)
    judge.effects.add(Effect.READ)
    held = {Label.FILE} | (labels & {Label.WALK})
    if is_secret(path, judge.cwd):
        judge.report(
            _HIGH,
            Category.CRED_READ,
            "read-credentials",
            f"reads {shown(path)}: {place.value}",
            span,
            Effect.CREDENTIAL_READ,
        )
        held |= {Label.CREDENTIAL}
    elif place in _NOT_EVERYONES or Label.WALK in labels:
        held |= {Label.PRIVATE_FILE}
    if (text := text_of(path)) is not None and text.rstrip("/").endswith((".env", "/.env.local")):
        held |= {Label.SETTING}
    if key_of(path) in judge.fetched and key_of(path):
        held |= {Label.NETWORK}
    held |= judge.packed.get(key_of(path), frozenset())
    return Value(labels=frozenset(held), shown=shown(path))


def pack(judge: Judge, call: Call, operation: Operation) -> Value:
    """Put a file into an archive: what is later done with the archive is done with the file."""
    archive = call.receiver.attributes.get("database") if isinstance(call.receiver, Instance) else None
    pack_into(judge, archive, path_of(call, operation), call.span)
    return UNKNOWN


def pack_into(judge: Judge, archive: Value | None, path: Value | None, span: Span) -> None:
    """Remember that the file or directory at `path` is in the file `archive`."""
    hold(judge, archive, labels_of(content_of(judge, path, span)) if path is not None else frozenset())


def hold(judge: Judge, path: Value | None, labels: Labels) -> None:
    """Remember that the file at `path` holds something with these labels."""
    if key := key_of(path):
        judge.packed[key] = judge.packed.get(key, frozenset()) | labels


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


def write_to(
    judge: Judge,
    span: Span,
    path: Value | None,
    content: Value | None,
    *,
    adding: bool = False,
    known_open: bool = False,
) -> None:
    """Judge that `content` (None: nothing yet) is written to `path`."""
    judge.effects.add(Effect.WRITE)
    if not adding and not known_open:
        judge.effects.add(Effect.OVERWRITE)
    place, name, key = place_of(path, judge.cwd), shown(path) or "…", key_of(path)
    labels = labels_of(content)
    if key and content is not None:
        if Label.NETWORK in labels:
            judge.fetched.setdefault(key, span)
        elif (text := text_of(content)) is not None and len(judge.written) < 50:
            judge.written[key] = judge.written.get(key, "") + text
    if Label.ENCRYPTED in labels and Label.WALK in labels_of(path):
        judge.mark("encrypts files", span)
    if key == "package.json":
        judge.mark("edits package.json", span)
    if known_open:
        return
    _judge_write(judge, span, place, name, adding=adding, walked=Label.WALK in labels_of(path))


def _judge_write(judge: Judge, span: Span, place: Place, name: str, *, adding: bool, walked: bool) -> None:
    verb = "adds to" if adding else "overwrites"
    lowered = name.lower()
    if place is Place.DEVICE:
        judge.report(
            _CRITICAL,
            Category.DESTROY,
            "write-device",
            f"writes to {name} directly, past its file system",
            span,
            Effect.OVERWRITE,
        )
    elif place is Place.STARTUP or lowered.endswith(("authorized_keys", ".pth")):
        judge.report(
            _HIGH, Category.PERSIST, "write-startup", f"{verb} {name}: {Place.STARTUP.value}", span, Effect.PERSIST
        )
    elif place is Place.KERNEL:
        judge.report(_HIGH, Category.KERNEL, "write-kernel", f"sets {name} in the kernel", span, Effect.KERNEL)
    elif place in {Place.ACCOUNT, Place.CREDENTIAL}:
        judge.report(
            _HIGH,
            Category.ACCOUNT if place is Place.ACCOUNT else Category.SECRETS_DESTROY,
            "write-accounts",
            f"{verb} {name}: {place.value}",
            span,
            Effect.OVERWRITE,
        )
    elif (
        place is Place.LOG
        and not adding
        and (walked or lowered.endswith(("history", "wtmp", "btmp", "utmp", "lastlog", "auth.log", "syslog")))
    ):
        judge.report(
            _HIGH, Category.EVADE, "write-log", f"empties {name}: traces of what was done", span, Effect.OVERWRITE
        )
    elif place in {Place.BOOT, Place.VCS, Place.ROOT} or (place is Place.SYSTEM and _is_program(lowered)):
        category = Category.VCS_HISTORY if place is Place.VCS else Category.DESTROY
        judge.report(_HIGH, category, "write-system", f"{verb} {name}: {place.value}", span, Effect.OVERWRITE)
    elif place in {Place.PERSONAL, Place.OUTSIDE, Place.SYSTEM}:
        judge.report(_MEDIUM, Category.CHANGE, "write-outside", f"{verb} {name}: {place.value}", span)


def _own_data(path: str, *, walked: bool = False) -> bool:
    """Whether services keep their data there, so that a script which writes it is no surprise.

    `walked`: it does so with every file that it finds, of which only what is made anew is no loss.
    """
    if walked:
        return path.startswith(("/var/cache/", "/run/", "/var/run/", "/var/log/"))
    return path.startswith(("/opt/", "/srv/", "/var/www/", "/var/lib/", "/usr/local/", "/var/cache/", "/run/",
    "/var/run/", "/var/log/",
                            "/etc/nginx/", "/etc/apache2/", "/usr/share/"))  # fmt: skip


def _is_program(path: str) -> bool:
    return path.startswith(
        ("/bin/", "/sbin/", "/lib", "/usr/bin/", "/usr/sbin/", "/usr/lib", "c:/windows", "c:\\windows")
    ) or path in {"/bin", "/sbin"}


def transfer(judge: Judge, call: Call, operation: Operation) -> Value:
    """Move or copy: the target is written, and the source of a move is gone."""
    origin, target = path_of(call, operation), path_of(call, operation, 1)
    moves = operation.action is Action.MOVE
    place = place_of(origin, judge.cwd)
    if moves and place in PROTECTED - {Place.LOG}:
        judge.report(
            _HIGH,
            _category(place),
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


def found_files(path: Value | None, pattern: str = "") -> Value:
    """Return what stands for every file below `path`, or for those whose names match `pattern`."""
    pieces: tuple[str | Value, ...] = tuple(pieces_of(path)) if path is not None else ()
    base = "".join(piece for piece in pieces[:1] if isinstance(piece, str))
    for mark in "*?[":
        base = base.partition(mark)[0]
    found = Value(labels=frozenset({Label.WALK}), shown="file")
    if base and not base.endswith("/"):
        base += "/"
    tail = (pattern or (shown(path) if path is not None else "")).rpartition("/")[2].replace("*", "x")
    parts = (base or "./", found) if base or tail else (found,)
    if tail and place_of_text(f"x/{tail}") is Place.BUILT:
        parts = (*parts, "/" + tail)
    return Text(parts if base or len(parts) > 2 else (found,), labels=frozenset({Label.WALK}) | labels_of(path))


HANDLERS: Final = {
    Action.DELETE: delete, Action.DELETE_TREE: delete, Action.READ: read, Action.PACK: pack,
    Action.OPEN: open_file, Action.WRITE: write,
    Action.PUT: put,
    Action.CREATE: create, Action.TRUNCATE: truncate, Action.MOVE: transfer, Action.COPY: transfer, Action.LINK: link,
    Action.MODE: change_mode, Action.OWNER: change_owner,
}  # fmt: skip
