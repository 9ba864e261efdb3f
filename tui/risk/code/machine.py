"""What it means to change processes, accounts, databases and clouds, and what calls mean together."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code import clouds, containers, databases, evaluation, files, network, processes
from tui.risk.code.contents import content_of, hold, is_secret
from tui.risk.code.judge import Judge
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.values import (
    UNKNOWN,
    Constant,
    Instance,
    Label,
    Value,
    alternatives,
    labels_of,
)
from tui.risk.model import Category, Effect

_PROTECTS: Final = re.compile(
    r"\b(?:auditd|auditbeat|falco|osqueryd?|clamd|freshclam|sysmon|wazuh|ossec|rsyslogd|syslog-ng|fail2ban|crowdstrike"
    r"|falcon-sensor|mdatp|wdavdaemon|MsMpEng|snort|suricata|tripwire|aide|sentinelone?|cbagentd|xagt|filebeat)\b",
    re.IGNORECASE,
)
_HIGH: Final = RiskLevel.HIGH


def kill(judge: Judge, call: Call, operation: Operation) -> Value:
    """End processes: all of them, or the first one, is the end of the system."""
    target = call.argument(operation.arguments[0]) if operation.arguments else None
    judge.effects.add(Effect.KILL)
    if call.name.startswith("psutil.") and (watched := _PROTECTS.search(judge.text)):
        what = f"ends programs that protect or record, {watched[0]} among them"
        judge.report(_HIGH, Category.EVADE, "kill-protection", what, call.span)
    if isinstance(target, Constant) and target.value in {-1, 1}:
        judge.report(
            _HIGH,
            Category.DOS,
            "kill-all",
            "ends every process" if target.value == -1 else "ends the first process of the system",
            call.span,
        )
    return UNKNOWN


def fork(judge: Judge, call: Call, operation: Operation) -> Value:
    """Split the process; in a loop without an end the machine is soon full."""
    del operation
    if judge.looping:
        judge.report(
            _HIGH,
            Category.DOS,
            "fork-bomb",
            "starts processes without end until the machine stands still",
            call.span,
            Effect.EXHAUST,
        )
    return UNKNOWN


def become(judge: Judge, call: Call, operation: Operation) -> Value:
    """Become another account; root where the number is 0."""
    account = call.argument(operation.arguments[-1]) if operation.arguments else None
    if isinstance(account, Constant) and account.value == 0:
        judge.report(_HIGH, Category.PRIV_ESC, "become-root", "becomes root", call.span, Effect.PRIVILEGE)
    return UNKNOWN


def _plain(
    level: RiskLevel, category: Category, rule: str, *effects: Effect, labels: frozenset[Label] = frozenset()
) -> Handler:
    def handle(judge: Judge, call: Call, operation: Operation) -> Value:
        judge.report(level, category, rule, operation.what or f"calls {call.name}", call.span, *effects)
        return Instance(call.name, labels=labels or operation.labels)

    return handle


def capture(judge: Judge, call: Call, operation: Operation) -> Value:
    """Record what a person types, sees or copies."""
    if operation.what:
        judge.report(
            _HIGH, Category.CRED_READ, "capture", operation.what, call.span, Effect.CREDENTIAL_READ, attack=("T1056",)
        )
    return Instance(call.name, labels=operation.labels)


def encrypt(judge: Judge, call: Call, operation: Operation) -> Value:
    """Encrypt something; encrypting every file found is what ransomware does."""
    data = frozenset[Label]().union(*(labels_of(value) for value in (*call.args, *call.keywords.values())))
    if Label.WALK in data and Label.FILE in data:
        judge.mark("encrypts files", call.span)
    return Value(labels=data | {Label.ENCRYPTED} | operation.labels)


def serialize(judge: Judge, call: Call, operation: Operation) -> Value:
    """Put a value into text: with the whole environment in it, that is what is needed to send it."""
    value = call.argument(operation.arguments[0]) if operation.arguments else None
    labels = labels_of(value)
    if Label.ENVIRONMENT in labels:
        judge.mark("serialises the environment", call.span)
        labels |= {Label.SERIALIZED}
    return Value(labels=labels, shown="text")


def set_up(judge: Judge, call: Call, operation: Operation) -> Value:
    """Describe a package: the text runs on whoever installs it."""
    del operation
    judge.mark("is a package's setup", call.span)
    return UNKNOWN


def power(judge: Judge, call: Call, operation: Operation) -> Value:
    """Stop or start the machine."""
    judge.report(
        _HIGH, Category.DOS, "power", operation.what or "stops the machine", call.span, Effect.KILL, attack=("T1529",)
    )
    return UNKNOWN


def conclude(judge: Judge) -> None:
    """Report what calls mean together."""
    marks = judge.marks
    shell = marks.get("opens a shell")
    if shell and (marks.get("connects") or marks.get("redirects to a socket")):
        judge.report(
            RiskLevel.CRITICAL,
            Category.SHELL,
            "reverse-shell",
            "connects a shell to another machine, which can then run anything here",
            shell,
            Effect.REMOTE,
        )
    elif shell and marks.get("listens"):
        judge.report(
            RiskLevel.CRITICAL, Category.SHELL, "bind-shell", "offers a shell to whoever connects", shell, Effect.REMOTE
        )
    if span := marks.get("encrypts files"):
        judge.report(
            RiskLevel.CRITICAL,
            Category.DESTROY,
            "encrypt-files",
            "encrypts every file it finds, as ransomware does",
            span,
            Effect.OVERWRITE,
            attack=("T1486",),
        )
    span = marks.get("memory file")
    if span is not None and re.search(r"/proc/(?:self|\{|%|\$)|fexecve|os\.exec|[^.\w]exec[lv]", judge.text):
        judge.report(
            _HIGH, Category.EVADE, "memory-program", "runs a program that exists in memory only", span,
            Effect.EXECUTE, attack=("T1620",),
        )  # fmt: skip
    if span := marks.get("serialises the environment"):
        what = "gathers all environment variables, secrets included, in one text"
        judge.report(_HIGH, Category.EXFIL, "collect-environment", what, span)
    if (span := marks.get("edits package.json")) and any(
        command.argv[:2] in {("npm", "publish"), ("pnpm", "publish"), ("yarn", "publish")}
        for shell_ in judge.shells
        for command in shell_.commands
    ):
        judge.report(
            RiskLevel.CRITICAL,
            Category.SUPPLY_CHAIN,
            "self-publish",
            "changes a package and publishes it",
            span,
            Effect.REMOTE,
        )


Handler = Callable[[Judge, Call, Operation], Value]
_OWN: Final[dict[Action, Handler]] = {
    Action.KILL: kill, Action.FORK: fork, Action.IDENTITY: become, Action.CAPTURE: capture,
    Action.ENCRYPT: encrypt, Action.POWER: power, Action.SERIALIZE: serialize, Action.SETUP: set_up,
    Action.INJECT: _plain(_HIGH, Category.HIJACK, "inject", Effect.EXECUTE),
    Action.DATABASE_DROP: _plain(_HIGH, Category.DB_DESTROY, "database-drop", Effect.DELETE),
    Action.CLOUD_DELETE: _plain(_HIGH, Category.CLOUD_DESTROY, "cloud-delete", Effect.DELETE, Effect.REMOTE),
    Action.SCHEDULE: _plain(_HIGH, Category.PERSIST, "schedule", Effect.PERSIST),
    Action.REGISTRY: _plain(_HIGH, Category.PERSIST, "registry", Effect.PERSIST),
    Action.EVADE: _plain(_HIGH, Category.EVADE, "evade", Effect.CONFIG),
    Action.DECRYPT_STORE: _plain(_HIGH, Category.CRED_READ, "decrypt-store", Effect.CREDENTIAL_READ,
    labels=frozenset({Label.CREDENTIAL})),
    Action.GRANT: _plain(_HIGH, Category.ACCOUNT, "grant", Effect.PRIVILEGE, Effect.REMOTE),
    Action.MOUNT: _plain(_HIGH, Category.KERNEL, "mount", Effect.KERNEL),
    Action.MINE: _plain(_HIGH, Category.DOS, "mine", Effect.EXHAUST),
    Action.HOOK: _plain(_HIGH, Category.HIJACK, "hook", Effect.EXECUTE),
}  # fmt: skip
HANDLERS: Final[dict[Action, Handler]] = {
    **clouds.HANDLERS, **containers.HANDLERS, **databases.HANDLERS,
    **files.HANDLERS, **processes.HANDLERS, **network.HANDLERS, **evaluation.HANDLERS, **_OWN,
}  # fmt: skip


def perform(judge: Judge, call: Call, operation: Operation) -> Value:
    """Judge one call by its row of the tables, and return what it would return.

    Where a branch decides what an argument is, the call is judged with each.
    """
    for position, argument in enumerate(call.args):
        for other in alternatives(argument):
            _perform(judge, replace(call, args=(*call.args[:position], other, *call.args[position + 1 :])), operation)
    return _perform(judge, call, operation)


def _perform(judge: Judge, call: Call, operation: Operation) -> Value:
    if operation.action is Action.SOURCE:
        named = call.args and call.name.endswith((".connect", ".ZipFile", "tarfile.open", ".TarFile"))
        attributes = {"database": call.args[0]} if named else {}
        if named and is_secret(call.args[0], judge.cwd):
            content_of(judge, call.args[0], call.span)
        for argument in operation.arguments:
            hold(judge, call.argument(argument), operation.labels)
        if operation.what == "memory file":
            judge.mark(operation.what, call.span)
        return Instance(operation.kind or call.name, None, attributes, labels=operation.labels, shown=call.name)
    if operation.action is Action.PRINT:
        if any(Label.SERIALIZED in labels_of(value) for value in call.args):
            judge.marks.pop("serialises the environment", None)
        if any(
            isinstance(value, Instance) and value.kind.startswith("keyring.get_") and value.labels
            for value in call.args
        ):
            judge.report(
                _HIGH, Category.CRED_READ, "shows-secret", "shows a secret of the keyring", call.span,
                Effect.CREDENTIAL_READ,
            )  # fmt: skip
        return UNKNOWN
    if operation.action is Action.NOTHING:
        return UNKNOWN
    handler = HANDLERS.get(operation.action)
    return handler(judge, call, operation) if handler else UNKNOWN
