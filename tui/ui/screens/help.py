"""Every key there is."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.ui.bindings import SCOPE_TITLES, SCOPES, keys_of
from tui.ui.screens.dialog import Dialog


class Help(Dialog[None]):
    """The table of keys, which a filter narrows."""

    FRAME_TITLE = "Keys"
    AUTO_FOCUS = "Input"
    DEFAULT_CSS = """
    Help #frame { width: 100; height: 90%; }
    Help VerticalScroll { height: 1fr; margin-top: 1; scrollbar-size-vertical: 1; }
    """

    def content(self) -> Iterable[Widget]:
        """Return the filter and the table."""
        yield Input(placeholder="filter", compact=True)
        yield VerticalScroll(Static(help_text(), markup=False), can_focus=True)

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        self.query_one(Static).update(help_text(event.value))

    def key_down(self) -> None:
        """Scroll."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def key_up(self) -> None:
        """Scroll."""
        self.query_one(VerticalScroll).scroll_up(animate=False)


def help_text(wanted: str = "") -> Content:
    """Return the keys whose id, label or explanation holds `wanted`, by scope."""
    wanted = wanted.strip().casefold()
    parts: list[Content] = []
    for scope in SCOPES:
        keys = [key for key in keys_of(scope) if wanted in f"{key.id} {key.label} {key.help}".casefold()]
        if not keys:
            continue
        parts.append(Content.styled(SCOPE_TITLES[scope], "bold $text-secondary"))
        parts += [
            Content.assemble(
                (f"  {key.shown_keys:<7}", "bold $text-primary"), f"{key.label:<12}", (key.help, "$text-muted")
            )
            for key in keys
        ]
        parts.append(Content(""))
    return Content("\n").join(parts) if parts else Content.styled("No key does that.", "$text-muted")
