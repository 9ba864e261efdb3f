"""What an executable hook is told and may answer, as JSON. `docs/hooks.md` is the reference for authors.

The version counts up when a field changes its meaning or goes; new fields may come at any time, so readers ignore what
they do not know. Answers are read strictly: a misspelt `reason` must not become an Allow.

What is told has no secrets in it, as a program may keep it or send it away. Where its answer has a marker in a step,
the secret takes its place again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from tui.hooks.model import (
    Allow,
    Ask,
    Block,
    Decision,
    Finished,
    HookContext,
    HookError,
    Limits,
    Modify,
    Output,
)
from tui.hooks.untold import Untold
from tui.proposal import ProposedStep
from tui.redaction import Redactor

VERSION: Final = 1
_SHOWN: Final = 120


def encode_context(context: HookContext) -> bytes:
    """Return what a hook reads on its standard input, without the secrets that the context's redactor knows."""
    proposal = context.proposal
    data = {
        "version": VERSION,
        "point": str(context.point),
        "run_id": proposal.run_id,
        "title": proposal.title,
        "command": proposal.command,
        "definition": proposal.definition,
        "definition_hash": proposal.definition_hash,
        "parameters": dict(proposal.parameters),
        "permissions": list(proposal.permissions),
        "session": proposal.session,
        "user": proposal.user,
        "role": proposal.role,
        "mode": proposal.mode,
        "cwd": proposal.cwd,
        "env": dict(proposal.env),
        "steps": [_step(step) for step in proposal.steps],
        "assessment": None if proposal.assessment is None else proposal.assessment.to_json(),
        "outcome": None if context.outcome is None else _outcome(context.outcome),
        "model_text": context.model_text,
    }
    plain = json.loads(json.dumps(data, default=str))
    # Text that is no Unicode (a name of a file, say) is escaped, which JSON allows.
    return json.dumps(redactor_of(context).value(plain)).encode("ascii")


def redactor_of(context: HookContext) -> Redactor:
    """Return what knows the secrets of a run, or at least what secrets look like."""
    return context.redactor or Redactor()


def _step(step: ProposedStep) -> dict[str, Any]:
    return {
        "language": step.language,
        "text": step.text,
        "argv": list(step.argv),
        "assessment": None if step.assessment is None else step.assessment.to_json(),
    }


def _outcome(outcome: Finished) -> dict[str, Any]:
    return {
        "state": outcome.state,
        "exit_code": outcome.exit_code,
        "duration_s": outcome.duration_s,
        "output": asdict(outcome.output),
        "usage": dict(outcome.usage),
        "error": outcome.error,
    }


def decode_decision(answer: bytes, context: HookContext) -> Decision:
    """Return the decision that a hook printed when told of a context. Nothing but white space is an Allow.

    Raises:
        HookError: it is no decision; the message says what is wrong with it.
    """
    if not answer.strip():
        return Allow()
    try:
        data = json.loads(answer)
    except (ValueError, RecursionError) as error:
        shown = answer[:_SHOWN].decode("utf-8", "replace")
        raise HookError(f"its answer is no JSON ({error}): {shown!r}") from None
    if not isinstance(data, dict):
        raise HookError("its answer is no JSON object")
    kind = data.pop("decision", None)
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise HookError(f"`decision` is {kind!r}, not one of {', '.join(_READERS)}")
    fields = _Answer(data)
    decision = reader(fields, context)
    fields.check_all_read()
    return decision


class _Answer:
    """The fields of an answer; each is taken out as it is read."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def text(self, name: str) -> str:
        value = self._data.pop(name, None)
        if not isinstance(value, str) or not value.strip():
            raise HookError(f"its answer needs a text {name!r}")
        return value

    def optional(self, name: str, kind: type, default: Any) -> Any:
        value = self._data.pop(name, None)
        if value is None:
            return default
        if not isinstance(value, kind):
            raise HookError(f"{name!r} in its answer is a {type(value).__name__}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.optional(name, list, [])
        if not all(isinstance(value, str) for value in values):
            raise HookError(f"{name!r} in its answer must hold texts")
        return tuple(values)

    def check_all_read(self) -> None:
        if self._data:
            raise HookError(f"its answer has fields that mean nothing there: {', '.join(map(repr, self._data))}")


def _allow(answer: _Answer, _: HookContext) -> Allow:
    env = answer.optional("env", dict, {})
    if not all(isinstance(value, str) for value in env.values()):
        raise HookError("'env' in its answer must hold texts")
    return Allow(env, _limits(answer.optional("limits", dict, {})), answer.texts("notes"), answer.texts("warnings"))


def _limits(data: Mapping[str, Any]) -> Limits:
    known = Limits.__dataclass_fields__.keys()
    for name, value in data.items():
        if name not in known or isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise HookError(f"'limits' in its answer: {name!r} must be one of {', '.join(known)}, and above zero")
    return Limits(**data)


def _block(answer: _Answer, _: HookContext) -> Block:
    return Block(answer.text("reason"))


def _ask(answer: _Answer, _: HookContext) -> Ask:
    return Ask(answer.text("prompt"))


def _modify(answer: _Answer, context: HookContext) -> Modify:
    reason = answer.text("reason")
    steps = answer.optional("steps", list, None)
    output = answer.optional("output", dict, None)
    return Modify(
        reason,
        steps=None if steps is None else _steps(steps, context),
        output=None if output is None else _output(output),
        model_text=answer.optional("model_text", str, None),
    )


def _steps(given: list[Any], context: HookContext) -> tuple[ProposedStep, ...]:
    """Return new steps. A text stands for the step at its place with that text; an object says everything."""
    proposal, untold = context.proposal, Untold(context.proposal, redactor_of(context))
    steps: list[ProposedStep] = []
    for number, item in enumerate(given):
        match item:
            case str() if number < len(proposal.steps):
                old = proposal.steps[number]
                steps.append(ProposedStep(untold.restored(item, number), old.language, old.argv))
            case {"language": str() as language, "text": str() as text, **rest} if set(rest) <= {"argv", "assessment"}:
                argv = rest.get("argv") or []
                if not isinstance(argv, list) or not all(isinstance(word, str) for word in argv):
                    raise HookError(f"step {number + 1} of its answer: 'argv' must hold texts")
                words = tuple(untold.restored(word, len(proposal.steps)) for word in argv)
                steps.append(ProposedStep(untold.restored(text, number), language, words))
            case _:
                raise HookError(f"step {number + 1} of its answer is neither a text nor {{language, text, argv}}")
    return tuple(steps)


def _output(data: dict[str, Any]) -> Output:
    match data:
        case {"head": str() as head, "tail": str() as tail, "omitted_bytes": int() as omitted} if len(data) == 3:
            return Output(head, tail, omitted)
        case {"head": str() as head} if len(data) == 1:
            return Output(head)
    raise HookError("'output' in its answer must be {head}, or {head, tail, omitted_bytes}")


_READERS: Final[Mapping[str, Callable[[_Answer, HookContext], Decision]]] = {
    "allow": _allow, "block": _block, "ask": _ask, "modify": _modify,
}  # fmt: skip
