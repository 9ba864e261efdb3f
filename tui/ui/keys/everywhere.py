"""Keys that work everywhere."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    Key("app.quit", "ctrl+q", "quit_safely", "Quit", "Leave; a run in progress is cancelled, sessions stay.",
        priority=True),
    Key("app.palette", "ctrl+p", "command_palette", "Palette", "Find any action, command, session or theme by name.",
        shown=True, priority=True, display="^p"),
    Key("app.help", "question_mark,f1", "help", "Help", "Show every key.", shown=True, display="?"),
    Key("app.setup", "f2", "set_up", "Set up", "Look at the host again, and offer to set up what it lacks."),
    Key("app.interrupt", "ctrl+c", "interrupt", "Interrupt",
        "Copy the selection, else cancel the run in progress."),
)  # fmt: skip
