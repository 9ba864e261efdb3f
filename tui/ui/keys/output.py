"""Keys of the output view."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    Key("output.follow", "f", "follow", "Follow", "Follow the end, or stand still."),
    Key("output.wrap", "w", "wrap", "Wrap", "Wrap long lines, or let them run beyond the edge."),
    Key("output.copy", "y", "copy_all", "Copy", "Copy the selection, or all output."),
    Key("output.top", "g,home", "top", "Top", "Go to the oldest row.", display="g"),
    Key("output.end", "G,end", "end", "End", "Go to the end and follow.", display="G"),
    Key("output.down", "j", "scroll_down", "Down", "One line down."),
    Key("output.up", "k", "scroll_up", "Up", "One line up; stops following."),
    Key("output.left", "h", "scroll_left", "Left", "To the left."),
    Key("output.right", "l", "scroll_right", "Right", "To the right."),
)  # fmt: skip
