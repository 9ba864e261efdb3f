"""Which theme the application starts with.

A theme that the settings name wins. For `auto` it is the theme last chosen in the application, which is kept in the
state directory and not in the settings: a program has no business rewriting a file that a person wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.files import replace_file

if TYPE_CHECKING:
    from tui.paths import Paths

DEFAULT_THEME: Final = "rollcage-dark"
AUTO: Final = "auto"
"""What the settings say for the theme last chosen."""
_LONGEST: Final = 200


def wanted_theme(named: str, paths: Paths) -> str:
    """Return the name of the theme to start with. `named` is what the settings say: a name or `auto`."""
    return named if named != AUTO else remembered_theme(paths) or DEFAULT_THEME


def origin_of(named: str, paths: Paths) -> str:
    """Return in words why `wanted_theme` returns what it does."""
    if named != AUTO:
        return f"named in {paths.settings_file}"
    return "the default" if remembered_theme(paths) is None else "the one chosen last"


def remembered_theme(paths: Paths) -> str | None:
    """Return the name of the theme last chosen, or None. It need not exist any more."""
    try:
        with paths.chosen_theme.open(encoding="utf-8") as file:
            name = file.read(_LONGEST).strip()
    except (OSError, UnicodeDecodeError):
        return None
    return name if name and name.isprintable() else None


def remember_theme(name: str, paths: Paths) -> None:
    """Keep the name of a chosen theme for the next start.

    Raises:
        OSError: it cannot be written.
    """
    replace_file(paths.chosen_theme, f"{name}\n".encode())
