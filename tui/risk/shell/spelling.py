"""Ways of writing a word that serve nothing but to hide it (MITRE ATT&CK T1027.010)."""

from __future__ import annotations

import re
from typing import Final

from tui.risk.shell.syntax import Part, Text

_ENCODED: Final = re.compile(
    r"(?<!\\)(?:\\\\)*\\(?:0?([0-7]{2,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8}))"
)


def split_needlessly(parts: list[Part]) -> bool:
    """Return whether quotes stand inside a run of letters: `pa''sswd`, `/e"t"c`."""
    if len(parts) < 2:
        return False
    changes = 0
    for position, part in enumerate(parts):
        if not isinstance(part, Text):
            continue
        before = parts[position - 1] if position else None
        if part.quote in ("'", '"', "$'") and not part.value and 0 < position < len(parts) - 1:
            after = parts[position + 1]
            if _ends_in_letter(before) and _begins_with_letter(after):
                return True
        if (
            isinstance(before, Text) and before.quote != part.quote
            and "\\" not in (before.quote, part.quote)
            and _ends_in_letter(before) and _begins_with_letter(part)
        ):  # fmt: skip
            changes += 1
    return changes > 1


def name_split_needlessly(parts: list[Part]) -> bool:
    """Return whether a program's name is written in pieces: `r''m`, `w\\get`, `$'rm'`; not `\\ls`, not `"$DIR"/x`."""
    if len(parts) == 1:
        return isinstance(parts[0], Text) and parts[0].quote == "$'"
    texts = [part for part in parts if isinstance(part, Text)]
    last_slash = max((index for index, part in enumerate(texts) if "/" in part.value), default=-1)
    name = texts[max(last_slash, 0) :]
    if name and last_slash >= 0:
        name = [Text(name[0].value.rpartition("/")[2], name[0].quote), *name[1:]]
        if not name[0].value:
            name = name[1:]
    if len(name) < 2 or all(part.quote == '"' and part.value for part in name):
        return False
    if name[0].quote == "\\" and not any(part.quote for part in name[1:]):
        return False
    return any(part.quote for part in name)


def writes_by_number(text: str) -> bool:
    """Return whether escapes in `text` stand for characters one could simply type: `\\x72`, not `\\033`."""
    return any(0x20 < _code(match) < 0x7F for match in _ENCODED.finditer(text))


def _code(match: re.Match[str]) -> int:
    octal, *hexadecimal = match.groups()
    return int(octal, 8) if octal is not None else int(next(filter(None, hexadecimal)), 16)


def _ends_in_letter(part: Part | None) -> bool:
    return isinstance(part, Text) and part.value[-1:].isalnum()


def _begins_with_letter(part: Part | None) -> bool:
    return isinstance(part, Text) and part.value[:1].isalnum()
