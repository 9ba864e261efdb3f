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
from tui.paths import shipped

if TYPE_CHECKING:
    from tui.paths import Paths
    from tui.themes.model import Theme

_LARGEST_FILE: Final = 256 * 1024
_log = logging.getLogger(__name__)


def kept_theme(name: str, paths: Paths) -> TextualTheme | None:
    """Return a theme as its file had it at the last start; None if that was another one or the file is not the same."""
    try:
        with paths.kept_theme.open("rb") as file:
            kept = json.loads(file.read(_LARGEST_FILE))
        theme, path = kept["theme"], Path(kept["file"])
        if theme["name"] != name or path.parent not in (paths.user_themes.absolute(), shipped("themes").absolute()):
            return None
        if kept != _sealed(theme, path, _stamp(path)):
            return None
        return TextualTheme(**theme)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def keep_theme(theme: Theme, file: Path, paths: Paths) -> None:
    """Keep a theme that was read from a file, unless the file is changing just now or nothing can be written."""
    from tui.definitions.contents import contents
    from tui.themes.reading import parse_theme
    from tui.ui.themes import textual_theme

    made = textual_theme(theme)
    if kept_theme(theme.name, paths) == made:
        return
    try:
        stamp = _stamp(file)
        if parse_theme(contents(file), file)[0] == theme and _stamp(file) == stamp:
            replace_file(paths.kept_theme, json.dumps(_sealed(asdict(made), file, stamp)).encode())
    except OSError as error:
        _log.warning("%s is not kept in %s: %s", file, paths.kept_theme, error.strerror)


def _stamp(file: Path) -> list[int]:
    status = file.stat()
    return [status.st_mtime_ns, status.st_size, status.st_ino]


def _sealed(theme: dict[str, Any], file: Path, stamp: list[int]) -> dict[str, Any]:
    checksum = zlib.crc32(json.dumps(theme, sort_keys=True).encode())
    return {"version": __version__, "file": str(file), "stamp": stamp, "theme": theme, "checksum": checksum}
