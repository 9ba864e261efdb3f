"""One key; every module of this package makes some."""

from __future__ import annotations

from tui.keymap.key import Key

__all__ = ["Key"]
