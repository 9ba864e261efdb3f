"""Finding anything by a part of its name: what can be done, commands, sessions, snapshots, areas, scenarios, themes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from textual import work

from tui.ui.areas import AREAS
from tui.ui.candidates import Candidate
from tui.ui.describe import RISK_GLYPHS, age, spec_words, state_words
from tui.ui.reach import bare, reachable, shown_where_they_work
from tui.ui.screens.finder import Finder
from tui.ui.screens.sessions import SessionChoice

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui.scenarios.catalog import Catalog
    from tui.ui.app import RollcageApp
    from tui.ui.history import HistoryRow

_MOVING: Final = frozenset((
    "cursor_down", "cursor_up", "cursor_first", "cursor_last", "cursor_page", "scroll_down", "scroll_up", "scroll_left",
    "scroll_right", "scroll_home", "scroll_end", "page_down", "page_up", "half_page", "command_palette", "area",
))  # fmt: skip
"""What nobody looks for by name, and areas, which are listed as such."""
CLOSE_FIRST: Final = "Close what is open on top first."
"""What is on top was asked about one session in one area; it would be answered about another."""


class Palette(Finder):
    """Everything by name. On top of something else only what is done there can be done, and the colours be changed."""

    FRAME_TITLE = "Palette"
    PLACEHOLDER = "a command, a session, a snapshot, something to do …"

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self._screen = screen
        self._held = CLOSE_FIRST if screen.is_modal else ""

    @property
    def _app(self) -> RollcageApp:
        return cast("RollcageApp", self.app)

    def candidates(self) -> Iterable[Candidate]:
        """Return all there is; scenarios come when their files were read."""
        self._read_scenarios()
        yield from self._actions()
        yield from self._areas()
        yield from self._commands()
        yield from self._sessions()
        yield from self._snapshots()
        yield from self._themes()

    def _actions(self) -> Iterator[Candidate]:
        shown = shown_where_they_work(self._screen)
        for each in reachable(self._screen):
            if bare(each.key.action) not in _MOVING:
                keys, _ = shown(each.key)
                yield Candidate("do", each.key.label, each.key.help, each.run, keys, each.reason)

    def _areas(self) -> Iterator[Candidate]:
        for area in AREAS:
            keys = self._app.key_of(f"app.{area.name}")
            act = partial(self._app.action_area, area.name)
            yield Candidate("area", area.title, f"Go to {area.title}.", act, keys, self._held)

    def _commands(self) -> Iterator[Candidate]:
        if self._app.catalog is None:
            return
        for definition in self._app.catalog.index.definitions:
            glyph = RISK_GLYPHS[definition.risk_level]
            act = partial(self._app.open_command, definition.name)
            yield Candidate("command", definition.name, definition.description, act, glyph, self._held)

    def _sessions(self) -> Iterator[Candidate]:
        if self._app.engine is None:
            return
        for session in self._app.engine.store.sessions():
            here = "●" if session.name == self._app.workspace.session else ""
            act = partial(self._app.switch_session, SessionChoice(session.name))
            yield Candidate("session", session.name, spec_words(session.spec), act, here, self._held)

    def _snapshots(self) -> Iterator[Candidate]:
        from tui.ui.history import history_rows

        state = self._app.workspace.state
        reason = self._held or self._app.workspace.why_not("rollback")
        for row in history_rows(state.snapshots, state.runs, state.head_id):
            snapshot = row.snapshot
            if snapshot is not None:
                words = f"{age(snapshot.created_at)} ago{', where the machine stands' if row.is_head else ''}"
                if row.run is not None:
                    words += f", {state_words(row.run.state, row.run.exit_code)}"
                title = f"roll back to {state.title_of(snapshot)}"
                yield Candidate("snapshot", title, words, partial(self._roll_back, row), "", reason)

    def _roll_back(self, row: HistoryRow) -> None:
        from tui.ui.widgets.session_tree import SessionTree

        self._app.action_area("run")
        self._app.run_area.post_message(SessionTree.RollbackAsked(row))

    def _themes(self) -> Iterator[Candidate]:
        for name, theme in sorted(self.app.available_themes.items()):
            here = "●" if name == self.app.theme else ""
            kind = "The terminal's own" if theme.ansi else "Dark" if theme.dark else "Light"
            yield Candidate("theme", name, f"{kind} colours.", partial(self._app.use_theme, name), here)

    # --- scenarios -------------------------------------------------------------------------------------------------

    @work(group="palette", exit_on_error=False)
    async def _read_scenarios(self) -> None:
        catalog = await asyncio.to_thread(self._open_scenarios)
        self.add(
            Candidate(
                "scenario",
                entry.name,
                entry.scenario.description if entry.scenario is not None else "The file has errors.",
                partial(self._app.open_scenario, entry.name),
                reason=self._held,
            )
            for entry in catalog.index.entries
        )

    def _open_scenarios(self) -> Catalog:
        from tui.scenarios.catalog import Catalog

        return Catalog.standard(paths=self._app.paths)
