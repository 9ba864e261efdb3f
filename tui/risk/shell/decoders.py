"""Decoders applied to literal input: base64, base32, hexadecimal, compression (MITRE ATT&CK T1140)."""

from __future__ import annotations

import base64
import binascii
import bz2
import lzma
import re
import zlib
from typing import Final

from tui.risk.shell.limits import VALUE_LIMIT

_ENCODED_BY_PERL: Final = re.compile(r"s/\((?:\.\.|\[0-9a-fA-F\]\{2\})\)/chr\(?\s*hex\(?\s*\$1\)?\)?/ge?e?;?")


def to_bytes(text: str) -> bytes:
    """Return the bytes that a value stands for."""
    return text.encode("utf-8", "surrogateescape")


def to_text(data: bytes) -> str:
    """Return bytes as a value."""
    return data[:VALUE_LIMIT].decode("utf-8", "surrogateescape")


def decode(program: str, arguments: list[str], stdin: str) -> str | None:
    """Return what a decoder writes for `stdin`; None where it is none or does not decode."""
    try:
        data = _decode(program, arguments, to_bytes(stdin))
    except (ValueError, binascii.Error, OSError, EOFError, zlib.error, lzma.LZMAError):
        return None
    return None if data is None or len(data) > VALUE_LIMIT else to_text(data)


def _decode(program: str, arguments: list[str], data: bytes) -> bytes | None:
    options = " ".join(arguments)
    decoding = any(
        argument in ("-d", "-D", "--decode", "-di", "-id", "--d", "--de", "--dec") for argument in arguments
    ) or bool(re.search(r"(?:^| )-[a-z]*d", options))
    if program in ("base64", "gbase64"):
        return _base64(data) if decoding else base64.b64encode(data) + b"\n"
    if program == "base32":
        return base64.b32decode(_padded(re.sub(rb"\s", b"", data), 8)) if decoding else base64.b32encode(data) + b"\n"
    if program == "basenc" and decoding:
        return _base64(data) if "--base64" in arguments else bytes.fromhex(data.decode("ascii").strip())
    if program == "openssl" and decoding and {"base64", "-base64", "-a"} & set(arguments):
        return _base64(data)
    if program == "xxd" and re.search(r"(?:^| )-[a-z]*r", options) and re.search(r"(?:^| )-[a-z]*p", options):
        return bytes.fromhex(re.sub(rb"[^0-9a-fA-F]", b"", data).decode("ascii"))
    if program in ("gunzip", "zcat", "gzcat") or (program in ("gzip", "pigz") and decoding):
        return _inflate(zlib.decompressobj(31), data)
    if program in ("bunzip2", "bzcat") or (program == "bzip2" and decoding):
        return bz2.BZ2Decompressor().decompress(data, VALUE_LIMIT)
    if program in ("unxz", "xzcat") or (program == "xz" and decoding):
        return lzma.LZMADecompressor(memlimit=64 << 20).decompress(data, VALUE_LIMIT)
    if program == "perl" and _ENCODED_BY_PERL.search(options):
        return bytes.fromhex(re.sub(rb"[^0-9a-fA-F]", b"", data).decode("ascii"))
    if program == "uudecode":
        lines = data.splitlines()[1:]
        return b"".join(binascii.a2b_uu(line) for line in lines if line and line not in (b"end", b"`"))
    return None


def _inflate(decompressor: zlib._Decompress, data: bytes) -> bytes:
    return decompressor.decompress(data, VALUE_LIMIT)


def _base64(data: bytes) -> bytes:
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data.partition(b"=")[0])
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    return base64.b64decode(_padded(clean, 4))


def _padded(data: bytes, size: int) -> bytes:
    data = data.rstrip(b"=")
    return data + b"=" * (-len(data) % size)
