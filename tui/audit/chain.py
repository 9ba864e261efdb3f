"""How records are hashed and sealed. Pure; `docs/audit.md` repeats it for whoever verifies an export elsewhere."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any, Final

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False)
_DETAILS: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, sort_keys=True, allow_nan=False)
_SEAL: Final = b"rollcage audit record\0"
_ANCHOR: Final = b"rollcage audit head\0"

HASH_BYTES: Final = 32


def canonical_details(details: Any) -> str:
    """Return details as the one text that is kept and hashed."""
    return _DETAILS.encode(details)


def record_hash(previous: bytes, fields: Sequence[str | int | None]) -> bytes:
    """Return the SHA-256 of a record: over the 32 bytes of the hash before and the fields as an ASCII JSON array.

    Args:
        previous: The hash of the record before; of the first one, the genesis of the database.
        fields: seq, at (µs), kind, run_id, session, user, role, command, result, details (their canonical text).

    Raises:
        TypeError: a field is neither text, a number nor None.
    """
    return hashlib.sha256(previous + _ENCODER.encode(fields).encode("ascii")).digest()


def seal(key: bytes, digest: bytes) -> bytes:
    """Return what only the holder of the key can compute for a record (HMAC-SHA256, RFC 2104)."""
    return hmac.digest(key, _SEAL + digest, "sha256")


def anchor_mac(key: bytes, content: str) -> str:
    """Return what only the holder of the key can compute for an anchor."""
    return hmac.new(key, _ANCHOR + content.encode(), "sha256").hexdigest()


def same(one: bytes, other: bytes) -> bool:
    """Compare without telling by the time it takes where two values differ."""
    return hmac.compare_digest(one, other)
