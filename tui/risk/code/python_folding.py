"""What Python's pure functions return for known arguments. Nothing of the text itself is run."""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import functools
import html
import lzma
import operator
import posixpath
import re
import shlex
import textwrap
import urllib.parse
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from tui.risk.code.budget import MAX_DECODED, MAX_ITEMS
from tui.risk.code.values import Constant, Items, Label, Labels, Plain, Value

_DECODED: Final[Labels] = frozenset({Label.DECODED})
_ASSEMBLED: Final[Labels] = frozenset({Label.ASSEMBLED})
_ERRORS: Final = (
    ValueError, TypeError, IndexError, KeyError, OverflowError, LookupError, AttributeError, ArithmeticError,
    MemoryError, UnicodeError, binascii.Error, zlib.error, lzma.LZMAError, OSError, EOFError,
)  # fmt: skip


def _raw(value: Any) -> bytes:
    return value.encode("latin-1") if isinstance(value, str) else bytes(value)


def _inflate(data: Any, wbits: int = 15, *_rest: Any) -> bytes:
    stream = zlib.decompressobj(wbits if isinstance(wbits, int) else 15)
    text = stream.decompress(_raw(data), MAX_DECODED)
    if not stream.eof and not stream.unconsumed_tail:
        raise zlib.error("cut short")  # what it holds is not known
    return text


def _padded(data: Any) -> bytes:
    raw = _raw(data)
    return base64.b64decode(raw + b"=" * (-len(raw) % 4))


def _join_path(*parts: str) -> str:
    return posixpath.join(*(part.replace("\\", "/") for part in parts))


def _decode_codec(data: Any, codec: str = "utf-8", *_rest: Any) -> Any:
    if codec.replace("-", "_").lower() in {"zlib", "zip", "zlib_codec", "bz2", "bz2_codec"}:
        return _inflate(data) if codec[0] == "z" else bz2.BZ2Decompressor().decompress(_raw(data), MAX_DECODED)
    return codecs.decode(data, codec)


def _text(value: Any = "", *encoding: Any) -> str:
    return (
        value.decode(*(e for e in encoding if isinstance(e, str)))
        if isinstance(value, bytes) and encoding
        else str(value)
    )


def _bytes(value: Any = b"", *encoding: Any) -> bytes:
    if isinstance(value, int):
        if value > 1024:
            raise ValueError
        return bytes(value)
    return value.encode(*(e for e in encoding if isinstance(e, str))) if isinstance(value, str) else bytes(value)


