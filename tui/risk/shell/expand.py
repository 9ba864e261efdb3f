"""Word expansion: from a word as written to the fields a command gets (POSIX 2.6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tui.risk.shell import parameters
from tui.risk.shell.arithmetic import evaluate, names, prints_a_number
from tui.risk.shell.limits import FIELD_LIMIT, PIECE_LIMIT, VALUE_LIMIT, Budget
from tui.risk.shell.model import Unknown, Word
from tui.risk.shell.patterns import GLOB, braces
from tui.risk.shell.source import Source
from tui.risk.shell.spelling import name_split_needlessly, split_needlessly
from tui.risk.shell.syntax import Arithmetic, Parameter, Part, Substitution, Text, WordNode
from tui.risk.shell.values import Disguise, Field, Output, Pieces, Scope, Value, known, unknown

_ALONE: Final = re.compile(r"[A-Za-z0-9_./:=@%+,\-^]*")
_RUNS: Final = re.compile(r"\$\(|`")
_DEFAULTS: Final = {"HOME": "~", "IFS": " \t\n"}

_QUOTES: Final = "\"'"


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of a word after expansion."""

    value: str | Unknown
    quoted: bool
    expanded: bool
    """Whether it is the result of an expansion: only then it is split into fields."""


@dataclass(slots=True)
class _Draft:
    """A word being expanded."""

    pieces: list[_Piece]
    inputs: list[int]
    disguise: Disguise = Disguise.NONE
    folded: bool = False
    hidden: bool = False
    """Whether an expansion in it has no other use than to hide the rest."""
    size: int = 0
    """Characters known so far."""
    breaks: set[int] | None = None
    """Before which pieces a new field begins whatever they hold: `"$@"`."""

    def add(self, value: str | Unknown, *, quoted: bool, expanded: bool = True) -> None:
        self.pieces.append(_Piece(value, quoted, expanded))

    def absorb(self, value: Value, *, quoted: bool) -> None:
        """Add the value of a variable."""
        for piece in value.pieces:
            self.add(piece, quoted=quoted)
        self.inputs.extend(value.inputs)
        self.disguise = max(self.disguise, value.disguise)
        if value.literal is not None:
            self.folded = True


