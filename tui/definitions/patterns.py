"""Regular expressions of definitions and policies: compiled when a file is loaded, and matched in bounded time.

A definition may come from anyone, and Python's engine can take exponential time (`(a+)+$`). A match whose possible
cost is small is made here; any other in a child process that is given up after `MATCH_SECONDS`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Iterable
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any, Final

MAX_PATTERN_CHARACTERS: Final = 1_000
MATCH_SECONDS: Final = 2.0
_CHEAP_STEPS: Final = 200_000
_CHEAP_SEARCH_STEPS: Final = 5_000_000
"""A search begins anywhere, which multiplies an estimate that is rarely reached; this many take well under 0.1 s."""
_REPEATS: Final = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
_CHILD: Final = """
import json, re, sys
pattern, text, whole = json.load(sys.stdin)
sys.exit(0 if (re.fullmatch if whole else re.search)(pattern, text) else 3)
"""


class BadPattern(ValueError):
    """A pattern is not a regular expression, or cannot be matched in bounded time."""


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern.

    Raises:
        BadPattern: it is no regular expression, or longer than `MAX_PATTERN_CHARACTERS`.
    """
    if len(text) > MAX_PATTERN_CHARACTERS:
        raise BadPattern(f"longer than {MAX_PATTERN_CHARACTERS} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(text)
    except re.error as error:
        raise BadPattern(str(error)) from None
    except (OverflowError, RecursionError, ValueError) as error:
        raise BadPattern(f"too large or too deeply nested ({type(error).__name__})") from None


def matches(pattern: re.Pattern[str], text: str) -> bool:
    """Say whether the pattern describes the whole text.

    Raises:
        BadPattern: the match was given up after `MATCH_SECONDS`.
    """
    if _steps(pattern, len(text) + 1) <= _CHEAP_STEPS:
        return pattern.fullmatch(text) is not None
    return _matched_apart(pattern, text, whole=True)


def found_in(pattern: re.Pattern[str], text: str) -> bool:
    """Say whether the pattern describes some part of the text.

    Raises:
        BadPattern: the search was given up after `MATCH_SECONDS`.
    """
    size = len(text) + 1
    if _steps(pattern, size) * size <= _CHEAP_SEARCH_STEPS:
        return pattern.search(text) is not None
    return _matched_apart(pattern, text, whole=False)


def _steps(pattern: re.Pattern[str], size: int) -> int:
    """Return how many steps matching a text of that size could take at most, roughly."""
    depth, repeats = _shape(pattern.pattern)
    return int(2 ** min(size, 64) if depth > 1 else size ** max(1, repeats))


def _matched_apart(pattern: re.Pattern[str], text: str, *, whole: bool) -> bool:
    """Match in a child process that is given up after `MATCH_SECONDS`."""
    # `-I -S` keeps the child from reading the environment or the working directory.
    command = [sys.executable, "-I", "-S", "-c", _CHILD]
    try:
        result = subprocess.run(  # noqa: PLW1510 - the exit status is the answer
            command,
            input=json.dumps([pattern.pattern, text, whole]),
            capture_output=True,
            text=True,
            timeout=MATCH_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise BadPattern(f"matching took longer than {MATCH_SECONDS:g} s and was given up") from None
    if result.returncode not in {0, 3}:
        raise BadPattern("the match could not be made")
    return result.returncode == 0


@lru_cache(maxsize=512)
def _shape(pattern: str) -> tuple[int, int]:
    """Return how deeply repetitions (or choices in repetitions) are nested, and how many there are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _measure(_parser.parse(pattern))


def _measure(items: Iterable[Any]) -> tuple[int, int]:
    depth = repeats = 0
    for code, argument in items:
        if code in _REPEATS:
            low, high, inner = argument
            inner_depth, inner_repeats = _measure(inner)
            depth = max(depth, inner_depth + 1)
            repeats += inner_repeats + (low != high)
        else:
            for inner in _inner(code, argument):
                inner_depth, inner_repeats = _measure(inner)
                depth = max(depth, inner_depth + (code is _constants.BRANCH))
                repeats += inner_repeats
    return depth, repeats


def _inner(code: Any, argument: Any) -> list[Any]:
    """Return the patterns inside an element of a parsed pattern."""
    if code is _constants.SUBPATTERN:
        return [argument[-1]]
    if code is _constants.BRANCH:
        return list(argument[1])
    if code in {_constants.ASSERT, _constants.ASSERT_NOT}:
        return [argument[1]]
    if code is _constants.ATOMIC_GROUP:
        return [argument]
    if code is _constants.GROUPREF_EXISTS:
        return [inner for inner in argument[1:] if inner is not None]
    return []
