"""Keys of the audit log."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    Key("auditarea.filter", "slash", "filter", "Filter",
        "Filter by result: kind: command: session: user: run: since: until:, each with a value.", shown=True,
        display="/"),
    Key("auditarea.verify", "v", "verify", "Verify", "Check that nothing in the log was changed.", shown=True),
    Key("auditarea.close", "escape", "close", "Back",
        "From the filter to the records; then without the filter.", shown=True, display="esc"),

    Key("audit.open", "enter", "open", "Record", "Show the whole record.", shown=True),
    Key("audit.follow", "G,end", "cursor_last", "Follow", "Go to the newest record and follow.", shown=True,
        display="G"),
    Key("audit.first", "g,home", "cursor_first", "First", "Go to the oldest record.", display="g"),
    Key("audit.down", "j,down", "cursor_down", "Down", "Next record; the last one follows what comes.",
        display="j ↓"),
    Key("audit.up", "k,up", "cursor_up", "Up", "Previous record; stops following.", display="k ↑"),

    Key("record.copy", "y", "copy", "Copy", "Copy the record.", shown=True),
)  # fmt: skip