class Expander:
    """Expands words in one scope.

    `run` walks a substitution and returns what it writes; `doubt` is told where a value that is not known is evaluated
    and so may run commands: `$((x))` where x is `a[$(id)]`. True is for certain, `${x@P}`; with the text where that is
    known.
    """

    def __init__(
        self,
        source: Source,
        scope: Scope,
        budget: Budget,
        run: Callable[[Substitution, Scope], Output],
        doubt: Callable[[bool, str | None], None],
    ) -> None:
        self.doubt = doubt
        self.source = source
        self.scope = scope
        self.budget = budget
        self.run = run

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

    def _expand(self, parts: list[Part]) -> _Draft:
        draft = _Draft([], [])
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
                draft.pieces[:] = [_Piece(Unknown("…"), True, True)]
                draft.breaks = None
                draft.size, counted = 0, 1
                draft.inputs[:] = draft.inputs[-PIECE_LIMIT:]
        return draft

    def _substitution(self, part: Substitution, draft: _Draft) -> None:
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

    def evaluated(self, node: WordNode) -> None:
        """Look at a word whose value is evaluated as arithmetic, as in `((x))` and `[[ $x -gt 1 ]]`."""
        self._doubtful(self._expand(node.parts))

    def _doubtful(self, inner: _Draft) -> str | None:
        """Return an arithmetic expression, None where it is not known; say so where evaluating it may run commands."""
        unsure = [piece.value for piece in inner.pieces if isinstance(piece.value, Unknown)]
        text = "".join(piece.value if isinstance(piece.value, str) else " ? " for piece in inner.pieces)
        values = [self.scope.variables.get(name) for name in names(text)]
        if not all(prints_a_number(piece.source) for piece in unsure) or not all(map(_is_number, values)):
            self.doubt(False, None)
        held = [value.literal for value in values if isinstance(value, Value)]
        held += [piece.value for piece in inner.pieces if piece.expanded and isinstance(piece.value, str)]
        for value in held:
            if value is not None and _RUNS.search(value):
                self.doubt(True, value)
        return None if unsure else text

    def _arithmetic(self, part: Arithmetic, draft: _Draft) -> None:
        inner = self._expand(part.expression.parts)
        text = self._doubtful(inner)
        result = None if text is None else evaluate(text, self._number)
        draft.inputs.extend(inner.inputs)
        if result is None:
            draft.add(Unknown(part.source), quoted=True)
        else:
            draft.add(str(result), quoted=True)
            draft.folded = True

    def _number(self, name: str) -> str | None:
        value = self.scope.variables.get(name)
        return value.literal if isinstance(value, Value) else None

    def lookup(self, name: str) -> Value | list[Value] | None:
        """Return what is known of a variable; None where nothing is."""
        if name in self.scope.variables:
            return self.scope.variables[name]
        positional = self.scope.positional
        if positional is not None:
            if name in "@*" and name:
                return positional
            if name == "#":
                return known(str(len(positional)))
            if name.isdigit() and name != "0":
                position = int(name) - 1
                return positional[position] if position < len(positional) else known("")
        if name in self.scope.unknowns:
            return self.scope.unknowns[name]
        default = _DEFAULTS.get(name)
        if default is not None:
            return known(default)
        if name == "PWD" and self.scope.cwd is not None:
            return Value(self.scope.cwd.parts)
        return None

    def _parameter(self, part: Parameter, draft: _Draft, *, inside: bool) -> None:
        if part.indirect:
            self._indirect(part, draft)
            return
        value = self.lookup(part.name)
        if part.index is not None and not part.length:
            keyed = self.scope.variables.get(f"{part.name}[{part.index.strip(_QUOTES)}]")
            value = keyed if keyed is not None else value
        if part.name == "IFS" and isinstance(value, Value) and not part.operator:
            draft.hidden |= not part.quoted
            draft.folded = True
            draft.add(value.text, quoted=part.quoted)
            return
        if isinstance(value, list):
            self._array(part, value, draft)
            return
        if value is None and part.name in "@*" and inside and not part.operator:
            draft.hidden = draft.folded = True
            return
        argument = self._expand(part.argument.parts) if part.argument is not None else _Draft([], [])
        second = self._expand(part.second.parts) if part.second is not None else None
        draft.inputs.extend(argument.inputs + (second.inputs if second else []))
        if part.length:
            literal = value.literal if value is not None else None
            draft.add(Unknown(part.source) if literal is None else str(len(literal)), quoted=True)
            return
        operator = part.operator
        if operator in ("", "?", ":?"):
            draft.absorb(unknown(part.source) if value is None else value, quoted=part.quoted)
            return
        if operator in (":-", "-", ":=", "=", ":+", "+"):
            self._default(part, value, argument, draft)
            return
        self._edited(part, value, argument, second, draft)

    def _default(self, part: Parameter, value: Value | None, argument: _Draft, draft: _Draft) -> None:
        """`:-`, `:=`, `:+`: an unset variable has its default; where the variable is not known, so has it."""
        empty = value is not None and value.literal == "" and part.operator.startswith(":")
        alternative = part.operator in (":+", "+")
        if value is not None and not empty and not alternative:
            draft.absorb(value, quoted=part.quoted)
            return
        if alternative and (value is None or empty):
            if value is None:
                draft.add(Unknown(part.source), quoted=part.quoted)
            return
        taken = Value(tuple(piece.value for piece in argument.pieces), tuple(argument.inputs), argument.disguise)
        if part.operator in (":=", "="):
            self.scope.variables[part.name] = taken
        for piece in argument.pieces:
            draft.pieces.append(_Piece(piece.value, part.quoted or piece.quoted, True))
        draft.disguise = max(draft.disguise, argument.disguise)
        draft.folded = True

    def _edited(
        self, part: Parameter, value: Value | None, argument: _Draft, second: _Draft | None, draft: _Draft
    ) -> None:
        """`:offset:length`, `#`, `%`, `/`, `^`, `,`, `@`."""
        text, operand = _plain_text(argument), _plain_text(second) if second is not None else None
        literal = value.literal if value is not None else None
        result: str | None = None
        if text is not None and (second is None or operand is not None):
            if part.operator == ":":
                size = len(literal) if literal is not None and part.name not in _DEFAULTS else None
                bounds = parameters.slice_bounds(text, operand, 64 if size is None else size)
                if bounds is not None:
                    start, stop = bounds
                    if size is None:
                        result = parameters.beginning(part.name, start, stop - start)
                    elif literal is not None:
                        result = literal[start:stop]
            elif literal is not None and part.name not in _DEFAULTS:
                result = parameters.transform(literal, part.operator, text, operand)
        if part.operator == "@" and text == "P":
            if literal is not None and not re.search(r"[$`\\]", literal):
                result = literal
            else:
                self.doubt(True, literal)
        if result is None:
            draft.add(Unknown(part.source), quoted=part.quoted)
            return
        self.budget.spend(len(result))
        draft.add(result, quoted=part.quoted)
        draft.folded = True
        draft.disguise = max(draft.disguise, value.disguise if value else Disguise.NONE, Disguise.TRANSFORMED)

    def _indirect(self, part: Parameter, draft: _Draft) -> None:
        """`${!x}`."""
        value = self.lookup(part.name)
        name = value.literal if isinstance(value, Value) else None
        target = self.lookup(name) if name else None
        if isinstance(target, Value) and not part.operator:
            draft.absorb(target, quoted=part.quoted)
            draft.disguise = max(draft.disguise, Disguise.TRANSFORMED)
        else:
            draft.add(Unknown(part.source), quoted=part.quoted)

    def _array(self, part: Parameter, items: list[Value], draft: _Draft) -> None:
        index = part.index
        if part.name in "@*" and part.name:
            index = part.name
        if part.length:
            draft.add(str(len(items)), quoted=True)
            return
        if index is None:
            index = "0"
        if index in ("@", "*"):
            chosen = items
            if part.operator == ":" and part.argument is not None:
                first = _plain_text(self._expand(part.argument.parts))
                count = _plain_text(self._expand(part.second.parts)) if part.second is not None else None
                positional = 1 if part.name in "@*" else 0
                bounds = parameters.slice_bounds(first or "", count, len(items) + positional)
                if bounds is not None:
                    chosen = items[max(bounds[0] - positional, 0) : max(bounds[1] - positional, 0)]
            elif part.operator:
                draft.add(Unknown(part.source), quoted=part.quoted)
                return
            for position, value in enumerate(chosen[:FIELD_LIMIT]):
                if position:
                    if part.quoted and index == "*":
                        draft.add(" ", quoted=True)
                    else:
                        draft.breaks = draft.breaks or set()
                        draft.breaks.add(len(draft.pieces))
                draft.absorb(value, quoted=part.quoted)
            if not chosen and not part.quoted:
                return
            return
        chosen_index = evaluate(index, self._number)
        if chosen_index is None or not -len(items) <= chosen_index < len(items):
            draft.add(Unknown(part.source) if chosen_index is None else "", quoted=part.quoted)
        elif part.operator:
            argument = self._expand(part.argument.parts) if part.argument is not None else _Draft([], [])
            second = self._expand(part.second.parts) if part.second is not None else None
            self._edited(part, items[chosen_index], argument, second, draft)
        else:
            draft.absorb(items[chosen_index], quoted=part.quoted)

    # Fields

    def _split(self, node: WordNode, draft: _Draft) -> list[Field]:
        """Split the results of unquoted expansions at blanks: POSIX 2.6.5."""
        breaks = draft.breaks or set()
        if not breaks and not any(
            piece.expanded and not piece.quoted and isinstance(piece.value, str) for piece in draft.pieces
        ):
            if not any(piece.quoted or piece.value for piece in draft.pieces):
                return []
            return [self._field(node, draft.pieces, draft)]
        words: list[list[_Piece]] = [[]]
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
                    words[-1].append(_Piece(text, False, True))
        kept = [word for word in words if word and any(piece.quoted or piece.value for piece in word)]
        if len(kept) > FIELD_LIMIT:
            self.budget.problem("a word expands to more words than are looked at")
        return [self._field(node, word, draft) for word in kept[:FIELD_LIMIT]]

    def _separators(self) -> str:
        value = self.scope.variables.get("IFS")
        if isinstance(value, Value):
            return value.literal if value.literal is not None else " \t\n"
        return " \t\n"

    def _field(self, node: WordNode, pieces: list[_Piece], draft: _Draft, *, splits: bool = True) -> Field:
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


def _is_number(value: Value | list[Value] | None) -> bool:
    if not isinstance(value, Value):
        return False
    if value.literal is None:
        return all(isinstance(piece, Unknown) and prints_a_number(piece.source) for piece in value.pieces)
    return not value.literal.strip() or value.literal.strip().lstrip("-+").isdigit()


def _plain_text(draft: _Draft) -> str | None:
    return (
        "".join(piece.value for piece in draft.pieces if isinstance(piece.value, str))
        if all(isinstance(piece.value, str) for piece in draft.pieces)
        else None
    )
