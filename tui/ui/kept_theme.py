"""The theme of the last start, kept as Textual wants it: the next start draws before it reads a theme file.

Reading one takes a parser of YAML and checks that together are a twentieth of a start. Files are read right after the
first paint, and colours follow them if they say something else by then.
"""

from __future__ import annotations

import json
import logging
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textual.theme import Theme as TextualTheme

from tui import __version__
from tui.files import replace_file

if TYPE_CHECKING:
    from tui.paths import Paths

_LARGEST_FILE: Final = 256 * 1024
_log = logging.getLogger(__name__)


def kept_theme(name: str, paths: Paths) -> TextualTheme | None:
    """Return a theme as its file had it at the last start; None if that was another one or the file is not the same."""
    try:
        with paths.kept_theme.open("rb") as file:
            kept = json.loads(file.read(_LARGEST_FILE))
        if kept["theme"]["name"] != name or kept != _sealed(kept["theme"], kept["file"], _stamp(kept["file"])):
            return None
        return TextualTheme(**kept["theme"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def keep_theme(theme: TextualTheme, file: Path, paths: Paths) -> None:
    """Keep a theme that was just read from a file. Where that cannot be written, nothing is kept."""
    try:
        data = json.dumps(_sealed(asdict(theme), str(file), _stamp(file))).encode()
        if not paths.kept_theme.exists() or paths.kept_theme.read_bytes() != data:
            replace_file(paths.kept_theme, data)
    except OSError as error:
        _log.warning("%s is not written: %s", paths.kept_theme, error.strerror)


def _stamp(file: Path | str) -> list[int]:
    status = Path(file).stat()
    return [status.st_mtime_ns, status.st_size, status.st_ino]


def _sealed(theme: dict[str, Any], file: str, stamp: list[int]) -> dict[str, Any]:
    checksum = zlib.crc32(json.dumps(theme, sort_keys=True).encode())
    return {"version": __version__, "file": file, "stamp": stamp, "theme": theme, "checksum": checksum}