FUNCTIONS: Final[dict[str, tuple[Callable[..., Any], Labels]]] = {
    "chr": (chr, _ASSEMBLED), "unichr": (chr, _ASSEMBLED), "ord": (ord, frozenset()),
    "str": (_text, frozenset()), "int": (int, frozenset()),
    "float": (float, frozenset()), "bool": (bool, frozenset()), "abs": (abs, frozenset()), "len": (len, frozenset()),
    "hex": (hex, frozenset()),
    "bytes": (_bytes, _ASSEMBLED), "bytearray": (_bytes, _ASSEMBLED),
    "repr": (repr, frozenset()),
    "list": (list, frozenset()), "tuple": (list, frozenset()), "reversed": (lambda v: list(reversed(v)), frozenset()),
    "sorted": (sorted, frozenset()),
    "enumerate": (lambda v: [list(p) for p in enumerate(v)], frozenset()),
    "zip": (lambda *v: [list(p) for p in zip(*v, strict=False)], frozenset()), "sum": (sum, frozenset()),
    "min": (min, frozenset()), "max": (max, frozenset()), "format": (format, frozenset()),
    "shlex.split": (shlex.split, frozenset()),
    "bytes.fromhex": (bytes.fromhex, _DECODED), "bytearray.fromhex": (bytes.fromhex, _DECODED),
    "binascii.unhexlify": (binascii.unhexlify, _DECODED),
    "binascii.a2b_hex": (binascii.unhexlify, _DECODED), "binascii.a2b_base64": (_padded, _DECODED),
    "base64.b64decode": (lambda d, *_: _padded(d), _DECODED),
    "base64.decodebytes": (_padded, _DECODED), "base64.decodestring": (_padded, _DECODED),
    "base64.standard_b64decode": (_padded, _DECODED),
    "base64.urlsafe_b64decode": (lambda d: base64.urlsafe_b64decode(_raw(d) + b"=="), _DECODED),
    "base64.b32decode": (lambda d, *_: base64.b32decode(_raw(d)), _DECODED),
    "base64.b16decode": (lambda d, *_: base64.b16decode(_raw(d).upper()), _DECODED),
    "base64.b85decode": (lambda d: base64.b85decode(_raw(d)), _DECODED),
    "base64.a85decode": (lambda d: base64.a85decode(_raw(d)), _DECODED), "zlib.decompress": (_inflate, _DECODED),
    "gzip.decompress": (lambda d: _inflate(d, 31), _DECODED),
    "bz2.decompress": (lambda d: bz2.BZ2Decompressor().decompress(_raw(d), MAX_DECODED), _DECODED),
    "lzma.decompress": (lambda d, *_: lzma.LZMADecompressor().decompress(_raw(d), MAX_DECODED), _DECODED),
    "codecs.decode": (_decode_codec, _DECODED),
    "codecs.encode": (lambda d, c="utf-8", *_: codecs.encode(d, c), _DECODED),
    "urllib.parse.unquote": (urllib.parse.unquote, _DECODED),
    "urllib.parse.quote": (lambda s, *_: urllib.parse.quote(s), frozenset()),
    "os.path.join": (_join_path, frozenset()), "os.path.expanduser": (lambda p: p, frozenset()),
    "os.path.abspath": (lambda p: p, frozenset()),
    "os.path.realpath": (lambda p: p, frozenset()), "os.path.normpath": (posixpath.normpath, frozenset()),
    "os.path.dirname": (posixpath.dirname, frozenset()),
    "os.path.basename": (posixpath.basename, frozenset()), "os.fspath": (str, frozenset()),
    "os.path.expandvars": (lambda p: p, frozenset()),
    "textwrap.dedent": (textwrap.dedent, frozenset()),
    "str.join": (lambda s, v: s.join(v), frozenset()), "str.maketrans": (lambda *_: None, frozenset()),
    "compile": (lambda s, *_: s, frozenset()), "ast.parse": (lambda s, *_: s, frozenset()),
    "memoryview": (lambda v: v, frozenset()), "iter": (list, frozenset()),
    "html.unescape": (html.unescape, _DECODED),
    "ast.literal_eval": (lambda s: s, frozenset()), "set": (lambda v: list(dict.fromkeys(v)), frozenset()),
}  # fmt: skip
DECODERS: Final = frozenset(name for name, (_, labels) in FUNCTIONS.items() if labels == _DECODED)
_STRING_METHODS: Final = frozenset({
    "replace", "strip", "lstrip", "rstrip", "lower", "upper", "split", "rsplit", "splitlines", "encode", "decode",
    "join", "format", "swapcase", "title", "capitalize",
    "removeprefix", "removesuffix", "partition", "rpartition", "casefold", "startswith", "endswith", "hex", "find",
    "index", "count", "zfill",
})  # fmt: skip


def plain(value: Value, depth: int = 0) -> Any:
    """Return `value` as a Python object; raises `ValueError` where it is not completely known."""
    if isinstance(value, Constant):
        return value.value
    if isinstance(value, Items) and depth < 3 and len(value.items) <= MAX_ITEMS:
        return [plain(item, depth + 1) for item in value.items]
    raise ValueError("not known")


def lifted(found: Any, labels: Labels = frozenset()) -> Value | None:
    """Return a Python object as a value; None where it is too large or of another type."""
    if found is None or isinstance(found, bool | int | float):
        return None if isinstance(found, int) and found.bit_length() > 4096 else Constant(found, labels=labels)
    if isinstance(found, str | bytes | bytearray):
        return (
            Constant(bytes(found) if isinstance(found, bytearray) else found, labels=labels)
            if len(found) <= MAX_DECODED
            else None
        )
    if isinstance(found, list | tuple) and len(found) <= MAX_ITEMS:
        items = [lifted(each) for each in found]
        if all(item is not None for item in items):
            return Items(tuple(item for item in items if item is not None), labels=labels)
    return None


@functools.lru_cache(maxsize=1)
def _numbers() -> tuple[Constant, ...]:
    return tuple(Constant(number) for number in range(MAX_ITEMS))


def counted(args: tuple[Value, ...]) -> Value | None:
    """Return what `range` yields for known arguments, or None."""
    limits = [arg.value for arg in args if isinstance(arg, Constant) and isinstance(arg.value, int)]
    if (
        not 1 <= len(limits) == len(args) <= 3
        or any(abs(limit) > 10 * MAX_ITEMS for limit in limits)
        or limits[2:] == [0]
    ):
        return None
    found = range(*limits)
    if len(found) > MAX_ITEMS:
        return None
    numbers = _numbers()
    return Items(tuple(numbers[each] if 0 <= each < MAX_ITEMS else Constant(each) for each in found))


