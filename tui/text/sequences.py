"""Escape sequences in output: colours are parsed, all else is dropped."""

from __future__ import annotations

import re
from typing import Final

from tui.text.sgr import Sgr, apply_sgr

SEQUENCE: Final = re.compile(
    r"\x1b\[(?P<parameters>[0-?]{0,256})(?P<between>[ -/]{0,8})(?P<final>[@-~])"
    r"|\x1b(?P<string>[\]PX^_][^\x07\x1b\x9c\n\r]{0,4096})(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]{1,8}[0-~]"
    r"|\x1b[0-OQ-WYZ\\`-~]"
    r"|[\x0e\x0f]"
)
"""One whole escape sequence; or SO, SI, which choose a character set and show nothing (`sgr0` of tmux ends in SI)."""
_SGR_PARAMETERS: Final = re.compile(r"[0-9;:]*")


def pieces(raw: str, style: Sgr) -> tuple[list[tuple[str, Sgr]], Sgr]:
    """Return the visible parts of `raw`, still with controls that belong to no sequence, and the style after it."""
    parts: list[tuple[str, Sgr]] = []
    end = 0
    for match in SEQUENCE.finditer(raw):
        if match.start() > end:
            parts.append((raw[end : match.start()], style))
        end = match.end()
        if match["final"] == "m" and not match["between"] and _SGR_PARAMETERS.fullmatch(match["parameters"]):
            style = apply_sgr(style, match["parameters"])
        elif (string := match["string"]) and not string.startswith("]8;"):
            parts.append(("\N{SYMBOL FOR ESCAPE}", style))
    if end < len(raw):
        parts.append((raw[end:], style))
    return parts, style
