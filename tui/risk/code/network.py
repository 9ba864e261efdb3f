"""What it means to talk to other machines: what goes out, to whom, and what comes back."""

from __future__ import annotations

import re
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.contents import content_of
from tui.risk.code.hosts import collects_requests, drop_point, host_of, is_address, is_local
from tui.risk.code.judge import Judge, key_of
from tui.risk.code.keys import keys_gone_astray
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Entries,
    Instance,
    Items,
    Label,
    Labels,
    Routine,
    Text,
    Value,
    joined,
    labels_of,
    pieces_of,
    shown,
    text_of,
)
from tui.risk.code.writing import write_to
from tui.risk.model import Category, Effect, Span

_NOT_CONTENT: Final = frozenset({
    "headers", "auth", "cert", "proxies", "timeout", "verify", "cookies", "stream", "hooks", "allow_redirects",
    "agent", "signal", "context", "method", "family", "hostname", "host", "port",
})  # fmt: skip
"""Arguments that carry what a service asks for, keys included: sending them is what they are for."""
_TELLING: Final[Labels] = frozenset({
    Label.SETTING, Label.HOST, Label.PLATFORM, Label.ENVIRONMENT, Label.CREDENTIAL, Label.FILE, Label.OUTPUT,
    Label.PRIVATE_FILE, Label.SERIALIZED,
})  # fmt: skip
METADATA: Final = frozenset({"169.254.169.254", "metadata.google.internal", "100.100.100.200"})
"""Where clouds hand their machines credentials."""
_WORST: Final = (Label.CREDENTIAL, Label.ENVIRONMENT, Label.SERIALIZED)
_GRAVE: Final = (Label.KEYS, Label.CLIPBOARD, Label.SCREEN, Label.PRIVATE_FILE)
_HAS_SCHEME: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
NETWORK: Final[Labels] = frozenset({Label.NETWORK})


def fetch(judge: Judge, call: Call, operation: Operation) -> Value:
    """Send a request and return its answer."""
    url = call.argument(operation.arguments[0]) if operation.arguments else None
    options: dict[str, Value] = {}
    if isinstance(url, Entries):
        options = url.entries
        url = next((options[name] for name in ("url", "uri", "hostname", "host") if name in options), UNKNOWN)
    url = _from_base(call.receiver, url)
    if isinstance(url, Instance) and url.content is not None:
        content = [value for name, value in url.attributes.items() if name not in _NOT_CONTENT]
        url = url.content
    else:
        content = []
    content += [
        value for name, value in options.items() if name not in _NOT_CONTENT | {"url", "uri"} and _is_data(value)
    ]
    headers = options.get("headers") or call.option("headers")
    if isinstance(headers, Entries):
        # What is announced as the length of the body is the body, wherever it is written later.
        content += [value for name, value in headers.entries.items() if name.lower() == "content-length"]
    if headers is not None and (everything := labels_of(headers) & {Label.ENVIRONMENT, Label.SERIALIZED}):
        content.append(Value(labels=everything))  # a service asks for its key, never for all of them
    for index, value in enumerate(call.args):
        if operation.arguments and index == operation.arguments[0][0]:
            continue
        if isinstance(value, Entries):
            content += [v for k, v in value.entries.items() if k not in _NOT_CONTENT and _is_data(v)]
            content += [Value(labels=value.labels)] if value.labels else []
        elif _is_data(value):
            content.append(value)
    content += [
        value
        for name, value in call.keywords.items()
        if name not in _NOT_CONTENT and name not in {"url", "uri"} and _is_data(value)
    ]
    judge.effects.add(Effect.NETWORK_IN)
    send(judge, call.span, url, content)
    where = text_of(url)
    method = text_of(call.option("method") or options.get("method")) or call.name.rpartition(".")[2]
    if method.lower() == "delete" and (address := "".join(p if isinstance(p, str) else "x" for p in pieces_of(url))):
        judge.run_shell(["curl", "-X", "DELETE", address], call.span, call.name)  # the rules of services are there
    if where is None or not is_local(where):
        judge.report(
            RiskLevel.MEDIUM,
            Category.CHANGE,
            "request",
            f"sends a request to {host_of(where) if where else shown(url) or '…'}",
            call.span,
        )
    return Instance(
        operation.kind or call.name, UNKNOWN, {"url": url or UNKNOWN, "out": Items(tuple(content))}, labels=NETWORK
    )


def _from_base(client: Value | None, url: Value | None) -> Value | None:
    """Return the whole address, where the client was made for one and is asked for what is below it."""
    if isinstance(client, Instance) and isinstance(url, Constant | Text):
        for name in ("baseURL", "base_url", "prefixUrl", "prefix_url"):
            if (base := client.attributes.get(name)) is not None and not _HAS_SCHEME.match(shown(url)):
                return joined([*pieces_of(base), "/", *pieces_of(url)])
    return url


