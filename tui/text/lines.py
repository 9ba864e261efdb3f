"""Live output as lines with colours."""

from __future__ import annotations

import codecs
import copy
import re
from typing import Final, NamedTuple

from tui.text.cleaning import UNSAFE, replacement
from tui.text.sequences import SEQUENCE, pieces
from tui.text.sgr import PLAIN, Sgr, apply_sgr

LINE_LIMIT: Final = 8192
"""Characters of one output line; what is longer continues on a further line."""
TAB_STOPS: Final = 8
_SGR: Final = re.compile(r"\x1b\[([0-9;:]{0,256})m")
_RESETS: Final = ("\x1b[0m", "\x1b[m")
_NEITHER_NEWLINE_NOR_TAB: Final = {ord("\n"): None, ord("\t"): None}
_CONTROLS: Final = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n")

Span = tuple[int, int, Sgr]
"""First character, one past the last, and how they are drawn."""


class Line(NamedTuple):
    """One line of output, safe to show: no control characters, tabs expanded."""

    text: str
    spans: tuple[Span, ...] = ()
    """The parts drawn otherwise than plain, in order, without overlap."""
    cut: bool = False
    """The line was longer than `LINE_LIMIT` and goes on in the next one."""


def _overstrike(parts: list[tuple[str, Sgr]]) -> list[tuple[str, Sgr]]:
    """Let backspaces move back and what follows replace what was there, as on a terminal."""
    cells: list[tuple[str, Sgr]] = []
    column = 0
    for text, style in parts:
        for character in text:
            if character == "\b":
                column = max(column - 1, 0)
            else:
                cells[column : column + 1] = [(character, style)]
                column += 1
    return cells


def _line(raw: str, style: Sgr) -> tuple[Line, Sgr]:
    """Return one line of raw output cleaned, and the style after it."""
    parts, after = pieces(raw, style)
    if "\b" in raw:
        parts = _overstrike(parts)
    text: list[str] = []
    spans: list[Span] = []
    length = 0
    for part, look in parts:
        shown = UNSAFE.sub(replacement, part)
        if "\t" in shown:
            shown = (" " * (length % TAB_STOPS) + shown).expandtabs(TAB_STOPS)[length % TAB_STOPS :]
        if not shown:
            continue
        text.append(shown)
        if look != PLAIN:
            if spans and spans[-1][1] == length and spans[-1][2] == look:
                spans[-1] = (spans[-1][0], length + len(shown), look)
            else:
                spans.append((length, length + len(shown), look))
        length += len(shown)
    return Line("".join(text), tuple(spans)), after


class ColouredLine(NamedTuple):
    """A line of nothing but text and colours, which are parsed when somebody looks at it."""

    raw: str
    style: Sgr
    """How its beginning is drawn."""

    def parsed(self) -> Line:
        """Return the line."""
        return _line(self.raw, self.style)[0]


