"""Parameter expansion on known values: `${x:-a}`, `${x:1:2}`, `${x//a/b}`, `${x^^}` … (bash manual 3.5.3)."""

from __future__ import annotations

from typing import Final

from tui.risk.shell.arithmetic import evaluate
from tui.risk.shell.limits import VALUE_LIMIT
from tui.risk.shell.patterns import to_regex

_BEGINNINGS: Final = {"HOME": "/", "PATH": "/", "PWD": "/", "SHELL": "/bin/", "BASH": "/bin/bash", "OLDPWD": "/"}
"""How the values of these begin on any machine; `${PATH:0:1}` is a way to write a slash without one."""


_MATCHING_LIMIT: Final = 1_000_000
"""Steps that matching one pattern may take in the worst case."""


def beginning(name: str, first: int, count: int) -> str | None:
    """Return a slice of a well-known variable where it is the same on every machine."""
    text = _BEGINNINGS.get(name, "")
    return text[first : first + count] if first >= 0 and first + count <= len(text) else None


def slice_bounds(first: str, count: str | None, length: int) -> tuple[int, int] | None:
    """Return where `${x:first:count}` starts and ends in a value of `length`; None where it is not known."""
    start = evaluate(first or "0", lambda _: None)
    size = evaluate(count, lambda _: None) if count is not None else length
    if start is None or size is None:
        return None
    if start < 0:
        start += length
        if start < 0:
            return (0, 0)
    return (min(start, length), min(start + size, length) if size >= 0 else max(length + size, start))


def transform(value: str, operator: str, argument: str, replacement: str | None) -> str | None:
    """Apply an operator that edits `value`; None where the result is not followed."""
    if len(value) > VALUE_LIMIT // 8:
        return None
    if operator in ("^", "^^", ",", ",,"):
        return _recased(value, operator, argument)
    if operator == "@":
        return {"U": value.upper(), "L": value.lower(), "u": value[:1].upper() + value[1:]}.get(argument)
    if operator in ("#", "##"):
        return _without_prefix(value, argument, longest=operator == "##")
    if operator in ("%", "%%"):
        return _without_suffix(value, argument, longest=operator == "%%")
    if operator in ("/", "//"):
        return _replaced(value, argument, replacement or "", every=operator == "//")
    return None


def _recased(value: str, operator: str, pattern: str) -> str | None:
    regex = to_regex(pattern or "?")
    if regex is None:
        return None
    change = str.upper if operator[0] == "^" else str.lower
    last = len(value) if len(operator) == 2 else 1
    changed = (change(character) if regex.fullmatch(character) else character for character in value[:last])
    return "".join(changed) + value[last:]


def _affordable(value: str, pattern: str, times: int = 1) -> bool:
    """Return whether matching is cheap: each star may try every length."""
    steps: int = len(value) ** pattern.count("*") * times
    return steps <= _MATCHING_LIMIT


def _without_prefix(value: str, pattern: str, *, longest: bool) -> str | None:
    regex = to_regex(pattern, greedy=longest)
    if regex is None or not _affordable(value, pattern):
        return None
    match = regex.match(value)
    return value[match.end() :] if match else value


def _without_suffix(value: str, pattern: str, *, longest: bool) -> str | None:
    regex = to_regex(pattern)
    if regex is None or not _affordable(value, pattern, len(value)):
        return None
    starts = range(len(value) + 1) if longest else range(len(value), -1, -1)
    for start in starts:
        if regex.fullmatch(value, start):
            return value[:start]
    return value


def _replaced(value: str, pattern: str, replacement: str, *, every: bool) -> str | None:
    if not pattern:
        return value
    anchored = pattern[0] if pattern[0] in "#%" and not every else ""
    regex = to_regex(pattern[1:] if anchored else pattern)
    if regex is None or len(value) * (len(replacement) + 1) > VALUE_LIMIT * 4 or not _affordable(value, pattern):
        return None
    if anchored == "#":
        match = regex.match(value)
        return replacement + value[match.end() :] if match else value
    if anchored == "%":
        kept = _without_suffix(value, pattern[1:], longest=True)
        return kept if kept is None or kept == value else kept + replacement
    return regex.sub(lambda _: replacement, value, count=0 if every else 1)
