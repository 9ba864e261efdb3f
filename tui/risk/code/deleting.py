"""What it means to delete files."""

from __future__ import annotations

from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge, items_of
from tui.risk.code.operations import Action, Call, Operation, path_of
from tui.risk.code.paths import PROTECTED, Place, place_of
from tui.risk.code.values import UNKNOWN, Label, Value, labels_of, shown
from tui.risk.model import Category, Effect, Span

_HIGH: Final = RiskLevel.HIGH
_CRITICAL: Final = RiskLevel.CRITICAL
_MEDIUM: Final = RiskLevel.MEDIUM
_CATEGORY: Final = {
    Place.VCS: Category.VCS_HISTORY, Place.BACKUP: Category.BACKUP_DESTROY, Place.LOG: Category.EVADE,
    Place.CREDENTIAL: Category.SECRETS_DESTROY, Place.ACCOUNT: Category.ACCOUNT, Place.KERNEL: Category.KERNEL,
}  # fmt: skip


def _is_recursive(call: Call) -> bool:
    """Whether an option of the call says that everything below goes as well."""
    return call.is_true("recursive")


def category_of(place: Place) -> Category:
    """Return the kind of harm that it is to lose what lies in `place`."""
    return _CATEGORY.get(place, Category.DESTROY)


def delete(judge: Judge, call: Call, operation: Operation) -> Value:
    """Delete a file, or a directory with everything below it."""
    tree = operation.action is Action.DELETE_TREE or _is_recursive(call)
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
        judge.report(_HIGH, category_of(place), "delete-protected", f"deletes {name}{below}: {place.value}", span)
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


def _own_data(path: str, *, walked: bool = False) -> bool:
    """Whether services keep their data there, so that a script which writes it is no surprise.

    `walked`: it does so with every file that it finds, of which only what is made anew is no loss.
    """
    if walked:
        return path.startswith(("/var/cache/", "/run/", "/var/run/", "/var/log/"))
    return path.startswith(("/opt/", "/srv/", "/var/www/", "/var/lib/", "/usr/local/", "/var/cache/", "/run/",
    "/var/run/", "/var/log/",
                            "/etc/nginx/", "/etc/apache2/", "/usr/share/"))  # fmt: skip


HANDLERS: Final = {Action.DELETE: delete, Action.DELETE_TREE: delete}
