"""The guest's network device: counted, and taken up and down together with the cable that the host plugs and pulls.

The host alone would do for who must not reach the network. But what is tried in vain over a pulled cable waits for
seconds, and what then is not known of the neighbours fails the next command that may.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import socket
import struct

_DEVICE = b"eth0"
_GATEWAY = "10.0.2.2"
_FLAGS = struct.Struct("16sH14x")
_ROUTE = struct.Struct("=Q16s16s16sH30xQ24x")
"""`struct rtentry` of x86-64: destination, gateway, mask, flags, the name of the device (linux/route.h)."""
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _SIOCADDRT = 0x8913, 0x8914, 0x890B
_IFF_UP, _RTF_UP, _RTF_GATEWAY = 1, 1, 2


def traffic() -> tuple[int, int] | None:
    """Return the bytes received and sent so far; None in a machine without a network device."""
    try:
        received, sent = (_read(f"/sys/class/net/{_DEVICE.decode()}/statistics/{way}_bytes") for way in ("rx", "tx"))
    except FileNotFoundError:
        return None
    return received, sent


def _read(path: str) -> int:
    with open(path, "rb", buffering=0) as file:
        return int(file.read(32))


def take(up: bool) -> None:
    """Take the device up, with its route, or down. Does nothing in a machine without one.

    Raises:
        OSError: the kernel refused.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            _, flags = _FLAGS.unpack(fcntl.ioctl(control, _SIOCGIFFLAGS, _FLAGS.pack(_DEVICE, 0)))
        except OSError as error:
            if error.errno == errno.ENODEV:
                return
            raise
        # Down in any case: that drops what a command queued that had no network, and took the device up itself.
        fcntl.ioctl(control, _SIOCSIFFLAGS, _FLAGS.pack(_DEVICE, flags & ~_IFF_UP))
        if up:
            fcntl.ioctl(control, _SIOCSIFFLAGS, _FLAGS.pack(_DEVICE, flags | _IFF_UP))
            anywhere = _address("0.0.0.0")  # noqa: S104 - as destination and as mask
            route = _ROUTE.pack(0, anywhere, _address(_GATEWAY), anywhere, _RTF_UP | _RTF_GATEWAY, 0)
            with contextlib.suppress(FileExistsError):
                fcntl.ioctl(control, _SIOCADDRT, route)


def _address(text: str) -> bytes:
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(text))
