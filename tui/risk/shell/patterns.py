"""Shell patterns and brace expansion, bounded."""

from __future__ import annotations

import itertools
import re
from typing import Final

from tui.risk.shell.limits import FIELD_LIMIT
from tui.risk.shell.syntax import Part, Text

_RANGE: Final = re.compile(r"(-?\d{1,9}|[A-Za-z])\.\.(-?\d{1,9}|[A-Za-z])(?:\.\.(-?\d{1,9}))?")
GLOB: Final = re.compile(r"[*?]|\[[^\]]+\]")


def to_regex(pattern: str, *, greedy: bool = True) -> re.Pattern[str] | None:
    """Translate a shell pattern; None where it is more than is followed (many stars backtrack without bound)."""
    if len(pattern) > 200 or pattern.count("*") > 4:
        return None
    result: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            result.append(".*" if greedy else ".*?")
        elif character == "?":
            result.append(".")
        elif character == "[":
            close = pattern.find("]", position + 1)
            if close < 0:
                result.append(r"\[")
                continue
            inside = pattern[position:close].replace("\\", "\\\\").replace("[:alpha:", "a-zA-Z").replace("[", "\\[")
            result.append("[" + ("^" + inside[1:] if inside[:1] in ("!", "^") else inside) + "]")
            position = close + 1
        elif character == "\\" and position < len(pattern):
            result.append(re.escape(pattern[position]))
            position += 1
        else:
            result.append(re.escape(character))
    try:
        return re.compile("".join(result), re.DOTALL)
    except re.error:
        return None


def braces(parts: list[Part]) -> list[list[Part]] | None:
    """Expand `{a,b}` and `{1..3}` (bash manual 3.5.1); None where it would become too many words."""
    items: list[Part | str] = []
    for part in parts:
        if isinstance(part, Text) and not part.quote:
            items.extend(piece for piece in re.split(r"([{},])", part.value) if piece)
        else:
            items.append(part)
    if len(items) > 1000:
        return None
    try:
        return [_join(word) for word in _expand(items, 0)]
    except OverflowError:
        return None


def _expand(items: list[Part | str], depth: int) -> list[list[Part | str]]:
    if depth > 40:
        raise OverflowError
    start = 0
    while True:
        found = _first_group(items, start)
        if found is None:
            return [items]
        opened, commas, closed = found
        inside = items[opened + 1 : closed]
        if commas:
            bounds = [opened, *commas, closed]
            alternatives = [
                word for left, right in itertools.pairwise(bounds)
                for word in _expand(items[left + 1 : right], depth + 1)
            ]  # fmt: skip
        elif len(inside) == 1 and isinstance(inside[0], str) and (match := _RANGE.fullmatch(inside[0])):
            alternatives = [[word] for word in _range(match)]
        else:
            start = opened + 1
            continue
        rest = _expand(items[closed + 1 :], depth + 1)
        if len(alternatives) * len(rest) > FIELD_LIMIT:
            raise OverflowError
        return [[*items[:opened], *middle, *tail] for middle in alternatives for tail in rest]


def _first_group(items: list[Part | str], start: int) -> tuple[int, list[int], int] | None:
    """Find the first `{` that closes, with the commas at its own depth."""
    open_groups: list[tuple[int, list[int]]] = []
    closed: list[tuple[int, list[int], int]] = []
    for position in range(start, len(items)):
        item = items[position]
        if item == "{":
            open_groups.append((position, []))
        elif item == "," and open_groups:
            open_groups[-1][1].append(position)
        elif item == "}" and open_groups:
            opened, commas = open_groups.pop()
            closed.append((opened, commas, position))
            if not open_groups:
                break
    return min(closed, default=None, key=lambda group: group[0])


def _range(match: re.Match[str]) -> list[str]:
    first, last, step_text = match.groups()
    step = abs(int(step_text or 1)) or 1
    if first.isalpha() != last.isalpha():
        return [match[0]]
    if first.isalpha():
        low, high = ord(first), ord(last)
        return [chr(code) for code in range(low, high + (1 if high >= low else -1), step if high >= low else -step)]
    low, high = int(first), int(last)
    if abs(high - low) // step > FIELD_LIMIT:
        raise OverflowError
    padded = any(text.lstrip("-").startswith("0") and len(text.lstrip("-")) > 1 for text in (first, last))
    width = max(len(first), len(last)) if padded else 0
    return [
        str(number).zfill(width)
        for number in range(low, high + (1 if high >= low else -1), step if high >= low else -step)
    ]


def _join(items: list[Part | str]) -> list[Part]:
    return [Text(item) if isinstance(item, str) else item for item in items]
