"""What is seen of a run, kept for the comparison with what was expected of it."""

from __future__ import annotations

from tui.levels import RiskLevel
from tui.runs.events import ApprovalRequested, Event, OutputReceived, RiskAssessed, RunFinished
from tui.scenarios.outcome import MAX_OUTPUT, Outcome


class Observation:
    """Sees the events of one run and turns them into an outcome."""

    def __init__(self) -> None:
        self._output = bytearray()
        self._output_bytes = 0
        self._events: list[str] = []
        self._level: RiskLevel | None = None
        self._asked = False
        self._finished: RunFinished | None = None

    def see(self, event: Event) -> None:
        """Take one event in."""
        name = type(event).__name__
        if not (isinstance(event, OutputReceived) and self._events[-1:] == [name]):
            self._events.append(name)
        match event:
            case OutputReceived():
                self._output += event.data[: MAX_OUTPUT - len(self._output)]
                self._output_bytes += len(event.data)
            case RiskAssessed():
                self._level = event.assessment.level
            case ApprovalRequested():
                self._asked = True
            case RunFinished():
                self._finished = event

    def outcome(self) -> Outcome:
        """Return what came of the run."""
        end = self._finished
        assert end is not None, "the run has not finished"
        return Outcome(
            state=end.state,
            exit_code=end.exit_code,
            output=bytes(self._output),
            output_bytes=self._output_bytes,
            rolled_back=end.rolled_back,
            level=self._level,
            asked=self._asked,
            reason=end.error,
            events=tuple(self._events),
        )
