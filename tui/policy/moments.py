"""Moments as a person reads them."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Final

from tui.units import duration

_SOON: Final = timedelta(days=1)


def shown(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """Return a moment in a time zone (None: the host's), and how long that is from now.

    Seconds are rounded up: at the moment shown it is really allowed.
    """
    local = moment.astimezone(zone)
    if local.microsecond:
        local = local.replace(microsecond=0) + timedelta(seconds=1)
    exact = "%H:%M:%S" if local.second else "%H:%M"
    day = "" if moment - now < _SOON and local.date() == now.astimezone(zone).date() else f"{local:%a %Y-%m-%d} "
    return f"{day}{local.strftime(exact)} {local.tzname() or ''}".rstrip() + f" (in {duration(moment - now)})"
