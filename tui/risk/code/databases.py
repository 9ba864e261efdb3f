"""What it means to ask a database for something, and to empty what is in it."""

from __future__ import annotations

import re
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.elsewhere import run_elsewhere
from tui.risk.code.judge import Judge, items_of
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.values import UNKNOWN, Constant, Entries, Instance, Label, Text, Value, labels_of, shown, text_of
from tui.risk.model import Category, Effect

_HIGH: Final = RiskLevel.HIGH
_DROPS: Final = re.compile(
    r"^\s*(?:drop\s+(?:table|database|schema|user|role|index|view|keyspace|tablespace)\b(?:\s+(?!if\b)\S+)?|truncate\s+(?:table\s+)?\w+"
    r"|delete\s+from\s+[\w.\"`\[\]]+\s*;?\s*$"
    r"|match\s*\([^)]*\)\s*detach\s+delete\b"
    r"|alter\s+table\s+\S+\s+drop\b|update\s+\S+\s+set\b(?!.*\bwhere\b))",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_SECRET_COLUMNS: Final = re.compile(
    r"\b(?:password_value|encrypted_value|encryptedpassword|card_number_encrypted)\b"
    r"|\bmoz_cookies\b|\bfrom\s+(?:logins|credit_cards)\b",
    re.IGNORECASE,
)
_RESETTING: Final = frozenset({"flush", "reset_db", "sqlflush", "zap"})
"""Management commands of Django that empty the database."""
_FOR_REDIS: Final = frozenset({"flushall", "flushdb", "shutdown", "config", "debug", "slaveof", "replicaof", "module"})
_FOR_MONGO: Final = frozenset({"dropDatabase", "drop", "dropAllUsersFromDatabase", "dropAllRolesFromDatabase"})


def query(judge: Judge, call: Call, operation: Operation) -> Value:
    """Run SQL."""
    asked = call.argument(operation.arguments[0]) if operation.arguments else None
    if isinstance(asked, Entries):  # { text: "…", values: […] }
        asked = next((asked.entries[name] for name in ("text", "sql", "query") if name in asked.entries), asked)
    text = shown(asked)
    memory = isinstance(call.receiver, Instance) and ":memory:" in shown(call.receiver.attributes.get("database"))
    if (match := _DROPS.search(text)) and not memory:
        first = match[0].strip().split()
        temporary = (
            re.search(r"if\s+exists", text, re.IGNORECASE)
            and first[0].lower() == "drop"
            and first[1].lower() != "database"
        )
        level = RiskLevel.MEDIUM if temporary or _makes_itself(judge.text, match[0]) else _HIGH
        judge.report(
            level,
            Category.DB_DESTROY,
            "sql-destroy",
            f"destroys data in a database: {match[0].strip()[:80]}",
            call.span,
            Effect.DELETE,
        )
    if _SECRET_COLUMNS.search(text):
        judge.report(
            _HIGH,
            Category.CRED_READ,
            "sql-secrets",
            f"reads what a browser has saved for its user: {text.strip()[:80]}",
            call.span,
            Effect.CREDENTIAL_READ,
        )
        return Value(labels=frozenset({Label.CREDENTIAL}))
    if call.name.endswith(".query") and not isinstance(asked, Constant | Text):
        return Instance(call.name, labels=labels_of(call.receiver))
    return Value(labels=labels_of(call.receiver))


def _makes_itself(program: str, statement: str) -> bool:
    """Whether the text creates the table that `statement` empties or drops: then only its own data is lost."""
    names = re.findall(r"[\w.]+", statement)
    table = names[-1] if names else ""
    return bool(table) and bool(
        re.search(
            rf"create\s+(?:temp\w*\s+)?table\s+(?:if\s+not\s+exists\s+)?[\"'`\[]?{re.escape(table)}\b",
            program,
            re.IGNORECASE,
        )
    )


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


def command(judge: Judge, call: Call, operation: Operation) -> Value:
    """Send a server a command by its name: words of Redis, or an object whose first name is the command of MongoDB."""
    del operation
    first = call.args[0] if call.args else None
    if isinstance(first, Entries):
        named = {name for name in first.entries if name in _FOR_MONGO}
    else:
        named = {first_word} if (first_word := text_of(first)) in _FOR_MONGO and first_word else set()
    if named:
        judge.report(
            _HIGH, Category.DB_DESTROY, "database-drop", f"tells a database to {min(named)}", call.span, Effect.DELETE
        )
        return UNKNOWN
    words = [text_of(word) or "x" for value in call.args for word in items_of(value)][:16]
    if words and words[0].lower().partition(" ")[0] in _FOR_REDIS:
        judge.run_shell(["redis-cli", *words[0].split(), *words[1:]], call.span, call.name)
        return UNKNOWN
    run_elsewhere(judge, call, call.name.rpartition(".")[2], foreign=True)
    return Instance(call.name, labels=labels_of(call.receiver))


HANDLERS: Final = {Action.QUERY: query, Action.RESET_TABLES: reset_tables, Action.SERVER_COMMAND: command}
