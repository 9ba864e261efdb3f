"""Every key of the application, in one table.

A key's id is `scope.verb`. Widgets and screens take the bindings of their scope from here, the help screen and the
command palette list them, and a test compares the table with what is bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from textual.binding import Binding, BindingType

Scope = Literal[
    "app",
    "main",
    "definitions",
    "form",
    "output",
    "tree",
    "code",
    "auditscreen",
    "audit",
    "record",
    "approval",
    "dialog",
]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
SCOPE_TITLES: Final[dict[Scope, str]] = {
    "app": "Everywhere",
    "main": "Main screen",
    "definitions": "Commands",
    "form": "Command and its parameters",
    "output": "Output",
    "tree": "Session",
    "code": "Code",
    "auditscreen": "Audit log",
    "audit": "Records of the audit log",
    "record": "One record of the audit log",
    "approval": "The question before a run",
    "dialog": "Dialogs",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One binding."""

    id: str
    keys: str
    """Separated by commas, as Textual names them."""
    action: str
    label: str
    """For the footer: at most 12 characters."""
    help: str
    """A sentence for the help screen."""
    shown: bool = False
    """In the footer, where there is room."""
    priority: bool = False
    """Before the focused widget sees the key."""
    display: str | None = None

    @property
    def scope(self) -> str:
        """Where the key works."""
        return self.id.partition(".")[0]

    @property
    def shown_keys(self) -> str:
        """The keys as a person reads them."""
        return self.display or " ".join(_KEY_NAMES.get(key, key) for key in self.keys.split(","))

    def to_binding(self) -> Binding:
        """Return what Textual takes."""
        return Binding(
            self.keys,
            self.action,
            self.label,
            show=self.shown,
            priority=self.priority,
            key_display=self.display,
            tooltip=self.help,
            id=self.id,
        )


_KEY_NAMES: Final = {
    "question_mark": "?", "slash": "/", "escape": "esc", "ctrl+r": "^r", "ctrl+x": "^x", "ctrl+p": "^p",
    "ctrl+q": "^q", "ctrl+c": "^c", "ctrl+n": "^n", "colon": ":", "space": "space", "left_square_bracket": "[",
    "right_square_bracket": "]", "pageup": "pgup", "pagedown": "pgdn",
    "up": "↑", "down": "↓", "left": "←", "right": "→",
}  # fmt: skip

TABLE: Final[tuple[Key, ...]] = (
    Key("app.quit", "ctrl+q", "quit_safely", "Quit", "Leave; a run in progress is cancelled, sessions stay.",
        priority=True),
    Key("app.palette", "ctrl+p", "command_palette", "Palette", "Find any action, command, session or theme by name.",
        shown=True, priority=True, display="^p"),
    Key("app.help", "question_mark,f1", "help", "Help", "Show every key.", shown=True, display="?"),
    Key("app.setup", "f2", "set_up", "Set up", "Look at the host again, and offer to set up what it lacks."),
    Key("app.interrupt", "ctrl+c", "interrupt", "Interrupt",
        "Copy the selection, else cancel the run in progress."),

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

    Key("output.follow", "f", "follow", "Follow", "Follow the end, or stand still."),
    Key("output.wrap", "w", "wrap", "Wrap", "Wrap long lines, or let them run beyond the edge."),
    Key("output.copy", "y", "copy_all", "Copy", "Copy the selection, or all output."),
    Key("output.top", "g,home", "top", "Top", "Go to the oldest row.", display="g"),
    Key("output.end", "G,end", "end", "End", "Go to the end and follow.", display="G"),
    Key("output.down", "j", "scroll_down", "Down", "One line down."),
    Key("output.up", "k", "scroll_up", "Up", "One line up; stops following."),
    Key("output.left", "h", "scroll_left", "Left", "To the left."),
    Key("output.right", "l", "scroll_right", "Right", "To the right."),

    Key("tree.rollback", "b,r", "rollback", "Roll back", "Put the machine back to the selected snapshot; asks first.",
        shown=True, display="b"),
    Key("tree.open", "enter", "open", "Output", "Show the output of the selected run."),
    Key("tree.pin", "p", "pin", "Pin", "Keep the selected snapshot from being collected, or no longer."),
    Key("tree.name", "n", "name", "Name", "Give the selected snapshot a name."),
    Key("tree.down", "j,down", "cursor_down", "Down", "Next entry.", display="j ↓"),
    Key("tree.up", "k,up", "cursor_up", "Up", "Previous entry.", display="k ↑"),
    Key("tree.first", "g,home", "cursor_first", "First", "Newest entry.", display="g"),
    Key("tree.last", "G,end", "cursor_last", "Last", "Oldest entry.", display="G"),

    Key("code.run", "ctrl+r", "run", "Run", "Run the code in the session.", shown=True, priority=True, display="^r"),
    Key("code.close", "escape", "close", "Close", "Close; what was typed stays until Rollcage ends.", shown=True,
        priority=True, display="esc"),

    Key("code.risk", "f3", "risk", "Risk", "Show all that is known of the risk, or one line.", shown=True,
        priority=True),

    Key("auditscreen.filter", "slash", "filter", "Filter",
        "Filter by result: kind: command: session: user: run: since: until:, each with a value.", shown=True,
        display="/"),
    Key("auditscreen.verify", "v", "verify", "Verify", "Check that nothing in the log was changed.", shown=True),
    Key("auditscreen.close", "escape", "close", "Close",
        "From the filter to the records; then without the filter; then back.", shown=True, display="esc"),

    Key("audit.open", "enter", "open", "Record", "Show the whole record.", shown=True),
    Key("audit.follow", "G,end", "cursor_last", "Follow", "Go to the newest record and follow.", shown=True,
        display="G"),
    Key("audit.first", "g,home", "cursor_first", "First", "Go to the oldest record.", display="g"),
    Key("audit.down", "j,down", "cursor_down", "Down", "Next record; the last one follows what comes.",
        display="j ↓"),
    Key("audit.up", "k,up", "cursor_up", "Up", "Previous record; stops following.", display="k ↑"),
    Key("audit.pagedown", "pagedown", "cursor_page(1)", "Page down", "One page down."),
    Key("audit.pageup", "pageup", "cursor_page(-1)", "Page up", "One page up."),

    Key("record.copy", "y", "copy", "Copy", "Copy the record.", shown=True),

    Key("approval.deny", "n,d", "cancel", "Deny", "Do not run it, this time.", display="n"),
    Key("approval.once", "a", "once", "Allow once", "Run it, this time."),
    Key("approval.session", "s", "session", "Allow", "Run it, and do not ask about it again in this session."),
    Key("approval.always", "D", "always", "Deny always", "Do not run it, now and for good.", display="D"),
    Key("approval.down", "pagedown,j", "page(1)", "Page down", "Read on.", display="pgdn j"),
    Key("approval.up", "pageup,k", "page(-1)", "Page up", "Back.", display="pgup k"),

    Key("dialog.cancel", "escape", "cancel", "Cancel", "Close without doing anything.", shown=True, display="esc"),
)  # fmt: skip


def keys_of(scope: Scope) -> list[Key]:
    """Return the keys of a scope, in the order of the table."""
    return [key for key in TABLE if key.scope == scope]


def bindings_of(scope: Scope) -> list[BindingType]:
    """Return the bindings of a scope, for `BINDINGS`."""
    return [key.to_binding() for key in keys_of(scope)]
