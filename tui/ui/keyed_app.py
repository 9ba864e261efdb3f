"""What the application has to do with keys: which there are now, finding any of them, doing what they do."""

from __future__ import annotations

from dataclasses import replace
from inspect import isawaitable
from typing import TYPE_CHECKING

from tui.keymap.table import Keymap
from tui.text import clean
from tui.ui.bindings import KEY_TABLE
from tui.ui.themed_app import ThemedApp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.definitions.problems import Problem
    from tui.ui.candidates import Candidate

_TOAST_S = 8.0


class KeyedApp(ThemedApp):
    """Base of the application. A subclass calls `start_keys` when it is made, and `tell_of_keys` once it is drawn."""

    ENABLE_COMMAND_PALETTE = False  # Textual's own; ours is quick with a thousand candidates and takes no markup

    keymap: Keymap
    """Which keys do what now."""
    _keymap_problems: Sequence[Problem]

    def start_keys(self, *, read_only: bool) -> None:
        """Read what the person bound otherwise; what is wrong with it is told later, and default keys stay."""
        keymap, self._keymap_problems = Keymap(KEY_TABLE), ()
        if self.paths.keymap_file.exists():
            from tui.keymap.reading import load_keymap

            keymap, self._keymap_problems = load_keymap(self.paths, KEY_TABLE)
        self.keymap = replace(keymap, read_only=read_only)
        self.remembers = not read_only
        self.set_keymap(self.keymap.for_textual())

    def tell_of_keys(self) -> None:
        """Tell what is wrong with the keymap, once."""
        if not self._keymap_problems:
            return
        from tui.definitions.problems import Severity, has_errors

        bad = has_errors(self._keymap_problems)
        first = next((p for p in self._keymap_problems if p.severity is Severity.ERROR), self._keymap_problems[0])
        more = len(self._keymap_problems) - 1
        lines = [str(first), *([f"and {more} more"] if more else []), "rollcage keys --check tells all of it"]
        self.notify(
            clean("\n".join(lines)),
            title="The default keys are used" if bad else "Keymap",
            severity="error" if bad else "warning",
            markup=False,
            timeout=_TOAST_S,
        )

    def key_of(self, id: str) -> str:
        """Return the key that does something now, as a person reads it; nothing where there is none."""
        return self.keymap.current(id)

    # --- finding ---------------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        """List everything that can be done, and do what is chosen."""
        from tui.ui.screens.finder import Finder
        from tui.ui.screens.help import Help

        if not isinstance(self.screen, Finder):
            self.push_screen(Help(self.screen), self._do)

    def action_command_palette(self) -> None:
        """Find anything by name, and do or open it."""
        from tui.ui.screens.finder import Finder
        from tui.ui.screens.palette import Palette

        if not isinstance(self.screen, Finder):
            self.push_screen(Palette(self.screen), self._do)

    async def _do(self, chosen: Candidate | None) -> None:
        if chosen is None:
            return
        if chosen.reason:
            self.notify(chosen.reason, severity="warning", markup=False)
            return
        done = chosen.act()
        if isawaitable(done):
            await done
