"""What is known, while a text is walked, of variables, outputs, files and words."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from tui.risk.model import Span
from tui.risk.shell.limits import PIECE_LIMIT, VALUE_LIMIT
from tui.risk.shell.model import Place, Stdin, Unknown, Word
from tui.risk.shell.source import Source
from tui.risk.shell.syntax import Command, Script

Pieces: TypeAlias = tuple[str | Unknown, ...]


NO_INPUT: Final = Stdin()


class Disguise(enum.IntEnum):
    """How far a value was worked out from what is written."""

    NONE = 0
    TRANSFORMED = 1
    """By text tools with many uses (`tr`, `cut`, `sed`): a disguise only where the result is executed."""
    DECODED = 2
    """By a decoder (base64, hex, `rev`) from a literal."""


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a variable."""

    pieces: Pieces
    inputs: tuple[int, ...] = ()
    """Indices of the invocations whose output is in it."""
    disguise: Disguise = Disguise.NONE

    @property
    def literal(self) -> str | None:
        """The value, or None where a piece is unknown."""
        if len(self.pieces) == 1 and isinstance(self.pieces[0], str):
            return self.pieces[0]
        if all(isinstance(piece, str) for piece in self.pieces):
            return "".join(map(str, self.pieces))
        return None

    @property
    def text(self) -> str:
        """The value, unknown pieces as they were written."""
        return "".join(piece if isinstance(piece, str) else piece.source for piece in self.pieces)


def known(text: str, disguise: Disguise = Disguise.NONE) -> Value:
    """Return a value that is known completely."""
    return Value((text,), disguise=disguise)


def unknown(source: str, inputs: tuple[int, ...] = ()) -> Value:
    """Return a value that only exists when the text runs."""
    return Value((Unknown(source, inputs),), inputs)


def appended(before: Value, after: Value) -> Value | None:
    """Return the value after `x+=…`; None where it is more than is looked at. Going on inside a word disguises it."""
    pieces = before.pieces + after.pieces
    if len(pieces) > PIECE_LIMIT or sum(len(piece) for piece in pieces if isinstance(piece, str)) > VALUE_LIMIT:
        return None
    disguise = max(before.disguise, after.disguise)
    if before.text[-1:].isalnum() and after.text[:1].isalnum():
        disguise = max(disguise, Disguise.TRANSFORMED)
    whole = Value(pieces, before.inputs + after.inputs, disguise)
    return whole if whole.literal is None else replace(whole, pieces=(whole.literal,))


@dataclass(frozen=True, slots=True)
class Output:
    """What a command writes to its standard output."""

    literal: str | None = None
    producers: tuple[int, ...] = ()
    """Indices of the invocations it comes from, nearest first."""
    disguise: Disguise = Disguise.NONE
    steps: tuple[str, ...] = ()
    """The commands that worked it out, as a person would name them: `base64 -d`."""
    source: Source | None = None
    """What is known of it as a text to parse, unknown pieces as written."""

    def stdin(self) -> Stdin:
        """Return it as the input of the next command."""
        return Stdin(self.literal, self.producers)


NOTHING = Output("")


@dataclass(frozen=True, slots=True)
class Field:
    """One argument with what is needed to go on working with it."""

    word: Word
    source: Source
    """Its value as a text to parse, unknown pieces as written."""
    inputs: tuple[int, ...] = ()
    disguise: Disguise = Disguise.NONE
    split: bool = False
    """Whether it is written in pieces for no other use than to hide it."""
    name_split: bool = False
    """Whether, were it a program's name, it would be written in needless pieces."""
    assembled: bool = False
    """Whether it is put together from known variables and text."""
    raw: str = ""

    @property
    def literal(self) -> str | None:
        """The value, or None where a piece is unknown."""
        return self.word.literal

    @property
    def text(self) -> str:
        """The value, unknown pieces as they were written."""
        return self.word.text

    @property
    def value(self) -> Value:
        """The field as the value of a variable."""
        return Value(self.word.parts, self.inputs, self.disguise)

    def tail(self, start: int) -> Field:
        """Return the rest from character `start` of its first, literal piece on: the value of `--option=value`."""
        first, *rest = self.word.parts
        assert isinstance(first, str)
        parts: Pieces = (first[start:], *rest)
        word = replace(self.word, parts=parts)
        source = self.source
        if source.base is None:
            source = Source(word.text, shift=source.shift + start)
        elif (found := self.raw.find(word.text)) >= 0 and self.word.span.end - self.word.span.start == len(self.raw):
            source = Source(word.text, shift=self.word.span.start + found)
        return replace(self, word=word, source=replace(source, text=word.text))


