"""Bounds, so that no text takes more than a bounded time: exceeding one is reported, never an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

TEXT_LIMIT: Final = 256 * 1024
"""Characters of one text that are looked at."""
NESTING_LIMIT: Final = 32
"""How deep quotes, substitutions and compound commands may stand in each other."""
DEPTH_LIMIT: Final = 12
"""How many interpreters and wrappers may stand in each other: `sh -c "sh -c …"`."""
INVOCATION_LIMIT: Final = 3000
FIELD_LIMIT: Final = 512
"""Words that one word may expand to."""
PIECE_LIMIT: Final = 1024
"""Pieces, known and unknown, of one word."""
VALUE_LIMIT: Final = 64 * 1024
"""Characters of one expanded value."""
WORK_LIMIT: Final = 4 * 1024 * 1024
"""Characters parsed, expanded and folded in all, per text."""
LOOP_LIMIT: Final = 8
"""Rounds of a `for` over literal words that are followed one by one."""
CALL_LIMIT: Final = 64
"""Calls of functions whose bodies are followed with their arguments."""


@dataclass(slots=True)
class Budget:
    """What may still be spent on one text, and what was left out."""

    work: int = WORK_LIMIT
    calls: int = CALL_LIMIT
    problems: list[str] = field(default_factory=list)

    def spend(self, characters: int) -> bool:
        """Take `characters` of work from the budget; return False, and say so once, when it is used up."""
        self.work -= characters
        if self.work < 0:
            self.problem("the text expands to more than is looked at")
            return False
        return True

    def problem(self, text: str) -> None:
        """Record what was not understood, once, and no more than a person reads."""
        if text not in self.problems and len(self.problems) < 50:
            self.problems.append(text)
