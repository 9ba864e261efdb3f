"""Colours follow theme files while the application runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from textual.app import App

from tui.errors import HostNotReady
from tui.text import clean
from tui.ui.kept_theme import keep_theme
from tui.ui.themes import forget_theme, in_brief, textual_theme

if TYPE_CHECKING:
    from tui.paths import Paths
    from tui.themes.catalog import ThemeCatalog, ThemeDelta

_TOAST_S: Final = 8.0


class ThemeFollower:
    """Registers themes as their files change, and repaints the screen where the theme in use changed.

    A file that breaks keeps its last good colours. `wanted` is the theme a person wants; where another had to be used
    at the start, it is used as soon as its file is there and good, unless another was chosen meanwhile. The one in use
    is kept in `keep_in`, for the next start.
    """

    def __init__(self, app: App[Any], catalog: ThemeCatalog, wanted: str, keep_in: Paths | None) -> None:
        self._app = app
        self._catalog = catalog
        self._wanted = wanted
        self._keep_in = keep_in
        self._substitute = app.theme if app.theme != wanted else None

    async def run(self) -> None:
        """Follow the files until cancelled.

        Raises:
            HostNotReady: the kernel allows no more watches.
        """
        from tui.definitions.reload import watch

        try:
            async for delta in watch(self._catalog):
                await self._take(delta)
        except HostNotReady:
            # Nothing can be followed, but what is there now was perhaps never read.
            await self._take(await asyncio.to_thread(self._catalog.refresh))
            raise

    async def _take(self, delta: ThemeDelta) -> None:
        if delta:
            self.apply(delta)
        entry = self._catalog.index.by_name.get(self._app.theme)
        if self._keep_in is not None and entry is not None and entry.theme is not None and not entry.broken:
            await asyncio.to_thread(keep_theme, entry.theme, entry.path, self._keep_in)

    def apply(self, delta: ThemeDelta) -> None:
        """Bring the application up to date and tell of files that broke or are good again."""
        for theme in delta.changed:
            made = textual_theme(theme)
            if self._app.available_themes.get(theme.name) == made:
                continue
            self._app.register_theme(made)
            if theme.name == self._app.theme:
                _repaint(self._app)
        for name in delta.removed:
            if name == self._app.theme:
                self._tell("No file has it any more. Its colours stay until another is chosen.", f"Theme {name}")
            else:
                forget_theme(self._app, name)
        if self._substitute == self._app.theme and self._wanted in self._app.available_themes:
            self._app.theme = self._wanted
            self._substitute = None
        kept = [entry for entry in delta.broken if entry.theme is not None]
        left_out = [entry for entry in delta.broken if entry.theme is None]
        if kept:
            self._warn("\n".join(map(in_brief, kept)), "Theme has errors; its last good colours stay")
        if left_out:
            self._warn("\n".join(map(in_brief, left_out)), "Theme left out")
        if delta.repaired:
            self._tell("\n".join(str(entry.path) for entry in delta.repaired), "Theme is good again")

    def _warn(self, text: str, title: str) -> None:
        self._app.notify(clean(text), title=title, severity="warning", markup=False, timeout=_TOAST_S)

    def _tell(self, text: str, title: str) -> None:
        self._app.notify(clean(text), title=title, markup=False)


def _repaint(app: App[Any]) -> None:
    """Draw the theme in use anew: Textual does so only when another one is chosen, so it is told of another first."""
    name = app.theme
    app.set_reactive(App.theme, "textual-light" if name != "textual-light" else "textual-dark")
    app.theme = name
