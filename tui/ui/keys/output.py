"""Keys of the output view."""

from __future__ import annotations

from typing import Final

from tui.ui.keys.key import Key

KEYS: Final[tuple[Key, ...]] = (
    Key("output.follow", "f", "follow", "Follow", "Follow the end, or stand still.", shown=True),
    Key("output.search", "slash", "ask('search')", "Search",
        "Search: small letters find large ones too, re: begins a regular expression.", shown=True, display="/"),
    Key("output.next", "n", "match(1)", "Next", "Go to the next match."),
    Key("output.previous", "N", "match(-1)", "Previous", "Go to the match before.", display="N"),
    Key("output.filter", "ampersand", "ask('filter')", "Only rows",
        "Show only rows with a text, also while more come; ! inverts, re: begins a regular expression.", shown=True,
        display="&"),
    Key("output.source", "O", "source", "Source", "Show only stdout, only stderr, or both.", display="O"),
    Key("output.wrap", "w", "wrap", "Wrap", "Wrap long lines, or let them run beyond the edge.", shown=True),
    Key("output.times", "t", "times", "Times",
        "Show when rows came: the clock, the time since the first row, nothing."),

    Key("output.line", "v", "cursor", "Line",
        "Show the cursor of lines, by which they are chosen and copied, or take it away."),
    Key("output.range", "V", "cursor(True)", "Range", "Begin a range of lines at the cursor, or end it.",
        display="V"),
    Key("output.copy", "y", "copy", "Copy", "Copy the chosen lines, the selection of the mouse, or the match.",
        shown=True),
    Key("output.copyall", "Y", "copy_all", "Copy all", "Copy all that was printed, or all that the filter shows.",
        display="Y"),
    Key("output.pager", "P", "pager", "Pager", "Open what is shown in $PAGER, or in less.", display="P"),
    Key("output.save", "ctrl+s", "ask('save')", "Save", "Save what is shown to a file.", display="^s"),

    Key("output.top", "g,home", "top", "Top", "Go to the oldest row.", display="g"),
    Key("output.end", "G,end", "end", "End", "Go to the end and follow.", display="G"),
    Key("output.down", "j,down", "scroll_down", "Down", "One line down.", display="j ↓"),
    Key("output.up", "k,up", "scroll_up", "Up", "One line up; stops following.", display="k ↑"),
    Key("output.halfdown", "ctrl+d", "page(1)", "Half down", "Half a page down.", display="^d"),
    Key("output.halfup", "ctrl+u", "page(-1)", "Half up", "Half a page up.", display="^u"),
    Key("output.pagedown", "ctrl+f,pagedown,space", "page(2)", "Page down", "One page down.", display="^f pgdn"),
    Key("output.pageup", "ctrl+b,pageup", "page(-2)", "Page up", "One page up.", display="^b pgup"),
    Key("output.left", "h,left", "sideways(-1)", "Left", "Half a page to the left.", display="h ←"),
    Key("output.right", "l,right", "sideways(1)", "Right", "Half a page to the right.", display="l →"),
    Key("output.start", "0", "column(False)", "Line start", "To the beginning of the lines."),
    Key("output.far", "dollar_sign", "column(True)", "Line end", "To the end of the longest line.", display="$"),
    Key("output.stepdown", "right_curly_bracket", "step(1)", "Next step", "Go to the next step of the run.",
        display="}"),
    Key("output.stepup", "left_curly_bracket", "step(-1)", "Step before", "Go to the step before.", display="{"),
    Key("output.leave", "escape", "leave", "Leave", "Leave the cursor, the search, then the filter.", display="esc"),

    Key("prompt.leave", "escape", "leave", "Leave", "Leave the line; the search or the filter is as it was before.",
        shown=True, display="esc"),
)  # fmt: skip
