"""Secrets that were declared, in the ways in which they are commonly written."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

SHORT: Final = 4
"""A declared secret shorter than this is redacted only where it stands as a word: "a" is in every line."""
_TRIGGER_LIMIT: Final = 64
"""Characters of a secret that are looked for; the rest is compared."""
_QUOTES: Final = "'\""
_DOUBLE_QUOTED: Final = re.compile(r'[\\$"`]')
"""What a shell does not take literally in double quotes."""
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LABEL: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Literal(NamedTuple):
    """A declared secret in one of the ways it may be written; characters stand for bytes."""

    text: str
    label: str

    @property
    def trigger(self) -> str:
        """What is looked for."""
        return self.text[:_TRIGGER_LIMIT].lower()


def labelled(secrets: Iterable[str] | Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each secret after the name its marker shows."""
    pairs = secrets.items() if isinstance(secrets, Mapping) else (("secret", secret) for secret in secrets)
    return ((label(name), secret) for name, secret in pairs if secret.strip())


def label(name: str) -> str:
    """Return a name as a marker may show it."""
    return name if _LABEL.fullmatch(name) else "secret"


def literals(secrets: Iterable[tuple[str, str]]) -> Iterator[Literal]:
    """Yield every spelling of every secret."""
    for shown, secret in secrets:
        for spelling in _spellings(secret):
            yield Literal(byte_wise(spelling), shown)


def _spellings(secret: str) -> set[str]:
    """Return how a secret is commonly written.

    As it is, quoted for a URL, in base64, line by line, and as a literal of JSON, of a shell and of programming
    languages: in every way in which `tui.definitions.literals` writes a value into a step.
    """
    data = secret.encode("utf-8", "surrogatepass")
    spellings = {quote(data, safe="")}
    if len(secret) >= 2 * SHORT:
        spellings |= {base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode().rstrip("=")}
    texts = {secret, secret.strip()}
    if len(lines := secret.splitlines()) > 1:
        texts |= {line for line in lines if len(line) >= 2 * SHORT}
    for text in texts:
        spellings |= _python(text)
        # An object is one word of a shell, or one string of a program, that holds JSON.
        for plain in {text, *_json(text)}:
            spellings |= {plain, plain.replace("'", "'\\''"), _DOUBLE_QUOTED.sub(r"\\\g<0>", plain), *_json(plain)}
            spellings |= {_escaped(plain, "\\u{{{:x}}}"), _escaped(plain, "\\U{:08x}")}
    return {spelling for spelling in spellings if spelling}


def _json(text: str) -> set[str]:
    """Return text as it stands in the quotes of JSON, and as JavaScript has it that may be part of a page."""
    return {
        (ascii_only := json.dumps(text)[1:-1]),
        ascii_only.replace("<", "\\u003c"),
        json.dumps(text, ensure_ascii=False)[1:-1],
    }


def _python(text: str) -> set[str]:
    """Return text as it stands in a literal of Python, whichever quotes are around it."""
    escaped = "".join(c if c in _QUOTES else repr(c)[1:-1] for c in text)
    single = escaped.replace("'", "\\'")
    return {escaped, single, escaped.replace('"', '\\"'), single.replace('"', '\\"')}


def _escaped(text: str, escape: str) -> str:
    """Return text as it stands in a literal of Rust or Go, which differ in how they write a code point."""
    return "".join(_ESCAPES.get(c) or (c if c.isprintable() else escape.format(ord(c))) for c in text)


def byte_wise(text: str) -> str:
    """Return text as it looks when each byte of its UTF-8 is one character."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")
