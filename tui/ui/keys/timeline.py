"""Keys of the Timeline area."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    Key("timeline.against", "c", "screen.against", "Compare with",
        "Compare with the snapshot before, with where the machine stands, or with the marked one.", shown=True),
    Key("timeline.mark", "space", "screen.mark", "Mark",
        "Mark the selected snapshot, to compare others with it.", shown=True),
    Key("timeline.success", "L", "screen.last_success", "Last success",
        "Put the machine back to where the last run succeeded; asks first.", display="L", changes=True),
    Key("timeline.back", "escape", "screen.back", "Back", "From the lines to the changes, then to the snapshots.",
        display="esc"),

    Key("changes.open", "enter", "open", "Lines", "Show the lines of the file that differ.", shown=True),
    Key("changes.down", "j,down", "cursor_down", "Down", "Next change.", display="j ↓"),
    Key("changes.up", "k,up", "cursor_up", "Up", "Change before.", display="k ↑"),
    Key("changes.first", "g,home", "cursor_first", "First", "First change.", display="g"),
    Key("changes.last", "G,end", "cursor_last", "Last", "Last change.", display="G"),

    Key("difference.down", "j", "scroll_down", "Down", "One line down."),
    Key("difference.up", "k", "scroll_up", "Up", "One line up."),
    Key("difference.left", "h", "scroll_left", "Left", "To the left."),
    Key("difference.right", "l", "scroll_right", "Right", "To the right."),
    Key("difference.top", "g,home", "scroll_home", "Top", "First line.", display="g"),
    Key("difference.end", "G,end", "scroll_end", "End", "Last line.", display="G"),
    Key("difference.copy", "y", "copy", "Copy", "Copy the lines as a unified diff."),
)  # fmt: skip
