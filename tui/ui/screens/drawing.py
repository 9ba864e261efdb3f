"""Drawing anew all that changed, where Textual 8.2.8 forgets some of it. Found by `tests/ui/test_fuzz.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual._compositor import Compositor

if TYPE_CHECKING:
    from textual._compositor import CompositorMap


class CarefulCompositor(Compositor):
    """Knows what is on the screen even where it looks everything up anew.

    After something scrolled, whoever asks where a widget is has the whole map of widgets made again. A message that has
    gone in the meantime, or anything else that moved, is then in no difference between one map and the next, and what
    was drawn of it stays on the terminal.
    """

    @property
    def full_map(self) -> CompositorMap:
        """All widgets and where they are."""
        if self.root is None or not self._full_map_invalidated:
            return super().full_map
        drawn = self._visible_map if self._visible_map is not None else self._full_map
        found = super().full_map
        changed = (place.clip.intersection(place.region) for _, place in found.items() ^ drawn.items())
        self._dirty_regions.update(filter(None, changed))
        return found
