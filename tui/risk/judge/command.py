"""An invocation with its command line read: which options, with which values, and which operands."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tui.risk.programs import ProgramFacts
from tui.risk.shell.model import Invocation, Unknown, Word

_HELP: Final = ("--help", "--usage", "-help", "-?")
_DRY: Final = (
    "--dry-run",
    "--dryrun",
    "--dry_run",
    "--what-if",
    "--whatif",
    "-WhatIf",
    "--simulate",
    "--just-print",
    "--noop",
    "--no-act",
)
_NOT_DRY: Final = ("none", "false", "no", "0", "off")
_CLUSTER: Final = re.compile(r"-[A-Za-z0-9]{1,7}(?:[=:.,/].*)?$")


LONGEST_LINE: Final = 6144
"""Characters of a command's words that rules search."""


@dataclass(frozen=True, slots=True)
class Command:
    """An invocation and what its words are."""

    invocation: Invocation
    program: str
    facts: ProgramFacts
    options: dict[str, tuple[str | None, ...]]
    """Every option present, long and short, with its values; a cluster counts as each of its letters and as itself."""
    option_words: dict[str, Word]
    """The word each option, or its value, was found in."""
    operands: tuple[Word, ...]
    doubtful: frozenset[int]
    """Operands that may be the value of an option that the tables do not know."""
    words: tuple[str, ...]
    """Operands as text."""
    line: str
    """The whole command, unquoted, joined by spaces."""
    dry: bool
    """It only shows help, its version, or what it would do."""

    @property
    def only_looks(self) -> bool:
        """Whether the program's table says that what it is asked for, `ps` of `docker ps`, only looks."""
        looks = self.facts.looks
        return (
            bool(looks)
            and "--output" not in self.options
            and any(self.subcommand_at(tuple(words.split())) for words in looks)
        )

    def has(self, option: str) -> bool:
        """Say whether the option is present, in a cluster or abbreviated included."""
        if option in self.options:
            return True
        if option.startswith("--"):
            if self.facts.gnu:
                return any(len(given) > 3 and option.startswith(given) for given in self.options if given[:2] == "--")
            return False
        return len(option) > 2 and option[0] == "-" and f"-{option}" in self.options

    def values(self, option: str) -> tuple[str, ...]:
        """Return what follows the option, attached or as the next word, whatever the tables say."""
        found = [value for value in self.options.get(option, ()) if value is not None]
        if found:
            return tuple(found)
        words = self.invocation.argv
        for position, word in enumerate(words[1:], start=1):
            text = word.text
            if text == option and position + 1 < len(words):
                found.append(words[position + 1].text)
            elif len(option) == 2 and text.startswith(option) and len(text) > 2:
                found.append(text[2:].lstrip("="))
        return tuple(found)

    def subcommand_at(self, words: tuple[str, ...]) -> bool:
        """Say whether the operands begin with these words; operands that may be values of options are skipped."""
        texts = self.words
        start = 0
        while start + len(words) <= len(texts):
            if all(
                _same(wanted, given) for wanted, given in zip(words, texts[start : start + len(words)], strict=True)
            ):
                return True
            if start not in self.doubtful:
                return False
            start += 1
        return False


def _same(wanted: str, given: str) -> bool:
    if wanted == "*":
        return True
    if wanted.startswith("~"):
        return re.search(wanted[1:], given) is not None
    return wanted == given


def read_command(invocation: Invocation, facts: ProgramFacts) -> Command:
    """Return `invocation` with its words told apart as its program would."""
    options: dict[str, list[str | None]] = {}
    where: dict[str, Word] = {}
    operands: list[Word] = []
    doubtful: set[int] = set()
    words = _own_words(invocation, facts)
    position, ended, after_unknown = 0, False, False

    def note(name: str, value: str | None, word: Word) -> None:
        options.setdefault(name, []).append(value)
        where[name] = word

    while position < len(words):
        word = words[position]
        position += 1
        first = word.parts[0] if word.parts else ""
        text = word.text
        if ended or isinstance(first, Unknown) or len(text) < 2 or text[0] not in "-/" or not _is_option(text, facts):
            if after_unknown:
                doubtful.add(len(operands))
            operands.append(word)
            after_unknown = False
            continue
        after_unknown = False
        if text == "--":
            ended = True
            continue
        name, equals, value = text.partition("=")
        following = words[position] if position < len(words) else None
        if equals and (text.startswith("--") or facts.single_dash or len(name) > 2):
            note(name, value, word)
        elif name in facts.value_options and not equals:
            note(name, following.text if following is not None else None, following or word)
            position += following is not None
        elif text.startswith("--") or facts.single_dash or not _CLUSTER.match(text):
            note(name, None, word)
            after_unknown = True
        else:
            note(text, None, word)
            taken = _cluster(text, facts, following, word, note)
            position += taken
            after_unknown = not taken
    kept = {name: tuple(values) for name, values in options.items()}
    return Command(
        invocation=invocation,
        program=invocation.program,
        facts=facts,
        options=kept,
        option_words=where,
        operands=tuple(operands),
        doubtful=frozenset(doubtful) if not facts.value_options else frozenset(),
        words=tuple(word.text for word in operands),
        line=shortened(" ".join(word.text for word in invocation.argv), LONGEST_LINE),
        dry=_is_dry(kept, words, facts),
    )


def shortened(text: str, longest: int) -> str:
    """Return `text` without its middle where it is longer: expressions of rules take more than linear time."""
    return text if len(text) <= longest else f"{text[: longest // 4 * 3]} … {text[-longest // 4 :]}"


def _own_words(invocation: Invocation, facts: ProgramFacts) -> tuple[Word, ...]:
    """Return the words that are the program's own: what `find -exec` runs is an invocation of its own."""
    words = invocation.argv[1:]
    if not any(name in facts.name for name in ("find", "bfs")):
        return words
    kept: list[Word] = []
    inside = False
    for word in words:
        if inside:
            inside = word.text not in (";", "+", "\\;")
        elif word.text in ("-exec", "-execdir", "-ok", "-okdir"):
            inside = True
            kept.append(word)
        else:
            kept.append(word)
    return tuple(kept)


def _is_option(text: str, facts: ProgramFacts) -> bool:
    return text[0] == "-" and not (text[1:2].isdigit() and facts.data)


def _cluster(
    text: str, facts: ProgramFacts, following: Word | None, word: Word, note: Callable[[str, str | None, Word], None]
) -> int:
    """Note each letter of a cluster and return how many further words its last option takes."""
    for place, letter in enumerate(text[1:], start=1):
        name = f"-{letter}"
        if not letter.isalnum():
            break
        if name in facts.value_options:
            rest = text[place + 1 :]
            if rest:
                note(name, rest.lstrip("="), word)
                return 0
            note(name, following.text if following is not None else None, following or word)
            return int(following is not None)
        note(name, None, word)
    return 0


def _is_dry(options: dict[str, tuple[str | None, ...]], words: tuple[Word, ...], facts: ProgramFacts) -> bool:
    if any(name in options for name in _HELP):
        return True
    for name in (*_DRY, *facts.dry):
        values = options.get(name)
        if values is not None and not any((value or "").lower() in _NOT_DRY for value in values if value is not None):
            return True
    if not words:
        return False
    first, last = words[0].text, words[-1].text
    if last == "--version" and len(words) <= 2:
        return True
    if facts.infra and (first == "help" or last in ("help", "-h")):
        return True
    return last == "-h" and len(words) == 1
