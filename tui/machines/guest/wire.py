"""The language the host and the guest agent speak over virtio-serial.

Frames follow one another; between frames any number of zero bytes may stand, which lets a host bring an agent that was
restored in the middle of a frame back in step. A frame is a 16-byte little-endian header and a payload:

    magic u16 | kind u8 | zero u8 | generation u32 | channel u32 | length u32

A frame whose generation is not the current life's is dropped, HELLO excepted. Channels are numbered by the host, one
per execution, and never reused within a life; channel 0 belongs to the machine. Data flows only against credit granted
by its receiver, so neither side buffers without bound.

This module is shared by both sides and runs in the guest: standard library only. A boot waits until it is imported, and
where the CPU is emulated `typing` and `json` alone would make that a sixth of a second longer: so they are not imported
here, and the two messages of the handshake are lines of text instead of JSON.
"""

from __future__ import annotations

import enum
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Final

PROTOCOL: Final = 2
MAGIC: Final = 0x5243
_MAGIC: Final = MAGIC.to_bytes(2, "little")
HEADER: Final = struct.Struct("<HBBIII")
MAX_PAYLOAD: Final = 64 * 1024
"""Bytes of a payload at most, the stream number of a DATA frame not counted."""
MAX_START: Final = 4 * 1024 * 1024
"""Bytes of one command in JSON, at most; what exceeds MAX_PAYLOAD goes ahead in PART frames."""
WINDOW: Final = 256 * 1024
"""Bytes of one stream that may be under way unacknowledged, at first and at most."""
PORT_NAME: Final = "rollcage.agent"
"""Name of the virtio-serial port; the guest finds it below /dev/virtio-ports."""
CREDIT: Final = struct.Struct("<BI")
SIZE: Final = struct.Struct("<HH")


class Kind(enum.IntEnum):
    """What a frame is. JSON payloads are UTF-8 objects; FIELDS are what `pack_fields` makes."""

    HELLO = 1
    """Host to guest: begins a life. FIELDS: protocol, generation, nonce, hostname, boot_id, entropy (hex), time_ns,
    rehearsal.

    In a life that is a rehearsal whatever earlier lives left running stays frozen, and what is started has a control
    group apart from theirs: it warms a machine up without letting its user's processes move.
    """
    WELCOME = 2
    """Guest to host, once the identity is in force. FIELDS: protocol, nonce, kernel, python, clock_skew_ns."""
    START = 3
    """Host to guest: execute a command on a new channel. JSON: the fields of `tui.machines.model.Command`."""
    STARTED = 4
    """Guest to host. JSON: pid."""
    REFUSED = 5
    """Guest to host: could not start; ends the channel. JSON: message."""
    DATA = 6
    """Either way: one byte of stream number, then bytes."""
    EOF = 7
    """Either way: one byte of stream number that will carry no more. From the guest for stdin: nobody reads it."""
    CREDIT = 8
    """Either way: stream u8, bytes u32 that the receiver has consumed."""
    SIGNAL = 9
    """Host to guest: one byte of signal number for the whole process group; SIGKILL reaches every descendant."""
    RESIZE = 10
    """Host to guest: rows u16, columns u16 of the pseudo-terminal."""
    EXIT = 11
    """Guest to host: ends the channel. JSON: the fields of `tui.machines.model.ExitReport`."""
    QUIESCE = 12
    """Host to guest: freeze all executions, finish the frame in hand and send nothing more until RESUME or HELLO."""
    QUIESCED = 13
    """Guest to host: the last frame before silence."""
    RESUME = 14
    """Host to guest: let executions go on and speak again."""
    PING = 15
    """Host to guest: any payload."""
    PONG = 16
    """Guest to host: the payload of the PING."""
    PROTEST = 17
    """Guest to host: the agent itself met an error; for the log. JSON: message."""
    PART = 18
    """Host to guest: a piece of the JSON of a START too long for one frame; the START brings the last piece."""


class Frame:
    """One unit of the language."""

    __slots__ = ("channel", "generation", "kind", "payload")

    def __init__(self, kind: int, generation: int, channel: int, payload: bytes) -> None:
        self.kind = kind
        self.generation = generation
        self.channel = channel
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frame) and all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Frame({self.kind}, {self.generation}, {self.channel}, {self.payload[:40]!r})"


class ProtocolError(Exception):
    """The other side sent something that is not a frame."""


def pack_fields(fields: Mapping[str, object]) -> bytes:
    """Return fields as lines of `name=value`; None is an empty value. No value may hold a line break."""
    return "".join(f"{name}={'' if value is None else value}\n" for name, value in fields.items()).encode()


def read_fields(payload: bytes) -> dict[str, str]:
    """Return what `pack_fields` packed, all values as text.

    Raises:
        ProtocolError: it is not such lines.
    """
    try:
        lines = payload.decode().split("\n")
    except UnicodeDecodeError:
        raise ProtocolError("fields that are not UTF-8") from None
    pairs = [line.partition("=") for line in lines[:-1]]
    if lines[-1] or not all(equals for _, equals, _ in pairs):
        raise ProtocolError("fields that are not lines of name=value")
    return {name: value for name, _, value in pairs}


def encode(kind: Kind, generation: int, channel: int, payload: bytes = b"") -> bytes:
    """Return one frame as bytes."""
    return HEADER.pack(MAGIC, kind, 0, generation, channel, len(payload)) + payload


class Decoder:
    """Turns a byte stream into frames, however it is cut up."""

    def __init__(self) -> None:
        """Start between frames; where that is not known, `hunt`."""
        self._buffer = bytearray()
        self._hunted: Kind | None = None

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Frame]:
        """Yield the frames completed by `data`.

        Raises:
            ProtocolError: the stream is not made of frames.
        """
        buffer = self._buffer
        buffer += data
        at = 0
        try:
            while True:
                at = self._skip(at)
                if len(buffer) - at < HEADER.size:
                    return
                magic, kind, zero, generation, channel, length = HEADER.unpack_from(buffer, at)
                plausible = magic == MAGIC and zero == 0 and length <= MAX_PAYLOAD + 1
                if self._hunted is not None:
                    if not plausible or kind != self._hunted:
                        at += 1
                        continue
                elif not plausible:
                    raise ProtocolError(f"not a frame: {bytes(buffer[at : at + HEADER.size])!r}")
                if len(buffer) - at < HEADER.size + length:
                    return
                with memoryview(buffer) as view:
                    payload = bytes(view[at + HEADER.size : at + HEADER.size + length])
                at += HEADER.size + length
                self._hunted = None
                yield Frame(kind, generation, channel, payload)
        finally:
            del buffer[:at]

    def hunt(self, kind: Kind) -> None:
        """After an error, skip to the next plausible frame of that kind; what was fed already counts."""
        self._hunted = kind

    def _skip(self, at: int) -> int:
        """Return where the next frame may begin: past padding, or at the next magic number while hunting."""
        buffer = self._buffer
        if self._hunted is not None:
            found = buffer.find(_MAGIC, at)
            return found if found >= 0 else max(at, len(buffer) - 1)
        if buffer[at : at + 1] == b"\0":
            return len(buffer) - len(buffer[at:].lstrip(b"\0"))
        return at
