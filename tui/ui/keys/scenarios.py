"""Keys of the Scenarios area."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    Key("scenarios.run", "ctrl+r", "screen.carry_out", "Run",
        "Run the chosen scenario, or the rest of the one that is paused.", shown=True, display="^r", changes=True),
    Key("scenarios.step", "n", "screen.step", "Step",
        "Run the chosen scenario step by step: once for each step.", shown=True, changes=True),
    Key("scenarios.stop", "x,ctrl+x", "screen.halt", "Stop",
        "Stop the scenario; its run is killed, and its session deleted unless it is a named one.", shown=True,
        display="x ^x", changes=True, essential=True),
    Key("scenarios.every", "R", "screen.every", "Run every", "Run every scenario, one after the other.", shown=True,
        changes=True),
    Key("scenarios.edit", "e", "screen.edit", "Edit",
        "Open the file of the scenario in $VISUAL or $EDITOR; of one that is shipped, show where it is.", shown=True,
        changes=True),
    Key("scenarios.back", "escape", "screen.pane('scenarios')", "Back", "Go to the list of scenarios.", display="esc"),

    Key("scenariolist.run", "enter", "screen.carry_out", "Run",
        "Run the scenario, or the rest of the one that is paused.", changes=True),
    Key("scenariolist.copy", "y", "screen.copy_report", "Copy", "Copy what came of the scenario, as text."),
    Key("scenariolist.down", "j,down", "cursor_down", "Down", "Next scenario.", display="j ↓"),
    Key("scenariolist.up", "k,up", "cursor_up", "Up", "Previous scenario.", display="k ↑"),
    Key("scenariolist.first", "g,home", "cursor_first", "First", "First scenario.", display="g"),
    Key("scenariolist.last", "G,end", "cursor_last", "Last", "Last scenario.", display="G"),

    Key("steps.open", "enter", "open", "Output", "Show what the step printed."),
    Key("steps.copy", "y", "screen.copy_report", "Copy", "Copy what came of the scenario, as text."),
    Key("steps.down", "j,down", "cursor_down", "Down", "Read on, then the next step.", display="j ↓"),
    Key("steps.up", "k,up", "cursor_up", "Up", "Back, then the step before.", display="k ↑"),
    Key("steps.first", "g,home", "cursor_first", "First", "First step, and what the scenario is about.", display="g"),
    Key("steps.last", "G,end", "cursor_last", "Last",
        "Last step; while the scenario runs, go with the step that is carried out.", display="G"),
)  # fmt: skip
