"""What was found about the blocks of a text, and where in the text it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from tui.ui.evidence import Mark, marks

if TYPE_CHECKING:
    from tui.definitions.reply import CodeBlock
    from tui.levels import RiskLevel
    from tui.risk.model import Assessment
    from tui.runs.gates import Preview
    from tui.runs.request import Request


class Findings:
    """Assessments by what makes blocks the same code, wherever they stand."""

    def __init__(self) -> None:
        self._assessments: dict[tuple[str, str], Assessment] = {}

    def __contains__(self, block: CodeBlock) -> bool:
        return block.identity in self._assessments

    def add(self, request: Request, preview: Preview) -> None:
        """Take what was found about a request with the one step that a block is."""
        step = request.steps[0]
        self._assessments[step.language, step.text] = preview.as_written[0]

    def keep(self, blocks: Iterable[CodeBlock]) -> None:
        """Forget what is about other blocks."""
        wanted = {block.identity for block in blocks}
        self._assessments = {each: found for each, found in self._assessments.items() if each in wanted}

    @property
    def levels(self) -> dict[tuple[str, str], RiskLevel]:
        """How risky each is."""
        return {each: assessment.level for each, assessment in self._assessments.items()}

    def marks(self, blocks: Iterable[CodeBlock], text: str) -> list[Mark]:
        """Return the evidence in the text that the blocks stand in, in order."""
        found = [block for block in blocks if block in self]
        if not found:
            return []
        starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
        return [mark for block in found for mark in self._placed(block, starts)]

    def _placed(self, block: CodeBlock, starts: list[int]) -> Iterator[Mark]:
        """Yield the evidence in a block as places in the text, line by line."""
        found = marks(self._assessments[block.identity].reasons, len(block.text))
        if not found:
            return
        at = 0
        for line, (number, column) in zip(block.text.split("\n"), block.places, strict=False):
            begin = starts[number - 1] + column
            for mark in found:
                start, end = max(mark.start, at), min(mark.end, at + len(line))
                if start < end:
                    yield Mark(begin + start - at, begin + end - at, mark.level)
            at += len(line) + 1
