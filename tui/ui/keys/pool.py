"""Keys of the Pool area."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    Key("pool.log", "l", "screen.log", "Log", "Go to the console log of the chosen machine."),
    Key("pool.restart", "r", "screen.restart", "Restart",
        "Put a fresh machine in the place of the chosen one; a session's keeps all it holds, and you are asked first.",
        shown=True, changes=True),
    Key("pool.discard", "x", "screen.discard", "Discard",
        "Discard the chosen machine; what a session's holds is kept, and you are asked first.", shown=True,
        changes=True),
    Key("pool.drain", "d", "screen.drain", "Drain/resume",
        "Discard the machines that wait and make no more; once more makes them again.", shown=True,
        changes=True),
    Key("pool.back", "escape", "screen.pane('machines')", "Back", "Go to the list of machines.", display="esc"),

    Key("machines.open", "enter", "open", "Log", "Go to the console log of the machine.", shown=True),
    Key("machines.down", "j,down", "cursor_down", "Down", "Next machine.", display="j ↓"),
    Key("machines.up", "k,up", "cursor_up", "Up", "Previous machine.", display="k ↑"),
    Key("machines.first", "g,home", "cursor_first", "First", "First machine.", display="g"),
    Key("machines.last", "G,end", "cursor_last", "Last", "Last machine.", display="G"),

    Key("poolpane.down", "j", "scroll_down", "Down", "Read on."),
    Key("poolpane.up", "k", "scroll_up", "Up", "Back."),
    Key("poolpane.first", "g", "scroll_home", "Top", "To the beginning."),
    Key("poolpane.last", "G", "scroll_end", "End", "To the end.", display="G"),
)  # fmt: skip
