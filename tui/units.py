"""Sizes and durations in words, the same everywhere a person reads them."""

from __future__ import annotations

from datetime import timedelta


def size(count: int) -> str:
    """Return a number of bytes in the binary unit that suits it: `512 B`, `3.5 MiB`, `120 GiB`."""
    if count < 1024:
        return f"{count} B"
    power = min((count.bit_length() - 1) // 10, 4)
    amount = count / 1024**power
    unit = ("KiB", "MiB", "GiB", "TiB")[power - 1]
    return f"{amount:.0f} {unit}" if amount >= 100 else f"{amount:.1f} {unit}"


def duration(span: timedelta | float) -> str:
    """Return seconds or a timedelta in at most two units: `0.3 ms`, `7 ms`, `1.2 s`, `3m 05s`, `2h 10m`."""
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    if seconds < 0.00095:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m"
