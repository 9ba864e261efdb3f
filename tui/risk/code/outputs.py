"""What commands print, so far as it matters who learns of it."""

from __future__ import annotations

from typing import Final

from tui.risk.code.values import Label, Value

_TELLS_HOST: Final = frozenset({
    "whoami", "hostname", "id", "uname", "env", "printenv", "ifconfig", "ip", "arp", "set", "systeminfo",
    "ipconfig", "getmac", "netstat", "ps", "w", "who", "last", "groups",
})  # fmt: skip
_TELLS_SECRET: Final = (
    ("gcloud", "auth", "print-access-token"), ("gcloud", "auth", "print-identity-token"), ("gh", "auth", "token"),
    ("az", "account", "get-access-token"), ("aws", "configure", "export-credentials"), ("aws", "sts", "assume-role"),
    ("aws", "sts", "get-session-token"), ("aws", "ecr", "get-login-password"), ("kubectl", "config", "view", "--raw"),
    ("vault", "read"), ("vault", "kv", "get"), ("op", "read"), ("pass", "show"), ("secret-tool", "lookup"),
    ("heroku", "auth:token"), ("doctl", "auth", "token"), ("git", "credential", "fill"), ("npm", "token"),
    ("gpg", "--export-secret-keys"),
)  # fmt: skip
"""Commands that print a key with which somebody can log in."""


def output_of(names: list[str]) -> Value:
    """Return what the command made of the words `names` prints."""
    labels = {Label.OUTPUT}
    program = names[0].rpartition("/")[2] if names else ""
    if program in _TELLS_HOST:
        labels.add(Label.HOST)
    if program in {"env", "printenv", "set"} and len(names) == 1:
        labels.add(Label.ENVIRONMENT)
    if program in {"curl", "wget"}:
        labels.add(Label.NETWORK)
    if program in {"xclip", "xsel", "pbpaste", "wl-paste"}:
        labels.add(Label.CLIPBOARD)
    if (program == "security" and len(names) > 1 and names[1].startswith("find-")) or any(
        program == first and set(rest) <= set(names) for first, *rest in _TELLS_SECRET
    ):
        labels.add(Label.CREDENTIAL)
    return Value(labels=frozenset(labels), shown=program)
