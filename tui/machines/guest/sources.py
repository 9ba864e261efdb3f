"""Where the guest's packages come from: the sources, keys, proxies and credentials of the host's apt."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

DEFAULT_SUITE: Final = "bookworm"
DEFAULT_MIRROR: Final = "http://deb.debian.org/debian"
DEFAULT_SECURITY_MIRROR: Final = "http://deb.debian.org/debian-security"
ARCHIVE_KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

_ONE_LINE: Final = re.compile(
    r"deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)"
)
_CARRIED: Final = (
    "Acquire::http",
    "Acquire::https",
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
    "Acquire::Retries",
)
"""Settings of the host's apt that decide whether its mirrors can be reached."""


@dataclass(frozen=True, slots=True)
class Source:
    """One package source of the `main` component, in the terms of a deb822 stanza (sources.list(5))."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    """Further fields, such as `Signed-By`."""

    def stanza(self) -> str:
        """Return the source as a deb822 stanza."""
        fields = {
            "Types": "deb",
            "URIs": " ".join(self.uris),
            "Suites": " ".join(self.suites),
            "Components": "main",
            **self.options,
        }
        return "".join(f"{name}: {value}\n" for name, value in fields.items())


def host_suite(os_release: Path = Path("/etc/os-release")) -> str:
    """Return the code name of the host's Debian release, or the default where the host is something else."""
    try:
        fields = dict(line.split("=", 1) for line in shlex.split(os_release.read_text()) if "=" in line)
    except (OSError, ValueError):
        return DEFAULT_SUITE
    name = fields.get("VERSION_CODENAME", "")
    return name if fields.get("ID") == "debian" and re.fullmatch("[a-z]+", name) else DEFAULT_SUITE


def host_sources(suite: str, etc: Path = Path("/etc/apt")) -> list[Source]:
    """Return the sources of `suite` the host's apt uses; Debian's own mirror where it has none."""
    found: list[Source] = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        try:
            text = path.read_text(errors="replace")
        except OSError:
            continue
        if path.suffix == ".list":
            found += _from_lines(text)
        elif path.suffix == ".sources":
            found += _from_stanzas(text)
    wanted = {suite, f"{suite}-updates", f"{suite}-security", f"{suite}/updates"}
    chosen = [
        Source(source.uris, tuple(name for name in source.suites if name in wanted), source.options)
        for source in found
        if wanted.intersection(source.suites)
    ]
    if any(suite in source.suites for source in chosen):
        return chosen
    keys = {"Signed-By": str(ARCHIVE_KEYRING)} if ARCHIVE_KEYRING.exists() else {}
    return [
        Source((DEFAULT_MIRROR,), (suite, f"{suite}-updates"), keys),
        Source((DEFAULT_SECURITY_MIRROR,), (f"{suite}-security",), keys),
    ]


def _from_lines(text: str) -> Iterable[Source]:
    for line in text.splitlines():
        match = _ONE_LINE.fullmatch(line.split("#", 1)[0].strip())
        if match and "main" in match["components"].split() and not match["uri"].startswith("cdrom:"):
            options = dict(pair.split("=", 1) for pair in (match["options"] or "").split() if "=" in pair)
            fields = {name.title(): value.replace(",", " ") for name, value in options.items() if name != "arch"}
            yield Source((match["uri"],), (match["suite"],), fields)


def _from_stanzas(text: str) -> Iterable[Source]:
    for stanza in re.split(r"\n[ \t]*(?=\n)", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.strip("\n").splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and name:
                fields[name] += "\n" + line
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().title()
                fields[name] = value.strip()
        uris = tuple(uri for uri in fields.pop("Uris", "").split() if not uri.startswith("cdrom:"))
        suites = tuple(fields.pop("Suites", "").split())
        if (
            uris
            and suites
            and "deb" in fields.pop("Types", "").split()
            and "main" in fields.pop("Components", "").split()
            and fields.pop("Enabled", "yes").lower() not in ("no", "false", "off", "0")
        ):
            fields.pop("Architectures", None)
            yield Source(uris, suites, fields)


def guest_sources(sources: Iterable[Source], suite: str) -> str:
    """Return the sources file of the guest: the same ones without what is the host's own (credentials, local paths)."""
    kept: list[Source] = []
    for source in sources:
        uris = tuple(uri for uri in source.uris if _is_public(uri))
        keys = {
            name: value
            for name, value in source.options.items()
            if name == "Trusted" or (name == "Signed-By" and value == str(ARCHIVE_KEYRING))
        }
        if uris:
            kept.append(Source(uris, source.suites, keys))
    if not any(suite in source.suites for source in kept):
        kept = [Source((DEFAULT_MIRROR,), (suite, f"{suite}-updates"), {"Signed-By": str(ARCHIVE_KEYRING)})]
    return "\n".join(source.stanza() for source in kept)


def _is_public(uri: str) -> bool:
    parts = urlsplit(uri)
    return parts.scheme in ("http", "https") and "@" not in parts.netloc


def host_apt_settings(etc: Path = Path("/etc/apt")) -> str:
    """Return the settings, in apt.conf(5) syntax, by which the host's apt reaches its mirrors."""
    lines: list[str] = []
    for name in _CARRIED:
        dump = subprocess.run(["apt-config", "dump", name], capture_output=True, text=True, check=False)
        lines += dump.stdout.splitlines()
    lines.append(f'Dir::Etc::netrc "{etc / "auth.conf"}";')
    lines.append(f'Dir::Etc::netrcparts "{etc / "auth.conf.d"}";')
    return "\n".join(lines) + "\n"
