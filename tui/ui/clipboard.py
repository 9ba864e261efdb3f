"""Copying to the clipboard of the person's terminal, wherever Rollcage itself runs.

The terminal is asked by an escape sequence (OSC 52), which works over SSH as well. Terminals take 100,000 characters
of it at most, which is 74,994 bytes of text once it is encoded in base64 (hterm's limit, which others took over); what
is longer goes into a file. tmux keeps such a sequence for itself unless `set-clipboard` is on, and passes it through
in a wrapping of its own if `allow-passthrough` is on, so it gets both.
"""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from textual.app import App

    from tui.paths import Paths

LARGEST: Final = 74_994
"""Bytes of text that go to the clipboard."""
KEPT: Final = 20
"""Copies in files that are kept however old they are, the newest of them."""
KEPT_S: Final = 24 * 60 * 60
"""How long the others are."""
_PREFIX: Final = "rollcage-"
_ESCAPE: Final = "\x1b"
_TMUX: Final = "tmux passes it on with: set -g set-clipboard on (or allow-passthrough on)."


def sequence(text: str, environment: Mapping[str, str]) -> str:
    """Return what asks the terminal to put `text` on its clipboard."""
    plain = f"{_ESCAPE}]52;c;{base64.b64encode(text.encode()).decode()}\a"
    if not environment.get("TMUX"):
        return plain
    wrapped = plain.replace(_ESCAPE, _ESCAPE * 2)
    return f"{plain}{_ESCAPE}Ptmux;{wrapped}{_ESCAPE}\\"


def put(
    app: App[Any],
    text: str,
    what: str = "what was to be copied",
    *,
    environment: Mapping[str, str] = os.environ,
) -> Path | None:
    """Put a text on the clipboard; one that is too long goes to a file, whose path is said and returned.

    `App.copy_to_clipboard` is to come here.

    Args:
        app: Knows the terminal.
        text: Clean text.
        what: What it is, such as `3 rows`.
        environment: Says whether there is tmux.
    """
    size = len(text.encode())
    if size > LARGEST:
        path = write_new(app, text)
        say_written(app, path, what, size)
        return path
    app._clipboard = text  # what Textual's own paste takes, and has no other setter for
    if app._driver is not None:
        app._driver.write(sequence(text, environment))
    return None


def copy(
    app: App[Any],
    text: str,
    what: str,
    *,
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Put a text on the clipboard and say so; see `put`."""
    if put(app, text, what, environment=environment) is None:
        tmux = f"\n{_TMUX}" if environment.get("TMUX") else ""
        app.notify(f"Copied {what}: {len(text):,} characters.{tmux}", markup=False)


def say_written(app: App[Any], path: Path, what: str, size: int) -> None:
    """Say that a text was too long, and where it is now."""
    app.notify(
        f"{what[:1].upper()}{what[1:]}: {size:,} bytes are more than the {LARGEST:,} a terminal's clipboard takes.\n"
        f"They are in {path}",
        title="Written to a file",
        severity="warning",
        markup=False,
        timeout=10,
    )


def forget_old(paths: Paths, now: float) -> None:
    """Remove copies in files that are older than a day, but for the newest 20. Never fails; for a thread."""
    with suppress(OSError):  # there are none yet, or they cannot be listed
        found = sorted(((file.lstat().st_mtime, file) for file in paths.copies.glob(f"{_PREFIX}*.txt")), reverse=True)
        for written, file in found[KEPT:]:
            if now - written > KEPT_S:
                file.unlink(missing_ok=True)


def new_file(app: App[Any]) -> Path:
    """Create an empty file that only this person can read, with the rest of what the application keeps."""
    paths: Paths | None = getattr(app, "paths", None)
    directory = None if paths is None else paths.copies
    if directory is not None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=".txt", dir=directory)
    os.close(descriptor)
    return Path(name)


def write_new(app: App[Any], text: str) -> Path:
    """Write a text to a new file."""
    path = new_file(app)
    path.write_text(text, encoding="utf-8")
    return path
