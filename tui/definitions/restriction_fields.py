"""Reading rate limits, times and roles out of YAML: for the fields of a definition and for the policy's files."""

from __future__ import annotations

import math
import re
from typing import Final
from zoneinfo import ZoneInfo

from tui.definitions.fields import Fields, Problems, describe
from tui.definitions.frontmatter import Node
from tui.definitions.restrictions import (
    DAY,
    DAYS,
    WEEK,
    AllowedTimes,
    CountedBy,
    Maintenance,
    RateLimit,
    WeeklyWindow,
)

LONGEST_PERIOD_S: Final = 31 * 86_400
"""Uses older than this are forgotten, so no limit can look further back."""
_MOST_USES: Final = 1_000_000
_UNITS: Final = {
    "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86_400,
    "day": 86_400, "w": 604_800, "week": 604_800,
}  # fmt: skip
_SPAN: Final = re.compile(r"(?:(\d{1,9}(?:\.\d{1,6})?)\s*)?([a-z]+)")
_LIMIT: Final = re.compile(r"(\d{1,9})\s*(?:per|/)\s*(.+)")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})")
_HOURS: Final = re.compile(r"(\d{1,2}:\d{2})\s*(?:-|–|to)\s*(\d{1,2}:\d{2})")
_DAY_WORDS: Final = {
    "daily": DAYS, "every day": DAYS, "weekdays": DAYS[:5], "weekends": DAYS[5:],
}  # fmt: skip
_FULL_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LIMIT_HINT: Final = "for example `5 per hour` or `100 per 60 s`"
_WINDOW_HINT: Final = "for example `mon-fri 09:00-18:00`, `daily 22:00-04:00` or `sat,sun`"


class _Wrong(ValueError):
    """A text that does not say what it should."""


def read_rate_limit(node: Node, label: str, problems: Problems) -> RateLimit | None:
    """Return a limit written as `5 per hour`, or as a mapping with `uses`, `per` and `each`."""
    if node.kind == "map":
        fields = Fields(node, label, ("uses", "per", "each"), problems)
        uses = fields.whole("uses")
        if fields.get("uses") is None:
            problems.error(node, f"{label}: 'uses' is required", _LIMIT_HINT)
        period = fields.text("per", required=True)
        place = fields.get("per") or node
        each = read_each(fields, problems)
    else:
        text = problems.text(node, label, required=True)
        if text is None:
            return None
        found = _LIMIT.fullmatch(text.lower())
        if found is None:
            problems.error(node, f"{label} cannot be {text[:60]!r}", _LIMIT_HINT)
            return None
        uses, period, place, each = int(found[1]), found[2], node, ()
    if uses is None or period is None:
        return None
    try:
        if not 1 <= uses <= _MOST_USES:
            raise _Wrong(f"must allow 1 to {_MOST_USES} uses; to allow none, deny it")
        return RateLimit(uses, _span(period), each)
    except _Wrong as error:
        problems.error(place, f"{label} {error}", _LIMIT_HINT)
        return None


def read_each(fields: Fields, problems: Problems) -> tuple[CountedBy, ...]:
    """Return what a limit is counted for separately: the field `each`."""
    found = []
    for text, node in fields.texts("each"):
        try:
            found.append(CountedBy(text.lower()))
        except ValueError:
            allowed = ", ".join(CountedBy)
            problems.error(node, f"{fields.where}: 'each' cannot hold {text[:40]!r}", f"one of {allowed}")
    return tuple(dict.fromkeys(found))


def read_allowed_times(node: Node, label: str, problems: Problems) -> AllowedTimes | None:
    """Return times written as one window, a list of them, or a mapping with `windows`, `maintenance`, `time_zone`."""
    if node.kind != "map":
        return AllowedTimes(_windows(node, label, problems))
    fields = Fields(node, label, ("windows", "maintenance", "time_zone"), problems)
    windows = fields.get("windows")
    return AllowedTimes(
        windows=() if windows is None else _windows(windows, f"{label}: 'windows'", problems),
        maintenance=_maintenance(fields, label, problems),
        zone=_zone(fields, problems),
    )


def read_roles(fields: Fields, problems: Problems) -> tuple[str, ...]:
    """Return the names of the field `roles`."""
    node = fields.get("roles")
    if node is not None and node.kind == "seq" and not node.items:
        problems.error(node, f"{fields.where}: 'roles' must not be empty: nobody could run it", "leave it out for all")
    return tuple(dict.fromkeys(text for text, _ in fields.texts("roles")))


