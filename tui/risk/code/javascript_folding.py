"""What JavaScript's pure functions return for known arguments."""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from collections.abc import Callable
from typing import Any, Final

from tui.risk.code.budget import MAX_DECODED, MAX_ITEMS
from tui.risk.code.python_folding import lifted, plain
from tui.risk.code.values import Constant, Items, Label, Labels, Value

_DECODED: Final[Labels] = frozenset({Label.DECODED})
_ASSEMBLED: Final[Labels] = frozenset({Label.ASSEMBLED})
_NONE: Final[Labels] = frozenset()
_ERRORS: Final = (
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    OverflowError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    UnicodeError,
    binascii.Error,
)
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|([0-7]{1,3})|(\r?\n)|(.))", re.DOTALL
)
_SIMPLE: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def unescape(text: str) -> str:
    """Return what the inside of a string literal stands for."""

    def one(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code:
            number = int(code, 16)
            return chr(number) if number < 0x110000 else "\ufffd"
        if match[4]:
            return chr(int(match[4], 8))
        return "" if match[5] else _SIMPLE.get(match[6], match[6])

    return _ESCAPE.sub(one, text) if "\\" in text else text


def _base64(text: Any) -> str:
    raw = re.sub(r"[^A-Za-z0-9+/]", "", str(text).replace("-", "+").replace("_", "/"))
    if len(raw) % 4 == 1:
        raw = raw[:-1]
    return base64.b64decode(raw + "=" * (-len(raw) % 4)).decode("latin-1")


def _from_codes(*codes: Any) -> str:
    return "".join(chr(int(code) & 0xFFFF) for code in codes)


def _buffer(data: Any, encoding: Any = "utf8") -> bytes:
    if isinstance(data, list):
        return bytes(int(each) & 0xFF for each in data)
    name = str(encoding).lower()
    if name in {"base64", "base64url"}:
        return _base64(data).encode("latin-1")
    if name == "hex":
        return bytes.fromhex(str(data))
    if name in {"latin1", "binary", "ascii"}:
        return str(data).encode("latin-1", "replace")
    return str(data).encode()


def _parse_int(text: Any, base: Any = 10) -> int:
    match = re.match(r"\s*[-+]?(?:0[xX])?[0-9a-zA-Z]+", str(text))
    if match is None:
        raise ValueError
    digits = match[0].strip()
    if digits.lower().startswith("0x"):
        return int(digits, 16)
    valid = "0123456789abcdefghijklmnopqrstuvwxyz"[: int(base)]
    kept = re.match(rf"[-+]?[{valid}]+", digits.lower())
    if kept is None:
        raise ValueError
    return int(kept[0], int(base))


_FUNCTIONS: Final[dict[str, tuple[Callable[..., Any], Labels]]] = {
    "atob": (_base64, _DECODED), "btoa": (lambda s: base64.b64encode(str(s).encode("latin-1")).decode(), _NONE),
    "String.fromCharCode": (_from_codes, _ASSEMBLED),
    "String.fromCodePoint": (lambda *c: "".join(chr(int(x)) for x in c), _ASSEMBLED), "parseInt": (_parse_int, _NONE),
    "Number": (lambda v: int(v) if str(v).isdigit() else float(v), _NONE),
    "Number.parseInt": (_parse_int, _NONE), "String": (str, _NONE),
    "decodeURIComponent": (urllib.parse.unquote, _DECODED), "decodeURI": (urllib.parse.unquote, _DECODED),
    "unescape": (lambda s: urllib.parse.unquote(re.sub(r"%u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), s)),
    _DECODED), "encodeURIComponent": (urllib.parse.quote, _NONE),
    "Array.from": (lambda v, *_: list(v), _NONE), "Array.of": (lambda *v: list(v), _NONE),
    "Math.floor": (lambda v: int(v // 1), _NONE), "String.raw": (str, _NONE),
}  # fmt: skip
DECODERS: Final = frozenset(
    {
        "atob",
        "decodeURIComponent",
        "unescape",
        "Buffer",
        "js-base64.decode",
        "js-base64.Base64.decode",
        "base-64.decode",
        "Base64.decode",
        "lz-string.decompress",
        "CryptoJS.enc.Base64.parse",
    }
)
BUFFERS: Final = frozenset({"Buffer.from", "Buffer", "Uint8Array.from", "Uint8Array"})


def call_function(name: str, args: tuple[Value, ...]) -> Value | None:
    """Return what a pure function returns for known arguments, or None."""
    labels = frozenset[Label]().union(*(arg.labels for arg in args)) if args else _NONE
    try:
        if name in BUFFERS:
            given = [plain(arg) for arg in args[:2]]
            if not isinstance(given[0], str | list):
                return None
            decoded = (
                _DECODED
                if len(given) > 1 and str(given[1]).lower() in {"base64", "hex", "base64url"}
                else _ASSEMBLED
                if isinstance(given[0], list)
                else _NONE
            )
            return lifted(_buffer(*given), labels | decoded)
        row = _FUNCTIONS.get(name)
        if row is None:
            return None
        return lifted(row[0](*map(plain, args)), labels | row[1])
    except _ERRORS:
        return None


def text(value: Any) -> str:
    """Return a known value as JavaScript puts it into a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ",".join(map(text, value))
    return str(value)


def _radix(number: int, base: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, base)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def _slice(s: Any, a: Any = 0, b: Any = None) -> Any:
    return s[int(a) : None if b is None else int(b)]


def _substring(s: str, a: Any = 0, b: Any = None) -> str:
    low, high = max(int(a), 0), len(s) if b is None else max(int(b), 0)
    return s[min(low, high) : max(low, high)]


def _split(s: str, by: Any = None, *_: Any) -> list[str]:
    return [s] if by is None else list(s) if by == "" else s.split(str(by))


_STRINGS: Final[dict[str, Callable[..., Any]]] = {
    "split": _split, "slice": _slice, "substring": _substring, "substr": lambda s, a=0,
    n=None: s[int(a) :][: None if n is None else int(n)], "concat": lambda s, *r: s + "".join(map(text, r)),
    "charAt": lambda s, i=0: s[int(i) : int(i) + 1], "at": lambda s, i=0: s[int(i)], "charCodeAt": lambda s,
    i=0: ord(s[int(i)]), "codePointAt": lambda s, i=0: ord(s[int(i)]), "toLowerCase": str.lower,
    "toUpperCase": str.upper,
    "trim": str.strip, "trimEnd": str.rstrip, "trimStart": str.lstrip, "toString": lambda s, *_: s,
    "valueOf": lambda s: s, "indexOf": lambda s, x, *_: s.find(x), "replaceAll": lambda s, a, b: s.replace(a, b),
    "normalize": lambda s, *_: s,
}  # fmt: skip


def call_method(receiver: Value, name: str, args: tuple[Value, ...]) -> Value | None:
    """Return what a method of a known string, number or list returns, or None."""
    labels = receiver.labels.union(*(arg.labels for arg in args)) if args else receiver.labels
    try:
        if isinstance(receiver, Items):
            return _on_list(receiver, name, args, labels)
        if not isinstance(receiver, Constant):
            return None
        value = receiver.value
        given = [plain(arg) for arg in args]
        if isinstance(value, bytes):
            if name in {"toString", "toLocaleString"}:
                encoding = str(given[0]).lower() if given else "utf8"
                out = (
                    value.hex()
                    if encoding == "hex"
                    else base64.b64encode(value).decode()
                    if encoding == "base64"
                    else value.decode("latin-1" if encoding in {"latin1", "binary", "ascii"} else "utf-8", "replace")
                )
                return lifted(out, labels)
            value = value.decode("latin-1")
        if isinstance(value, int | float) and name == "toString":
            return lifted(
                _radix(int(value), int(given[0]))
                if given and 2 <= int(given[0]) <= 36 and not isinstance(value, bool)
                else text(value),
                labels | (_ASSEMBLED if given and int(given[0]) > 16 else _NONE),
            )
        if not isinstance(value, str):
            return None
        if name == "replace" and len(given) == 2 and all(isinstance(each, str) for each in given):
            return lifted(value.replace(given[0], given[1], 1), labels)
        if name == "repeat":
            return lifted(value * int(given[0]), labels) if len(value) * int(given[0]) <= MAX_DECODED else None
        function = _STRINGS.get(name)
        return None if function is None else lifted(function(value, *given), labels)
    except _ERRORS:
        return None


def _on_list(receiver: Items, name: str, args: tuple[Value, ...], labels: Labels) -> Value | None:
    items = receiver.items
    if name == "reverse":
        return Items(
            items[::-1],
            labels=receiver.labels
            | (
                _ASSEMBLED
                if len(items) > 2
                and all(isinstance(i, Constant) and isinstance(i.value, str) and len(i.value) == 1 for i in items)
                else _NONE
            ),
        )
    if name == "join":
        by = text(plain(args[0])) if args else ","
        inner = frozenset[Label]().union(*(item.labels for item in items)) if items else _NONE
        return lifted(by.join(text(plain(item)) for item in items), labels | inner)
    if name == "concat":
        more: list[Value] = []
        for arg in args:
            more.extend(arg.items if isinstance(arg, Items) else (arg,))
        return Items((*items, *more)[:MAX_ITEMS], labels=labels)
    if name == "slice":
        given = [plain(arg) for arg in args]
        return Items(_slice(items, *given), labels=receiver.labels)
    if name in {"pop", "shift", "at"} and items:
        return items[-1 if name == "pop" else int(plain(args[0])) if args else 0]
    if name in {"flat", "values"}:
        return receiver
    if name == "indexOf" and args:
        wanted = plain(args[0])
        return Constant(
            next((n for n, item in enumerate(items) if isinstance(item, Constant) and item.value == wanted), -1)
        )
    return None


def binary(operator: str, left: Value, right: Value) -> Value | None:
    """Return the result of an operator on known values, or None."""
    if not isinstance(left, Constant | Items) or not isinstance(right, Constant | Items):
        return None
    labels = left.labels | right.labels
    try:
        a, b = plain(left), plain(right)
        if operator == "+":
            if isinstance(a, int | float) and isinstance(b, int | float):
                return lifted(a + b, labels)
            return lifted(text(a) + text(b), labels) if len(text(a)) + len(text(b)) <= MAX_DECODED else None
        if not isinstance(a, int | float) or not isinstance(b, int | float):
            return None
        if operator == "-":
            return lifted(a - b, labels)
        if operator == "*":
            return lifted(a * b, labels)
        if operator == "/":
            return lifted(a / b if a % b else a // b, labels)
        if operator == "%":
            return lifted(a % b, labels)
        return _bits(operator, int(a), int(b), labels)
    except _ERRORS:
        return None


def _bits(operator: str, a: int, b: int, labels: Labels) -> Value | None:
    a, b = a & 0xFFFFFFFF, b & 0xFFFFFFFF
    found = {
        "^": a ^ b,
        "&": a & b,
        "|": a | b,
        ">>": a >> (b & 31),
        ">>>": a >> (b & 31),
        "<<": (a << (b & 31)) & 0xFFFFFFFF,
    }.get(operator)
    return None if found is None else lifted(found, labels)
