"""Several arguments that are code each, or code together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from tui.risk.shell.call import Call
from tui.risk.shell.code import execute, shell_code
from tui.risk.shell.source import Source
from tui.risk.shell.values import Context, Field, Output, code_source


def shell_words(call: Call, words: list[Field], under: Context) -> Output:
    """Run words that a program joins and gives to a shell; several plain words are a command as they stand."""
    if len(words) == 1 or any(re.search(r"[;&|<>$`]", field.text) for field in words):
        sources = [code_source(field, call.scope) for field in words]
        text = " ".join(source.text for source in sources)
        source = sources[0] if len(words) == 1 else Source(text, base=call.draft.span)
        return execute(call.elsewhere(replace(under, depth=call.context.depth)), source, "")
    return call.walker.invoke(words, call.scope.child(), under)


def each_code(call: Call, codes: Iterable[Field], label: str) -> None:
    """Walk each of these arguments as shell code of its own."""
    for code in codes:
        shell_code(call.elsewhere(), code, label)
