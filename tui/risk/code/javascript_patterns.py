"""What strings that are known become when a simple regular expression cuts them up or replaces parts of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from tui.risk.code.budget import MAX_DECODED, MAX_ITEMS
from tui.risk.code.values import Constant, Instance, Items, Value, text_of

_ATOM: Final = r"(?:\\[\\/.*+?()\[\]{}|^$dwsxnrt-]|\[(?:[^\]\\]|\\.){1,60}\]|[^\\\[\](){}*+?|^$])"
_NESTED: Final = re.compile(r"\[\^?[^\]]*(?:\[|--|&&|~~|\|\|)")
"""What Python may read as something else in a set of characters one day."""
_SIMPLE: Final = re.compile(
    rf"\(?{_ATOM}(?:\{{\d{{1,3}}(?:,\d{{0,3}})?\}}|\+)?\)?|{_ATOM}{{1,40}}(?:\|{_ATOM}{{1,40}}){{0,20}}"
)
"""Expressions that Python reads as JavaScript does and that never try a text again and again."""


def pattern_of(value: Value) -> re.Pattern[str] | None:
    """Return the expression that `value` is, where it is simple enough to be followed."""
    if not isinstance(value, Instance) or value.kind != "RegExp":
        return None
    source, flags = (text_of(value.attributes.get(name)) or "" for name in ("source", "flags"))
    if not _SIMPLE.fullmatch(source) or _NESTED.search(source):
        return None
    try:
        return re.compile(source, re.IGNORECASE if "i" in flags else 0)
    except re.error:
        return None


def match(text: Constant, name: str, args: tuple[Value, ...], call: Callable[[Value, Value], Value]) -> Value | None:
    """Return what a method of a known string returns for an expression; `call` calls a function of the text."""
    pattern = pattern_of(args[0]) if args else None
    subject = text_of(text)
    if pattern is None or subject is None or len(subject) > MAX_DECODED:
        return None
    every = isinstance(args[0], Instance) and "g" in (text_of(args[0].attributes.get("flags")) or "")
    if name == "match" and every:
        found = [each[0] for each in pattern.finditer(subject)]
        return Items(tuple(Constant(each, labels=text.labels) for each in found[:MAX_ITEMS]))
    if name == "split":
        return Items(tuple(Constant(each, labels=text.labels) for each in pattern.split(subject)[:MAX_ITEMS]))
    if name in {"replace", "replaceAll"} and len(args) > 1:
        new = text_of(args[1])
        if new is not None:
            if "$" in new or len(subject) * (1 + len(new)) > MAX_DECODED:
                return None
            return Constant(pattern.sub(lambda _: new, subject, count=0 if every else 1), labels=text.labels)
        labels = text.labels
        pieces: list[str] = []
        end = 0
        for each in list(pattern.finditer(subject))[: MAX_ITEMS if every else 1]:
            made = call(Constant(each[0]), Constant(each[1]) if pattern.groups else Constant(each.start()))
            if (piece := text_of(made)) is None:
                return None
            labels |= made.labels
            pieces += [subject[end : each.start()], piece]
            end = each.end()
        return Constant("".join([*pieces, subject[end:]]), labels=labels)
    return None
