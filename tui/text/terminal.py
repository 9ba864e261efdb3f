"""Live output as text for a real terminal."""

from __future__ import annotations

import codecs
import re
from typing import Final

from tui.text.cleaning import UNSAFE, replacement
from tui.text.sequences import pieces
from tui.text.sgr import PLAIN

_UNFINISHED: Final = re.compile(
    r"\x1b(?:\[[0-?]{0,256}[ -/]{0,8}|[\]PX^_][^\x07\x1b\x9c\n\r]{0,4096}\x1b?|[ -/]{0,8})?\Z"
)
_KEEPING_MOTION: Final = re.compile(r"(?![\r\x08])" + UNSAFE.pattern)


class TerminalCleaner:
    """Turns the bytes of one stream into text a real terminal may print at once.

    Newlines, tabs, carriage returns and backspaces stay, as do colours, written anew from what was parsed; every
    other sequence is dropped.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._style = PLAIN

    def feed(self, data: bytes) -> str:
        """Take more bytes and return what may be printed now; an unfinished sequence waits for its end."""
        return self._emit(self._pending + self._decoder.decode(data), final=False)

    def finish(self) -> str:
        """Return what is left as the stream ends here, with the colours of the terminal put back."""
        text = self._emit(self._pending + self._decoder.decode(b"", final=True), final=True)
        reset = "" if self._style == PLAIN else PLAIN.to_escape()
        self._style = PLAIN
        return text + reset

    def _emit(self, text: str, *, final: bool) -> str:
        self._pending = ""
        if not final and (unfinished := _UNFINISHED.search(text)):
            text, self._pending = text[: unfinished.start()], unfinished[0]
        parts, after = pieces(text, self._style)
        shown: list[str] = []
        for part, look in parts:
            if look != self._style:
                shown.append(look.to_escape())
                self._style = look
            shown.append(_KEEPING_MOTION.sub(replacement, part))
        if after != self._style:
            shown.append(after.to_escape())
            self._style = after
        return "".join(shown)
