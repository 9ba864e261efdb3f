"""What the command palette finds: actions, commands, sessions and themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from tui.text import clean_line
from tui.ui.bindings import TABLE
from tui.ui.describe import RISK_GLYPHS, spec_words
from tui.ui.screens.area import Area
from tui.ui.screens.sessions import SessionChoice

if TYPE_CHECKING:
    from tui.ui.app import RollcageApp

_MOST_COMMANDS = 500
"""Matching more candidates than this delays a key press noticeably; the list's own filter has no such limit."""


class _Candidate(NamedTuple):
    words: str
    explanation: str
    """Parsed as markup by Textual, so that what comes from a file is escaped."""
    act: Callable[[], object]


class RollcageCommands(Provider):
    """Everything a person may want to do, by name."""

    async def discover(self) -> Hits:
        """Show the actions before anything is typed."""
        for candidate in self._actions():
            yield DiscoveryHit(
                Content(candidate.words), candidate.act, text=candidate.words, help=candidate.explanation
            )

    async def search(self, query: str) -> Hits:
        """Find actions, commands, sessions and themes."""
        matcher = self.matcher(query)
        for candidates in (self._actions(), self._commands(), self._sessions(), self._themes()):
            for words, explanation, act in candidates:
                if (score := matcher.match(words)) > 0:
                    # The plain words are shown: highlighting would parse what a file says as markup.
                    yield Hit(score, Content(words), act, text=words, help=explanation)

    @property
    def _app(self) -> RollcageApp:
        return cast("RollcageApp", self.app)

    @property
    def _area(self) -> Area | None:
        return self.screen if isinstance(self.screen, Area) else None

    def _actions(self) -> Iterator[_Candidate]:
        area = self._area
        for key in TABLE:
            if key.scope == "app" and key.id != "app.palette":
                yield _Candidate(f"{key.label}  ({key.shown_keys})", key.help, partial(self.app.run_action, key.action))
            elif area is not None and key.action.startswith("screen.") and key.id in _ids(area):
                reason = area.reason_against(key.action)
                explanation = f"Not now: {escape(reason)}" if reason else key.help
                act = partial(self._run_or_say, key.action)
                yield _Candidate(f"{key.label}  ({key.shown_keys})", explanation, act)

    async def _run_or_say(self, action: str) -> None:
        area = self._area
        if area is None:
            return
        if reason := area.reason_against(action):
            self.app.notify(reason, severity="warning", markup=False)
        else:
            await area.run_action(action)

    def _commands(self) -> Iterator[_Candidate]:
        if self._app.catalog is None:
            return
        for definition in self._app.catalog.index.definitions[:_MOST_COMMANDS]:
            words = f"{RISK_GLYPHS[definition.risk_level]} command: {clean_line(definition.name)}"
            yield _Candidate(
                words, escape(clean_line(definition.description)), partial(self._app.open_command, definition.name)
            )

    def _sessions(self) -> Iterator[_Candidate]:
        engine = self._app.engine
        if engine is None:
            return
        for session in engine.store.sessions():
            words = f"session: {clean_line(session.name)}"
            yield _Candidate(
                words, spec_words(session.spec), partial(self._app.switch_session, SessionChoice(session.name))
            )

    def _themes(self) -> Iterator[_Candidate]:
        for name in sorted(self.app.available_themes):
            yield _Candidate(f"theme: {clean_line(name)}", "Change the colours.", partial(self._app.use_theme, name))


def _ids(area: Area) -> set[str | None]:
    return {binding.id for bindings in area._bindings.key_to_bindings.values() for binding in bindings}
