"""Skipping a program's own options to find its operands."""

from __future__ import annotations

from dataclasses import dataclass

from tui.risk.shell.values import Field


@dataclass(frozen=True, slots=True)
class Parsed:
    """Arguments taken apart."""

    options: tuple[tuple[str, Field | None], ...]
    """Options in order, `-x` or `--long`, with their value where they have one."""
    operands: list[Field]
    """From the first operand on, or everything behind `--`."""
    ended: bool = False
    """Whether `--` ended the options."""

    def values(self, *names: str) -> list[Field]:
        """Return the values of these options."""
        return [value for name, value in self.options if name in names and value is not None]

    def has(self, *names: str) -> bool:
        """Return whether one of these options is there."""
        return any(name in names for name, _ in self.options)


def parse(fields: list[Field], valued: frozenset[str], *, permute: bool = False) -> Parsed:
    """Take apart arguments the way getopt does: `-abc`, `-ovalue`, `-o value`, `--long=value`, `--long value`.

    Args:
        fields: the arguments without the program.
        valued: options that take a value.
        permute: whether options may stand behind operands, as GNU programs allow.

    """
    options: list[tuple[str, Field | None]] = []
    operands: list[Field] = []
    position = 0
    while position < len(fields):
        field = fields[position]
        first = field.word.parts[0] if field.word.parts else ""
        text = first if isinstance(first, str) else ""
        position += 1
        if text == "--" and field.literal == "--":
            return Parsed(tuple(options), operands + fields[position:], ended=True)
        if len(text) < 2 or text[0] != "-":
            if not permute:
                return Parsed(tuple(options), fields[position - 1 :])
            operands.append(field)
            continue
        name, equals, _ = text.partition("=")
        following = fields[position] if position < len(fields) else None
        if text in valued:
            options.append((text, following))
            position += 1
        elif text.startswith("--") or (equals and name in valued):
            options.append((name, field.tail(len(name) + 1) if equals else None))
        else:
            position += _cluster(field, text, valued, following, options)
    return Parsed(tuple(options), operands)


def _cluster(
    field: Field, text: str, valued: frozenset[str], following: Field | None, options: list[tuple[str, Field | None]]
) -> int:
    """Take apart `-abc`; return how many further arguments it used."""
    for offset, letter in enumerate(text[1:], 1):
        name = f"-{letter}"
        if name in valued:
            if offset + 1 < len(text) or len(field.word.parts) > 1:
                options.append((name, field.tail(offset + 1)))
                return 0
            options.append((name, following))
            return 1
        options.append((name, None))
    if len(text) > 2:
        options.append((text, None))
    return 0
