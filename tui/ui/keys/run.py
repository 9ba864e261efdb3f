"""Keys of the Run area."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    # Not a priority key: those overtake the keys typed before them, and then another command would run than was chosen.
    Key("main.run", "ctrl+r", "screen.run", "Run", "Run the selected command with the parameters of the form.",
        shown=True, display="^r"),
    Key("main.cancel", "x,ctrl+x", "screen.cancel", "Cancel",
        "Cancel the run in progress and roll it back.", shown=True, display="x"),
    Key("main.undo", "z", "screen.undo", "Undo", "Put the machine back before the last change of the session.",
        shown=True),
    Key("main.redo", "Z", "screen.redo", "Redo", "Repeat what was undone.", display="Z"),
    Key("main.snapshot", "s", "screen.snapshot", "Snapshot", "Keep this moment of the machine under a name.",
        shown=True),
    Key("main.sessions", "S", "screen.sessions", "Sessions", "Switch to another session or make a new one.",
        display="S"),
    Key("main.code", "e", "screen.code", "Code", "Write code and run it in the session.", shown=True),
    Key("main.filter", "slash", "screen.filter", "Filter", "Filter the commands by name, category and description.",
        display="/"),
    Key("main.commands", "1", "screen.pane('definitions')", "Commands", "Go to the commands."),
    Key("main.details", "2", "screen.pane('details')", "Command", "Go to the selected command and its parameters."),
    Key("main.output", "3", "screen.pane('output')", "Output", "Go to the output."),
    Key("main.session", "4", "screen.pane('tree')", "Session", "Go to the snapshots and runs of the session."),
    Key("main.risk", "f3,i", "screen.risk", "Risk",
        "Show all that is known of the risk, the policy and the mode, or one line.", shown=True),
    Key("main.audit", "f4,a", "screen.audit", "Audit", "Show what was decided and changed: the audit log.",
        shown=True),
    Key("main.maximise", "m", "screen.zoom", "Zoom", "Give the focused pane the whole screen, and back."),

    Key("definitions.open", "enter", "open", "Open", "Go to the parameters; with none to fill in, to the run button."),
    Key("definitions.down", "j,down", "cursor_down", "Down", "Next command.", display="j ↓"),
    Key("definitions.up", "k,up", "cursor_up", "Up", "Previous command.", display="k ↑"),
    Key("definitions.first", "g,home", "cursor_first", "First", "First command.", display="g"),
    Key("definitions.last", "G,end", "cursor_last", "Last", "Last command.", display="G"),

    Key("form.back", "escape", "screen.pane('definitions')", "Back", "Leave the form; what was typed stays."),

    Key("tree.rollback", "b,r", "rollback", "Roll back", "Put the machine back to the selected snapshot; asks first.",
        shown=True, display="b"),
    Key("tree.open", "enter", "open", "Output", "Show the output of the selected run."),
    Key("tree.pin", "p", "pin", "Pin", "Keep the selected snapshot from being collected, or no longer."),
    Key("tree.name", "n", "name", "Name", "Give the selected snapshot a name."),
    Key("tree.down", "j,down", "cursor_down", "Down", "Next entry.", display="j ↓"),
    Key("tree.up", "k,up", "cursor_up", "Up", "Previous entry.", display="k ↑"),
    Key("tree.first", "g,home", "cursor_first", "First", "Newest entry.", display="g"),
    Key("tree.last", "G,end", "cursor_last", "Last", "Oldest entry.", display="G"),
)  # fmt: skip
