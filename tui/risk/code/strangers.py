"""What is handed to functions of libraries that the tables have no row for.

Nobody can list every client library, but what matters is seldom the function: a secret's path that is handed to
something which reads or sends, or secrets that are handed to something which sends, mean the same everywhere.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Final

from tui.risk.code.contents import content_of, hold, is_secret
from tui.risk.code.databases import query
from tui.risk.code.elsewhere import run_elsewhere
from tui.risk.code.judge import Judge
from tui.risk.code.network import send
from tui.risk.code.operations import Action, Call, on
from tui.risk.code.unseen import is_standard_javascript
from tui.risk.code.values import (
    NOTHING,
    Constant,
    Entries,
    Instance,
    Items,
    Label,
    Labels,
    Text,
    Value,
    labels_of,
    pieces_of,
    text_of,
)

_SENDS: Final = re.compile(
    r"^(?:upload|send|put|post|publish|push|attach|transfer|share|emit|produce|store|reply|dispatch)(?![a-z])"
    r"|(?:_|(?<=[a-z]))(?:[Uu]pload|[Ss]end)(?![a-z])"
)
_READS: Final = re.compile(
    r"^(?:read|load|open|parse|add(?:Local)?_?(?:File|file|Folder|folder|Path|path)|file|directory|append|cat|copy"
    r"|Database|DatabaseSync|sqlite3?|better-sqlite3|connect|archive|zip|compress|import|slurp|ingest)(?![a-z])"
)
_SAVES: Final = re.compile(r"^(?:save|dump|to_(?:csv|json|file|excel|parquet|disk)|write_(?:to|image)|toFile)$")
_OWN_KEY: Final = re.compile(r"key|cert|auth|identity|ssh_config|config", re.IGNORECASE)
"""Options that name a person's own key so that a library can log in with it."""
_TOLD: Final[Labels] = frozenset({
    Label.CREDENTIAL, Label.ENVIRONMENT, Label.SERIALIZED, Label.KEYS, Label.CLIPBOARD, Label.SCREEN,
    Label.PRIVATE_FILE,
})  # fmt: skip
_COOKIES: Final = frozenset({"Network.getAllCookies", "Storage.getCookies", "Network.getCookies"})
_BROWSERS: Final = ("puppeteer", "playwright", "selenium", "pyppeteer", "browser_cookie3", "rookiepy", "chrome-cookies")
_GIVE_COOKIES: Final = frozenset({"cookies", "get_cookies", "getCookies", "getCookiesPromised"})
_STATEMENT: Final = re.compile(r"\s*(?:drop|truncate|delete\s+from|alter\s+table)\s", re.IGNORECASE)
_SHOWS: Final = re.compile(
    r"log|print|write|format|info|warn|error|debug|parse|split|match|test|title|echo", re.IGNORECASE
)
_REQUEST: Final = re.compile(r"DELETE\s+(/\S+)$")
_FIRST: Final = on(Action.QUERY, 0)
_MOST: Final = 64
_HOLDS: Final = re.compile(
    r"(?:URL|Params|FormData|form-data|Form|Blob|Message|MIME\w*|Multipart\w*|BytesIO|StringIO|Encoder|Payload|deque"
    r"|OrderedDict|defaultdict|bytearray)$"
)
_PUTS: Final = frozenset(
    {"append", "set", "add", "push", "attach", "update", "write", "put", "insert", "add_field", "set_content",
     "add_attachment", "extend", "appendleft", "set_payload",
     "add_header", "send_message"}
)  # fmt: skip
_FROM_OUTSIDE: Final = re.compile(
    r"discord|telegra|telebot|slack|grammy|matrix-|\birc\b|whatsapp|twilio|mqtt|amqp|kafka|\bnats\b|zeromq|bullmq?\b"
    r"|\btmi\b|botkit|wechaty|mineflayer|socket\.io"
)
"""Libraries whose callbacks get what other people write."""
_MESSAGES: Final = re.compile(r"message|data|line|command|text|chat|request|packet|mail|publish", re.IGNORECASE)


def comes_from_outside(kind: str, event: str | None) -> bool:
    """Whether an object of `kind` hands what others send to the functions that it is given, here for an `event`."""
    package = kind.partition("(")[0]
    if _FROM_OUTSIDE.search(package):
        return True
    own = not package or is_standard_javascript(package.partition(".")[0])
    return not own and event is not None and _MESSAGES.search(event) is not None


def hand_over(judge: Judge, call: Call, *, foreign: bool) -> Labels:
    """Judge the arguments of a call that nothing is known of; return the labels that its result gets from files.

    `foreign`: the function belongs to a package, not to the language itself or to the text.
    """
    verb = call.name.rpartition(".")[2]
    sends, reads = bool(_SENDS.search(verb)), bool(_READS.search(verb))
    held: Labels = NOTHING
    if verb in _PUTS and isinstance(call.receiver, Instance) and _HOLDS.search(call.receiver.kind):
        put_in = [value for value in (*call.args, *call.keywords.values()) if labels_of(value)]
        for value in put_in[:_MOST]:
            call.receiver.attributes[f"({len(call.receiver.attributes)})"] = value
    run_elsewhere(judge, call, verb, foreign=foreign)
    asked_for = text_of(call.args[0]) if call.args else None
    if foreign and asked_for is not None:
        if _STATEMENT.match(asked_for) and not _SHOWS.search(verb):
            query(judge, call, _FIRST)
        elif (request := _REQUEST.match(asked_for)) is not None and verb == "request":
            judge.run_shell(["curl", "-X", "DELETE", f"{_api_of(call.name)}{request[1]}"], call.span, call.name)
    if sends or reads:
        named = (value for name, value in call.keywords.items() if not _OWN_KEY.search(name))
        for path in itertools.islice(_paths((*call.args, *named)), _MOST):
            if is_secret(path, judge.cwd):
                held |= labels_of(content_of(judge, path, call.span))
    asked = {text_of(value) for value in call.args[:2]}
    if foreign and (_COOKIES & asked or (verb in _GIVE_COOKIES and call.name.startswith(_BROWSERS))):
        held |= {Label.CREDENTIAL}
    if sends and foreign:
        told = [value for value in (*call.args, *call.keywords.values()) if labels_of(value) & _TOLD]
        if held:
            told.append(Value(labels=held))
        if told:
            peer = call.receiver.attributes.get("peer") if isinstance(call.receiver, Instance) else None
            send(judge, call.span, peer, told)
    if _SAVES.match(verb) and call.args and (telling := labels_of(call.receiver) & _TOLD):
        hold(judge, call.args[0], telling)
    return held


def _api_of(name: str) -> str:
    return "https://api.github.com" if "octokit" in name.lower() else "https://service.example"


def _paths(values: tuple[Value, ...], depth: int = 0) -> Iterator[Value]:
    """Yield what may be a path among arguments, their lists and their options."""
    for value in values[:_MOST]:
        if isinstance(value, Items) and depth < 3:
            yield from _paths(value.items[:8] if depth else value.items, depth + 1)
        elif isinstance(value, Entries) and depth < 3:
            yield from _paths(tuple(v for k, v in value.entries.items() if not _OWN_KEY.search(k)), depth + 1)
        elif isinstance(value, Constant | Text) or (isinstance(value, Instance) and value.kind == "pathlib.Path"):
            first = next(iter(pieces_of(value)), None)
            if isinstance(first, str) and first[:1] in {"/", "~"} and "\n" not in first:
                yield value
