"""Confinement of commands on the host by bubblewrap, and whether that really works here.

It is looked at by doing: containers and hardened kernels often have bubblewrap and forbid what it needs.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tui.machines.kinds import Limit
from tui.machines.local.protected import protected_places
from tui.machines.local.secrets import hidden_places, homes
from tui.paths import Paths

_PROBE_DEADLINE_S: Final = 10.0
_NOT_BELOW: Final = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/snap", "/sys", "/usr",
    "/var/backups", "/var/cache", "/var/lib", "/var/local", "/var/log", "/var/mail", "/var/opt", "/var/spool",
)  # fmt: skip
_SHARED: Final = ("/tmp", "/var", "/opt", "/mnt", "/media", "/srv", "/home", "/root")  # noqa: S108 - as no workspace


@dataclass(frozen=True, slots=True)
class Confinement:
    """How commands in one working directory of this host can be confined."""

    workspace: Path
    """The only place of the host that a command may write to; absolute, without links."""
    program: str = ""
    """Path of bubblewrap."""
    reason: str = ""
    """Why commands cannot be confined; empty where they can."""
    hidden: tuple[Path, ...] = ()
    """Files and directories of the host that a command does not see."""
    homes: tuple[Path, ...] = ()
    """Home directories, of which a command sees nothing but the workspace where that lies below; outermost first."""
    protected: tuple[Path, ...] = ()
    """What in the workspace can only be read, because something outside obeys it later."""
    unfit: str = ""
    """Why no command may run in this directory at all, confined or not; empty where one may."""

    @property
    def available(self) -> bool:
        """Whether commands can be confined here."""
        return not self.reason and not self.unfit

    @property
    def enforces(self) -> frozenset[Limit]:
        """The limits that a command on the host is held to.

        Memory and disk are not among them: without a control group of one's own, what several processes use together
        cannot be bounded.
        """
        return frozenset({Limit.CPU_TIME})


def probe(workspace: Path, paths: Paths, environment: Mapping[str, str] | None = None) -> Confinement:
    """Find out how commands in a directory can be confined, by confining one. Takes some 20 ms.

    Args:
        workspace: Where commands will work.
        paths: Rollcage's own places, which are hidden.
        environment: Where `PATH` and `HOME` are taken from; that of this process if it is not given.
    """
    environment = os.environ if environment is None else environment
    workspace = workspace.resolve()
    home = Path(environment.get("HOME") or "/").resolve()
    own, hidden = homes(home), hidden_places(home, paths)
    if unfit := _unfit(workspace, (home, *own), hidden):
        return Confinement(workspace, hidden=hidden, unfit=unfit)
    program = shutil.which("bwrap", path=environment.get("PATH"))
    if program is None:
        return Confinement(workspace, reason="bubblewrap is not installed (apt-get install bubblewrap)", hidden=hidden)
    found = Confinement(workspace, program, hidden=hidden, homes=own, protected=protected_places(workspace))
    return replace(found, reason=_try_out(found))


def _unfit(workspace: Path, own: tuple[Path, ...], hidden: tuple[Path, ...]) -> str:
    if not workspace.is_dir():
        return f"{workspace} is not a directory"
    if any(home.is_relative_to(workspace) for home in own):
        return f"{workspace} is or contains the home directory, all of which a command could change"
    if any(workspace.is_relative_to(place) for place in _NOT_BELOW):
        return f"{workspace} belongs to the system"
    if str(workspace) in _SHARED or workspace.parent in (Path("/var"), Path("/home")):
        return f"{workspace} is no project directory: others keep things there too"
    if any(workspace.is_relative_to(place) for place in hidden):
        return f"{workspace} holds secrets, which no command may see"
    status = workspace.stat()
    if status.st_uid != os.geteuid():
        return f"{workspace} belongs to another account"
    if status.st_mode & stat.S_IWOTH:
        return f"everybody may write to {workspace}"
    return ""


def _try_out(confinement: Confinement) -> str:
    """Return why a confined command cannot be run, or nothing."""
    from tui.machines.local.bubblewrap import options

    true = shutil.which("true") or "/bin/true"
    try:
        tried = subprocess.run(
            [confinement.program, *options(confinement, confinement.workspace, {}), "--", true],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_DEADLINE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not run: {error}"
    if tried.returncode == 0:
        return ""
    said = tried.stderr.decode(errors="replace").strip().splitlines()
    return f"bubblewrap does not work on this host: {said[-1][:300] if said else f'exit code {tried.returncode}'}"
