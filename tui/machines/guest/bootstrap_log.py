"""Reads what mmdebstrap and apt print: how far they are, and why they failed."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tui.errors import HostNotReady, RollcageError


class _Stage(NamedTuple):
    """A part of the work: the line that begins it, what it is called, and its share of the whole (measured)."""

    begins: str
    title: str
    start: float
    end: float
    lines_per_package: int
    """Progress lines each of its packages prints; 0 where there are none."""


_STAGES: Final = (
    _Stage("I: running apt-get update", "reading package lists", 0.0, 0.06, 0),
    _Stage("I: downloading packages", "downloading the base system", 0.06, 0.12, 1),
    _Stage("I: extracting archives", "unpacking the base system", 0.12, 0.25, 0),
    _Stage("I: installing essential packages", "installing the base system", 0.25, 0.40, 2),
    _Stage("I: installing remaining packages", "installing packages", 0.40, 0.88, 3),
    _Stage("I: cleaning package lists", "cleaning up", 0.88, 0.89, 0),
    _Stage("I: creating tarball", "compressing the image", 0.89, 0.97, 0),
)

_STEP: Final = re.compile(r"(?:Get:\d+|Unpacking|Setting up) ")
_TOTAL: Final = re.compile(r"\d+ upgraded, (\d+) newly installed")


class LogProgress:
    """Follows the log line by line."""

    def __init__(self) -> None:
        self._stage: _Stage | None = None
        self._packages = 0
        self._steps = 0

    def feed(self, line: str) -> tuple[float | None, str] | None:
        """Return (fraction of the image, what is being done) if this line moved it; a fraction of None is unknown."""
        for begun in _STAGES:
            if line.startswith(begun.begins):
                self._stage, self._steps = begun, 0
                return begun.start, begun.title
        stage = self._stage
        if stage is None:
            return None
        if total := _TOTAL.match(line):
            self._packages = int(total[1])
        if not stage.lines_per_package or not self._packages or not _STEP.match(line):
            return None
        self._steps += 1
        share = min(1.0, self._steps / (self._packages * stage.lines_per_package))
        return stage.start + share * (stage.end - stage.start), stage.title


_FULL: Final = re.compile(r"No space left on device|don't have enough free space")
_UNREACHABLE: Final = re.compile(
    r"Temporary failure resolving|Could not resolve|Could not connect|Unable to connect|Network is unreachable"
    r"|[Cc]onnection (?:timed out|refused)|Cannot initiate the connection|Could not handshake|Failed to fetch"
)
_UNTRUSTED: Final = re.compile(
    r"NO_PUBKEY|is not signed|EXPKEYSIG|Clearsigned file isn't valid|not (?:yet )?valid (?:until|yet)"
)
_UNPRIVILEGED: Final = re.compile(
    r"newuidmap|newgidmap|/etc/sub[ug]id|unshare(?:\(\))? failed|unshare: |requires.*(?:root|superuser)|need to be root"
    r"|CLONE_NEWUSER|invalid subuid",
)


def explain_failure(lines: list[str], log: str, doing: str = "build the guest image") -> RollcageError:
    """Return the error that says why apt or mmdebstrap failed, from the last lines of its log.

    Args:
        lines: the log's lines, oldest first.
        log: where a person finds the whole of it.
        doing: what failed, as an infinitive.
    """
    text = "\n".join(lines)
    more = f"the full log is {log}"
    if _FULL.search(text):
        return HostNotReady(f"no space left to {doing}", hint=f"free about 2 GB and try again; {more}")
    if line := _first(_UNREACHABLE, lines):
        return HostNotReady(
            f"the package mirror cannot be reached: {line}",
            hint=f"check the network, proxy and apt sources (`apt-get update` must work), then try again; {more}",
        )
    if line := _first(_UNTRUSTED, lines):
        return HostNotReady(
            f"the package mirror is not trusted: {line}",
            hint=f"check the clock and the keyring (package debian-archive-keyring); {more}",
        )
    if line := _first(_UNPRIVILEGED, lines):
        return HostNotReady(
            f"no right to {doing}: {line}",
            hint="run `sudo rollcage setup`, or install uidmap and give your user ranges in /etc/subuid and "
            f"/etc/subgid; {more}",
        )
    reasons = [line for line in lines if line.startswith(("E: ", "FATAL ERROR"))]
    return HostNotReady(f"could not {doing}: {reasons[0] if reasons else (lines or ['no message'])[-1]}", hint=more)


def _first(pattern: re.Pattern[str], lines: list[str]) -> str | None:
    return next((line.strip() for line in lines if pattern.search(line)), None)
