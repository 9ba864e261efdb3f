"""Filters as they are typed: `result:denied command:deploy since:2h`."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from tui.audit.model import AuditResult, EntryKind, Filter
from tui.audit.moments import parse_moment
from tui.errors import InvalidInput

FIELDS: Final = ("result", "kind", "command", "session", "user", "run", "since", "until")
EXAMPLE: Final = "result:denied command:deploy session:… user:… kind:… run:… since:2h until:2026-03-01T14:30"

_FEW: Final = 6
"""So many values are all named where none of them was given: what looks like one of them may mean another."""


def parse_filter(text: str, now: datetime, run_id: Callable[[str], str] = str) -> Filter:
    """Return what a filter line means. A value with blanks stands in quotes; `kind` may be given more than once.

    Args:
        text: The line.
        now: What `since:2h` is counted from; a moment without an offset is in its time zone.
        run_id: Returns the whole id of a run from its beginning; may raise NotFound.

    Raises:
        InvalidInput: with everything that is wrong with it.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InvalidInput(f"{error}: a quote has no end") from error
    found = Filter()
    seen: set[str] = set()
    problems: list[str] = []
    for word in words:
        name, colon, value = word.partition(":")
        try:
            if not colon or name not in FIELDS:
                raise ValueError(_unknown(word, name, has_colon=bool(colon)))
            if not value:
                raise ValueError(f"{name}: needs a value")
            if name in seen and name != "kind":
                raise ValueError(f"{name} is given twice")
            seen.add(name)
            found = _with(found, name, value, now, run_id)
        except ValueError as problem:
            problems.append(str(problem))
    if found.since is not None and found.until is not None and found.since >= found.until:
        problems.append("since is not before until: nothing can match")
    if problems:
        raise InvalidInput("; ".join(problems))
    return found


def _unknown(word: str, name: str, *, has_colon: bool) -> str:
    close = difflib.get_close_matches(name, FIELDS, 1) if has_colon else []
    hint = f"did you mean '{close[0]}:'?" if close else f"use one of {', '.join(f'{field}:' for field in FIELDS)}"
    return f"{word!r} is not FIELD:VALUE; {hint}" if not has_colon else f"there is no field {name!r}; {hint}"


def _with(found: Filter, name: str, value: str, now: datetime, run_id: Callable[[str], str]) -> Filter:
    match name:
        case "result":
            return replace(found, result=AuditResult(_one_of(AuditResult, name, value)))
        case "kind":
            return replace(found, kinds=found.kinds | {EntryKind(_one_of(EntryKind, name, value))})
        case "run":
            return replace(found, run_id=run_id(value))
        case "since":
            return replace(found, since=_moment(name, value, now))
        case "until":
            return replace(found, until=_moment(name, value, now))
        case "command":
            return replace(found, command=value)
        case "session":
            return replace(found, session=value)
        case _:
            return replace(found, user=value)


def _one_of(choices: type[StrEnum], name: str, value: str) -> str:
    known = {str(choice): str(choice) for choice in choices}
    return _looked_up(known, name, value.lower())


def _looked_up(known: Mapping[str, str], name: str, value: str) -> str:
    if value in known:
        return known[value]
    close = difflib.get_close_matches(value, known, 1) if len(known) > _FEW else []
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
    raise ValueError(f"{name}: there is no {value!r}; {hint}")


def _moment(name: str, value: str, now: datetime) -> datetime:
    try:
        return parse_moment(value, now, now.tzinfo)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
