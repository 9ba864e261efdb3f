"""The anchor: what the head of the log is, outside the log, so that cutting its end off is found.

It is replaced after every append, and authenticated with a key of this installation. A process that is killed between
an append and its anchor leaves the anchor behind; that is the only way it may differ from the log.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.audit.chain import anchor_mac, same
from tui.audit.errors import damaged

KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the log at some moment."""

    genesis: str
    """Of the database, in hexadecimal."""
    seq: int
    hash: str

    def signed(self, key: bytes) -> bytes:
        """Return the file that says so."""
        content = json.dumps({"genesis": self.genesis, "seq": self.seq, "hash": self.hash}, sort_keys=True)
        return json.dumps({"head": content, "hmac-sha256": anchor_mac(key, content)}).encode() + b"\n"


class BadAnchor(Exception):
    """The anchor is there but not what this installation wrote."""


def read_anchor(path: Path, key: bytes) -> Anchor | None:
    """Return the anchor; None where there is none.

    Raises:
        BadAnchor: it was edited, or written with another key.
        OSError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        signed = json.loads(data)
        content, mac = signed["head"], signed["hmac-sha256"]
        if not same(anchor_mac(key, content).encode(), mac.encode()):
            raise BadAnchor("it was not written with this installation's key")
        return Anchor(**json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadAnchor("it cannot be read as one") from error


def write_anchor(path: Path, anchor: Anchor, key: bytes) -> None:
    """Replace the anchor at once and durably.

    Raises:
        OSError: it cannot be written; the old one is still there.
    """
    replace_file(path, anchor.signed(key))


def read_key(path: Path) -> bytes | None:
    """Return the key; None where there is none.

    Raises:
        AuditTampered: it is no key.
        OSError: it cannot be read.
    """
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(key) != KEY_BYTES:
        raise damaged(path, "this is not a key")
    return key


def make_key(path: Path) -> bytes:
    """Make the key of this installation. Call it with the log's lock held."""
    key = secrets.token_bytes(KEY_BYTES)
    replace_file(path, key)
    return key


def replace_file(path: Path, data: bytes) -> None:
    """Put a file of this user in the place of another, or of none: wholly or not at all, and a power cut keeps it."""
    new = path.with_name(path.name + ".new")
    try:
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
            os.fdatasync(file)
        finally:
            os.close(file)
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
