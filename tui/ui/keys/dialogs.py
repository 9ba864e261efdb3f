"""Keys of dialogs."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    Key("approval.deny", "n,d", "cancel", "Deny", "Do not run it, this time.", display="n"),
    Key("approval.once", "a", "once", "Allow once", "Run it, this time."),
    Key("approval.session", "s", "session", "Allow", "Run it, and do not ask about it again in this session."),
    Key("approval.always", "D", "always", "Deny always", "Do not run it, now and for good.", display="D"),
    Key("approval.down", "pagedown,j", "page(1)", "Page down", "Read on.", display="pgdn j"),
    Key("approval.up", "pageup,k", "page(-1)", "Page up", "Back.", display="pgup k"),

    Key("sessions.down", "j", "cursor_down", "Down", "Next session; so does ↓."),
    Key("sessions.up", "k", "cursor_up", "Up", "Previous session; so does ↑."),
    Key("sessions.first", "g", "first", "First", "First session."),
    Key("sessions.last", "G", "last", "Last", "Last session.", display="G"),

    Key("finder.down", "down,ctrl+n", "move(1)", "Down", "Next one.", display="↓ ^n"),
    Key("finder.up", "up", "move(-1)", "Up", "One before."),
    Key("finder.pagedown", "pagedown", "page(1)", "Page down", "One page down."),
    Key("finder.pageup", "pageup", "page(-1)", "Page up", "One page up."),

    Key("dialog.cancel", "escape", "cancel", "Close", "Close without doing anything.", shown=True, display="esc",
        essential=True),
)  # fmt: skip