def _windows(node: Node, label: str, problems: Problems) -> tuple[WeeklyWindow, ...]:
    items = node.items if node.kind == "seq" else [node]
    if not items:
        problems.error(node, f"{label} must not be empty: nothing could ever run", "leave it out for no restriction")
    found: list[WeeklyWindow] = []
    for item in items:
        text = problems.text(item, f"{label}: a window", required=True)
        if text is None:
            continue
        try:
            found += _window(text)
        except _Wrong as error:
            problems.error(item, f"{label}: {text[:60]!r} {error}", _WINDOW_HINT)
    return tuple(dict.fromkeys(found))


def _window(text: str) -> list[WeeklyWindow]:
    """Return the windows of `[DAYS] [HH:MM-HH:MM]`, one a day; hours that end before they start reach over midnight."""
    text = text.lower().strip()
    hours = _HOURS.search(text)
    days = text if hours is None else f"{text[: hours.start()]} {text[hours.end() :]}".strip()
    if hours is None and re.search(r"\d", text):
        raise _Wrong("holds no hours such as 09:00-18:00")
    start, end = (0, DAY) if hours is None else (_minute(hours[1]), _minute(hours[2]))
    if start in {end, DAY}:
        raise _Wrong("starts when it ends; the whole day is 00:00-24:00")
    minutes = end - start if end > start else end - start + DAY
    return [WeeklyWindow(day * DAY + start, minutes) for day in _days(days or "daily")]


def _days(text: str) -> list[int]:
    if text in _DAY_WORDS:
        return [DAYS.index(day) for day in _DAY_WORDS[text]]
    found: list[int] = []
    for part in re.split(r"\s*,\s*", text):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        start = _day(first)
        length = (_day(last) - start) % 7 + 1 if dash else 1
        found += [(start + offset) % 7 for offset in range(length)]
    return found


def _day(text: str) -> int:
    for number, (short, full) in enumerate(zip(DAYS, _FULL_NAMES, strict=True)):
        if text in {short, full, f"{full}s"}:
            return number
    raise _Wrong(f"names no day of the week in {text[:20]!r}")


def _minute(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None or int(found[2]) > 59 or (minute := int(found[1]) * 60 + int(found[2])) > DAY:
        raise _Wrong(f"has no time of day in {text[:20]!r}")
    return minute


def _maintenance(fields: Fields, label: str, problems: Problems) -> tuple[Maintenance, ...]:
    node = fields.get("maintenance")
    if node is None:
        return ()
    if node.kind != "seq":
        problems.error(node, f"{label}: 'maintenance' must be a list, not {describe(node)}")
        return ()
    found: list[Maintenance] = []
    for item in node.items:
        where = f"{label}: a maintenance window"
        if item.kind != "map":
            problems.error(item, f"{where} must be a mapping, not {describe(item)}", "day, start, duration, reason")
            continue
        one = Fields(item, where, ("day", "start", "duration", "reason"), problems)
        day, start, length = (one.text(name, required=True) for name in ("day", "start", "duration"))
        if day is None or start is None or length is None:
            continue
        try:
            minute, minutes = _minute(start), _span(length) / 60
            if minute == DAY:
                raise _Wrong("starts at 24:00; that is 00:00 of the next day")
            if minutes != int(minutes) or minutes > WEEK:
                raise _Wrong("lasts whole minutes, at most a week")
            reason = one.text("reason") or ""
            windows = (WeeklyWindow(number * DAY + minute, int(minutes)) for number in _days(day.lower()))
            found += [Maintenance(window, reason) for window in windows]
        except _Wrong as error:
            problems.error(item, f"{where} {error}", "{day: sunday, start: '02:00', duration: 4h, reason: backups}")
    return tuple(found)


def _zone(fields: Fields, problems: Problems) -> ZoneInfo | None:
    name = fields.text("time_zone")
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        node = fields.get("time_zone")
        assert node is not None
        hint = "a name such as Europe/Berlin; the package tzdata brings them"
        problems.error(node, f"{fields.where}: this host knows no time zone {name[:60]!r}", hint)
        return None


def _span(text: str) -> float:
    """Return the seconds of `hour`, `60 s`, `15 minutes`."""
    found = _SPAN.fullmatch(text.strip().lower())
    unit = found[2] if found else ""
    size = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    if found is None or size is None:
        raise _Wrong(f"has no length of time in {text[:30]!r}")
    seconds = float(found[1] or 1) * size
    if not math.isfinite(seconds) or not 0 < seconds <= LONGEST_PERIOD_S:
        raise _Wrong("must be for a time above zero and of at most 31 days")
    return seconds
