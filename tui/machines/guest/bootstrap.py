"""Makes the guest's root file system: mmdebstrap's tar stream, stripped on its way into mksquashfs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from tui.errors import HostNotReady
from tui.machines.guest import packages, sources
from tui.machines.guest.bootstrap_log import LogProgress, explain_failure
from tui.machines.guest.rootfs import BootParts, added, linked, strip_tree

Progress = Callable[[float | None, str], None]
"""Called with the fraction done (None: unknown) and what is being done."""

_HOSTS: Final = b"127.0.0.1 localhost rollcage\n::1 localhost ip6-localhost ip6-loopback\n"
_NAMESPACES: Final = ("--mount", "--pid", "--mount-proc", "--kill-child=KILL")
_USERS: Final = ("--user", "--map-root-user", "--map-auto")
"""Root of a user namespace is this user; its other users are this user's subordinate ids."""
_REMEMBERED_LINES: Final = 400


def make_rootfs(suite: str, target: Path, workspace: Path, progress: Progress, log: Path) -> BootParts:
    """Write a squashfs image of a fresh Debian to `target` and return what is needed to boot it.

    Takes about 40 s. Works as root, and as a user with subordinate ids.

    Args:
        suite: code name of the Debian release.
        target: file to write.
        workspace: empty directory, which takes 1 GB for the time being and may hold remains of other users' files after
            a failure (see `remove_workspace`).
        progress: told how far it is.
        log: file that the programs' whole output is added to.

    Raises:
        HostNotReady: a program, network, space or a right is missing; the message says which.
    """
    for program in ("mmdebstrap", "mksquashfs", "setpriv", "unshare"):
        if shutil.which(program) is None:
            raise HostNotReady(f"{program} is not installed", hint="run `rollcage setup`")
    chosen = sources.host_sources(suite)
    source_file = workspace / "rollcage.sources"
    source_file.write_text("\n".join(source.stanza() for source in chosen))
    settings_file = workspace / "apt.conf"
    settings_file.write_text(sources.host_apt_settings())
    tail: deque[str] = deque(maxlen=_REMEMBERED_LINES)
    with log.open("a", encoding="utf-8") as log_file:
        parts = _pipe(
            _mmdebstrap(suite, source_file, settings_file),
            ["mksquashfs", "-", str(target), "-tar", "-noappend", "-no-progress", "-quiet", *packages.COMPRESSION],
            {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "TMPDIR": str(workspace)},
            _additions(sources.guest_sources(chosen, suite)),
            lambda line: _record(line, log_file, tail),
            progress,
        )
    if parts is None:
        raise explain_failure(list(tail), str(log))
    return parts


def remove_workspace(workspace: Path) -> None:
    """Delete a workspace, and what it holds of the users of a user namespace."""
    if os.geteuid() != 0:
        # Failing here is no matter if there is nothing of theirs; else the next step says what is left.
        subprocess.run(["unshare", *_USERS, "--", "rm", "-rf", "--", str(workspace)], capture_output=True, check=False)
    if workspace.exists():
        shutil.rmtree(workspace)


def _record(line: str, log: IO[str], tail: deque[str]) -> None:
    tail.append(line)
    log.write(line + "\n")


def _mmdebstrap(suite: str, source_file: Path, settings_file: Path) -> list[str]:
    return [
        "mmdebstrap",
        "--mode=unshare",
        "--variant=minbase",
        "--format=tar",
        "--verbose",
        f"--aptopt={settings_file}",
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in packages.UNPACKED_NEVER),
        f"--include={','.join((*packages.KERNEL, *packages.TOOLS))}",
        suite,
        "-",
        str(source_file),
    ]


def _additions(apt_sources: str) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [
        added("work", mode=0o755),
        added("etc/hostname", b"rollcage\n"),
        added("etc/hosts", _HOSTS),
        added("etc/machine-id", b""),
        added("etc/resolv.conf", b""),
        added("etc/apt/sources.list.d/debian.sources", apt_sources.encode()),
        *(linked(path, target) for path, target in packages.LINKS.items()),
    ]


def _pipe(
    bootstrap: list[str],
    squash: list[str],
    environment: dict[str, str],
    additions: list[tuple[tarfile.TarInfo, bytes]],
    record: Callable[[str], None],
    progress: Progress,
) -> BootParts | None:
    """Run both programs with the stripping between them; None if either failed, with the reason recorded."""
    lock = threading.Lock()
    log_progress = LogProgress()

    def follow(stream: IO[bytes] | None) -> None:
        for raw in stream or ():
            line = raw.decode(errors="replace").rstrip()
            with lock:
                record(line)
                if moved := log_progress.feed(line):
                    progress(*moved)

    with (
        _ended_with_us(bootstrap, environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as first,
        _ended_with_us(squash, environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as second,
    ):
        assert first.stdout is not None
        assert second.stdin is not None
        followers = [threading.Thread(target=follow, args=(process.stderr,)) for process in (first, second)]
        for thread in followers:
            thread.start()
        parts: BootParts | None = None
        try:
            parts = strip_tree(first.stdout, second.stdin, additions)
            while first.stdout.read(1 << 16):
                pass  # padding after the end of the archive: a closed pipe would fail the bootstrap
            second.stdin.close()
        except (tarfile.TarError, OSError) as error:
            first.stdout.close()
            second.kill()
            with suppress(OSError):
                second.stdin.close()  # ends what was begun so lately that it outlives `unshare`
            with lock:
                record(f"the stream broke off: {error}")
        failed = [process.wait() != 0 for process in (first, second)]
        for thread in followers:
            thread.join()
    return None if any(failed) else parts


@contextmanager
def _ended_with_us(
    argv: list[str], environment: dict[str, str], *, stdin: int, stdout: int
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in namespaces of its own, that does not outlive this process, however it ends, nor this context.

    When the first process of a PID namespace is killed all others are, and what they had mounted is gone with them.
    """
    users = () if os.geteuid() == 0 else _USERS
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", *_NAMESPACES, *users, "--", *argv],
        env=environment,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                # A program that is gone has no use for what was buffered for it.
                with suppress(BrokenPipeError):
                    stream.close()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
