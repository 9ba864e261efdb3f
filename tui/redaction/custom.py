"""Patterns of secrets that somebody wrote for themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tui.errors import InvalidInput
from tui.redaction.declared import byte_wise, label


def compiled(patterns: Mapping[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return patterns by the label of their marker, compiled for text of which each character stands for a byte.

    Raises:
        InvalidInput: a pattern is not a regular expression, or matches nothing at all; every such one is named.
    """
    found, problems = [], []
    for name, pattern in patterns.items():
        try:
            expression = re.compile(byte_wise(pattern), re.MULTILINE)
        except re.error as error:
            problems.append(f"{name}: {error}")
            continue
        if expression.match("") is not None:
            problems.append(f"{name}: it matches nothing at all, and so everywhere")
        found.append((label(name), expression))
    if problems:
        raise InvalidInput(
            "patterns of secrets are wrong:\n" + "\n".join(f"  {problem}" for problem in problems),
            hint="each is a Python regular expression for one line of text",
        )
    return tuple(found)
