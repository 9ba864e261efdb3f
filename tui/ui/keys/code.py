"""Keys of the code editor."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    Key("code.run", "ctrl+r", "run", "Run", "Run the code in the session.", shown=True, priority=True, display="^r"),
    Key("code.close", "escape", "close", "Close", "Close; what was typed stays until Rollcage ends.", shown=True,
        priority=True, display="esc"),
    Key("code.risk", "f3", "risk", "Risk", "Show all that is known of the risk, or one line.", shown=True,
        priority=True),
)  # fmt: skip
