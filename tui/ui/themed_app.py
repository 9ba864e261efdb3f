"""What the application has to do with themes: its tokens, the theme to start with, choosing one, following files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from tui.text import clean, clean_line
from tui.themes.tokens import TOKENS
from tui.ui.typing_app import TypingApp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.theme import Theme

    from tui.config import Settings
    from tui.paths import Paths
    from tui.themes.catalog import ThemeCatalog

_TOAST_S = 8.0


def token_defaults(theme: Theme) -> dict[str, str]:
    """Return the colours of Rollcage's own tokens in a theme that does not set them."""
    variables = {**theme.to_color_system().generate(), **theme.variables}
    return {token: variables[source] for token, source in TOKENS.items()}


class ThemedApp(TypingApp):
    """Base of the application. A subclass calls `start_themes` when it is made and `follow_themes` once it is drawn."""

    paths: Paths
    settings: Settings
    remembers: bool = True
    """Whether what is chosen is kept for the next time."""
    _catalog_of_themes: ThemeCatalog | None = None
    """None where the colours are those kept of the last start, and no file was read yet."""
    _wanted_theme: str
    _theme_problems: Sequence[str] = ()
    _styled_as = ""
    """The theme whose colours the styles have while the application starts; nothing once it is mounted."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colours of Rollcage's own tokens, for themes that do not set them."""
        return token_defaults(self.current_theme)

    def start_themes(self) -> None:
        """Use the theme to start with. The others are there once `follow_themes` has read them."""
        from tui.themes.choice import wanted_theme
        from tui.ui.kept_theme import kept_theme

        if self.no_color:
            from tui.ui.without_colour import without_colour

            without_colour(self)
        self._wanted_theme = wanted_theme(self.settings.theme, self.paths)
        if (kept := kept_theme(self._wanted_theme, self.paths)) is not None:
            self.register_theme(kept)
            self.theme = kept.name
        else:
            from tui.ui.themes import start_themes

            self._catalog_of_themes, self._theme_problems = start_themes(self, self.paths, self.settings.theme)
        self.stylesheet.set_variables(self.get_css_variables())
        self._styled_as = self.theme

    def refresh_css(self, animate: bool = True) -> None:
        """Read all styles again. While the application starts they are only applied: Textual asks two times in vain."""
        if self._styled_as == self.theme:
            self.stylesheet.update(self, animate=animate)
        else:
            super().refresh_css(animate)

    def on_mount(self) -> None:
        """From now on, what changes the styles is not the start."""
        self._styled_as = ""

    def use_theme(self, name: str) -> None:
        """Change the colours, now and, unless the settings name a theme, at every start from now on."""
        from tui.themes.choice import AUTO, remember_theme

        self.theme = name
        if not self.remembers:
            return
        if self.settings.theme != AUTO:
            said = f"Until you leave: {self.paths.settings_file} names {clean_line(self.settings.theme, 40)}."
            self.notify(said, title=f"Theme {clean_line(name, 40)}", markup=False)
            return
        try:
            remember_theme(name, self.paths)
        except OSError as error:
            said = f"{self.paths.chosen_theme} cannot be written: {error.strerror}"
            self.notify(said, title="Only until you leave", severity="warning", markup=False)

    @work(group="themes", exclusive=True, exit_on_error=False)
    async def follow_themes(self) -> None:
        """Tell of theme files that are left out, then have the colours follow the files."""
        from tui.themes.catalog import ThemeCatalog
        from tui.ui.theme_reload import ThemeFollower

        for problem in self._theme_problems:
            self.notify(clean(problem), title="Theme left out", severity="warning", markup=False, timeout=_TOAST_S)
        catalog = self._catalog_of_themes or ThemeCatalog.unread(self.paths)
        keep_in = self.paths if self.remembers else None
        await ThemeFollower(self, catalog, self._wanted_theme, keep_in).run()
