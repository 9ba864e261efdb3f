"""Keys of the Run area."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    # Not a priority key: those overtake the keys typed before them, and then another command would run than was chosen.
    Key("run.run", "ctrl+r", "screen.run", "Run", "Run the selected command with the parameters of the form.",
        shown=True, display="^r", changes=True),
    Key("run.cancel", "x,ctrl+x", "screen.cancel", "Cancel",
        "Cancel the run in progress and roll it back.", shown=True, display="x ^x", changes=True, essential=True),
    Key("session.undo", "z", "screen.undo", "Undo", "Put the machine back before the last change of the session.",
        shown=True, changes=True),
    Key("session.redo", "Z", "screen.redo", "Redo", "Repeat what was undone.", changes=True),
    Key("session.snapshot", "s", "screen.snapshot", "Snapshot", "Keep this moment of the machine under a name.",
        shown=True, changes=True),
    Key("session.sessions", "S", "screen.sessions", "Sessions", "Switch to another session or make a new one.",
        display="S"),
    Key("run.code", "e", "screen.code", "Code", "Write code and run it in the session.", shown=True, changes=True),
    Key("run.shell", "exclamation_mark", "screen.shell", "Shell", "Open a shell in the session, on this terminal.",
        changes=True),
    Key("run.filter", "slash", "screen.filter", "Filter", "Filter the commands by name, category and description.",
        display="/"),
    Key("run.back", "escape", "screen.back", "Back",
        "Clear the filter of the commands; from everywhere else in the area, go to the commands.", display="esc"),
    Key("run.risk", "f3,i", "screen.risk", "Risk",
        "Show all that is known of the risk, the policy and the mode, or one line.", shown=True),

    Key("definitions.open", "enter", "open", "Open", "Go to the parameters; with none to fill in, to the run button.",
        shown=True),
    Key("definitions.down", "j,down", "cursor_down", "Down", "Next command.", display="j ↓"),
    Key("definitions.up", "k,up", "cursor_up", "Up", "Previous command.", display="k ↑"),
    Key("definitions.first", "g,home", "cursor_first", "First", "First command.", display="g"),
    Key("definitions.last", "G,end", "cursor_last", "Last", "Last command.", display="G"),

    Key("definitions.right", "l,right", "screen.next_pane(1)", "Next pane", "Go to the pane at the right.",
        display="l →"),

    Key("form.open", "enter", "enter", "Fill in", "Go to the first parameter; with none, to the run button.",
        shown=True),
    Key("form.down", "j", "scroll_down", "Down", "Read on."),
    Key("form.up", "k", "scroll_up", "Up", "Back."),
    Key("form.first", "g", "scroll_home", "Top", "To the beginning."),
    Key("form.last", "G", "scroll_end", "End", "To the end."),
    Key("form.left", "h", "screen.next_pane(-1)", "Pane before", "Go to the pane at the left."),
    Key("form.right", "l", "screen.next_pane(1)", "Next pane", "Go to the pane at the right."),
    Key("form.back", "escape", "screen.pane('definitions')", "Back", "Leave the form; what was typed stays.",
        shown=True),

    Key("tree.rollback", "b,r", "rollback", "Roll back", "Put the machine back to the selected snapshot; asks first.",
        shown=True, display="b r", changes=True),
    Key("tree.open", "enter", "open", "Output", "Show the output of the selected run.", shown=True),
    Key("tree.pin", "p", "pin", "Pin", "Keep the selected snapshot from being collected, or no longer.",
        changes=True),
    Key("tree.name", "n", "name", "Name", "Give the selected snapshot a name.", changes=True),
    Key("tree.branch", "B", "branch", "Branch", "Begin a new session from the selected snapshot.", changes=True),
    Key("tree.delete", "X,delete", "delete", "Delete", "Delete the selected snapshot; asks first.", changes=True,
        display="X del"),
    Key("tree.left", "h,left", "screen.next_pane(-1)", "Pane before", "Go to the pane at the left.", display="h ←"),
    Key("tree.down", "j,down", "cursor_down", "Down", "Next entry.", display="j ↓"),
    Key("tree.up", "k,up", "cursor_up", "Up", "Previous entry.", display="k ↑"),
    Key("tree.first", "g,home", "cursor_first", "First", "Newest entry.", display="g"),
    Key("tree.last", "G,end", "cursor_last", "Last", "Oldest entry.", display="G"),
)  # fmt: skip
