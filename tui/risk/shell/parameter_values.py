"""What parameters and arithmetic in a word stand for: POSIX 2.6.2 and 2.6.4, arrays of bash."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tui.risk.shell import parameters
from tui.risk.shell.arithmetic import evaluate, names, prints_a_number
from tui.risk.shell.limits import FIELD_LIMIT, LOOP_LIMIT, Budget
from tui.risk.shell.model import Unknown
from tui.risk.shell.pieces import Piece, WordDraft, plain_text
from tui.risk.shell.source import Source
from tui.risk.shell.syntax import Arithmetic, Parameter, Part, Substitution, WordNode
from tui.risk.shell.values import Disguise, Output, Scope, Value, known, unknown

_ONE_NAME: Final = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_ARGUMENTS: Final = frozenset({"$@", "$*", "${@}", "${*}"})
_RUNS: Final = re.compile(r"\$\(|`")
_DEFAULTS: Final = {"HOME": "~", "IFS": " \t\n"}
_QUOTES: Final = "\"'"


class Parameters:
    """Knows what the names in the words of one scope stand for.

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

    def _expand(self, parts: list[Part]) -> WordDraft:
        """Expand the parts of a word."""
        raise NotImplementedError

    def evaluated(self, node: WordNode) -> None:
        """Look at a word whose value is evaluated as arithmetic, as in `((x))` and `[[ $x -gt 1 ]]`."""
        self._doubtful(self._expand(node.parts))

    def _doubtful(self, inner: WordDraft) -> str | None:
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

    def _arithmetic(self, part: Arithmetic, draft: WordDraft) -> None:
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

    def _parameter(self, part: Parameter, draft: WordDraft, *, inside: bool) -> None:
        if part.indirect:
            self._indirect(part, draft)
            return
        value = self.lookup(part.name)
        if part.index is not None and not part.length:
            keyed = self.scope.variables.get(f"{part.name}[{self._key(part.index)}]")
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
        argument = self._expand(part.argument.parts) if part.argument is not None else WordDraft([], [])
        second = self._expand(part.second.parts) if part.second is not None else None
        draft.inputs.extend(argument.inputs + (second.inputs if second else []))
        if part.length:
            literal = value.literal if value is not None else None
            draft.add(Unknown(part.source) if literal is None else str(len(literal)), quoted=True)
            return
        operator = part.operator
        if operator in ("", "?", ":?"):
            if value is not None and operator and all(isinstance(piece, Unknown) for piece in value.pieces):
                value = unknown(part.source, value.inputs)  # it is never empty, whatever it is
            draft.absorb(unknown(part.source) if value is None else value, quoted=part.quoted)
            return
        if operator in (":-", "-", ":=", "=", ":+", "+"):
            self._default(part, value, argument, draft)
            return
        self._edited(part, value, argument, second, draft)

    def _default(self, part: Parameter, value: Value | None, argument: WordDraft, draft: WordDraft) -> None:
        """`:-`, `:=`, `:+`: an unset variable has its default; where the variable is not known, so has it."""
        if value is not None and value.text in _ARGUMENTS and part.name not in "@*":
            value = None  # of arguments that nobody knows each may be missing
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
            draft.pieces.append(Piece(piece.value, part.quoted or piece.quoted, True))
        draft.disguise = max(draft.disguise, argument.disguise)
        draft.folded = True

    def _edited(
        self, part: Parameter, value: Value | None, argument: WordDraft, second: WordDraft | None, draft: WordDraft
    ) -> None:
        """`:offset:length`, `#`, `%`, `/`, `^`, `,`, `@`."""
        text, operand = plain_text(argument), plain_text(second) if second is not None else None
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

    def _indirect(self, part: Parameter, draft: WordDraft) -> None:
        """`${!x}`."""
        value = self.lookup(part.name)
        if part.index in ("@", "*"):
            keys = self._keys(part.name, value)
            if keys:
                self._array(replace(part, index="@", indirect=False), [known(key) for key in keys], draft)
                return
        name = value.literal if isinstance(value, Value) else None
        target = self.lookup(name) if name else None
        if isinstance(target, Value) and not part.operator:
            draft.absorb(target, quoted=part.quoted)
            draft.disguise = max(draft.disguise, Disguise.TRANSFORMED)
        else:
            draft.add(Unknown(part.source), quoted=part.quoted)

    def _key(self, index: str) -> str:
        """Return the key that stands between brackets: `${x[$k]}`."""
        match = _ONE_NAME.fullmatch(index.strip(_QUOTES))
        value = self.lookup(match[1] or match[2]) if match is not None else None
        literal = value.literal if isinstance(value, Value) else None
        return index.strip(_QUOTES) if literal is None else literal

    def _keys(self, name: str, items: Value | list[Value] | None) -> list[str]:
        prefix = f"{name}["
        self.budget.spend(len(self.scope.variables))
        keys = [key[len(prefix) : -1] for key in self.scope.variables if key.startswith(prefix)]
        return keys or [str(position) for position in range(len(items) if isinstance(items, list) else 0)]

    def _array(self, part: Parameter, items: list[Value], draft: WordDraft) -> None:
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
                first = plain_text(self._expand(part.argument.parts))
                count = plain_text(self._expand(part.second.parts)) if part.second is not None else None
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
        chosen_index = evaluate(self._key(index), self._number)
        if chosen_index is None and not part.operator and 0 < len(items) <= LOOP_LIMIT:
            every = replace(part, index="@", operator="")  # a loop that counts comes to each of them
            self._array(every, items, draft)
        elif chosen_index is None or not -len(items) <= chosen_index < len(items):
            draft.add(Unknown(part.source) if chosen_index is None else "", quoted=part.quoted)
        elif part.operator:
            argument = self._expand(part.argument.parts) if part.argument is not None else WordDraft([], [])
            second = self._expand(part.second.parts) if part.second is not None else None
            self._edited(part, items[chosen_index], argument, second, draft)
        else:
            draft.absorb(items[chosen_index], quoted=part.quoted)


def _is_number(value: Value | list[Value] | None) -> bool:
    if not isinstance(value, Value):
        return False
    if value.literal is None:
        return all(isinstance(piece, Unknown) and prints_a_number(piece.source) for piece in value.pieces)
    return not value.literal.strip() or value.literal.strip().lstrip("-+").isdigit()
