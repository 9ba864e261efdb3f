"""The blocks of code in a text: which are to run, how risky each is, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.style import Style
from textual.binding import BindingType
from textual.message import Message

from tui.store.states import RunState
from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.code.series import Stage, Turn
from tui.ui.describe import RISK_GLYPHS, STATE_GLYPHS, state_words
from tui.ui.widgets.virtual_list import Part, VirtualList

if TYPE_CHECKING:
    from tui.definitions.reply import CodeBlock
    from tui.levels import RiskLevel

_RISK_LOOKS: Final = {"low": "good", "medium": "warning", "high": "bad", "critical": "bad"}
_LONGEST_LINE: Final = 200


class BlockList(VirtualList):
    """One row a block: chosen or not, number, language, first line; risk and outcome as glyph and word."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("blocks")

    @dataclass
    class Highlighted(Message):
        """A person went to another block."""

        block: CodeBlock

    @dataclass
    class Toggled(Message):
        """Blocks were chosen or left out."""

    @dataclass
    class Opened(Message):
        """A person wants to see what a block printed."""

        block: CodeBlock

    @dataclass
    class StopFlipped(Message):
        """A person wants to stop after a failure, or no longer."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._blocks: Sequence[CodeBlock] = ()
        self._risks: Mapping[tuple[str, str], RiskLevel] = {}
        self._turn_of: Callable[[CodeBlock], Turn | None] = lambda _: None
        self.choices: dict[int, bool] = {}
        """What a person chose or left out, by the number of the block; of others, the certain ones run."""

    # --- content ---------------------------------------------------------------------------------------------------

    @property
    def block(self) -> CodeBlock | None:
        """The block under the cursor."""
        return self._blocks[self.cursor] if 0 <= self.cursor < len(self._blocks) else None

    @property
    def selection(self) -> list[CodeBlock]:
        """The blocks to run, in their order."""
        return [block for block in self._blocks if self.is_selected(block)]

    def is_selected(self, block: CodeBlock) -> bool:
        """Say whether a block is to run."""
        return block.can_run and self.choices.get(block.number, block.is_certain)

    def show(self, blocks: Sequence[CodeBlock]) -> None:
        """Show other blocks; choices stay with the block they were made for."""
        if self._blocks and not _is_edit(self._blocks, blocks):
            made = {
                block.identity: self.choices[block.number] for block in self._blocks if block.number in self.choices
            }
            self.choices = {block.number: made[block.identity] for block in blocks if block.identity in made}
        self._blocks = blocks
        self.rows_changed(max(self.cursor, 0))

    def go_to(self, number: int) -> None:
        """Put the cursor on a block."""
        self.cursor = next((row for row, block in enumerate(self._blocks) if block.number == number), self.cursor)

    def show_state(
        self, risks: Mapping[tuple[str, str], RiskLevel], turn_of: Callable[[CodeBlock], Turn | None]
    ) -> None:
        """Show the risk of blocks, and what became of them."""
        self._risks, self._turn_of = risks, turn_of
        self.refresh()

    # --- choosing --------------------------------------------------------------------------------------------------

    def action_choose(self) -> None:
        """Run the block, or leave it out."""
        block = self.block
        if block is None:
            return
        if not block.can_run:
            self.notify(f"Block {block.number} cannot run: {clean_line(block.why_not)}.", severity="warning",
                        markup=False)  # fmt: skip
            return
        self._choose({block.number: not self.is_selected(block)})

    def action_all(self) -> None:
        """Choose every block that can run."""
        self._choose({block.number: True for block in self._blocks if block.can_run})

    def action_none(self) -> None:
        """Choose no block."""
        self._choose({block.number: False for block in self._blocks})

    def action_stop(self) -> None:
        """Stop after a failure, or go on."""
        self.post_message(self.StopFlipped())

    def _choose(self, choices: dict[int, bool]) -> None:
        self.choices |= choices
        self.refresh()
        self.post_message(self.Toggled())

    # --- rows ------------------------------------------------------------------------------------------------------

    def row_count(self) -> int:
        """Return how many blocks there are."""
        return len(self._blocks)

    def chosen(self, row: int) -> None:
        """Tell which block it is, if a person moved."""
        if self.has_focus and (block := self.block) is not None:
            self.post_message(self.Highlighted(block))

    def opened(self, row: int) -> None:
        """Tell which block it is."""
        self.post_message(self.Opened(self._blocks[row]))

    def row_parts(self, row: int) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return what a block is, and how it stands with it."""
        block = self._blocks[row]
        mark = (" [x]" if self.is_selected(block) else " [ ]") if block.can_run else "  – "
        first = next((line for line in block.text.split("\n") if line.strip()), "").strip()
        muted = self.look("muted")
        left: list[Part] = [
            (f"{mark}{block.number:>3} ", Style() if block.can_run else muted),
            (f"{clean_line(str(block.language or block.named or 'text'), 10):<10} ", muted),
            (clean_line(first, _LONGEST_LINE), Style() if block.can_run else muted),
        ]
        right: list[Part] = []
        if (turn := self._turn_of(block)) is not None:
            words, look = outcome_words(turn)
            right.append((f"{words} ", self.look(look)))
        if not block.can_run:
            right.append(("not run ", muted))
        elif (level := self._risks.get(block.identity)) is not None:
            right.append((f"{RISK_GLYPHS[level]} {level} ", self.look(_RISK_LOOKS[level])))
        return left, right


def outcome_words(turn: Turn) -> tuple[str, str]:
    """Return what became of a block, and the look of that."""
    match turn.stage:
        case Stage.PENDING:
            return "· pending", "muted"
        case Stage.RUNNING:
            return "◌ running", "warning"
        case Stage.DONE:
            return "✓ done", "good"
        case Stage.SKIPPED:
            return "– skipped", "muted"
        case Stage.TAKEN_BACK:
            return "↶ taken back", "warning"
        case Stage.ENDED:
            good = turn.state is RunState.SUCCEEDED
            return f"{STATE_GLYPHS[turn.state]} {state_words(turn.state, turn.exit_code)}", "good" if good else "bad"


def _is_edit(before: Sequence[CodeBlock], after: Sequence[CodeBlock]) -> bool:
    """Say whether these are the same blocks but for one in which something was written."""
    pairs = zip(before, after, strict=False)
    return len(before) == len(after) and sum(old.identity != new.identity for old, new in pairs) <= 1
