"""Pictures of the code editor with the blocks of a reply. `pytest --snapshot-update` takes them anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from tests.support.pilots import until
from tests.ui.previews import PreviewingEngine
from tests.ui.test_code import REPLY, ending, opened, rows
from tui.ui.app import RollcageApp
from tui.ui.widgets.risk_pane import RiskPane


@pytest.fixture(autouse=True)
def no_toasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the host lacks is not in the pictures."""
    monkeypatch.setattr(RollcageApp, "notify", lambda self, *_, **__: None)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_the_blocks_of_a_reply(
    snap_compare: Callable[..., bool], app: RollcageApp, engine: PreviewingEngine, size: tuple[int, int]
) -> None:
    engine._script = ending(print=3)

    async def before(pilot: Pilot[int]) -> None:
        await opened(pilot, app, REPLY)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "– skipped" in rows(app)[4] and "low" in rows(app)[4] and "low" in rows(app)[3])
        await until(pilot, lambda: not app.screen.query_one(RiskPane).has_class("-stale"))
        await until(pilot, lambda: not app.screen_stack[0].query_one(RiskPane).has_class("-stale"))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)
