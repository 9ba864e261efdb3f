"""What files hold: where it came from, and whether it is a secret."""

from __future__ import annotations

from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge, key_of
from tui.risk.code.paths import Place, place_of, place_of_text
from tui.risk.code.values import Label, Labels, Text, Value, labels_of, pieces_of, shown, text_of
from tui.risk.model import Category, Effect, Span

_HIGH: Final = RiskLevel.HIGH
_NOT_EVERYONES: Final = frozenset(
    {Place.CREDENTIAL, Place.ACCOUNT, Place.PERSONAL, Place.HOME, Place.SYSTEM, Place.OUTSIDE, Place.LOG,
     Place.STARTUP}
)  # fmt: skip


def is_secret(path: Value | None, cwd: str | None = None) -> bool:
    """Whether the file at `path` holds credentials."""
    place = place_of(path, cwd)
    return place is Place.CREDENTIAL or (place is Place.ACCOUNT and "shadow" in shown(path))


def content_of(judge: Judge, path: Value | None, span: Span) -> Value:
    """Return what the file at `path` holds, and say so where it is a secret."""
    place, labels = place_of(path, judge.cwd), labels_of(path)
    judge.effects.add(Effect.READ)
    if place is Place.BUILT:
        labels -= {Label.WALK}  # all of what a build makes is what it is for
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


def pack_into(judge: Judge, archive: Value | None, path: Value | None, span: Span) -> None:
    """Remember that the file or directory at `path` is in the file `archive`."""
    hold(judge, archive, labels_of(content_of(judge, path, span)) if path is not None else frozenset())


def hold(judge: Judge, path: Value | None, labels: Labels) -> None:
    """Remember that the file at `path` holds something with these labels."""
    if key := key_of(path):
        judge.packed[key] = judge.packed.get(key, frozenset()) | labels


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