def _is_data(value: Value) -> bool:
    return not isinstance(value, Routine)


def send(judge: Judge, span: Span, url: Value | None, content: list[Value]) -> None:
    """Judge that `content` and the address itself leave the machine."""
    pieces = pieces_of(url) if url is not None else ()
    where = shown(url) if pieces and isinstance(pieces[0], str) else ""
    if where and (is_local(where) or (where[0] == "/" and where[:2] != "//")):
        return  # to this machine, or to where the page came from
    host = host_of(where) if where else "another machine"
    body: Labels = NOTHING.union(*(labels_of(value) for value in content)) if content else NOTHING
    in_url = (
        NOTHING.union(*(labels_of(piece) for piece in pieces[1:] if isinstance(piece, Value)))
        if len(pieces) > 1
        else NOTHING
    )
    if url is not None and pieces and isinstance(pieces[0], str):
        in_url |= url.labels & {Label.ENVIRONMENT, Label.SERIALIZED, Label.CREDENTIAL}
    out = body | in_url
    dropped = drop_point(where) if where else None
    open_door = bool(dropped) or (bool(where) and is_address(where))
    if content:
        judge.effects.add(Effect.NETWORK_OUT)
    if (host in METADATA and "credential" in where) or (host in METADATA and "token" in where):
        judge.report(
            RiskLevel.HIGH,
            Category.CRED_READ,
            "metadata",
            f"asks {host} for the credentials of this machine",
            span,
            Effect.CREDENTIAL_READ,
        )
    if worst := next((label for label in _WORST if label in out), None):
        _leak(judge, span, RiskLevel.CRITICAL, worst, host)
    elif grave := next((label for label in _GRAVE if label in out), None):
        _leak(judge, span, RiskLevel.HIGH, grave, host)
    elif Label.FILE in out and (open_door or Label.WALK in out or where.startswith(("http://", "ftp://"))):
        _leak(judge, span, RiskLevel.HIGH, Label.FILE, host)
    elif Label.HOST in out:
        _leak(judge, span, RiskLevel.HIGH, Label.HOST, host)
    elif (Label.OUTPUT in out and open_door) or (Label.OUTPUT in body and not where):
        _leak(judge, span, RiskLevel.HIGH, Label.OUTPUT, host)
    elif astray := keys_gone_astray([*content, *(piece for piece in pieces[1:] if isinstance(piece, Value))], host):
        what = f"sends {astray} to {host}, which is a key for somebody else"
        judge.report(RiskLevel.HIGH, Category.EXFIL, "send-key", what, span, Effect.NETWORK_OUT)
    elif Label.SETTING in body and open_door and not (dropped and "api.telegram.org" in dropped):
        _leak(judge, span, RiskLevel.HIGH, Label.SETTING, host)
    elif where and collects_requests(where):
        judge.report(
            RiskLevel.HIGH,
            Category.EXFIL,
            "call-home",
            f"contacts {host}, where whoever set it up reads every request",
            span,
            Effect.NETWORK_OUT,
        )
    elif content and out & {Label.FILE, Label.OUTPUT, Label.SETTING}:
        judge.report(RiskLevel.MEDIUM, Category.EXFIL, "upload", f"sends {_names(out)} to {host}", span)


def _names(labels: Labels) -> str:
    return ", ".join(sorted(label.value for label in labels & {Label.FILE, Label.OUTPUT, Label.SETTING}))


def _leak(judge: Judge, span: Span, level: RiskLevel, label: Label, host: str) -> None:
    judge.report(
        level,
        Category.EXFIL,
        "send-" + label.name.lower().replace("_", "-"),
        f"sends {label.value} to {host}",
        span,
        Effect.NETWORK_OUT,
    )


def download(judge: Judge, call: Call, operation: Operation) -> Value:
    """Put what is at a URL into a file."""
    url = call.argument(operation.arguments[0])
    target = call.argument(operation.arguments[1]) if len(operation.arguments) > 1 else None
    judge.effects.add(Effect.NETWORK_IN)
    send(judge, call.span, url, [])
    if target is None:
        last = pieces_of(url)[-1] if url is not None and pieces_of(url) else ""
        if isinstance(last, str) and (key := key_of(url)):
            judge.fetched.setdefault(key, call.span)
    else:
        write_to(judge, call.span, target, Value(labels=NETWORK))
    judge.report(RiskLevel.MEDIUM, Category.CHANGE, "download", f"downloads {shown(url) or 'a file'}", call.span)
    return Items((target or Value(labels=NETWORK, shown="download"), UNKNOWN))