class LineCleaner:
    """Turns the bytes of one stream into clean lines. How the bytes are cut into chunks makes no difference.

    A carriage return starts the line anew, so a progress bar is one line that changes.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._style = PLAIN
        self._segment = ""
        self._segment_is_plain = True
        self._replaced: Line | None = None

    def copy(self) -> LineCleaner:
        """Return a cleaner that goes on from here by itself."""
        other = copy.copy(self)
        other._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        other._decoder.setstate(self._decoder.getstate())
        return other

    def feed(self, data: bytes) -> list[Line]:
        """Take more bytes and return the lines they complete."""
        text = self._decoder.decode(data)
        plain = self._plain_lines(data, text)
        return self._feed(text) if plain is None else list(map(Line, plain))

    def feed_texts(self, data: bytes) -> tuple[list[str], dict[int, Line | ColouredLine]]:
        """Take more bytes; return the texts of the lines they complete and, by index, those that may be more than text.

        Does the same as `feed`, without an object for each of a million plain lines, and without parsing the colours of
        lines that nobody may ever look at.
        """
        text = self._decoder.decode(data)
        plain = self._plain_lines(data, text)
        if plain is not None:
            return plain, {}
        coloured = self._coloured_texts(text)
        if coloured is not None:
            return coloured
        lines = self._feed(text)
        return [line.text for line in lines], {
            index: line for index, line in enumerate(lines) if line.spans or line.cut
        }

    def _plain_lines(self, data: bytes, text: str) -> list[str] | None:
        """Return the lines that `text` completes where none of it needs a closer look; else None, and nothing is taken.

        The checks on bytes are several times faster than any regular expression, and most output is plain ASCII.
        """
        if not self._segment_is_plain or self._style != PLAIN or self._replaced is not None:
            return None
        if b"\r" in data and data.count(b"\r") == data.count(b"\r\n"):
            data, text = data.replace(b"\r\n", b"\n"), text.replace("\r\n", "\n")
        if len(data.translate(None, _CONTROLS)) != len(data):
            return None
        if not data.isascii() and UNSAFE.search(text) is not None:
            return None
        lines = (self._segment + text).split("\n")
        if len(text) + len(self._segment) > LINE_LIMIT and max(map(len, lines)) > LINE_LIMIT:
            return None
        if b"\t" in data or "\t" in self._segment:
            lines[:-1] = [line.expandtabs(TAB_STOPS) for line in lines[:-1]]
        self._segment = lines.pop()
        return lines

    def finish(self) -> list[Line]:
        """Return what is left as the stream ends here; the cleaner is then as new."""
        lines = self._feed(self._decoder.decode(b"", final=True))
        if self._segment or self._replaced:
            self._end_line(lines)
        self._style = PLAIN
        return lines

    @property
    def partial(self) -> Line | None:
        """The line that is not complete yet, as it stands; None where the stream ended on a newline."""
        if self._segment:
            return _line(self._segment, self._style)[0]
        return self._replaced

    def _coloured_texts(self, text: str) -> tuple[list[str], dict[int, Line | ColouredLine]] | None:
        """Return what `feed_texts` does where `text` has only text and colours; else None, and nothing is taken.

        Many times as quick as a look at every control and every colour; compilers and test runners print little else.
        """
        whole, newline, rest = text.rpartition("\n")
        if self._replaced is not None or not newline:
            return None
        text = (self._segment + whole).replace("\r\n", "\n").removesuffix("\r")
        bare = _SGR.sub("", text)
        if not bare.translate(_NEITHER_NEWLINE_NOR_TAB).isprintable():
            return None
        if not bare.isascii() and UNSAFE.search(bare) is not None:
            return None
        rows = text.split("\n")
        if max(map(len, rows)) > LINE_LIMIT:
            return None
        texts = bare.split("\n")
        if "\t" in bare:
            texts = [row.expandtabs(TAB_STOPS) for row in texts]
        style = self._style
        coloured: dict[int, Line | ColouredLine] = {}
        for index, row in enumerate(rows):
            if "\x1b" in row:
                coloured[index] = ColouredLine(row, style)
                # Most lines end as plain as they began.
                if not row.startswith(_RESETS, row.rindex("\x1b")):
                    for parameters in _SGR.findall(row):
                        style = apply_sgr(style, parameters)
                else:
                    style = PLAIN
            elif style != PLAIN and row:
                coloured[index] = ColouredLine(row, style)
        self._segment, self._segment_is_plain, self._style = "", True, style
        for line in self._feed(rest):  # of which only what is too long for one line is complete
            coloured[len(texts)] = line
            texts.append(line.text)
        return texts, coloured

    def _feed(self, text: str) -> list[Line]:
        lines: list[Line] = []
        for number, row in enumerate(text.split("\n")):
            if number:
                self._end_line(lines)
            for index, segment in enumerate(row.split("\r")):
                if index:
                    self._carriage_return()
                if segment:
                    self._append(segment, lines)
        return lines

    def _append(self, segment: str, lines: list[Line]) -> None:
        self._replaced = None
        self._segment += segment
        self._segment_is_plain = False
        while len(self._segment) > LINE_LIMIT:
            cut = self._cut_position()
            line, self._style = _line(self._segment[:cut], self._style)
            lines.append(line._replace(cut=True))
            self._segment = self._segment[cut:]

    def _cut_position(self) -> int:
        """Return where to cut a long line: not inside an escape sequence, if it is a short one."""
        escape = self._segment.rfind("\x1b", LINE_LIMIT - 64, LINE_LIMIT)
        if escape <= 0 or SEQUENCE.match(self._segment, escape, LINE_LIMIT):
            return LINE_LIMIT
        return escape

    def _carriage_return(self) -> None:
        if self._segment:
            self._replaced, self._style = _line(self._segment, self._style)
            self._segment = ""

    def _end_line(self, lines: list[Line]) -> None:
        if self._segment:
            line, self._style = _line(self._segment, self._style)
        else:
            line = self._replaced or Line("")
        lines.append(line)
        self._segment, self._segment_is_plain, self._replaced = "", True, None
