"""The code blocks of a text somebody pastes, such as the reply of a language model.

Every fenced block is found, in source order, whatever it holds: what can be run, and what cannot with the reason. A
text without fences is one block. `tui.definitions.fences` says what a block is, `tui.definitions.transcripts` how
commands are told from what they printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tui.definitions.blocks import DOCUMENTATION_LANGUAGES
from tui.definitions.fences import Block, Prose, segments
from tui.definitions.spelling import closest
from tui.definitions.transcripts import SESSIONS, Line, commands_of, is_transcript
from tui.languages import INTERPRETED, NAMES, Language, guess_language, language_named

MOST_BLOCKS: Final = 200
_LONGEST_TITLE: Final = 120
_LEFT_OUT: Final = "prompts and what was printed are left out"
_WORD: Final = re.compile(r"\{?\s*\.?(?:language-)?([A-Za-z][A-Za-z0-9_+#-]*)")
_NAMED: Final = re.compile(r"""\b(?:title|filename|file|name)=(?:"([^"]*)"|'([^']*)'|([^\s}]+))""")
_MARKUP: Final = re.compile(r"[ \t]*(?:#{1,6}|>|[-*+]|\d{1,9}[.)])[ \t]+")
_SENTENCE: Final = re.compile(r"(?<=[.!?])[ \t]+(?=\S)")


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """One block of code in a text. Lines are counted from 1, columns from 0."""

    number: int
    """Its place among the blocks, from 1."""
    named: str
    """The language as the text has it, in lower case; empty where none is named."""
    language: Language | None
    """What it is written in; None where that is not known or no language of code."""
    text: str
    title: str
    """What the text calls it, or the heading or sentence before it, or its own first line."""
    first_line: int
    last_line: int
    """Of the source, fences included."""
    places: tuple[tuple[int, int], ...]
    """For each line of `text`, the line of the source and the column at which it begins there."""
    why_not: str = ""
    """Why it cannot be run; empty where it can."""
    doubts: tuple[str, ...] = ()
    """Why it should not run before a person looked at it: the language was guessed, the end may be missing."""
    note: str = ""
    """What else is to know about it."""

    @property
    def can_run(self) -> bool:
        """Whether a machine can run it."""
        return not self.why_not

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it the same code, wherever it stands: its language and its text."""
        return str(self.language), self.text

    @property
    def is_certain(self) -> bool:
        """Whether it can be run and nothing about it is in doubt."""
        return not self.why_not and not self.doubts


@dataclass(frozen=True, slots=True)
class Reply:
    """A text taken apart."""

    blocks: tuple[CodeBlock, ...]
    is_fenced: bool
    """Whether it has fences; without, the whole of it is the one block."""
    left_out: int = 0
    """Blocks beyond `MOST_BLOCKS`, which were not read."""


def read_reply(text: str, language: Language | None = None) -> Reply:
    """Take a text apart. A text without fences is in `language`, or in the one it is guessed to be in.

    A line ends with a newline, whether or not a carriage return stands before it.
    """
    text = text.replace("\r\n", "\n")
    blocks: list[CodeBlock] = []
    before = ""
    left_out = 0
    for segment in segments(text, 1, nested=True):
        if isinstance(segment, Prose):
            if not segment.is_comment and segment.lines[0].strip():
                before = segment.lines[0]
        elif len(blocks) == MOST_BLOCKS:
            left_out += 1
        else:
            blocks.append(_fenced(segment, len(blocks) + 1, before))
            before = ""
    if blocks:
        return Reply(tuple(blocks), True, left_out)
    return Reply((_unfenced(text, language),) if text.strip() else (), False)


def _fenced(block: Block, number: int, before: str) -> CodeBlock:
    word = _WORD.match(block.info)
    named = word[1].lower() if word else ""
    lines = [
        Line(line, block.line + 1 + at, column)
        for at, (line, column) in enumerate(zip(block.lines, block.columns, strict=True))
    ]
    language, why_not, doubts = _language(named, block.text)
    note = ""
    # A block of a language may hold what a terminal showed: its prompts are no code.
    session = SESSIONS.get(named) or (language if is_transcript(lines, language) else None)
    if session is not None:
        lines, language, why_not, note = commands_of(lines, session), session, "", _LEFT_OUT
        if not lines:
            why_not, note = (
                f"no line of this {named} block begins with a prompt: commands cannot be told from output",
                "",
            )
    text = "".join(f"{line.text}\n" for line in lines)
    if not why_not and not text.strip():
        why_not = "it is empty"
    if not block.is_closed and not why_not:
        doubts.append("its fence is never closed: the end may be missing")
    behind = block.line + len(block.source) - 1
    places = tuple((line.number, line.column) for line in lines)
    title = _title(block.info, before, text)
    return CodeBlock(number, named, language, text, title, block.line, behind, places, why_not, tuple(doubts), note)


def _language(named: str, text: str) -> tuple[Language | None, str, list[str]]:
    """Return the language of a block, why it cannot be run, and what is in doubt."""
    if not named:
        guess = guess_language(text)
        return guess, "", [f"no language is named: taken for {guess}"]
    language = language_named(named)
    if language in INTERPRETED:
        return language, "", []
    if language is not None:
        return language, f"{language} needs a compiler, and machines have none", []
    if named in DOCUMENTATION_LANGUAGES:
        return None, f"{named} is not code that runs", []
    guess_word = closest(named, NAMES)
    hint = f"; did they mean {guess_word}?" if guess_word else ""
    return None, f"machines do not run {named}, only {', '.join(INTERPRETED)}{hint}", []


def _unfenced(text: str, language: Language | None) -> CodeBlock:
    lines = [Line(line, number, 0) for number, line in enumerate(text.split("\n"), 1)]
    last_line = len(lines)
    known = language or guess_language(text)
    doubts = () if language is not None else (f"no language is named: taken for {known}",)
    note = ""
    why_not = "" if known in INTERPRETED else f"{known} needs a compiler, and machines have none"
    if is_transcript(lines, known):
        lines = commands_of(lines, known)
        text = "".join(f"{line.text}\n" for line in lines)
        note = _LEFT_OUT
    places = tuple((line.number, line.column) for line in lines)
    title = _first_line(text)
    return CodeBlock(1, "", known, text, title, 1, last_line, places, why_not, doubts, note)


def _title(info: str, before: str, text: str) -> str:
    if (match := _NAMED.search(info)) is not None:
        return (match[1] or match[2] or match[3] or "").strip()[:_LONGEST_TITLE] or _first_line(text)
    while (match := _MARKUP.match(before)) is not None:
        before = before[match.end() :]
    last = _SENTENCE.split(before.strip())[-1]
    plain = last.replace("**", "").replace("__", "").replace("`", "").strip().rstrip(":").rstrip()
    return plain[:_LONGEST_TITLE] or _first_line(text)


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.split("\n") if line.strip()), "")[:_LONGEST_TITLE]
