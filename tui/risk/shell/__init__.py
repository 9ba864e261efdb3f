"""Shell texts: from characters to the simple commands that would execute.

`read` and `read_argv` parse, unquote, fold and peel; `tui.risk.judge` says how bad the result is. They never raise and
take bounded time; what it does not understand is in `ShellProgram.problems`.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from tui.risk.model import Span
from tui.risk.shell.model import NOTHING_AROUND, ShellProgram, Surroundings

__all__ = ["read", "read_argv"]


def read(text: str, base: Span | None = None, around: Surroundings = NOTHING_AROUND) -> ShellProgram:
    """Return the commands that a shell would execute for `text`.

    Args:
        text: what a person or a program wants a POSIX shell or bash to run.
        base: the span everything is reported at, for shell code found in another language.
        around: in what the text runs; what stands there is reported at the span of the whole text.

    """
    from tui.risk.shell.finish import finished
    from tui.risk.shell.source import Source
    from tui.risk.shell.start import start

    span = base or Span(0, len(text))
    return finished(text, lambda walker: walker.text(Source(text, base), *start(walker, around, span)))


def read_argv(argv: Sequence[str], base: Span | None = None, around: Surroundings = NOTHING_AROUND) -> ShellProgram:
    """Return the commands that executing `argv`, without a shell, leads to; spans refer to `shlex.join(argv)`."""
    from tui.risk.shell.finish import finished
    from tui.risk.shell.model import Word
    from tui.risk.shell.source import Source
    from tui.risk.shell.start import start
    from tui.risk.shell.values import Field

    fields: list[Field] = []
    text = ""
    for argument in argv:
        quoted = shlex.quote(argument)
        text += " " if text else ""
        whole = Source(text + quoted, base)
        span = whole.span(len(text), len(text) + len(quoted))
        fields.append(
            Field(Word((argument,), span), whole.derived(argument, len(text), len(text) + len(quoted)), raw=argument)
        )
        text += quoted
    span = base or Span(0, len(text))
    return finished(text, lambda walker: walker.invoke(fields, *start(walker, around, span)))