def call_function(name: str, args: tuple[Value, ...]) -> Value | None:
    """Return what a pure function returns for known arguments, or None."""
    if name in {"range", "xrange"}:
        return counted(args)
    row = FUNCTIONS.get(name)
    if row is None:
        return None
    labels = frozenset[Label]().union(
        *(arg.labels for arg in args),
        *(item.labels for arg in args if isinstance(arg, Items) for item in arg.items[:64]),
    )
    try:
        return lifted(row[0](*map(plain, args)), labels | row[1])
    except _ERRORS:
        return None


def _inner(value: Value) -> Labels:
    return value.labels.union(*(item.labels for item in value.items)) if isinstance(value, Items) else value.labels


def call_method(
    receiver: Plain, labels: Labels, name: str, args: tuple[Value, ...], keywords: Mapping[str, Value]
) -> Value | None:
    """Return what a method of a known string returns, or None."""
    if name not in _STRING_METHODS or not isinstance(receiver, str | bytes):
        return None
    try:
        given = [plain(arg) for arg in args]
        if name == "decode" and isinstance(receiver, str):
            found: Any = _decode_codec(receiver, *given)  # Python 2: "...".decode("base64")
            labels = labels | _DECODED
        elif name == "format":
            if max(len(receiver), 1) * (len(given) + 1) > MAX_DECODED or any(
                c in receiver for c in ":!.[" if "{" in receiver
            ):
                return None
            found = (
                receiver.format(*given, **{key: plain(value) for key, value in keywords.items()})
                if isinstance(receiver, str)
                else None
            )
        elif (name == "replace" and len(receiver) * (1 + len(given[1])) > MAX_DECODED) or name == "zfill":
            return None
        else:
            found = getattr(receiver, name)(*given)
        return lifted(found, labels.union(*(_inner(arg) for arg in args)) if args else labels)
    except _ERRORS:
        return None


BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "FloorDiv": operator.floordiv,
    "Mod": operator.mod, "BitXor": operator.xor,
    "BitAnd": operator.and_, "BitOr": operator.or_, "RShift": operator.rshift, "Div": operator.truediv,
    "LShift": operator.lshift,
}  # fmt: skip


def binary(name: str, left: Value, right: Value) -> Value | None:
    """Return the result of an operator on known values, or None."""
    function = BINARY.get(name)
    if function is None:
        return None
    try:
        a, b = plain(left), plain(right)
        if name == "Mult":
            size = (len(a) if isinstance(a, str | bytes | list) else 1) * (
                len(b) if isinstance(b, str | bytes | list) else 1
            )
            times = max((x for x in (a, b) if isinstance(x, int) and not isinstance(x, bool)), default=1)
            if not (isinstance(a, int | float) and isinstance(b, int | float)) and size * max(times, 1) > MAX_DECODED:
                return None
        if name == "LShift" and (not isinstance(b, int) or b > 256):
            return None
        if name == "Mod" and isinstance(a, str | bytes):
            if (
                any(mark in (a if isinstance(a, str) else a.decode("latin-1")) for mark in ("*",))
                or len(a) > MAX_DECODED
                or _wide(a)
            ):
                return None
            b = tuple(b) if isinstance(b, list) else b
        return lifted(function(a, b), left.labels | right.labels)
    except _ERRORS:
        return None


def _wide(pattern: str | bytes) -> bool:
    text = pattern if isinstance(pattern, str) else pattern.decode("latin-1")
    return bool(re.search(r"%[^a-zA-Z%]*\d{4,}", text))


def sliced(value: Value, lower: Value | None, upper: Value | None, step: Value | None) -> Value | None:
    """Return a slice of a known string or list, or None."""
    try:
        cut = slice(*(None if bound is None else plain(bound) for bound in (lower, upper, step)))
        backwards = isinstance(cut.step, int) and cut.step not in (1, 0)
        if isinstance(value, Items):
            return Items(value.items[cut], labels=value.labels)
        found = plain(value)
        labels = value.labels | (_ASSEMBLED if backwards and isinstance(found, str | bytes) else frozenset())
        return lifted(found[cut], labels)
    except _ERRORS:
        return None
