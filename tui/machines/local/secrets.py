"""What a command on the host must not even read."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tui.paths import Paths

_OF_A_HOME: Final = (
    ".ssh", ".gnupg", ".pki", ".aws", ".azure", ".kube", ".docker", ".oci", ".password-store", ".vault-token",
    ".netrc", ".authinfo", ".git-credentials", ".npmrc", ".pypirc", ".pgpass", ".my.cnf", ".cargo/credentials.toml",
    ".gem/credentials", ".terraform.d", ".config/gcloud", ".config/gh", ".config/glab-cli", ".config/hub",
    ".config/git/credentials", ".config/op", ".config/rclone", ".config/containers", ".config/google-chrome",
    ".config/chromium", ".config/rollcage", ".local/share/rollcage", ".local/state/rollcage", ".cache/rollcage",
    ".mozilla", ".thunderbird", ".local/share/keyrings", ".bash_history", ".zsh_history",
    ".python_history", ".node_repl_history", ".psql_history", ".mysql_history",
)  # fmt: skip
_OF_THE_SYSTEM: Final = (
    "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssl/private",
    # Data of services, and sockets by which they would do anything for whoever asks.
    "/var/run", "/var/snap", "/var/mail", "/var/spool/cron", "/var/spool/postfix",
    "/var/lib/containerd", "/var/lib/docker", "/var/lib/incus", "/var/lib/libvirt", "/var/lib/lxd", "/var/lib/mysql",
    "/var/lib/postgresql", "/var/lib/redis",
)  # fmt: skip
ENVIRONMENT: Final = (
    "HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES", "LC_NUMERIC", "LC_TIME", "LOGNAME",
    "PATH", "SHELL", "TERM", "TZ", "USER",
)  # fmt: skip
"""Variables a command gets of the environment of Rollcage; others often hold secrets."""


def homes(home: Path) -> tuple[Path, ...]:
    """Return the home directory the environment names and that of the account, outermost first, without links."""
    try:
        candidates = [home, Path(pwd.getpwuid(os.getuid()).pw_dir)]
    except KeyError:  # an account without an entry
        candidates = [home]
    return tuple(sorted({place.resolve() for place in candidates if _exists(place)} - {Path("/")}))


def hidden_places(home: Path, paths: Paths) -> tuple[Path, ...]:
    """Return the files and directories there are to hide, without links in their names; none lies below another."""
    own = (paths.config, paths.data, paths.cache, paths.state, paths.runtime)
    candidates = [*(home / name for name in _OF_A_HOME), *map(Path, _OF_THE_SYSTEM), *own]
    return _outermost({found.resolve() for found in candidates if _exists(found)})


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _outermost(places: Iterable[Path]) -> tuple[Path, ...]:
    kept: list[Path] = []
    for place in sorted(places):
        if not any(place.is_relative_to(other) for other in kept):
            kept.append(place)
    return tuple(kept)
