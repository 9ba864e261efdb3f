"""Compiles the agent ahead, because an emulated CPU takes a second to do what the host does in 50 ms."""

from __future__ import annotations

import importlib.util
import marshal
import struct
import sys
from collections.abc import Mapping
from typing import Final

_UNCHECKED_HASH: Final = 0b01
"""PEP 552: valid by its content, and the source is not compared with it."""


def can_compile_for(guest_python: str) -> bool:
    """Say whether this interpreter makes byte code for a guest's Python, given its version such as `3.11.2`."""
    return sys.implementation.name == "cpython" and guest_python.split(".")[:2] == [
        str(part) for part in sys.version_info[:2]
    ]


def compiled(sources: Mapping[str, bytes], directory: str) -> dict[str, bytes]:
    """Return the `__pycache__` files of modules that will lie in `directory` of the guest.

    Imported modules use them; a file run as a script is compiled by Python anyway.
    """
    found: dict[str, bytes] = {}
    for name, source in sources.items():
        code = compile(source, f"{directory}/{name}", "exec", dont_inherit=True)
        header = importlib.util.MAGIC_NUMBER + struct.pack("<I", _UNCHECKED_HASH) + importlib.util.source_hash(source)
        found[f"__pycache__/{name.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"] = header + marshal.dumps(
            code
        )
    return found
