"""How often and when something may run: values shared by definitions and by the policy, and how they read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY: Final = 24 * 60
"""Minutes."""
WEEK: Final = 7 * DAY
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


class CountedBy(StrEnum):
    """What a rate limit is counted for separately."""

    COMMAND = "command"
    ROLE = "role"
    USER = "user"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `uses` in any stretch of `per_s` seconds: a sliding window, not a counter that is reset on the hour."""

    uses: int
    per_s: float
    each: tuple[CountedBy, ...] = ()
    """Empty: all uses that the limit covers count together."""

    def __str__(self) -> str:
        each = f", each {' and '.join(self.each)}" if self.each else ""
        return f"{self.uses} per {span(self.per_s)}{each}"


@dataclass(frozen=True, slots=True)
class WeeklyWindow:
    """A stretch of every week, by the clock on the wall: the start belongs to it, the end does not."""

    start: int
    """Minutes from Monday 00:00, below `WEEK`."""
    minutes: int
    """At most `WEEK`; it may reach over midnight and over the end of the week."""

    def covers(self, wall: datetime) -> bool:
        """Say whether a local time lies in it."""
        minute = wall.weekday() * DAY + wall.hour * 60 + wall.minute
        return (minute - self.start) % WEEK < self.minutes

    def boundary(self, day: datetime, *, end: bool = False) -> datetime | None:
        """Return the moment of `day` (a local midnight) at which it starts or ends, or None if on no such day."""
        minute = (self.start + (self.minutes if end else 0)) % WEEK
        if minute // DAY != day.weekday():
            return None
        return day + timedelta(minutes=minute % DAY)

    @property
    def hours(self) -> str:
        """`09:00-18:00`; of a window that lasts more than a day its start and length."""
        minute = self.start % DAY
        if self.minutes > DAY:
            return f"{_clock(minute)} for {span(self.minutes * 60)}"
        end = (minute + self.minutes) % DAY
        return f"{_clock(minute)}-{_clock(end or DAY)}"

    def __str__(self) -> str:
        return f"{DAYS[self.start // DAY]} {self.hours}"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A stretch of every week in which nothing runs."""

    window: WeeklyWindow
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.window}{f' ({self.reason})' if self.reason else ''}"


@dataclass(frozen=True, slots=True)
class AllowedTimes:
    """When something may run. Without windows that is always, except during maintenance."""

    windows: tuple[WeeklyWindow, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    zone: tzinfo | None = None
    """None is the time zone of the host."""

    def wall(self, moment: datetime) -> datetime:
        """Return what the clock on the wall shows at a moment."""
        return moment.astimezone(self.zone)

    def moment(self, wall: datetime) -> datetime:
        """Return the moment, in UTC, at which the clock shows `wall`, whose own time zone is not looked at."""
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def midnight(self, moment: datetime, days: int = 0) -> datetime:
        """Return the local midnight at or before a moment, or `days` later, without a time zone."""
        return datetime.combine(self.wall(moment).date() + timedelta(days=days), time())

    def refusal(self, moment: datetime) -> str | None:
        """Say why something may not run at a moment, or None if it may."""
        wall = self.wall(moment)
        for each in self.maintenance:
            if each.window.covers(wall):
                return f"maintenance {each}"
        if self.windows and not any(window.covers(wall) for window in self.windows):
            return f"allowed only {in_words(self.windows)}"
        return None

    def __str__(self) -> str:
        zone = f" ({self.zone})" if self.zone is not None else ""
        return ", except ".join((in_words(self.windows) or "always", *self.closed)) + zone

    @property
    def closed(self) -> tuple[str, ...]:
        """The maintenance in words: one for each reason."""
        by_reason: dict[str, list[WeeklyWindow]] = {}
        for each in self.maintenance:
            by_reason.setdefault(each.reason, []).append(each.window)
        return tuple(f"{in_words(held)}{f' ({reason})' if reason else ''}" for reason, held in by_reason.items())


def in_words(windows: Iterable[WeeklyWindow]) -> str:
    """Return windows with days of the same hours put together: `mon-fri 09:00-18:00, sat 10:00-12:00`."""
    by_hours: dict[str, list[int]] = {}
    for window in windows:
        by_hours.setdefault(window.hours, []).append(window.start // DAY)
    return ", ".join(f"{_days(days)} {hours}" for hours, days in by_hours.items())


def _days(days: list[int]) -> str:
    days = sorted(set(days))
    if len(days) == len(DAYS):
        return "daily"
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{DAYS[days[0]]}-{DAYS[days[-1]]}"
    return ",".join(DAYS[day] for day in days)


def span(seconds: float) -> str:
    """Return a length of time in its largest whole unit: `hour`, `15 minutes`, `60 seconds`."""
    for size, name in _UNITS:
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return name if count == 1 else f"{count} {name}s"
    return f"{seconds:g} seconds"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
