"""The templates on disk, looked at and removed from outside: without QEMU, image or accelerator."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui.errors import Busy, NotFound
from tui.machines.inventory import Hypervisor, TemplateInfo
from tui.machines.model import MachineSpec
from tui.machines.qemu.processes import hypervisors
from tui.units import size

if TYPE_CHECKING:
    from tui.paths import Paths

ABOUT = "template.json"
"""What a template says of itself, written last."""


def templates(paths: Paths, running: Iterable[Hypervisor] | None = None) -> tuple[TemplateInfo, ...]:
    """Return the templates on disk, the newest first. Reads /proc and every snapshot's manifest: for a thread.

    Args:
        paths: Where they are.
        running: What runs, if that is known already.
    """
    directory = paths.templates.resolve() if paths.templates.is_dir() else paths.templates
    running = hypervisors() if running is None else running
    resting = Counter(_resting(paths.snapshots))  # by template and build; 0 where a snapshot does not say which
    found = []
    for about_file in directory.glob(f"*/{ABOUT}"):
        id_ = about_file.parent.name
        if about_file.parent.suffix:
            continue  # being made
        try:
            about = json.loads(about_file.read_text())
            builds = (0, int(about["memory_mtime_ns"]))
            built = datetime.fromtimestamp(about_file.stat().st_mtime, UTC)
            info = TemplateInfo(
                id_, MachineSpec.from_json(about["spec"]), str(about["accelerator"]), str(about["qemu"]), built,
                float(about["boot_s"]) * 1000, _disk_bytes(about_file.parent),
                tuple(each.pid for each in running if each.template == about_file.parent),
                sum(resting[id_, build] for build in builds),
            )  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError):
            continue  # another process is removing it, or it is not one
        found.append(info)
    return tuple(sorted(found, key=lambda each: each.built_at, reverse=True))


def find_template(paths: Paths, beginning: str) -> TemplateInfo:
    """Return the template whose id begins so.

    Raises:
        NotFound: there is none, or more than one.
    """
    matches = [each for each in templates(paths) if beginning and each.id.startswith(beginning)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise NotFound(f"{len(matches)} templates have an id that begins with {beginning!r}", hint="give more of it")
    raise NotFound(f"no template has an id that begins with {beginning!r}", hint="`rollcage pool templates` lists them")


def remove_template(paths: Paths, beginning: str) -> TemplateInfo:
    """Remove a template and return what it was. It is made anew when a machine of its kind is needed.

    Raises:
        NotFound: there is none, or more than one.
        Busy: a machine shares its memory, a snapshot rests on it, or a process makes it.
    """
    id_ = find_template(paths, beginning).id
    with _locked(paths.templates, id_):
        info = find_template(paths, id_)  # nobody makes or finds it meanwhile, so what is said of it now holds
        _refuse_in_use(info)
        directory = paths.templates / id_
        doomed = directory.with_suffix(".tmp")
        shutil.rmtree(doomed, ignore_errors=True)
        directory.rename(doomed)  # at once, so that nobody finds half of it
        shutil.rmtree(doomed, ignore_errors=True)
    return info


def _refuse_in_use(info: TemplateInfo) -> None:
    if info.machines:
        count = len(info.machines)
        pids = ", ".join(str(pid) for pid in info.machines)
        raise Busy(
            f"{count} machine{'s share' if count > 1 else ' shares'} the memory of template {info.id} (pid {pids})",
            hint="close the Rollcage they belong to, or drain its pool and discard them there",
        )
    if info.snapshots:
        count = info.snapshots
        raise Busy(
            f"{count} snapshot{'s hold' if count > 1 else ' holds'} only what differs from template {info.id}: without "
            "it they could not be restored",
            hint=f"delete them first (`rollcage snapshots delete`, `rollcage sessions delete`); it takes "
            f"{size(info.disk_bytes)}",
        )


@contextmanager
def _locked(directory: Path, id_: str) -> Iterator[None]:
    file = os.open(directory / f"{id_}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Busy(f"a process is making template {id_}", hint="wait until it is done") from None
    finally:
        os.close(file)


def _resting(snapshots: Path) -> Iterator[tuple[str, int]]:
    """Yield the template of each snapshot on disk, and which of those made under its id."""
    from tui.machines.qemu.vault import Vault

    if snapshots.is_dir():
        for manifest in Vault(snapshots).manifests().values():
            yield manifest.template, manifest.template_build


def _disk_bytes(directory: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in directory.iterdir())
