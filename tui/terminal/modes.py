"""Modes of a terminal that a guest may change, and how each of them is put back.

Numbers are those of xterm's "Control Sequences" (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html).
"""

from __future__ import annotations

from typing import Final

PRIVATE: Final = {
    1: False,  # cursor keys send application codes
    5: False,  # reverse video
    6: False,  # origin at the margins
    7: True,  # wrap at the right edge
    9: False,  # mouse, as X10 reports it
    12: False,  # blinking cursor
    25: True,  # visible cursor
    45: False,  # wrap backwards
    47: False,  # alternate screen, and its younger relatives 1047 and 1049
    66: False,  # keypad sends application codes
    1000: False,  # mouse buttons
    1002: False,  # mouse drags
    1003: False,  # mouse moves
    1004: False,  # reports focus
    1005: False,  # mouse coordinates as UTF-8,
    1006: False,  # as decimal numbers,
    1015: False,  # as urxvt has them,
    1016: False,  # in pixels
    1047: False,
    1048: False,  # cursor saved
    1049: False,
    2004: False,  # brackets what is pasted
    2026: False,  # holds drawing back until a frame is complete
}
"""The private modes a guest may set and reset, with their defaults. Any other is not passed on: some resize the window,
lock the keyboard, or change what keys send so that the detach key would not be recognised."""
_SAVES: Final = 1048
"""Resetting it moves the cursor, and leaving it set harms nobody."""


class Changed:
    """What a guest has changed of a terminal since it was attached."""

    def __init__(self) -> None:
        self._private: dict[int, bool] = {}
        self.margins = False
        """Whether the scrolling region may be another than the whole screen."""
        self.cursor_style = False

    def set(self, mode: int, *, on: bool) -> None:
        """Note that a private mode was set or reset."""
        self._private[mode] = on

    def restoring(self) -> str:
        """Return what brings a terminal back to its defaults, and forget what was changed.

        What cannot do harm where nothing was changed is always in it. Leaving an alternate screen that was not entered
        would move the cursor, so that depends.
        """
        parts = [f"\x1b[?{mode}{'h' if PRIVATE[mode] else 'l'}" for mode in reversed(self._different())]
        if self.margins:
            parts.append("\x1b7\x1b[r\x1b8")
        if self.cursor_style:
            parts.append("\x1b[0 q")
        # Replace instead of insert, ASCII in both character sets and the first of them in use, numeric keypad, plain
        # text, visible cursor.
        parts.append("\x1b[4l\x1b(B\x1b)B\x0f\x1b>\x1b[0m\x1b[?25h")
        self._private.clear()
        self.margins = self.cursor_style = False
        return "".join(parts)

    def _different(self) -> list[int]:
        return [mode for mode, on in self._private.items() if on is not PRIVATE[mode] and mode != _SAVES]
