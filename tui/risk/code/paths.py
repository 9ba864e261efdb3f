"""Which part of a machine a path in a program belongs to."""

from __future__ import annotations

import enum
import posixpath
import re
from functools import lru_cache
from typing import Final

from tui.risk.code.values import Instance, Label, Text, Value, labels_of, pieces_of
from tui.risk.judge.targets import classify_text
from tui.risk.rule import Target


class Place(enum.Enum):
    """Where a path leads; the value is how a person would call it."""

    ROOT = "the whole file system"
    HOME = "a whole home directory"
    DEVICE = "a device"
    KERNEL = "the kernel's settings"
    CREDENTIAL = "credentials"
    ACCOUNT = "the accounts and their rights"
    STARTUP = "what runs at start or login"
    BOOT = "what the machine boots from"
    LOG = "logs"
    BACKUP = "backups"
    VCS = "version control"
    SYSTEM = "the system"
    WHOLE_WORKSPACE = "the whole working directory"
    BUILT = "built or cached files"
    TEMPORARY = "temporary files"
    PERSONAL = "files in a home directory"
    WORKSPACE = "the workspace"
    OUTSIDE = "files outside the workspace"
    UNKNOWN = "somewhere"


PROTECTED: Final = frozenset(
    {Place.ROOT, Place.HOME, Place.DEVICE, Place.KERNEL, Place.CREDENTIAL, Place.ACCOUNT, Place.STARTUP, Place.BOOT,
     Place.LOG, Place.BACKUP, Place.VCS, Place.SYSTEM}
)  # fmt: skip
"""Where deleting or overwriting is hard to undo or harms more than the program's own work."""

_TARGETS: Final = (
    (Target.ROOT, Place.ROOT), (Target.HOME, Place.HOME), (Target.DEVICE, Place.DEVICE),
    (Target.CREDENTIAL, Place.CREDENTIAL), (Target.TEMP, Place.TEMPORARY), (Target.STARTUP, Place.STARTUP),
    (Target.ACCOUNT, Place.ACCOUNT),
    (Target.BOOT, Place.BOOT), (Target.LOG, Place.LOG), (Target.VCS, Place.VCS), (Target.CACHE, Place.BUILT),
    (Target.BACKUP, Place.BACKUP), (Target.SYSTEM, Place.SYSTEM),
    (Target.WORKSPACE_WHOLE, Place.WHOLE_WORKSPACE), (Target.HOME_PART, Place.PERSONAL),
    (Target.WORKSPACE, Place.WORKSPACE), (Target.ANY_OUTSIDE, Place.OUTSIDE),
)  # fmt: skip
"""Of several targets the first one names the path."""

_SECRET_STORES: Final = re.compile(
    r"(?:^|/)(?:google/chrome|chromium|brave-browser|bravesoftware|microsoft/edge"
    r"|opera software|vivaldi|mozilla/firefox|yandexbrowser)"
    r"/.*(?:user data|default|profile|login data|cookies|web data|local state)"
    r"|(?:^|/)(?:discord|discordcanary|discordptb|lightcord|telegram desktop|signal)/(?:local storage|tdata|.*leveldb)"
    r"|(?:^|/)(?:exodus|electrum|atomic|ethereum|bitcoin|monero|zcash|metamask|solana|coinomi|guarda|armory)"
    r"(?:/|$).*(?:wallet|keystore|leveldb|id\.json)"
    r"|(?:^|/)(?:login data|web data|local state|wallet\.dat|logins\.json|key[34]\.db"
    r"|cookies\.sqlite|signons\.sqlite)$"
    r"|(?:^|/)\.(?:exodus|electrum|ethereum|bitcoin|monero|zcash|config/solana)(?:/|$)"
    r"|^/proc/(?!self/)[^/]+/environ$|(?:^|/)\.ssh$|\.kdbx$|nkbihfbeogaeaoehlefnkodbefgpgknn",
    re.IGNORECASE,
)
"""Where browsers, messengers and wallets keep what identifies a person; the last one is MetaMask's id in Chrome."""
_KERNEL: Final = re.compile(r"^/proc/(?:sys/|sysrq-trigger|\w+/mem$|k(?:core|mem)$)|^/sys/|^/lib/modules/")
_WINDOWS_START: Final = re.compile(r"start menu/programs/startup", re.IGNORECASE)
_BUILT: Final = re.compile(
    r"(?:^|/)(?:node_modules|__pycache__|build|dist|out|target|\.[\w-]*cache|\.tox|\.nox|\.?venv"
    r"|\.next|\.nuxt|coverage|htmlcov|[^/]+\.egg-info)(?:/|$)"
)
_FIXED: Final = re.compile(r"\s*(?:$|[/\\~$]|[a-z]:|\w+://)", re.IGNORECASE)
"""How paths begin that mean the same in every directory."""
_STREAMS: Final = re.compile(
    r"^(?:/dev/(?:null|zero|full|u?random|tty\w*|pts/\d+|std\w+|fd/\d+)|/proc/self/fd/\d+|nul|con)$"
)


