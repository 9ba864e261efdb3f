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
only move the cursor or erase are dropped, colours (SGR) are kept as parsed styles, and strings meant for the terminal
itself (title, clipboard, device control) leave a `␛`.
"""

from __future__ import annotations

import codecs
import copy
import functools
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

LINE_LIMIT: Final = 8192
"""Characters of one output line; what is longer continues on a further line."""
TAB_STOPS: Final = 8

_DROPPED: Final = ((0x00AD, 0x00AD), (0x200C, 0x200D), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xE0100, 0xE01EF))
_MARKED: Final = (
    (0x0080, 0x009F), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200B), (0x200E, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x13430, 0x1345F), (0x1BCA0, 0x1BCAF), (0x1D173, 0x1D17A),
    (0xE0000, 0xE00FF), (0xE01F0, 0xE0FFF),
)  # fmt: skip


def _replacement(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    if 0xD800 <= code <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    if any(first <= code <= last for first, last in _DROPPED):
        return ""
    return f"‹U+{code:04X}›"


def _character_class(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


INVISIBLE: Final = re.compile(f"[{_character_class(_MARKED)}]")
"""C1 controls, bidirectional controls and invisible characters that texts have no honest use for, one at a time."""
_UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f" + _character_class((*_DROPPED, *_MARKED, (0xD800, 0xDFFF))) + "]")


def clean(text: str | bytes) -> str:
    """Return `text` safe to show on several lines: newlines and tabs stay, all else is as the table above says."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_replacement, text.replace("\r\n", "\n"))


def clean_line(text: str | bytes, limit: int | None = None) -> str:
    """Return `text` safe to show in one line of at most `limit` characters; newlines become `␤`, tabs spaces."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 1, 0)] + "…"
    cleaned = clean(text)
    if "\n" in cleaned or "\t" in cleaned:
        cleaned = cleaned.rstrip("\n").replace("\n", "\N{SYMBOL FOR NEWLINE}").replace("\t", " ")
    return cleaned if limit is None or len(cleaned) <= limit else cleaned[: max(limit - 1, 0)] + "…"


# --- colours -------------------------------------------------------------------------------------------------------

Colour = int | tuple[int, int, int] | None
"""An entry of the 256-colour palette, red-green-blue, or None for the terminal's own."""


class Sgr(NamedTuple):
    """How text is drawn, as "select graphic rendition" sequences set it (ECMA-48, 8.3.117).

    Blinking and concealment are not kept: the one disturbs, the other hides.
    """

    foreground: Colour = None
    background: Colour = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    strike: bool = False

    def to_escape(self) -> str:
        """Return the sequence that selects this rendition, and nothing else, on a terminal."""
        codes = ["0"]
        for on, code in zip(self[2:], ("1", "2", "3", "4", "7", "9"), strict=True):
            if on:
                codes.append(code)
        for colour, base in ((self.foreground, "38"), (self.background, "48")):
            if isinstance(colour, int):
                codes.append(f"{base};5;{colour}")
            elif colour is not None:
                codes.append(f"{base};2;{colour[0]};{colour[1]};{colour[2]}")
        return f"\x1b[{';'.join(codes)}m"


PLAIN: Final = Sgr()
_FLAGS_ON: Final = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike", 21: "underline"}
_FLAGS_OFF: Final = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}


