"""Word expansion: from a word as written to the fields a command gets (POSIX 2.6)."""

from __future__ import annotations

import re
from typing import Final

from tui.risk.shell.limits import FIELD_LIMIT, PIECE_LIMIT, VALUE_LIMIT
from tui.risk.shell.model import Unknown, Word
from tui.risk.shell.parameter_values import Parameters
from tui.risk.shell.patterns import GLOB, braces
from tui.risk.shell.pieces import Piece, WordDraft
from tui.risk.shell.spelling import name_split_needlessly, split_needlessly
from tui.risk.shell.syntax import Parameter, Part, Substitution, Text, WordNode
from tui.risk.shell.values import Field, Pieces, Value

_ALONE: Final = re.compile(r"[A-Za-z0-9_./:=@%+,\-^]*")


class Expander(Parameters):
    """Expands words in one scope."""

    def fields(self, words: list[WordNode]) -> list[Field]:
        """Expand the words of a command."""
        result: list[Field] = []
        for node in words:
            if len(result) > FIELD_LIMIT:
                self.budget.problem("a command has more arguments than are looked at")
                break
            parts = node.parts
            if (
                len(parts) == 1
                and isinstance(parts[0], Text)
                and not parts[0].quote
                and _ALONE.fullmatch(parts[0].value)
            ):
                result.append(self._plain(node, parts[0].value))
                continue
            result.extend(self._word(node))
        return result

    def single(self, node: WordNode) -> Field:
        """Expand a word that stays one field: assignments, targets of redirections, here-documents."""
        parts = node.parts
        if len(parts) == 1 and isinstance(parts[0], Text):
            return self._plain(node, parts[0].value)
        draft = self._expand(parts)
        return self._field(node, draft.pieces, draft, splits=False)

    def value(self, node: WordNode) -> Value:
        """Expand a word as the value of a variable."""
        return self.single(node).value

    def _plain(self, node: WordNode, value: str) -> Field:
        span = self.source.span(node.start, node.end)
        source = self.source.derived(value, node.start, node.end)
        return Field(Word((value,), span, globs=False), source, raw=node.raw)

    def _word(self, node: WordNode) -> list[Field]:
        if "{" in node.raw:
            words = braces(node.parts)
            if words is None:
                self.budget.problem("braces expand to more words than are looked at")
                words = [node.parts]
        else:
            words = [node.parts]
        result: list[Field] = []
        for parts in words:
            draft = self._expand(parts)
            draft.folded |= len(words) > 1
            result.extend(self._split(node, draft))
        if not self.budget.spend(len(node.raw) * len(words)):
            return result[:1]
        return result

    # Expansion of the parts of a word

    def _expand(self, parts: list[Part]) -> WordDraft:
        draft = WordDraft([], [])
        counted = 0
        for index, part in enumerate(parts):
            if isinstance(part, Text):
                draft.add(part.value, quoted=bool(part.quote), expanded=False)
            elif isinstance(part, Parameter):
                inside = 0 < index < len(parts) - 1
                self._parameter(part, draft, inside=inside)
            elif isinstance(part, Substitution):
                self._substitution(part, draft)
            else:
                self._arithmetic(part, draft)
            draft.size += sum(len(piece.value) for piece in draft.pieces[counted:] if isinstance(piece.value, str))
            counted = len(draft.pieces)
            if draft.size > VALUE_LIMIT or counted > PIECE_LIMIT:
                self.budget.problem("a word expands to more than is looked at")
                draft.pieces[:] = [Piece(Unknown("…"), True, True)]
                draft.breaks = None
                draft.size, counted = 0, 1
                draft.inputs[:] = draft.inputs[-PIECE_LIMIT:]
        return draft

    def _substitution(self, part: Substitution, draft: WordDraft) -> None:
        output = self.run(part, self.scope)
        draft.inputs.extend(output.producers)
        if part.direction:
            self.scope.files[part.source] = output
        if part.direction or output.literal is None:
            draft.add(Unknown(part.source, output.producers), quoted=part.quoted or bool(part.direction))
        else:
            draft.add(output.literal.rstrip("\n"), quoted=part.quoted)
            draft.hidden |= not part.script.body.items
            draft.disguise = max(draft.disguise, output.disguise)
            draft.folded = True

    # Fields

    def _split(self, node: WordNode, draft: WordDraft) -> list[Field]:
        """Split the results of unquoted expansions at blanks: POSIX 2.6.5."""
        breaks = draft.breaks or set()
        if not breaks and not any(
            piece.expanded and not piece.quoted and isinstance(piece.value, str) for piece in draft.pieces
        ):
            if not any(piece.quoted or piece.value for piece in draft.pieces):
                return []
            return [self._field(node, draft.pieces, draft)]
        words: list[list[Piece]] = [[]]
        separators = self._separators()
        for position, piece in enumerate(draft.pieces):
            if position in breaks:
                words.append([])
            if not (piece.expanded and not piece.quoted and isinstance(piece.value, str)):
                words[-1].append(piece)
                continue
            split = re.split(f"[{re.escape(separators)}]+", piece.value) if separators else [piece.value]
            for number, text in enumerate(split):
                if number:
                    words.append([])
                if text:
                    words[-1].append(Piece(text, False, True))
        kept = [word for word in words if word and any(piece.quoted or piece.value for piece in word)]
        if len(kept) > FIELD_LIMIT:
            self.budget.problem("a word expands to more words than are looked at")
        return [self._field(node, word, draft) for word in kept[:FIELD_LIMIT]]

    def _separators(self) -> str:
        value = self.scope.variables.get("IFS")
        if isinstance(value, Value):
            return value.literal if value.literal is not None else " \t\n"
        return " \t\n"

    def _field(self, node: WordNode, pieces: list[Piece], draft: WordDraft, *, splits: bool = True) -> Field:
        parts: list[str | Unknown] = []
        for piece in pieces:
            if isinstance(piece.value, str) and parts and isinstance(parts[-1], str):
                parts[-1] += piece.value
            else:
                parts.append(piece.value)
        merged: Pieces = tuple(parts) or ("",)
        globs = splits and any(
            not piece.quoted and isinstance(piece.value, str) and GLOB.search(piece.value) for piece in pieces
        )
        word = Word(merged, self.source.span(node.start, node.end), globs, draft.folded)
        whole = self.source.derived(word.text, node.start, node.end)
        nonempty = [piece for piece in pieces if piece.value]
        assembled = len(nonempty) > 1 and any(piece.expanded and isinstance(piece.value, str) for piece in nonempty)
        return Field(
            word, whole, tuple(dict.fromkeys(draft.inputs)), draft.disguise,
            split=draft.hidden or split_needlessly(node.parts), name_split=name_split_needlessly(node.parts),
            assembled=assembled, raw=node.raw,
        )  # fmt: skip
