"""What is typed in stays on its line."""

from __future__ import annotations

from textual.app import App, ComposeResult

from tui.ui.widgets.line_input import LineInput


class Narrow(App[None]):
    def compose(self) -> ComposeResult:
        """One line, wider than its room."""
        yield LineInput(placeholder="several words that do not fit", compact=True)


async def test_a_placeholder_that_is_too_wide_ends_at_the_edge() -> None:
    app = Narrow()
    async with app.run_test(size=(12, 3)):
        strip = app.query_one(LineInput).render_line(0)
        assert "\n" not in strip.text
        assert strip.text.startswith("several")
        assert strip.cell_length == 12
