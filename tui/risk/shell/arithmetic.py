"""Shell arithmetic over whole numbers, bounded: bash manual 6.5."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_TOKEN: Final = re.compile(
    r"\s*(?:(\d+#[0-9a-zA-Z]+|0[xX][0-9a-fA-F]+|\d+)|([A-Za-z_]\w*)|(<<|>>|<=|>=|==|!=|&&|\|\||\*\*|.))", re.DOTALL
)
_PRECEDENCE: Final = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7, "<<": 8, ">>": 8,
    "+": 9, "-": 9, "*": 10, "/": 10, "%": 10, "**": 11,
}  # fmt: skip
_LIMIT: Final = 1 << 63
_NAME: Final = re.compile(r"(?<![\w#])[A-Za-z_]\w*")
_NUMBERS: Final = frozenset(
    {"RANDOM", "SRANDOM", "SECONDS", "LINENO", "EPOCHSECONDS", "BASHPID", "UID", "EUID", "PPID"}
)
"""Variables that hold a number whatever happens; bash keeps them so."""
_PRINTS_A_NUMBER: Final = re.compile(
    r"\$[#?$!]|\$\{#[^}]*\}|\$\{?(?:" + "|".join(sorted(_NUMBERS)) + r")\}?"
    r"|(?:\$\(|`)(?:[^()`]*\|)?\s*(?:nproc|wc -[lcmw]|date \+%[sYmdHMSj]|id -[ug]|grep -c|tput (?:cols|lines))\b"
    r"[^|;&()`]*[)`]",
    re.DOTALL,
)


def evaluate(expression: str, lookup: Callable[[str], str | None]) -> int | None:
    """Return the value of `expression`; None where it is not a plain expression of known numbers."""
    if len(expression) > 500:
        return None
    tokens = [match.groups() for match in _TOKEN.finditer(expression.strip())]
    try:
        value, rest = _binary(tokens, 0, 0, lookup, 0)
    except (ValueError, ZeroDivisionError, IndexError, OverflowError):
        return None
    return value if rest == len(tokens) else None


def names(expression: str) -> list[str]:
    """Return the variables that evaluating an expression evaluates in turn."""
    return [name for name in _NAME.findall(expression[:500]) if name not in _NUMBERS]


def prints_a_number(source: str) -> bool:
    """Say whether an expansion that is not known is a number all the same: `$#`, `$(wc -l < f)`."""
    return _PRINTS_A_NUMBER.fullmatch(source.strip('"')) is not None


_Tokens = list[tuple[str | None, ...]]


def _binary(
    tokens: _Tokens, position: int, minimum: int, lookup: Callable[[str], str | None], depth: int
) -> tuple[int, int]:
    if depth > 40:
        raise ValueError
    left, position = _unary(tokens, position, lookup, depth)
    while position < len(tokens):
        operator = tokens[position][2]
        precedence = _PRECEDENCE.get(operator or "")
        if operator is None or precedence is None or precedence < minimum:
            break
        following = precedence if operator == "**" else precedence + 1
        right, position = _binary(tokens, position + 1, following, lookup, depth + 1)
        left = _apply(operator, left, right)
        if abs(left) >= _LIMIT:
            raise OverflowError
    return left, position


def _unary(tokens: _Tokens, position: int, lookup: Callable[[str], str | None], depth: int) -> tuple[int, int]:
    if depth > 40:
        raise ValueError
    number, name, operator = tokens[position]
    if number is not None:
        return _number(number), position + 1
    if name is not None:
        value = lookup(name)
        if value is None:
            raise ValueError
        return _number(value.strip() or "0"), position + 1
    if operator == "(":
        inner, position = _binary(tokens, position + 1, 0, lookup, depth + 1)
        if tokens[position][2] != ")":
            raise ValueError
        return inner, position + 1
    if operator in ("-", "+", "~", "!"):
        inner, position = _unary(tokens, position + 1, lookup, depth + 1)
        return {"-": -inner, "+": inner, "~": ~inner, "!": int(not inner)}[operator], position
    raise ValueError


def _number(text: str) -> int:
    if "#" in text:
        base, digits = text.split("#", 1)
        return int(digits, int(base))
    if re.fullmatch(r"-?0[0-7]+", text):
        return int(text, 8)
    return int(text, 0)


def _apply(operator: str, left: int, right: int) -> int:
    if operator == "**":
        if not 0 <= right <= 64:
            raise OverflowError
        return int(left**right)
    if operator in ("<<", ">>"):
        if not 0 <= right <= 63:
            raise OverflowError
        return left << right if operator == "<<" else left >> right
    if operator in ("/", "%"):
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return quotient if operator == "/" else left - quotient * right
    simple: dict[str, Callable[[], int]] = {
        "+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right,
        "&": lambda: left & right, "|": lambda: left | right, "^": lambda: left ^ right,
        "==": lambda: int(left == right), "!=": lambda: int(left != right), "<": lambda: int(left < right),
        ">": lambda: int(left > right), "<=": lambda: int(left <= right), ">=": lambda: int(left >= right),
        "&&": lambda: int(bool(left and right)), "||": lambda: int(bool(left or right)),
    }  # fmt: skip
    return simple[operator]()
