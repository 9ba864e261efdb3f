"""Commands of services, clouds and databases, by the words they share: `delete`, `destroy`, `purge` and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tui.levels import RiskLevel
from tui.risk.judge.command import Command
from tui.risk.judge.draft import Verdict
from tui.risk.model import Category, Effect, Reversibility
from tui.risk.programs import PLAIN

_STRONG: Final = (
    "delete", "destroy", "purge", "terminate", "drop", "wipe", "erase", "nuke", "unpublish", "truncate", "deregister",
    "decommission", "obliterate", "unregister", "destroyall", "deleteall", "del", "flushall", "flushdb", "undelegate",
)  # fmt: skip
_WEAK: Final = (
    "rm",
    "remove",
    "prune",
    "revoke",
    "unset",
    "disable",
    "clear",
    "reset",
    "flush",
    "uninstall",
    "rb",
    "undeploy",
    "evict",
    "forget",
    "expire",
    "deactivate",
    "detach",
)
_VERB: Final = re.compile(
    rf"^(?:[a-z]+[-_:.])*(?:{'|'.join(_STRONG)})(?:$|[-_:.]|(?=[A-Z]))|[-_:.](?:{'|'.join(_STRONG)})$"
    r"|^(?:close|leave)-(?:account|organization)$|^(?:schedule|start|request|initiate)-[\w-]*(?:deletion|destruction|termination|removal)$"
)
_WEAK_VERB: Final = re.compile(rf"^(?:{'|'.join(_WEAK)})(?:$|[-_:])|[-_:](?:{'|'.join(_WEAK)})$")
_HARMLESS_NEIGHBOUR: Final = re.compile(
    r"^(?:list|ls|get|show|describe|help|plan|status|info|view|search|find|explain|logs?|history|inspect|test|check|diff|validate|preview|can-i)$"
)
_LOOKS: Final = re.compile(
    rf"{_HARMLESS_NEIGHBOUR.pattern}|^(?:list|get|describe|show|view|read|wait|head|query|scan|select|count|export|print|version"
    r"|whoami|fmt|format|lint|template|top|ps|events?|auth|login|init|output|console|completion|env|dump|stats?|cat|tail|du|size|who"
    r"|check|verify)(?:$|[-_:])",
    re.IGNORECASE,
)
_SECRETS: Final = re.compile(r"secret|key|vault|password|credential|token|cert", re.IGNORECASE)
_BACKUP: Final = re.compile(r"backup|snapshot|archive|restore|retention|recovery", re.IGNORECASE)
_DATABASE: Final = re.compile(
    r"sql|db|redis|mongo|rabbit|kafka|elastic|index|topic|queue|table|database|keyspace|stream|cassandra|influx",
    re.IGNORECASE,
)
_OWN_SETTINGS: Final = re.compile(
    r"^(?:config|configurations?|contexts?|ctx|alias(?:es)?|profiles?|plugins?|extensions?|cache|labels?|completion|emulators?)$"
)
"""What a tool keeps about itself on this machine, if such a word stands before the verb."""
_OWN_SETTINGS_TOGETHER: Final = re.compile(
    r"^(?:helm\d? repo|az account clear|zpool clear|heroku (?:plugins|accounts|autocomplete):\S+|dvc remove"
    r"|terraform workspace select)\b"
)
_REMOTE_SETTINGS: Final = frozenset(
    {"circleci", "doppler", "infisical", "docker", "podman", "consul", "nginx", "fastly"}
)
"""Tools to which such words are things of their service."""
_NOUN_FIRST: Final = frozenset({"aws", "awslocal", "az", "gcloud", "oci", "aliyun", "ibmcloud", "openstack"})
"""Tools whose first word is a service: `aws logs delete-log-group`."""
_LANGUAGES: Final = frozenset(
    {
        "redis-cli",
        "psql",
        "mysql",
        "mariadb",
        "sqlite3",
        "mongo",
        "mongosh",
        "cqlsh",
        "clickhouse-client",
        "duckdb",
        "snowsql",
    }
)
"""Clients that are told what to do in a language of its own, for which there are rules."""
_QUERIES: Final = re.compile(
    r"(?i)\b(?:select|show|explain|describe|get|keys|info|ping|find|count|stats)\b|\\[dl]|\.(?:tables|schema)"
)
_LOOKED_AT: Final = 4
"""A verb stands among the first words; later ones are names of things."""
_WORD: Final = re.compile(r"[A-Za-z][\w:.-]*$")


def services(command: Command) -> Iterator[Verdict]:
    """Yield what the words of a service's command line say it destroys there."""
    facts = command.facts
    known_local = (facts is not PLAIN and not facts.infra) or command.program in _LANGUAGES
    if known_local or command.dry or facts.verbs_harmless or not command.program:
        return
    words = command.operands[:_LOOKED_AT]
    for position, word in enumerate(words):
        text = word.literal or ""
        if not _WORD.match(text) or ("." in text and not facts.infra):
            return
        if _HARMLESS_NEIGHBOUR.match(text) and not (position == 0 and command.program in _NOUN_FIRST):
            return
        strong = _VERB.search(text) is not None
        if strong or (facts.infra and _WEAK_VERB.search(text)):
            if not facts.infra and position > 2:
                return
            yield _own_settings(command, position) or _verdict(command, position)
            return


def acts_on_service(command: Command) -> bool:
    """Say whether the command may change something at a service: nothing in its words says that it only looks."""
    if not command.facts.infra or command.dry or not command.operands:
        return False
    if command.program in _LANGUAGES:
        return _QUERIES.search(command.line) is None
    return not any(_LOOKS.match(word) for word in command.words[:_LOOKED_AT])


def _own_settings(command: Command, position: int) -> Verdict | None:
    """Return a mild verdict where only the tool's settings on this machine are concerned."""
    before = command.words[:position]
    told = command.program not in _REMOTE_SETTINGS and any(map(_OWN_SETTINGS.match, before))
    if not told and not _OWN_SETTINGS_TOGETHER.match(f"{command.program} {' '.join(command.words)}"):
        return None
    return Verdict(
        RiskLevel.MEDIUM, Category.CHANGE, f"changes settings of {command.program}: {' '.join(command.words)[:120]}",
        "service.settings",
        (), frozenset({Effect.CONFIG}), Reversibility.HARD, command.operands[position],
    )  # fmt: skip


def _verdict(command: Command, position: int) -> Verdict:
    everything = " ".join((command.program, *command.words))
    around = " ".join(command.words[: position + 1])
    what = " ".join(command.words[position + 1 :][:3])
    kind = " ".join(command.words[:position])
    if _BACKUP.search(around) or _BACKUP.search(command.program):
        category, attack = Category.BACKUP_DESTROY, "T1490"
    elif _SECRETS.search(around) or _SECRETS.search(command.program):
        category, attack = Category.SECRETS_DESTROY, "T1531"
    elif _DATABASE.search(everything.partition(what)[0] if what else everything):
        category, attack = Category.DB_DESTROY, "T1485"
    else:
        category, attack = Category.CLOUD_DESTROY, "T1485"
    verb = command.words[position]
    target = " ".join(filter(None, (kind, what))) or "what it manages"
    return Verdict(
        RiskLevel.HIGH, category, f"asks {command.program} to {verb} {target[:120]}", "service.destroy", (attack,),
        frozenset({Effect.REMOTE, Effect.DELETE}), Reversibility.IRREVERSIBLE, command.operands[position],
    )  # fmt: skip
