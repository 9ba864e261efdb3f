"""Themes as Textual wants them, made from the files that `tui.themes` has read and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.theme import BUILTIN_THEMES
from textual.theme import Theme as TextualTheme

from tui.themes.catalog import ThemeCatalog
from tui.themes.choice import AUTO, DEFAULT_THEME, wanted_theme
from tui.themes.model import located

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from textual.app import App

    from tui.paths import Paths
    from tui.themes.model import Entry, Theme

_LISTED: Final = 3
"""Problems that a message names; `rollcage themes check` prints all."""


def textual_theme(theme: Theme) -> TextualTheme:
    """Return a theme as Textual wants it."""
    return TextualTheme(
        theme.name,
        dark=theme.dark,
        ansi=theme.ansi,
        variables=dict(theme.variables),
        **dict(theme.colours),  # type: ignore[arg-type]
    )


def start_themes(app: App[Any], paths: Paths, named: str) -> tuple[ThemeCatalog, list[str]]:
    """Register the theme to start with and those of the user; `named` is what the settings say.

    The other shipped ones come with the first refresh, after the first paint. Returns what is followed from then on,
    and what a person should be told of files that are left out.
    """
    wanted = wanted_theme(named, paths)
    catalog = ThemeCatalog.standard(paths, first=wanted)
    for theme in catalog.index.themes.values():
        app.register_theme(textual_theme(theme))
    problems = [in_brief(entry) for entry in catalog.index.entries if entry.broken]
    if wanted in app.available_themes:
        app.theme = wanted
        return catalog, problems
    origin = paths.settings_file if named != AUTO else paths.chosen_theme
    problems.append(f"{origin}: there is no theme {wanted!r}; {DEFAULT_THEME} is used")
    if DEFAULT_THEME in app.available_themes:
        app.theme = DEFAULT_THEME
    return catalog, problems


def forget_theme(app: App[Any], name: str) -> None:
    """Take a theme away; where it hid one of Textual's own, that is back."""
    app.unregister_theme(name)
    if (hidden := BUILTIN_THEMES.get(name)) is not None:
        app.register_theme(hidden)


def in_brief(entry: Entry) -> str:
    """Return the first problems of a file, each with its place."""
    problems: Sequence[str] = [located(problem) for problem in entry.problems]
    more = len(problems) - _LISTED
    return "\n".join(problems[:_LISTED]) + (f"\nand {more} more: rollcage themes check" if more > 0 else "")
