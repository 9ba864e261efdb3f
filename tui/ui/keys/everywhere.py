"""Keys that work everywhere."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    Key("app.quit", "ctrl+q", "quit_safely", "Quit", "Leave; a run in progress is cancelled, sessions stay.",
        priority=True),
    Key("app.palette", "ctrl+p", "command_palette", "Palette", "Find any action, command, session or theme by name.",
        shown=True, priority=True, display="^p"),
    Key("app.run", "1,f5", "area('run')", "Run", "Go to the commands, their output and the session.", display="1 f5"),
    Key("app.timeline", "2,f6", "area('timeline')", "Timeline", "Go to the snapshots of the session.",
        display="2 f6"),
    Key("app.audit", "3,f7", "area('audit')", "Audit", "Go to what was decided and changed: the audit log.",
        display="3 f7"),
    Key("app.pool", "4,f8", "area('pool')", "Pool", "Go to the machines.", display="4 f8"),
    Key("app.scenarios", "5,f9", "area('scenarios')", "Scenarios", "Go to the scenarios.", display="5 f9"),
    Key("app.maximise", "m", "screen.zoom", "Zoom", "Give the focused pane the whole screen, and back."),
    Key("app.help", "question_mark,f1", "help", "Help", "Show every key.", shown=True, display="?"),
    Key("app.setup", "f2", "set_up", "Set up", "Look at the host again, and offer to set up what it lacks."),
    Key("app.interrupt", "ctrl+c", "interrupt", "Interrupt",
        "Copy the selection, else cancel the run in progress."),
)  # fmt: skip
