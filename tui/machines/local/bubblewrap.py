"""The arguments of bubblewrap (`bwrap(1)`): everything read-only but the workspace, no network, nothing of other
processes, no privileges to gain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.machines.local.confinement import Confinement

_NAMESPACES = ("--unshare-user-try", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net",
               "--unshare-cgroup-try")  # fmt: skip
_MOUNTS = (
    "--ro-bind", "/", "/",
    "--dev", "/dev",
    "--proc", "/proc",
    # Not only private files: in /run are the sockets of services, some of which would do anything for whoever asks.
    "--tmpfs", "/run",
    "--tmpfs", "/tmp",  # noqa: S108 - it is the mount point
    "--tmpfs", "/var/tmp",  # noqa: S108
)  # fmt: skip


FIRST_PROCESS = ("/bin/sh", "-c", 'exec 3>&2 2>/dev/null; "$@" 2>&3 3>&-; exit $?', "sh")
"""The first process of the namespace, before the command and its arguments. bubblewrap's own does not tell what its
children used; a shell waits for them and for every orphan, so that usage adds up, and says nothing itself."""


def options(confinement: Confinement, cwd: Path, environment: Mapping[str, str]) -> list[str]:
    """Return all options but those of descriptors.

    A session of its own keeps a command from typing into Rollcage's terminal (TIOCSTI), and its death follows that of
    Rollcage. bubblewrap itself sets no-new-privs.

    Args:
        confinement: What may be written, and what may not be seen.
        cwd: The working directory.
        environment: All variables of the command.
    """
    workspace = str(confinement.workspace)
    emptied = [word for home in confinement.homes for word in ("--tmpfs", str(home))]
    kept = [word for place in confinement.protected for word in ("--ro-bind", str(place), str(place))]
    hiding: list[str] = []
    for place in confinement.hidden:
        if not place.is_relative_to(workspace) and any(place.is_relative_to(home) for home in confinement.homes):
            continue  # gone with the rest of the home directory
        if place.is_dir():
            hiding += ["--tmpfs", str(place), "--remount-ro", str(place)]
        else:
            hiding += ["--ro-bind", "/dev/null", str(place)]
    # Only now: in what is read-only no place can be made to mount the workspace on.
    closing = [word for home in confinement.homes for word in ("--remount-ro", str(home))]
    variables = [word for name, value in environment.items() for word in ("--setenv", name, value)]
    return [
        *_NAMESPACES, "--hostname", "rollcage-local", "--die-with-parent", "--new-session", "--as-pid-1",
        "--cap-drop", "ALL", *_MOUNTS, *emptied, "--bind", workspace, workspace, *kept, *hiding, *closing,
        "--chdir", str(cwd), "--clearenv", *variables,
    ]  # fmt: skip
