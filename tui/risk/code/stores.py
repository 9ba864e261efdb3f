"""What deletes more than an entry: names of methods that drop whole stores of data, whatever the library is."""

from __future__ import annotations

import re
from typing import Final

_DROPS_A_STORE: Final = re.compile(
    r"^(?:delete|drop|remove|purge|destroy|wipe|truncate|clear)_?(?:all_?)?"
    r"(?:index|indices|indexes|collections?|buckets?|databases?|keyspaces?|schemas?|namespaces?|topics?|tables)$"
    r"|^(?:delete|drop|purge|wipe|flush|destroy|clear)_?(?:everything|all_?data|all_?keys|all_?records)$",
    re.IGNORECASE,
)
_SMALL: Final = re.compile(
    r"(?:label|comment|assignee|reaction|listener|attribute|reviewer|message|cookie|header|tag|annotation|finalizer|note"
    r"|milestone|star|subscription|lock|alias|thread|line|column|option)s?$",
    re.IGNORECASE,
)


def drops_a_store(method: str) -> bool:
    """Whether a method that is called so drops a collection, an index, a bucket with all that is in it."""
    return _DROPS_A_STORE.match(method) is not None


def is_small(method: str) -> bool:
    """Whether what a method deletes is little and easily made again: a label, a comment, a listener."""
    return _SMALL.search(method) is not None
