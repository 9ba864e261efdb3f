"""What of a guest's output may reach the user's own terminal, where a full-screen program needs the terminal itself.

`tui.text` shows output as text; here it drives a terminal, so sequences pass, but only those on a list. What leaves the
filter consists of printable characters, of the controls below and of complete sequences, written anew from what was
parsed: a terminal has nothing to interpret on its own.

| passes                                              | why                                                      |
|-----------------------------------------------------|----------------------------------------------------------|
| BEL BS HT LF VT FF CR SO SI                         | text                                                     |
| CSI: cursor, erase, insert, delete, scroll, repeat  | drawing; not erasing what has scrolled off (3 J)         |
| CSI m, CSI SP q                                     | colours, shape of the cursor                             |
| CSI ? h, l for the modes of `modes.PRIVATE`         | alternate screen, mouse, bracketed paste, cursor …       |
| CSI 4 h, l; CSI r; CSI s, u; CSI ! p                | insert mode, margins, saved cursor, soft reset           |
| CSI 6 n, a few at a time                            | "where is the cursor": its answer is numbers only        |
| ESC 7 8 = > D E M, ESC ( and ) with 0, A or B       | saved cursor, keypad, scrolling, line drawing            |

| is dropped                                          | what it could do                                         |
|-----------------------------------------------------|----------------------------------------------------------|
| OSC                                                 | clipboard (52), title (0, 2), links (8), notify (9, 777) |
| DCS, APC, PM, SOS, ESC k                            | device control, graphics, queries, titles of tmux        |
| CSI c, n, t, x, $p, >q …, ESC Z, ENQ                | make the terminal type an answer into the input          |
| CSI > … m, CSI > … u, other modes                   | change what keys send: the detach key would be lost      |
| CSI i                                               | prints                                                   |
| ESC c                                               | full reset; becomes the defaults and an empty screen     |
| C1 controls, bidirectional and invisible characters | as for text (`tui.text`)                                 |

How the bytes are cut into pieces makes no difference. Unfinished sequences are bounded: a control sequence by 256
characters, a string by 1 MiB; beyond that what follows is text.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from tui.terminal.modes import PRIVATE, Changed
from tui.text import INVISIBLE

_LONGEST_STRING: Final = 1 << 20
_MOST_QUESTIONS: Final = 8
"""Unanswered questions for the cursor's place: whoever asks on without reading answers gets no more."""

_ESCAPE: Final = re.compile(
    r"\x1b(?:"
    r"\[(?P<parameters>[0-?]{0,256})(?P<between>[ -/]{0,4})(?P<final>[@-~])"
    r"|(?P<string>[\]PX^_k])"
    r"|(?P<set>[ -/]{1,4})(?P<which>[0-~])"
    r"|(?P<single>[0-Z\\`-~])"
    r")"
)
_UNFINISHED: Final = re.compile(r"\x1b(?:\[[0-?]{0,256}[ -/]{0,4}|[ -/]{0,4})?\Z")
_MALFORMED: Final = re.compile(r"\x1b(?:\[[0-?]{0,256}[ -/]{0,4}|[ -/]{0,4})")
"""What is dropped of a sequence that goes on as none may."""
_STRING_END: Final = re.compile("[\x07\x18\x1a\x1b\x9c]")
_CONTROLS: Final = dict.fromkeys((*range(0x07), *range(0x10, 0x1B), *range(0x1C, 0x20), 0x7F))
"""For `str.translate`, which takes ASCII out of ASCII much faster than a regular expression does."""
_DROPPED: Final = re.compile(INVISIBLE.pattern[:-1] + r"\x00-\x06\x10-\x1a\x1c-\x1f\x7f]")
_NUMBERS: Final = re.compile(r"\d{0,5}(?:;\d{0,5}){0,15}")
_ONE_NUMBER: Final = re.compile(r"\d{0,5}")
_RENDITION: Final = re.compile(r"[0-9;:]*")
_DRAWING: Final = frozenset("@ABCDEFGHIJKLMPXZ`abdef")
_SINGLES: Final = frozenset("78=>DEM")
_SETS: Final = frozenset({"(0", "(A", "(B", ")0", ")A", ")B"})
_ERASE_SCROLLED_OFF: Final = 3


