"""Where a person was when the application was left: the session, the area, the command."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Final

from tui.files import replace_file

if TYPE_CHECKING:
    from tui.paths import Paths

_log = logging.getLogger(__name__)
FIRST_COMMAND: Final = "hello-world"
"""What the first run in the documentation is of; it is among the definitions that come along."""
_LARGEST_FILE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Names, each of which may be of something that is gone by now; empty where there was none."""

    session: str = ""
    area: str = ""
    command: str = ""


def last_place(paths: Paths) -> Place:
    """Return where the application was left, or where the first steps are, if it never was.

    Nothing is lost by a file that cannot be read: it then starts anew.
    """
    try:
        with paths.last_place.open("rb") as file:
            data = json.loads(file.read(_LARGEST_FILE))
        known = {field.name: data[field.name] for field in fields(Place) if isinstance(data.get(field.name), str)}
        return Place(**known)
    except FileNotFoundError:
        return Place(command=FIRST_COMMAND)
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        _log.warning("%s is left out: %s", paths.last_place, error)
        return Place()


def keep_place(place: Place, paths: Paths) -> None:
    """Keep where a person is for the next start."""
    try:
        replace_file(paths.last_place, json.dumps(asdict(place)).encode())
    except OSError as error:
        _log.warning("%s is not written: %s", paths.last_place, error.strerror)
