"""What it means to take secrets out of clouds, to open what is in them to everybody, and to make tables anew."""

from __future__ import annotations

import re
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.values import UNKNOWN, Constant, Entries, Instance, Label, Value, shown, text_of
from tui.risk.model import Category, Effect

_HIGH: Final = RiskLevel.HIGH
_RESETTING: Final = frozenset({"flush", "reset_db", "sqlflush", "zap"})
"""Management commands of Django that empty the database."""
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


def reset_tables(judge: Judge, call: Call, operation: Operation) -> Value:
    """Empty or drop tables, if the arguments ask for that or leave nothing out."""
    del operation
    method = call.name.rpartition(".")[2]
    first = call.args[0] if call.args else None
    options = first.entries if isinstance(first, Entries) else {}
    chosen = [options[name] for name in ("force", "dropSchema", "truncate") if name in options]
    where = options.get("where")
    if (
        any(isinstance(value, Constant) and value.value is True for value in (first, *chosen))
        or (isinstance(where, Entries) and not where.entries)
        or (isinstance(first, Entries) and not first.entries and method == "delete_many")
        or (method == "drop" and not call.args and not call.keywords)
        or (method == "call_command" and text_of(first) in _RESETTING)
        or (method == "delete_by_query" and "match_all" in judge.text[call.span.start : call.span.end])
    ):
        judge.report(
            _HIGH, Category.DB_DESTROY, "reset-tables", "deletes everything in tables or collections of a database",
            call.span, Effect.DELETE,
        )  # fmt: skip
    return UNKNOWN


HANDLERS: Final = {
    Action.SECRET: secret, Action.PUBLISH: publish, Action.RESET_TABLES: reset_tables,
}  # fmt: skip
