"""Keys that work everywhere."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    Key("app.quit", "ctrl+q", "quit_safely", "Quit", "Leave; a run in progress is cancelled, sessions stay.",
        priority=True, essential=True),
    Key("app.palette", "ctrl+p", "command_palette", "Palette",
        "Find any action, command, session, snapshot, area, scenario or theme by name.",
        shown=True, priority=True, display="^p"),
    Key("app.command", "colon", "command_palette", "Palette", "The same, where no text field has the focus."),
    Key("app.run", "1,f5", "area('run')", "Run", "Go to the commands, their output and the session.", display="1 f5"),
    Key("app.timeline", "2,f6", "area('timeline')", "Timeline", "Go to the snapshots of the session.",
        display="2 f6"),
    Key("app.audit", "3,f7", "area('audit')", "Audit", "Go to what was decided and changed: the audit log.",
        display="3 f7"),
    Key("app.pool", "4,f8", "area('pool')", "Pool", "Go to the machines.", display="4 f8"),
    Key("app.scenarios", "5,f9", "area('scenarios')", "Scenarios", "Go to the scenarios.", display="5 f9"),
    Key("app.help", "question_mark,f1", "help", "Help",
        "List everything that can be done, with its keys; enter does it.", shown=True, display="? f1"),
    Key("app.setup", "f2", "set_up", "Set up", "Look at the host again, and offer to set up what it lacks.",
        changes=True),
    Key("app.interrupt", "ctrl+c", "interrupt", "Interrupt",
        "Copy the selection, else cancel the run in progress."),

    Key("area.jump", "o,ctrl+o", "jump", "Jump to",
        "Show a letter on everything that can have the focus; that letter goes there.",
        display="o ^o"),
    Key("area.previous", "left_square_bracket", "next_pane(-1)", "Pane before", "Go to the pane before."),
    Key("area.next", "right_square_bracket", "next_pane(1)", "Next pane", "Go to the next pane."),
    Key("area.maximise", "m", "zoom", "Maximise", "Give the focused pane the whole screen, and back."),

    Key("list.pagedown", "ctrl+f,pagedown", "cursor_page(1)", "Page down", "One page down.", display="^f pgdn"),
    Key("list.pageup", "ctrl+b,pageup", "cursor_page(-1)", "Page up", "One page up.", display="^b pgup"),
    Key("list.halfdown", "ctrl+d", "cursor_page(0.5)", "Half down", "Half a page down."),
    Key("list.halfup", "ctrl+u", "cursor_page(-0.5)", "Half up", "Half a page up."),

    Key("line.done", "enter", "submit", "Done",
        "Finish the line: run the command of the form, go to what a filter shows, do what was asked for.", shown=True,
        essential=True),

    Key("text.pagedown", "ctrl+f", "page_down", "Page down", "One page down; so does pgdn."),
    Key("text.pageup", "ctrl+b", "page_up", "Page up", "One page up; so does pgup."),
    Key("text.halfdown", "ctrl+d", "half_page(1)", "Half down", "Half a page down."),
    Key("text.halfup", "ctrl+u", "half_page(-1)", "Half up", "Half a page up."),
)  # fmt: skip
