"""How long things took: a line of bars for each kind, and the figures beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.pool.measurements import Sample, summary
from tui.ui.pool.words import milliseconds
from tui.ui.widgets.looks import Drawn, Look

if TYPE_CHECKING:
    from tui.ui.pool.times import Times

_BARS: Final = "▁▂▃▄▅▆▇█"
_LABEL: Final = 9
_COUNT: Final = 5
_FIGURE: Final = 8
_FIGURES: Final = ("least", "median", "most")
_NARROWEST: Final = 4
"""Cells below which bars say nothing and are left out."""


def bars(samples: Sequence[Sample], width: int) -> str:
    """Return the newest samples as bars from zero to the longest of them, one cell each, the newest at the right."""
    shown = samples[-width:] if width > 0 else ()
    most = max((sample.ms for sample in shown), default=0.0)
    if not most:
        return _BARS[0] * len(shown)
    return "".join(_BARS[min(int(sample.ms / most * len(_BARS)), len(_BARS) - 1)] for sample in shown)


class TimesChart(Drawn, Widget):
    """Draws measurements, one line for each kind and a line of headings above."""

    LOOKS: ClassVar[Mapping[str, Look]] = {
        "label": Look("text-secondary"),
        "bars": Look("text-accent"),
        "muted": Look("text-muted"),
    }
    DEFAULT_CSS = """
    TimesChart {
        height: auto;
        background: $surface;
        color: $foreground;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.times: Times = ()
        """What is shown."""

    def show(self, times: Times) -> None:
        """Show other measurements."""
        if times == self.times:
            return
        is_longer = len(times) != len(self.times)
        self.times = times
        self.refresh(layout=is_longer)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines there are."""
        return 1 + len(self.times)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width, base = self.size.width, self.base_style
        room = width - _LABEL - _COUNT - _FIGURE * len(_FIGURES) - 1
        muted, label = self.look("muted"), self.look("label")
        if y == 0:
            words = "".join(f"{word:>{_FIGURE}}" for word in _FIGURES)
            text = f"{'':<{_LABEL}}{'oldest to newest' if room > 20 else '':<{max(room, 0)}} {'count':>{_COUNT}}{words}"
            return Strip([Segment(text, base + muted)]).adjust_cell_length(width, base)
        if y > len(self.times):
            return Strip.blank(width, base)
        name, samples = self.times[y - 1]
        segments = [Segment(f"{name:<{_LABEL}}", base + label)]
        drawn = bars(samples, room) if room >= _NARROWEST else ""
        segments.append(Segment(f"{drawn:<{max(room, 0)}} ", base + self.look("bars")))
        found = summary(samples)
        if found is None:
            segments.append(Segment(f"{'none yet':>{_COUNT + _FIGURE}}", base + muted))
        else:
            segments.append(Segment(f"{found.count:>{_COUNT}}", base + muted))
            figures = (found.least, found.median, found.most)
            segments.append(Segment("".join(f"{milliseconds(each):>{_FIGURE}}" for each in figures), base))
        return Strip(segments).adjust_cell_length(width, base)
