"""Brings the agent up: devices, port, control groups. What only makes the next command quick comes after the host."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

from tui.machines.guest.agent_become import Become
from tui.machines.guest.agent_cgroup import Groups
from tui.machines.guest.agent_identity import Identity
from tui.machines.guest.agent_service import Service
from tui.machines.guest.wire import PORT_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

_RUN = "/run/rollcage"
_WORK = "/work"
_LAYERS = (8, 9)
"""Descriptors of the image and of the writable layer over it. `init.sh` opened them for `agent_survey.py`."""
_PORT_PATIENCE_S = 10.0
_PORT_LOOK_S = 0.005


def serve(arguments: list[str]) -> Callable[[], NoReturn]:
    """Serve until the machine ends. Returns only in forked children, with what they become.

    Raises:
        SystemExit: the host hung up; only where there is no machine.
    """
    # Not argparse: what is imported before the host is answered makes every boot longer.
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    work = options.get("--work", _WORK)
    if "--fd" not in options:
        _link_devices()
        for layer in _LAYERS:
            os.set_inheritable(layer, False)
        port = _open_port()
        service = Service(port, work=work, identity=Identity(_RUN), groups=_groups(), measure_disk=_disk_used)
    else:
        port = int(options["--fd"])
        os.set_inheritable(port, False)
        service = Service(port, work=work, identity=None, groups=None, measure_disk=lambda: None)
    os.set_blocking(port, False)
    os.makedirs(work, exist_ok=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        service.run()
    except Become as become:
        return become.task
    sys.exit(0)


def _link_devices() -> None:
    # The kernel makes the devices, but not these links, which shells rely on.
    for name, target in {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}.items():
        with contextlib.suppress(FileExistsError):
            os.symlink(f"/proc/self/fd{target}", f"/dev/{name}")


def _open_port() -> int:
    deadline = time.monotonic() + _PORT_PATIENCE_S
    while True:
        with contextlib.suppress(OSError):
            return os.open(f"/dev/virtio-ports/{PORT_NAME}", os.O_RDWR | os.O_CLOEXEC)
        with contextlib.suppress(OSError):
            for entry in os.listdir("/sys/class/virtio-ports"):
                with open(f"/sys/class/virtio-ports/{entry}/name", encoding="ascii") as file:
                    if file.read().strip() == PORT_NAME:
                        return os.open(f"/dev/{entry}", os.O_RDWR | os.O_CLOEXEC)
        if time.monotonic() > deadline:
            raise RuntimeError(f"there is no virtio-serial port named {PORT_NAME}")
        time.sleep(_PORT_LOOK_S)


def _groups() -> Groups | None:
    try:
        return Groups()
    except OSError as error:
        print(f"rollcage: no control groups: {error}", file=sys.stderr)
        return None


def _disk_used() -> int | None:
    status = os.statvfs("/")
    return (status.f_blocks - status.f_bfree) * status.f_frsize
