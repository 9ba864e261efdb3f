"""What is known about the places that programs talk to."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

DROP_POINTS: Final = (
    "webhook.site", "requestbin.com", "requestbin.net", "pipedream.net", "beeceptor.com", "hookbin.com", "mockbin.org",
    "burpcollaborator.net", "oastify.com", "oast.fun", "oast.live", "oast.me", "oast.online", "oast.pro", "oast.site",
    "interact.sh", "interactsh.com", "dnslog.cn", "ceye.io", "canarytokens.com", "ngrok.io", "ngrok.app",
    "ngrok-free.app", "ngrok-free.dev", "trycloudflare.com", "serveo.net", "localtunnel.me", "loca.lt", "localhost.run",
    "transfer.sh", "file.io", "0x0.st", "anonfiles.com", "gofile.io", "bashupload.com", "termbin.com", "ix.io",
    "temp.sh", "oshi.at", "catbox.moe", "pastebin.com", "hastebin.com", "rentry.co", "paste.ee", "dpaste.com",
    "ghostbin.com", "discord.com/api/webhooks", "discordapp.com/api/webhooks", "api.telegram.org/bot",
    "hooks.slack.com", "grabify.link", "iplogger.org", "onion", "repl.co", "000webhostapp.com", "duckdns.org",
    "no-ip.org", "ddns.net", "requestcatcher.com", "webhookinbox.com", "eyes.sh", "dig.pm", "bxss.me",
)  # fmt: skip
"""Receivers that anyone can open without a name: tunnels, request bins, paste and drop services, chat webhooks."""

_COLLECTORS: Final = frozenset(DROP_POINTS[: DROP_POINTS.index("transfer.sh")])
_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_IP = re.compile(r"^\d{1,3}(?:\.\d{1,3}){3}$")


def host_of(url: str) -> str:
    """Return the host of `url`, or `url` itself where it is a bare host; lower case."""
    try:
        if _HOST.match(url):
            return (urlsplit(url.replace("[.]", ".")).hostname or "").lower()
    except ValueError:
        return ""
    return url.partition("/")[0].partition(":")[0].lower()


def is_local(url: str) -> bool:
    """Whether `url` names this machine."""
    host = host_of(url)
    if host in {"localhost", "::1", "0.0.0.0", "127.0.0.1", "host.docker.internal", "[::1]"}:  # noqa: S104 - compared
        return True
    return host.endswith(".localhost") or (bool(_IP.match(host)) and host.startswith("127."))


def is_address(url: str) -> bool:
    """Whether the host of `url` is a public or private IP address rather than a name."""
    host = host_of(url)
    if not _IP.match(host) or is_local(url):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def drop_point(url: str) -> str | None:
    """Return the drop point that `url` leads to, if it is one."""
    rest = url.lower().partition("://")[2] or url.lower()
    host = host_of(url)
    for name in DROP_POINTS:
        if rest.startswith(name) if "/" in name else (host == name or host.endswith("." + name)):
            return name
    return None


def collects_requests(url: str) -> bool:
    """Whether `url` leads to a service whose only use is to look at the requests it gets, or to a tunnel."""
    return drop_point(url) in _COLLECTORS