@lru_cache(maxsize=1024)
def place_of_text(path: str) -> Place:
    """Return the place of a path that is known."""
    written = path.strip()[:1024]
    if not written or "\0" in written:
        return Place.UNKNOWN
    written = written.removeprefix("file://").replace("\\", "/")
    clean = posixpath.normpath(written)
    if clean.startswith("//") and not clean.startswith("//."):
        clean = clean[1:]
    if _STREAMS.match(clean):
        return Place.TEMPORARY
    if _SECRET_STORES.search(clean):
        return Place.CREDENTIAL
    if _WINDOWS_START.search(clean):
        return Place.STARTUP
    if _KERNEL.match(clean):
        return Place.KERNEL
    targets = classify_text(clean)
    found = next((place for target, place in _TARGETS if target in targets), Place.UNKNOWN)
    if found in {Place.WORKSPACE, Place.PERSONAL, Place.OUTSIDE} and _BUILT.search(clean):
        return Place.BUILT
    return found


def place_of(value: Value | None, cwd: str | None = None) -> Place:
    """Return the place of a path of which only parts may be known.

    `cwd` is the directory that the code works in. It counts where it makes a relative path lead somewhere protected;
    else a relative path is taken as one in the workspace.
    """
    while isinstance(value, Instance) and value.content is not None and value.content is not value:
        value = value.content
    pieces = pieces_of(value)
    labels = labels_of(value)
    if not pieces:
        return Place.UNKNOWN
    first = pieces[0]
    if cwd is not None and isinstance(first, str) and not _FIXED.match(first):
        below = "".join(piece if isinstance(piece, str) else "x" for piece in pieces)
        there = place_of_text(posixpath.join(cwd, below))
        if there in PROTECTED or (there is Place.PERSONAL and place_of_text(cwd) is Place.HOME):
            return there
    if len(pieces) == 1 and isinstance(first, str):
        return place_of_text(first)
    if not isinstance(first, str):
        if Label.TEMPORARY in labels:
            return Place.TEMPORARY
        if cwd is not None and Label.WALK in labels and len(pieces) == 1:
            return place_of_text(cwd)  # a name that was found in the directory
        # What follows an unknown directory may still say what it is: `…/.ssh/id_rsa`.
        tail = "".join(piece if isinstance(piece, str) else "x" for piece in pieces[1:])
        found = place_of_text("x/" + tail.lstrip("/\\")) if tail.strip("/\\") else Place.UNKNOWN
        return found if found in {Place.CREDENTIAL, Place.STARTUP, Place.VCS} else Place.UNKNOWN
    known = "".join(piece if isinstance(piece, str) else "x" for piece in pieces)
    found = place_of_text(known)
    if Label.WALK in labels and isinstance(value, Text):
        start = place_of_text(first)
        if found in {Place.CREDENTIAL, Place.ACCOUNT, Place.STARTUP, Place.VCS, Place.BUILT}:
            return found  # the same file of everybody: /home/…/.ssh/id_rsa
        return start if start in PROTECTED or start in {Place.PERSONAL, Place.WHOLE_WORKSPACE} else found
    if found in {Place.SYSTEM, Place.HOME} and first in {"/", "/home/", "/Users/", "~"}:
        return Place.OUTSIDE
    return found
