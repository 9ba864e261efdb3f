"""`output-sanitizer`: secrets out of what was printed and out of what goes to a model; everything else stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from tui.hooks.model import Allow, Decision, HookContext, Modify, Output, Point
from tui.hooks.services import Services
from tui.proposal import Proposal
from tui.redaction import RedactingStream, Redactor

_CUT_LINE: Final = 4096
"""Characters at the beginning of a tail within which the rest of a cut line is looked for."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is secret besides what looks like it."""

    names: tuple[str, ...] = ()
    """Names whose values are secret, of parameters and of variables."""


@dataclass(frozen=True, slots=True)
class OutputSanitizerHook:
    """Puts markers in the place of secrets. It is heard first, so that nobody else is told them.

    Live output passes `stream` piece by piece; what is decided at the end is about the kept head and tail.
    """

    options: Options
    services: Services
    name: str = "output-sanitizer"
    priority: int = 110
    points: frozenset[Point] = frozenset({Point.AFTER_EXECUTION, Point.BEFORE_MODEL_CALL})

    def stream(self, proposal: Proposal) -> RedactingStream:
        """Return a redactor for the live output of a run, whose secrets may be cut anywhere."""
        return self._redactor(proposal).stream()

    def decide(self, context: HookContext) -> Decision:
        """Return the text without secrets, if there are any."""
        redactor = self._redactor(context.proposal)
        if context.model_text is not None:
            text = redactor.text(context.model_text)
            return Allow() if text == context.model_text else Modify("secrets redacted", model_text=text)
        assert context.outcome is not None
        output = context.outcome.output
        redacted = _redacted(output, redactor)
        if redacted == output:
            return Allow()
        if output.head.startswith(redacted.head) and output.tail.endswith(redacted.tail):
            return Modify("what may be part of a secret left out where the output was cut", output=redacted)
        return Modify("secrets redacted", output=redacted)

    def _redactor(self, proposal: Proposal) -> Redactor:
        known = self.services.redactor.extended(names=self.options.names)
        values = {**proposal.env, **{name: str(value) for name, value in proposal.parameters.items()}}
        return known.extended({name: value for name, value in values.items() if known.is_secret_name(name)})


def _redacted(output: Output, redactor: Redactor) -> Output:
    if not output.omitted_bytes:
        return replace(output, head=redactor.text(output.head))
    # Both cuts may go through a secret: what may be the beginning of one, and the rest of a cut line, are left out.
    stream = redactor.stream()
    head = stream.feed(output.head.encode("utf-8", "surrogatepass"))
    line_end = output.tail.find("\n", 0, _CUT_LINE) + 1
    return Output(
        head=head.decode("utf-8", "replace"),
        tail=redactor.text(output.tail[line_end:]),
        omitted_bytes=output.omitted_bytes + stream.held + len(output.tail[:line_end].encode("utf-8", "surrogatepass")),
    )
