"""When a proposal may run, and when next if not now.

Windows are by the clock on the wall, so they follow summer time. Every restriction holds: the user's, the project's
and the definition's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from tui.definitions.restrictions import AllowedTimes
from tui.policy.moments import shown
from tui.policy.verdict import Action, Check, Result
from tui.proposal import Proposal

HORIZON_DAYS: Final = 15
"""Every window comes round within a week; a second one covers what a change of the clocks hides."""


def check_times(times: Sequence[AllowedTimes], proposal: Proposal, now: datetime) -> Check:
    """Check that every restriction allows this moment."""
    held = [*times, proposal.allowed_times] if proposal.allowed_times is not None else list(times)
    if not held:
        return Check(Action.TIME_RESTRICTION, Result.ALLOWED, "there are no time restrictions")
    refusals = [refusal for each in held if (refusal := each.refusal(now)) is not None]
    if not refusals:
        return Check(Action.TIME_RESTRICTION, Result.ALLOWED, "the time is allowed")
    following = next_allowed(held, now)
    zone = next(each.zone for each in held if each.refusal(now) is not None)
    when = (
        f"next allowed at {shown(following, now, zone)}"
        if following is not None
        else f"the restrictions leave no moment in the next {HORIZON_DAYS} days"
    )
    details = {
        "refusals": refusals,
        "next_allowed_at": following.isoformat(timespec="minutes") if following is not None else None,
    }
    return Check(Action.TIME_RESTRICTION, Result.DENIED, f"not at this time: {'; '.join(refusals)}; {when}", details)


def next_allowed(times: Sequence[AllowedTimes], now: datetime) -> datetime | None:
    """Return the first moment from `now` on that all restrictions allow, in UTC; None if there is none in sight."""

    def allowed(moment: datetime) -> bool:
        return all(each.refusal(moment) is None for each in times)

    if allowed(now):
        return now.astimezone(UTC)
    candidates = {moment for each in times for moment in _turns(each, now) if moment > now}
    return next((moment for moment in sorted(candidates) if allowed(moment)), None)


def _turns(times: AllowedTimes, now: datetime) -> Iterator[datetime]:
    """Yield the moments in UTC at which a restriction may begin to allow: windows that start, maintenance that ends."""
    for number in range(HORIZON_DAYS):
        day = times.midnight(now, number)
        midnight, following = times.moment(day), times.moment(day + timedelta(days=1))
        if following - midnight != timedelta(days=1):
            # The clocks change: a boundary may exist twice or be passed over, so every minute is looked at.
            for minute in range(int((following - midnight).total_seconds() // 60)):
                yield midnight + timedelta(minutes=minute)
            continue
        starts = (window.boundary(day) for window in times.windows)
        ends = (each.window.boundary(day, end=True) for each in times.maintenance)
        for wall in (*starts, *ends):
            if wall is not None:
                yield times.moment(wall)
