"""Secrets that a program is not told, and that what it answers must not lose."""

from __future__ import annotations

import re
from typing import Final

from tui.hooks.model import HookError
from tui.proposal import Proposal
from tui.redaction import Redactor

_MARKER: Final = re.compile(r"\[redacted:[\w.-]{1,64}\]", re.ASCII)


class Untold:
    """What the markers in the steps of a proposal stand for.

    A hook that changes a step has seen markers in it. They are no code: what runs must have the secrets again.
    """

    def __init__(self, proposal: Proposal, redactor: Redactor) -> None:
        self._steps = [_markers(step.text, redactor) for step in proposal.steps]
        self._words: dict[str, set[str]] = {}
        for step in proposal.steps:
            told = zip(redactor.value(list(step.argv)), step.argv, strict=True)
            # A word that the option before it gives away is hidden as a whole.
            whole = [(shown, word) for shown, word in told if shown != word and _MARKER.fullmatch(shown)]
            inside = [pair for word in step.argv for pair in _markers(word, redactor)]
            for marker, secret in (*_markers(step.text, redactor), *whole, *inside):
                self._words.setdefault(marker, set()).add(secret)

    def restored(self, text: str, number: int) -> str:
        """Return a text of an answer for the step of that number, from 0, with the secrets in it again.

        Markers that are all there, in their order, stand for what they stood for. Any others must say themselves which
        secret they mean.

        Raises:
            HookError: a marker may mean several secrets.
        """
        markers = _MARKER.findall(text)
        own = self._steps[number] if number < len(self._steps) else []
        if markers == [marker for marker, _ in own]:
            secrets = iter([secret for _, secret in own])
        else:
            secrets = iter([self._only(marker) for marker in markers])
        return _MARKER.sub(lambda _: next(secrets), text)

    def _only(self, marker: str) -> str:
        meant = self._words.get(marker, {marker})
        if len(meant) > 1:
            raise HookError(
                f"{marker} in its answer may mean {len(meant)} secrets",
                hint="leave the markers of a step as they are and in their order, or ask or block instead",
            )
        return next(iter(meant))


def _markers(text: str, redactor: Redactor) -> list[tuple[str, str]]:
    """Return the markers in what is told of a text, in order, each with what it stands for: itself if it was there."""
    found: list[tuple[str, str]] = []
    at = 0
    for start, end, marker in redactor.places(text):
        found += [(there, there) for there in _MARKER.findall(text, at, start)]
        found.append((marker, text[start:end]))
        at = end
    return found + [(there, there) for there in _MARKER.findall(text, at)]
