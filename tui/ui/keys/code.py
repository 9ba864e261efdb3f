"""Keys of the code editor."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

# None is a priority key: those overtake the keys typed before them, and then other code would run than was written.
KEYS: Final[tuple[Key, ...]] = (
    Key("code.run", "ctrl+r", "run", "Run", "Run the chosen blocks in order, or the whole text where it has no fences.",
        shown=True, changes=True, display="^r"),
    Key("code.cancel", "ctrl+g", "cancel_run", "Cancel", "Cancel the run in progress and roll it back.", shown=True,
        changes=True, display="^g"),
    Key("code.blocks", "ctrl+o", "blocks", "Blocks", "Go to the list of blocks, and back to the text.", shown=True,
        display="^o"),
    Key("code.close", "escape", "close", "Close", "Close; what was written stays, also across restarts.", shown=True,
        display="esc"),
    Key("code.help", "f1", "help", "Help", "List everything that can be done here, with its keys.", shown=True),
    Key("code.one", "f4", "run_block", "Run block", "Run only the block under the cursor.", shown=True, changes=True),
    Key("code.risk", "f3", "risk", "Risk", "Show all that is known of the risk, or one line.", shown=True),
    Key("code.language", "ctrl+l", "language", "Language",
        "Pick the language of the text, or of the block under the cursor.", shown=True, display="^l"),

    Key("editor.all", "f7", "select_all", "Select all", "Select the whole text."),
    Key("editor.line", "f6", "select_line", "Select line", "Select the line of the cursor."),
    Key("editor.undo", "ctrl+z", "undo", "Undo edit", "Undo the last change of the text.", display="^z"),
    Key("editor.redo", "ctrl+y", "redo", "Redo edit", "Repeat the change of the text that was undone.", display="^y"),

    Key("blocks.choose", "space", "choose", "Choose", "Run the block, or leave it out.", shown=True),
    Key("blocks.all", "a", "all", "All", "Choose every block that can run."),
    Key("blocks.none", "n", "none", "None", "Choose no block."),
    Key("blocks.output", "enter", "open", "Output", "Show what the block printed, or the text again.", shown=True),
    Key("blocks.stop", "s", "stop", "Stop", "Skip the rest after a failure, or go on."),
    Key("blocks.down", "j,down", "cursor_down", "Down", "Next block.", display="j ↓"),
    Key("blocks.up", "k,up", "cursor_up", "Up", "Previous block.", display="k ↑"),
    Key("blocks.first", "g,home", "cursor_first", "First", "First block.", display="g"),
    Key("blocks.last", "G,end", "cursor_last", "Last", "Last block.", display="G"),
)  # fmt: skip