def made(text: str, span: Span, *, folded: bool = True, disguise: Disguise = Disguise.NONE) -> Field:
    """Return a field that stands nowhere in the text."""
    return Field(Word((text,), span, folded=folded), Source(text, base=span), disguise=disguise)


@dataclass(frozen=True, slots=True)
class FunctionBody:
    """A function the text defines."""

    command: Command
    script: Script


@dataclass(slots=True)
class Scope:
    """The state of one shell: variables, functions, files written, working directory."""

    variables: dict[str, Value | list[Value]] = field(default_factory=dict)
    functions: dict[str, FunctionBody] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    files: dict[str, Output] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    """Programs under other names: copies of them and links to them, by the path they were given."""
    positional: list[Value] | None = None
    cwd: Word | None = None
    unknowns: dict[str, Value] = field(default_factory=dict)
    """Stand-ins, shared by all scopes, for pieces of code that only exist when the text runs."""

    def child(self) -> Scope:
        """Return a copy for a subshell."""
        return Scope(
            dict(self.variables), dict(self.functions), dict(self.aliases), self.files,
            self.renamed, list(self.positional) if self.positional is not None else None, self.cwd, self.unknowns,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """Under what a command stands."""

    stdin: Stdin = NO_INPUT
    disguise: Disguise = Disguise.NONE
    """Of what comes from standard input."""
    steps: tuple[str, ...] = ()
    """Which commands worked out what comes from standard input."""
    source: Source | None = None
    """What is known of standard input as a text to parse."""
    chain: tuple[str, ...] = ()
    privileged: bool = False
    place: Place = Place.HERE
    cwd: Word | None = None
    found_by: int | None = None
    appended: bool = False
    guessed: bool = False
    repeated: bool = False
    background: bool = False
    obfuscated: bool = False
    depth: int = 0
    calls: tuple[str, ...] = ()
    """Functions being followed."""
    defining: bool = False
    """Whether this is the body of a function where it is defined: what it is called with is not known yet."""


def joined(outputs: list[Output]) -> Output:
    """Return what commands write one after the other."""
    if not outputs:
        return NOTHING
    if len(outputs) == 1:
        return outputs[0]
    literals = [output.literal for output in outputs]
    literal = None
    if all(text is not None for text in literals):
        literal = "".join(text for text in literals if text is not None)
        if len(literal) > VALUE_LIMIT:
            literal = None
    source = None
    if literal is None:
        sources = [
            output.source or Source(output.literal or "", base=Span(0, 0))
            for output in outputs if output.source is not None or output.literal
        ]  # fmt: skip
        source = _put_together(sources)
    producers = tuple(dict.fromkeys(index for output in reversed(outputs) for index in output.producers))
    steps = tuple(step for output in outputs for step in output.steps)
    return Output(literal, producers[:64], max(output.disguise for output in outputs), steps[:16], source)


def _put_together(sources: list[Source]) -> Source | None:
    """Return what is known of several outputs as one text."""
    if len(sources) < 2:
        return sources[0] if sources else None
    text = "\n".join(source.text for source in sources)
    spans = [span for source in sources if (span := source.span(0, len(source.text))) != Span(0, 0)]
    if not spans or len(text) > VALUE_LIMIT:
        return None
    return Source(text, base=Span(min(span.start for span in spans), max(span.end for span in spans)))


def fed(context: Context, output: Output) -> Context:
    """Return the context of a command that reads `output`."""
    return replace(context, stdin=output.stdin(), disguise=output.disguise, steps=output.steps, source=output.source)


_SIMPLE_NAME: Final = re.compile(r"\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})")


def code_source(field: Field, scope: Scope) -> Source:
    """Return a field as code to parse; what would run a second time, a substitution, is replaced by a stand-in."""
    if all(isinstance(part, str) or _SIMPLE_NAME.fullmatch(part.source) for part in field.word.parts):
        return field.source
    text = ""
    for part in field.word.parts:
        if isinstance(part, str):
            text += part
        elif _SIMPLE_NAME.fullmatch(part.source):
            text += part.source
        else:
            name = f"__unknown_{len(scope.unknowns)}"
            scope.unknowns[name] = Value((part,), field.inputs)
            text += "${" + name + "}"
    return Source(text, base=field.word.span)