class ScreenFilter:
    """Lets through what draws on a screen, from the bytes of one pseudo-terminal."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._in_string = 0
        """Characters of a string that may still be dropped; 0 outside of one."""
        self._changed = Changed()
        self.questions = 0
        """How often the terminal was asked where its cursor is and has not answered yet."""
        self.at_line_start = True
        """Whether the last thing that came was the end of a line."""

    def feed(self, data: bytes) -> str:
        """Take more bytes and return what may go to the terminal now."""
        text = self._pending + self._decoder.decode(data)
        self._pending = ""
        shown: list[str] = []
        at = 0
        while at < len(text):
            if self._in_string:
                at = self._skip(text, at)
            elif text[at] == "\x1b":
                at = self._escape(text, at, shown)
            else:
                end = text.find("\x1b", at)
                end = len(text) if end < 0 else end
                shown.append(_text(text[at:end]))
                at = end
        result = "".join(shown)
        if result:
            self.at_line_start = result.endswith("\n")
        return result

    def restoring(self) -> str:
        """Return what brings the terminal back from whatever the guest made of it. An unfinished sequence is gone."""
        self._pending, self._in_string = "", 0
        self._decoder.reset()
        return self._changed.restoring()

    def answered(self) -> None:
        """Take note that the terminal said where its cursor is."""
        self.questions = max(self.questions - 1, 0)

    def _skip(self, text: str, at: int) -> int:
        """Return where a string that is dropped ends."""
        limit = min(at + self._in_string, len(text))
        end = _STRING_END.search(text, at, limit)
        if end is None:
            self._in_string -= limit - at
            return limit
        self._in_string = 0
        # An escape ends the string and begins something: ESC \, which is dropped as well, or another sequence.
        return end.start() if end[0] == "\x1b" else end.end()

    def _escape(self, text: str, at: int, shown: list[str]) -> int:
        match = _ESCAPE.match(text, at)
        if match is None:
            if _UNFINISHED.match(text, at):
                self._pending = text[at:]
                return len(text)
            malformed = _MALFORMED.match(text, at)
            assert malformed is not None
            return malformed.end()
        if match["final"]:
            shown.append(self._control(match["parameters"], match["between"], match["final"]))
        elif match["string"]:
            self._in_string = _LONGEST_STRING
        elif match["set"]:
            if match["set"] + match["which"] in _SETS:
                shown.append(match[0])
        elif match["single"] in _SINGLES:
            shown.append(match[0])
        elif match["single"] == "c":
            shown.append(self._changed.restoring() + "\x1b[H\x1b[2J")
        return match.end()

    def _control(self, parameters: str, between: str, final: str) -> str:
        """Return a control sequence if it may pass, or what of it may."""
        if parameters.startswith("?") and not between and final in "hl":
            return self._private_modes(parameters[1:], final)
        if self._may_pass(parameters, between, final):
            return f"\x1b[{parameters}{between}{final}"
        return ""

    def _may_pass(self, parameters: str, between: str, final: str) -> bool:
        match between, final:
            case "", "m":
                return _RENDITION.fullmatch(parameters) is not None
            case "", "J" if any(int(number or 0) == _ERASE_SCROLLED_OFF for number in _numbers(parameters)):
                return False
            case "", "r":
                self._changed.margins = True
                return _NUMBERS.fullmatch(parameters) is not None
            case "", "S" | "T":
                return _ONE_NUMBER.fullmatch(parameters) is not None
            case "", "s" | "u":
                return not parameters
            case "", "h" | "l":
                return parameters == "4"
            case "", "n":
                if parameters != "6" or self.questions >= _MOST_QUESTIONS:
                    return False
                self.questions += 1
                return True
            case " ", "q":
                self._changed.cursor_style = True
                return _ONE_NUMBER.fullmatch(parameters) is not None
            case "!", "p":
                return not parameters
            case "", _:
                return final in _DRAWING and _NUMBERS.fullmatch(parameters) is not None
        return False

    def _private_modes(self, parameters: str, final: str) -> str:
        modes = [int(number) for number in _numbers(parameters) if number and int(number) in PRIVATE]
        for mode in modes:
            self._changed.set(mode, on=final == "h")
        return f"\x1b[?{';'.join(map(str, modes))}{final}" if modes else ""


def _text(text: str) -> str:
    """Return what of a text without sequences passes."""
    return text.translate(_CONTROLS) if text.isascii() else _DROPPED.sub("", text)


def _numbers(parameters: str) -> list[str]:
    """Return the numbers between semicolons; none where there is anything else."""
    return parameters.split(";") if _NUMBERS.fullmatch(parameters) else []
