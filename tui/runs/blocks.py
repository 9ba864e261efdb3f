"""From blocks of code to requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tui.definitions.reply import CodeBlock
from tui.runs.request import Request, StepRequest
from tui.text import clean_line

_LONGEST_TITLE: Final = 60


def requests_for(blocks: Sequence[CodeBlock], like: Request, *, as_one: bool = False) -> tuple[Request, ...]:
    """Return requests to run blocks in their order.

    Args:
        blocks: What to run; each of them can be.
        like: Has all but title and steps.
        as_one: Make one request with a step a block, so that a failure takes back all of them. Otherwise each block is
            a request, with snapshots and an approval of its own, and a failure takes back only that block.
    """
    steps = [StepRequest(block.text, str(block.language), block.first_line) for block in blocks]
    titles = [clean_line(block.title, _LONGEST_TITLE) for block in blocks]
    if as_one and len(blocks) > 1:
        more = f" and {len(blocks) - 1} more"
        return (replace(like, title=f"{clean_line(titles[0], _LONGEST_TITLE - len(more))}{more}", steps=tuple(steps)),)
    return tuple(replace(like, title=title, steps=(step,)) for title, step in zip(titles, steps, strict=True))