def look_up(judge: Judge, call: Call, operation: Operation) -> Value:
    """Resolve a name. Whoever answers for the domain sees the whole name, so that what is put into it leaves."""
    name = call.argument(operation.arguments[0]) if operation.arguments else None
    if isinstance(name, Text):
        labels = labels_of(name)
        suffix = name.parts[-1]
        if isinstance(suffix, str) and "." in suffix:
            told = labels & _TELLING
            if told:
                label = min(told, key=lambda each: each.value)
                judge.report(
                    RiskLevel.HIGH,
                    Category.EXFIL,
                    "dns",
                    f"smuggles {label.value} out in a name that it looks up: …{suffix}",
                    call.span,
                    Effect.NETWORK_OUT,
                    attack=("T1048", "T1071.004"),
                )
    elif (text := text_of(name)) and collects_requests(text):
        judge.report(
            RiskLevel.HIGH, Category.EXFIL, "call-home", f"looks up {text}, where every look-up is recorded", call.span
        )
    return Value(labels=NOTHING)


def connect(judge: Judge, call: Call, operation: Operation) -> Value:
    """Connect to another machine."""
    judge.effects.add(Effect.NETWORK_OUT)
    address = call.argument(operation.arguments[0]) if operation.arguments else None
    host, port = address, None
    if isinstance(address, Items) and address.items:
        host = address.items[0]
        port = address.items[1] if len(address.items) > 1 else None
    elif len(call.args) > 1:
        first_is_port = isinstance(call.args[0], Value) and not isinstance(text_of(call.args[0]), str)
        host, port = (call.args[1], call.args[0]) if first_is_port else (call.args[0], call.args[1])
    where = shown(host)
    if not (text_of(host) and is_local(where)):
        judge.mark("connects", call.span)
        if isinstance(call.receiver, Instance):
            call.receiver.attributes.setdefault("peer", host or UNKNOWN)
        judge.report(
            RiskLevel.MEDIUM, Category.CHANGE, "connect", f"connects to {where or '…'}:{shown(port) or '…'}", call.span
        )
    labels = frozenset({Label.SOCKET, Label.NETWORK})
    return Instance(operation.kind or call.name, None, {"peer": host or UNKNOWN}, labels=labels)


def listen(judge: Judge, call: Call, operation: Operation) -> Value:
    """Wait for others to connect."""
    judge.mark("listens", call.span)
    return Instance(operation.kind or call.name, None, {}, labels=frozenset({Label.SOCKET, Label.REQUEST}))


def send_on(judge: Judge, call: Call, operation: Operation) -> Value:
    """Send something over a connection, or as the body of a request begun earlier."""
    del operation
    peer = (
        call.receiver.attributes.get("peer") or call.receiver.attributes.get("url")
        if isinstance(call.receiver, Instance)
        else None
    )
    content = [value for value in (*call.args, *call.keywords.values()) if _is_data(value)]
    out = NOTHING.union(*(labels_of(value) for value in content)) if content else NOTHING
    if "connects" not in judge.marks and not isinstance(call.receiver, Instance):
        return UNKNOWN
    if Label.OUTPUT in out and Label.SOCKET in labels_of(call.receiver):
        judge.mark("sends output", call.span)
    if "listens" in judge.marks and "connects" not in judge.marks:
        return UNKNOWN
    send(judge, call.span, peer, content)
    return Value(labels=NETWORK)


def send_file(judge: Judge, call: Call, operation: Operation) -> Value:
    """Send the file at a path."""
    path = call.argument(operation.arguments[0]) if operation.arguments else None
    peer = None
    if isinstance(call.receiver, Instance):
        peer = call.receiver.attributes.get("peer") or call.receiver.attributes.get("url")
    send(judge, call.span, peer, [content_of(judge, path, call.span)])
    return UNKNOWN


def receive(judge: Judge, call: Call, operation: Operation) -> Value:
    """Receive something over a connection."""
    del operation
    judge.effects.add(Effect.NETWORK_IN)
    served = "listens" in judge.marks and "connects" not in judge.marks
    return Value(labels=frozenset({Label.REQUEST if served else Label.NETWORK}), shown=call.name.rpartition(".")[2])


def redirect(judge: Judge, call: Call, operation: Operation) -> Value:
    """Make a standard stream another descriptor."""
    source = call.argument(operation.arguments[0]) if operation.arguments else None
    if Label.SOCKET in labels_of(source):
        judge.mark("redirects to a socket", call.span)
    return UNKNOWN


HANDLERS: Final = {
    Action.FETCH: fetch, Action.DOWNLOAD: download, Action.LOOKUP: look_up, Action.CONNECT: connect,
    Action.LISTEN: listen,
    Action.SEND: send_on, Action.SEND_FILE: send_file, Action.RECEIVE: receive, Action.REDIRECT: redirect,
}  # fmt: skip
