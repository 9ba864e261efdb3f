"""Keys of the Pool area."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = ()
