"""What it means to take secrets out of clouds, and to open what is in them to everybody."""

from __future__ import annotations

import re
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.values import UNKNOWN, Constant, Instance, Label, Value, shown
from tui.risk.model import Category, Effect

_HIGH: Final = RiskLevel.HIGH
_FOR_EVERYBODY: Final = re.compile(
    r"\bpublic-read(?:-write)?\b|[\"']?(?:Principal|AWS)[\"']?\s*:\s*\[?\s*[\"']\*|0\.0\.0\.0/0|::/0|\ballUsers\b|\ballAuthenticatedUsers\b"
    r"|\b(?:BlockPublic\w+|IgnorePublicAcls|RestrictPublicBuckets)[\"']?\s*:\s*[Ff]alse|AllUsers|Principal\s*=\s*[\"']\*"
    r"|PubliclyAccessible[\"']?\s*[=:]\s*[Tt]rue|[\"']Group[\"']\s*:\s*[\"']all[\"']"
)


def secret(judge: Judge, call: Call, operation: Operation) -> Value:
    """Take a secret out of a store; parameters that are no secrets are read without asking to decrypt them."""
    if operation.what == "parameter":
        given = {name.lower(): value for name, value in call.keywords.items()}.get("withdecryption")
        if given is None or (isinstance(given, Constant) and not given.value):
            return UNKNOWN
    judge.report(
        _HIGH, Category.CRED_READ, "cloud-secret", "reads a secret of a cloud account", call.span,
        Effect.CREDENTIAL_READ, Effect.REMOTE, attack=("T1555.006",),
    )  # fmt: skip
    return Instance(call.name, labels=frozenset({Label.CREDENTIAL}))


def publish(judge: Judge, call: Call, operation: Operation) -> Value:
    """Say who may use a resource."""
    del operation
    written = judge.text[call.span.start : call.span.end]
    named = " ".join((*(shown(value) for value in (*call.args, *call.keywords.values())), written))
    for value in (*call.args, *call.keywords.values()):
        if value.shown and not isinstance(value, Constant):
            named += " " + judge.text  # what the policy says stands elsewhere in the text
            break
    if _FOR_EVERYBODY.search(named):
        judge.report(
            _HIGH, Category.EXFIL, "publish", "lets everybody use a resource of a cloud account", call.span,
            Effect.REMOTE, Effect.CONFIG, attack=("T1530", "T1578.005"),
        )  # fmt: skip
    return UNKNOWN


HANDLERS: Final = {
    Action.SECRET: secret, Action.PUBLISH: publish,
}  # fmt: skip
