"""What wants to be obeyed, reordered or hidden: every kind of text that a terminal must not get as it is."""

from __future__ import annotations

import base64
from typing import Final

CLIPBOARD: Final = base64.b64encode(b"stolen-by-rollcage-test").decode()
TRAP: Final = "[@click=app.quit]press[/] [b]bold"
"""Markup of the library the interface is drawn with."""

SEQUENCES: Final[dict[str, str]] = {
    "clipboard": f"\x1b]52;c;{CLIPBOARD}\x07",
    "clipboard, ended otherwise": f"\x1b]52;c;{CLIPBOARD}\x1b\\",
    "clipboard, unfinished": f"\x1b]52;c;{CLIPBOARD}",
    "title": "\x1b]0;evil-title\x07",
    "title of the window": "\x1b]2;evil-title\x1b\\",
    "link": "\x1b]8;;http://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    "notification": "\x1b]777;notify;evil-title;body\x07",
    "device control": "\x1bP$q1337evil-dcs\x1b\\",
    "sixel": "\x1bPq#1337;2;0;0;0evil-dcs\x1b\\",
    "tmux": "\x1bPtmux;\x1b\x1b]52;c;evil-dcs\x07\x1b\\",
    "application": "\x1b_Gf=1337evil-apc\x1b\\",
    "privacy": "\x1b^evil-apc\x1b\\",
    "string": "\x1bXevil-apc\x1b\\",
    "alternate screen": "\x1b[?1049l\x1b[?47h\x1b[?1337h",
    "cursor": "\x1b[1337;1337H\x1b[1337A\x1b[1337G",
    "erase": "\x1b[2J\x1b[3J\x1b[1337K",
    "scrolling region": "\x1b[13;37r\x1b[1337S",
    "report": "\x1b[6n\x1b[c\x1b[>q\x1b[21t\x1b[?1337$p\x05",
    "keys": "\x1b[>1337u\x1b[>4;1337m",
    "printer": "\x1b[5i",
    "reset": "\x1bc\x1b[!p",
    "character set": "\x1b(0\x0e\x1b)0",
    "one-byte controls": "\x9b1337;1337H\x9d0;evil-title\x9c\x90evil-dcs\x9c\x85",
    "other controls": "\x00\x01\x08\x0b\x0c\x1a\x7f",
    "order": "\u202eright to left\u202c \u2066isolated\u2069 \u200f",
    "hidden": "a\u200bb\u2060c\ufeffd\u00ade\U000e0041f\u180eg",
    "separators": "a\u2028b\u2029c",
    "combining": "e" + "\u0301" * 300,
    "wide": "漢字 👩‍👩‍👧‍👦 🇩🇪 ﷽ 〰",
    "surrogate": "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "markup": TRAP,
}
"""By what they want."""
EVERYTHING: Final = " ".join(f"{each} " for each in SEQUENCES.values())
"""All of them in one text, which comes back to itself: what is unfinished swallows what follows, up to an escape."""
IN_ONE_LINE: Final = " ".join(EVERYTHING.splitlines())
INVALID_UTF8: Final = b"\xff\xfe\xc0\x80\xed\xa0\x80\xf5\x80\x80\x80\xe2\x82 \x9b31m\x9d52;c;x\x9c"


def as_yaml(text: str) -> str:
    """Return a double-quoted YAML string in which nothing stands as it is: YAML forbids most controls."""
    shown = (each if each.isascii() and each.isprintable() and each not in '"\\' else escape(each) for each in text)
    return f'"{"".join(shown)}"'


def escape(character: str) -> str:
    """Return one character as YAML escapes it."""
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
