"""What it means to write into a file."""

from __future__ import annotations

from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge, key_of
from tui.risk.code.paths import Place, place_of
from tui.risk.code.values import Label, Value, labels_of, shown, text_of
from tui.risk.model import Category, Effect, Span

_HIGH: Final = RiskLevel.HIGH
_CRITICAL: Final = RiskLevel.CRITICAL
_MEDIUM: Final = RiskLevel.MEDIUM


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


def _is_program(path: str) -> bool:
    return path.startswith(
        ("/bin/", "/sbin/", "/lib", "/usr/bin/", "/usr/sbin/", "/usr/lib", "c:/windows", "c:\\windows")
    ) or path in {"/bin", "/sbin"}
