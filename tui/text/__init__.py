"""The one sanitiser: whatever comes from a guest, a definition, a file or a hook passes here before a terminal sees it.

A terminal obeys what it is shown: escape sequences set its title and its clipboard, bidirectional controls reorder what
a person reads (CVE-2021-42574), zero-width and tag characters hide text in text. After cleaning none of them is left:

| found                                                      | becomes                                             |
|------------------------------------------------------------|-----------------------------------------------------|
| C0 controls, ESC, DEL                                      | their control picture: `␀` … `␛` … `␡`              |
| C1 controls, bidi, zero-width, tag, annotation, line and   | a visible `‹U+202E›`                                |
| paragraph separators and other invisible format characters |                                                     |
| joiners, variation selectors, soft hyphen, BOM             | nothing: harmless alone and frequent in honest text |
| lone surrogates, bytes that are not UTF-8                  | `�`                                                 |

`clean` and `clean_line` are for texts, `LineCleaner` for live output that is shown as lines with colours, and
`TerminalCleaner` for live output that goes to a terminal as it comes. Where output is concerned, escape sequences that
only move the cursor or erase are dropped, and so are SO and SI, which choose a character set; colours (SGR) are kept as
parsed styles, and strings meant for the terminal itself (title, clipboard, device control) leave a `␛`.
"""

from __future__ import annotations

from tui.text.cleaning import INVISIBLE, clean, clean_line
from tui.text.lines import LINE_LIMIT, ColouredLine, Line, LineCleaner, Span
from tui.text.sgr import PLAIN, Colour, Sgr
from tui.text.terminal import TerminalCleaner

__all__ = [
    "INVISIBLE",
    "LINE_LIMIT",
    "PLAIN",
    "Colour",
    "ColouredLine",
    "Line",
    "LineCleaner",
    "Sgr",
    "Span",
    "TerminalCleaner",
    "clean",
    "clean_line",
]
