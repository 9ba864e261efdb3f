"""Keys of the Run area."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    # Not a priority key: those overtake the keys typed before them, and then another command would run than was chosen.
    Key("run.run", "ctrl+r", "screen.run", "Run", "Run the selected command with the parameters of the form.",
        shown=True, display="^r"),
    Key("run.cancel", "x,ctrl+x", "screen.cancel", "Cancel",
        "Cancel the run in progress and roll it back.", shown=True, display="x"),
    Key("session.undo", "z", "screen.undo", "Undo", "Put the machine back before the last change of the session.",
        shown=True),
    Key("session.redo", "Z", "screen.redo", "Redo", "Repeat what was undone.", display="Z"),
    Key("session.snapshot", "s", "screen.snapshot", "Snapshot", "Keep this moment of the machine under a name.",
        shown=True),
    Key("session.sessions", "S", "screen.sessions", "Sessions", "Switch to another session or make a new one.",
        display="S"),
    Key("run.code", "e", "screen.code", "Code", "Write code and run it in the session.", shown=True),
    Key("run.filter", "slash", "screen.filter", "Filter", "Filter the commands by name, category and description.",
        display="/"),
    Key("run.previous", "left_square_bracket", "screen.next_pane(-1)", "Pane before", "Go to the pane before."),
    Key("run.next", "right_square_bracket", "screen.next_pane(1)", "Next pane", "Go to the next pane."),
    Key("run.risk", "f3,i", "screen.risk", "Risk",
        "Show all that is known of the risk, the policy and the mode, or one line.", shown=True),

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
    Key("tree.branch", "B", "branch", "Branch", "Begin a new session from the selected snapshot.", display="B"),
    Key("tree.delete", "X,delete", "delete", "Delete", "Delete the selected snapshot; asks first.", display="X"),
    Key("tree.down", "j,down", "cursor_down", "Down", "Next entry.", display="j ↓"),
    Key("tree.up", "k,up", "cursor_up", "Up", "Previous entry.", display="k ↑"),
    Key("tree.first", "g,home", "cursor_first", "First", "Newest entry.", display="g"),
    Key("tree.last", "G,end", "cursor_last", "Last", "Oldest entry.", display="G"),
)  # fmt: skip