@functools.lru_cache(maxsize=512)
def _apply_sgr(style: Sgr, parameters: str) -> Sgr:
    """Return `style` changed by the parameters between `ESC [` and `m`."""
    codes = [int(part) if part.isdigit() else 0 for part in _flatten(parameters)[:64]]
    position = 0
    while position < len(codes):
        code = codes[position]
        position += 1
        if code == 0:
            style = PLAIN
        elif code in _FLAGS_ON:
            style = style._replace(**{_FLAGS_ON[code]: True})
        elif code in _FLAGS_OFF:
            style = style._replace(**dict.fromkeys(_FLAGS_OFF[code], False))
        elif code in (38, 48):
            colour, position = _extended_colour(codes, position)
            style = style._replace(foreground=colour) if code == 38 else style._replace(background=colour)
        elif code == 39:
            style = style._replace(foreground=None)
        elif code == 49:
            style = style._replace(background=None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = style._replace(foreground=code - 30 if code < 90 else code - 82)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style = style._replace(background=code - 40 if code < 100 else code - 92)
    if style.foreground is not None and style.foreground == style.background:
        return style._replace(foreground=None, background=None)  # text in the colour of its background is hidden
    return style


def _flatten(parameters: str) -> list[str]:
    """Return parameters as the `;` form has them; `38:2::1:2:3` carries a colour space that form lacks."""
    parts: list[str] = []
    for parameter in parameters.split(";"):
        fields = parameter.split(":")
        if len(fields) >= 6 and fields[0] in ("38", "48") and fields[1] == "2":
            del fields[2]
        if len(fields) > 1 and fields[0] == "4":
            fields = ["24" if fields[1] == "0" else "4"]
        parts += fields
    return parts


def _extended_colour(codes: list[int], position: int) -> tuple[Colour, int]:
    match codes[position : position + 4]:
        case [5, index, *_]:
            return min(index, 255), position + 2
        case [2, red, green, blue]:
            return (min(red, 255), min(green, 255), min(blue, 255)), position + 4
        case _:
            return None, len(codes)


# --- live output ---------------------------------------------------------------------------------------------------

_SEQUENCE: Final = re.compile(
    r"\x1b\[(?P<parameters>[0-?]{0,256})(?P<between>[ -/]{0,8})(?P<final>[@-~])"
    r"|\x1b(?P<string>[\]PX^_][^\x07\x1b\x9c\n\r]{0,4096})(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]{1,8}[0-~]"
    r"|\x1b[0-OQ-WYZ\\`-~]"
)
_SGR: Final = re.compile(r"\x1b\[([0-9;:]{0,256})m")
_SGR_PARAMETERS: Final = re.compile(r"[0-9;:]*")
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


def _pieces(raw: str, style: Sgr) -> tuple[list[tuple[str, Sgr]], Sgr]:
    """Return the visible parts of `raw`, still with controls that belong to no sequence, and the style after it."""
    parts: list[tuple[str, Sgr]] = []
    end = 0
    for match in _SEQUENCE.finditer(raw):
        if match.start() > end:
            parts.append((raw[end : match.start()], style))
        end = match.end()
        if match["final"] == "m" and not match["between"] and _SGR_PARAMETERS.fullmatch(match["parameters"]):
            style = _apply_sgr(style, match["parameters"])
        elif (string := match["string"]) and not string.startswith("]8;"):
            parts.append(("\N{SYMBOL FOR ESCAPE}", style))
    if end < len(raw):
        parts.append((raw[end:], style))
    return parts, style


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
    parts, after = _pieces(raw, style)
    if "\b" in raw:
        parts = _overstrike(parts)
    text: list[str] = []
    spans: list[Span] = []
    length = 0
    for part, look in parts:
        shown = _UNSAFE.sub(_replacement, part)
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
        if not data.isascii() and _UNSAFE.search(text) is not None:
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
        if not bare.isascii() and _UNSAFE.search(bare) is not None:
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
                        style = _apply_sgr(style, parameters)
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
        if escape <= 0 or _SEQUENCE.match(self._segment, escape, LINE_LIMIT):
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


_UNFINISHED: Final = re.compile(
    r"\x1b(?:\[[0-?]{0,256}[ -/]{0,8}|[\]PX^_][^\x07\x1b\x9c\n\r]{0,4096}\x1b?|[ -/]{0,8})?\Z"
)


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
        parts, after = _pieces(text, self._style)
        shown: list[str] = []
        for part, look in parts:
            if look != self._style:
                shown.append(look.to_escape())
                self._style = look
            shown.append(_KEEPING_MOTION.sub(_replacement, part))
        if after != self._style:
            shown.append(after.to_escape())
            self._style = after
        return "".join(shown)


_KEEPING_MOTION: Final = re.compile(r"(?![\r\x08])" + _UNSAFE.pattern)
