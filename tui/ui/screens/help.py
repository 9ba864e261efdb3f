"""Everything that can be done: here first, then everywhere else; enter does it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from tui.ui.bindings import KEY_TABLE
from tui.ui.candidates import Candidate, matching
from tui.ui.reach import reachable, shown_where_they_work
from tui.ui.screens.finder import Finder

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui.ui.keyed_app import KeyedApp


class Help(Finder):
    """The actions, in groups by where they belong, which a filter narrows."""

    FRAME_TITLE = "What can be done"
    PLACEHOLDER = "type to filter; enter does it"

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self._screen = screen

    def candidates(self) -> Iterable[Candidate]:
        """Return what can be done where the focus is, then the rest."""
        keymap = cast("KeyedApp", self.app).keymap
        here = sorted(reachable(self._screen), key=lambda each: each.key.scope in _PAGING)
        shown = shown_where_they_work(self._screen)
        for each in here:
            title = f"{KEY_TABLE.titles[each.key.scope]} (here)"
            keys, elsewhere = shown(each.key)
            text = f"{each.key.help} ({elsewhere} where no text is typed)" if elsewhere else each.key.help
            yield Candidate(title, each.key.label, text, each.run, keys, each.reason)
        seen = {each.key.id for each in here}
        for key in KEY_TABLE.keys:
            if key.id not in seen and keymap.is_there(key):
                title = KEY_TABLE.titles[key.scope]
                reason = f"only in “{title}”: {key.help}"
                yield Candidate(title, key.label, key.help, _nothing, keymap.shown_keys(key), reason)

    def found(self, candidates: Sequence[Candidate], query: str) -> tuple[Sequence[Candidate], bool]:
        """Return what holds every word somewhere, in its groups; where nothing does, what the letters may mean."""
        words = query.casefold().split()
        texts = ((each, f"{each.folded} {each.explanation} {each.keys}".casefold()) for each in candidates)
        found = [each for each, text in texts if all(word in text for word in words)]
        return (found, True) if found else (matching(candidates, query), False)


_PAGING: Final = ("list", "text")
"""Whose keys are the same everywhere: what is special here is more worth reading first."""


def _nothing() -> None:
    """Do nothing: it is not here."""
