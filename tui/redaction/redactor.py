"""Finding secrets, and putting markers in their place."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import ahocorasick

from tui.redaction.custom import compiled
from tui.redaction.declared import SHORT, Literal, byte_wise, label, labelled, literals
from tui.redaction.names import is_secret_name, option_name
from tui.redaction.shapes import CONTEXT, LONGEST, MARKER, SHAPES, Shape, assignment

if TYPE_CHECKING:
    from tui.redaction.stream import RedactingStream


class _Match(NamedTuple):
    start: int
    end: int
    secret_start: int
    secret_end: int
    label: str


class Redactor:
    """Replaces secrets with markers such as `[redacted:github-token]`. Immutable; safe to use from any thread.

    Args:
        secrets: Values that are secret, or such values by the name their marker shows.
        names: Names whose values are secret, besides those that say so themselves (`password`, `api_key`, …): of
            parameters and of environment variables.
        patterns: Regular expressions by the name their marker shows. They see one line at a time; the first
            named group is what is replaced, else all that matched. They run over all text: their cost is the writer's.

    Raises:
        InvalidInput: a pattern is not a regular expression, or matches nothing at all; every such one is named.
    """

    def __init__(
        self,
        secrets: Iterable[str] | Mapping[str, str] = (),
        names: Iterable[str] = (),
        patterns: Mapping[str, str] | None = None,
    ) -> None:
        self._secrets = tuple(labelled(secrets))
        self._names = frozenset(name for name in names if name)
        self._patterns = compiled(patterns or {})
        self._automaton, self._longest_trigger, self._longest_secret = _automaton(self._secrets, self._names)

    def extended(self, secrets: Iterable[str] | Mapping[str, str] = (), names: Iterable[str] = ()) -> Redactor:
        """Return a redactor that also knows these, say for the parameters of one run."""
        extended = copy.copy(self)
        extended._secrets = (*self._secrets, *labelled(secrets))
        extended._names = self._names | {name for name in names if name}
        extended._automaton, extended._longest_trigger, extended._longest_secret = _automaton(
            extended._secrets, extended._names
        )
        return extended

    @property
    def longest_wait(self) -> int:
        """Bytes after which a stream no longer waits for the end of what may be a secret."""
        return 2 * max(2 * LONGEST, self._longest_secret)

    def text(self, text: str) -> str:
        """Return `text` with a marker in the place of every secret. Markers that are there already stay."""
        data = text.encode("utf-8", "surrogatepass")
        redacted, _ = self.scan(data, 0, final=True)
        return text if redacted == data else redacted.decode("utf-8", "surrogatepass")

    def places(self, text: str) -> list[tuple[int, int, str]]:
        """Return where the secrets of a text begin and end, in characters, and the marker that takes their place."""
        data = text.encode("utf-8", "surrogatepass")
        matches, _ = self._matches(data.decode("latin-1"), _lowered(data), 0, True)

        def characters(end: int) -> int:
            return len(data[:end].decode("utf-8", "replace"))

        return [
            (characters(match.secret_start), characters(match.secret_end), f"[redacted:{match.label}]")
            for match in matches
        ]

    def data(self, data: bytes) -> bytes:
        """Return bytes redacted; those that are no secret stay as they are, whatever their encoding."""
        return self.scan(data, 0, final=True)[0]

    def value(self, value: Any) -> Any:
        """Return JSON data redacted: text anywhere, keys included, and whole values whose key names a secret.

        Also `["--token", "x"]`, and `{"name": "password", "value": "x"}`.
        """
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return self._object(value)
            case list() | tuple():
                return self._items(value)
            case bytes():
                return self.data(value)
            case _:
                return value

    def stream(self) -> RedactingStream:
        """Return a redactor for bytes that come in pieces; secrets may be cut anywhere."""
        from tui.redaction.stream import RedactingStream

        return RedactingStream(self)

    def is_secret_name(self, name: str) -> bool:
        """Say whether what goes by this name is a secret."""
        return name in self._names or is_secret_name(name)

    # --- data -------------------------------------------------------------------------------------------------------

    def _object(self, value: Mapping[Any, Any]) -> dict[Any, Any]:
        named = value.get("name")
        names_secret = isinstance(named, str) and self.is_secret_name(named)
        redacted = {}
        for key, item in value.items():
            if isinstance(key, str) and self.is_secret_name(key):
                redacted[self.text(key)] = _hidden(item, self.text(key))
            elif names_secret and key in ("value", "default", "default_value"):
                redacted[key] = _hidden(item, self.text(str(named)))
            else:
                redacted[self.text(key) if isinstance(key, str) else key] = self.value(item)
        return redacted

    def _items(self, items: list[Any] | tuple[Any, ...]) -> list[Any]:
        redacted = []
        option: str | None = None
        for item in items:
            if option is not None and isinstance(item, str) and not item.startswith("-"):
                redacted.append(_hidden(item, self.text(option)))
            else:
                redacted.append(self.value(item))
            name = option_name(item) if isinstance(item, str) else None
            option = name if name is not None and self.is_secret_name(name) else None
        return redacted

    # --- text -------------------------------------------------------------------------------------------------------

    def scan(self, data: bytes, start: int, *, final: bool) -> tuple[bytes, int]:
        """Return `data` from `start` redacted, and how far.

        Unless `final`, what may yet turn out to be a secret is left. What is before `start` is only looked at.
        """
        # One character a byte: positions are the same, and bytes that are no UTF-8 survive.
        text = data.decode("latin-1")
        matches, cut = self._matches(text, _lowered(data), start, final)
        if not matches and cut == len(data):
            return data[start:] if start else data, cut
        pieces = []
        at = start
        for match in matches:
            if match.end > cut:
                break
            pieces += [data[at : match.secret_start], f"[redacted:{match.label}]".encode()]
            at = match.secret_end
        pieces.append(data[at:cut])
        return b"".join(pieces), cut

    def _matches(self, text: str, lowered: str, start: int, final: bool) -> tuple[list[_Match], int]:
        hits = [
            (end - length + 1, -length, meanings)
            for end, (length, meanings) in self._automaton.iter(lowered)
            if end - length + 1 >= start
        ]
        hits.sort(key=lambda hit: hit[:2])
        found: list[_Match] = []
        cut = len(text) if final else self._unfinished_trigger(lowered, start)
        cursor = start
        for at, _, meanings in hits:
            waits = False
            for meaning in meanings:
                if isinstance(meaning, Literal):
                    match, unfinished = _literal(meaning, text, at, final)
                elif at >= cursor:
                    match, unfinished = _shaped(meaning, text, at, final)
                    if match is not None:
                        cursor = match.end
                else:
                    continue
                waits = waits or unfinished
                if match is not None and meaning is not MARKER:
                    found.append(match)
            if waits:
                # All that follows waits with it, so looking at it now would only be looking at it again later.
                cut = min(cut, at)
                break
        for name, pattern in self._patterns:
            found += _custom(name, pattern, text, start)
        if self._patterns and not final:
            cut = min(cut, _line_start(text, start))
        return _settled(found, cut)

    def _unfinished_trigger(self, lowered: str, start: int) -> int:
        """Return where the trigger begins of which the text may hold only the first part; else where the text ends."""
        for at in range(max(start, len(lowered) - self._longest_trigger + 1), len(lowered)):
            if self._automaton.match(lowered[at:]):
                return at
        return len(lowered)


def _lowered(data: bytes) -> str:
    return data.lower().decode("latin-1") if data.isascii() else data.decode("latin-1").lower()


def _automaton(secrets: Iterable[tuple[str, str]], names: Iterable[str]) -> tuple[ahocorasick.Automaton, int, int]:
    """Return what finds all triggers, each with its length and what it may begin.

    Also the length of the longest trigger, and of the longest way to write a declared secret.
    """
    meanings: dict[str, list[Shape | Literal]] = {}
    for shape in (*SHAPES, *(assignment(byte_wise(name), label(name)) for name in sorted(names))):
        for trigger in shape.triggers:
            meanings.setdefault(trigger, []).append(shape)
    longest_secret = 0
    for literal in literals(secrets):
        meanings.setdefault(literal.trigger, []).append(literal)
        longest_secret = max(longest_secret, len(literal.text))
    automaton = ahocorasick.Automaton()
    for trigger, found in meanings.items():
        automaton.add_word(trigger, (len(trigger), tuple(found)))
    automaton.make_automaton()
    return automaton, max(map(len, meanings)), longest_secret


def _literal(literal: Literal, text: str, at: int, final: bool) -> tuple[_Match | None, bool]:
    end = at + len(literal.text)
    if not text.startswith(literal.text, at):
        return None, not final and end > len(text) and literal.text.startswith(text[at:])
    if len(literal.text) < SHORT:
        if end == len(text) and not final:
            return None, True
        if _is_word(text[at - 1 : at]) or _is_word(text[end : end + 1]):
            return None, False
    return _Match(at, end, at, end, literal.label), False


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _shaped(shape: Shape, text: str, at: int, final: bool) -> tuple[_Match | None, bool]:
    """Return a match at a trigger, and whether more text might make one or make it longer."""
    if shape.before is not None and shape.before.compiled.search(text, max(0, at - CONTEXT), at) is None:
        return None, False
    match = shape.pattern.compiled.match(text, at)
    if match is None:
        waits = not final and len(text) - at < shape.span and text.find("\n", at) < 0
        return None, waits
    if match.end() >= len(text) - 1 and not final:
        return None, True
    return _match_of(match, shape.name), False


def _match_of(match: re.Match[str], name: str) -> _Match:
    first, last = match.span(match.lastgroup or 0)
    return _Match(match.start(), match.end(), first, last, name)


def _custom(name: str, pattern: re.Pattern[str], text: str, start: int) -> Iterator[_Match]:
    group = next(iter(pattern.groupindex), 0)
    for match in pattern.finditer(text, start):
        first, last = match.span(group) if match[group] else match.span()
        if last > first:
            yield _Match(match.start(), match.end(), first, last, name)


def _line_start(text: str, start: int) -> int:
    """Return where the last line begins, but not so far back that it would never end."""
    return max(text.rfind("\n") + 1, start, len(text) - LONGEST)


def _settled(found: list[_Match], cut: int) -> tuple[list[_Match], int]:
    """Return matches in order, those that overlap made one, and the cut moved before any match it would divide."""
    merged: list[_Match] = []
    for match in sorted(found, key=lambda match: match.secret_start):
        last = merged[-1] if merged else None
        if last is not None and match.secret_start < last.secret_end:
            merged[-1] = last._replace(
                start=min(last.start, match.start),
                end=max(last.end, match.end),
                secret_end=max(last.secret_end, match.secret_end),
            )
        else:
            merged.append(match)
    for match in sorted(merged, reverse=True):
        if match.start < cut < match.end:
            cut = match.start
    return merged, cut


def _hidden(value: Any, name: str) -> Any:
    """Return a marker for a value that its name gives away; what is not there, or already a marker, stays."""
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return value
    if isinstance(value, str) and value.startswith("[redacted:") and value.endswith("]"):
        return value
    return f"[redacted:{label(name)}]"
