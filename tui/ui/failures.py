"""Why a run came to nothing, in words for a toast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.store.states import RunState
from tui.text import clean, clean_line

if TYPE_CHECKING:
    from tui.runs.events import RunFinished
    from tui.ui.preparation import Progress

_SETS_UP: Final = "rollcage setup"
"""What hints name where the host lacks something."""


def failure_words(event: RunFinished, setting_up: Progress | None) -> str:
    """Return what to tell of a run that Rollcage could not carry out, or not to its end."""
    if event.state is RunState.MACHINE_LOST:
        back = "the session is back where it was before" if event.rolled_back else "nothing was rolled back"
        why = clean_line(event.error.partition("\n")[0], 200)
        return f"Its machine was lost, so how it ended is unknown; {back}. Run it again: that gets another one.\n{why}"
    if setting_up is not None and _SETS_UP in event.error:
        told = "\n".join(line for line in event.error.split("\n") if _SETS_UP not in line)
        done = f" ({setting_up.fraction:.0%} done)" if setting_up.fraction is not None else ""
        return f"{clean(told)}\nThis host is being set up{done}: run it again once that has ended."
    return clean(event.error)
