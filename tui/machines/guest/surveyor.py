"""Looks into a machine by asking its `agent_survey.py`, and believes nothing of the answers that cannot be."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import stat
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tui.machines.errors import GuestRefused, MachineError, MachineLost
from tui.machines.inspection import Contents, FileFacts, FileKind, ProcessFacts
from tui.machines.kinds import Stream
from tui.machines.model import Command
from tui.machines.protocol import GuestProcess, Machine

DEADLINE_S: Final = 60.0
"""A guest that says nothing for so long is given up: it is out of memory, or hostile."""
_LONGEST_ANSWER: Final = 64 * 1024 * 1024
_LONGEST_COMPLAINT: Final = 2000
_LONGEST_HEADER: Final = 100
_HEADER: Final = re.compile(rb"(?P<word>ok|no) (?P<length>[0-9]{1,9})")
_LONGEST_PATH: Final = 65_536
_MOST_NOTES: Final = 100
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_KINDS: Final = {
    stat.S_IFREG: FileKind.FILE,
    stat.S_IFDIR: FileKind.DIRECTORY,
    stat.S_IFLNK: FileKind.SYMLINK,
    stat.S_IFIFO: FileKind.FIFO,
    stat.S_IFSOCK: FileKind.SOCKET,
    stat.S_IFCHR: FileKind.CHARACTER_DEVICE,
    stat.S_IFBLK: FileKind.BLOCK_DEVICE,
}


class Surveyor:
    """An `Inspection` of a machine that nobody else uses, standing still until it is first asked."""

    def __init__(self, machine: Machine, *, deadline_s: float = DEADLINE_S) -> None:
        self._machine = machine
        self._deadline_s = deadline_s
        self._turn = asyncio.Lock()
        self._talk: _Talk | None = None

    async def contents(self) -> Contents:
        """Return the files and processes of the machine."""
        answer = await self._ask({"what": "contents"})
        return await asyncio.to_thread(lambda: parse_contents(_parsed(answer)))

    async def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return the SHA-256 of regular files, of those that could be read."""
        if not paths:
            return {}
        answer = _parsed(await self._ask({"what": "digests", "paths": list(paths)}))
        if not isinstance(answer, dict):
            raise _nonsense("digests that are none")
        asked = set(paths)
        return {
            path: digest
            for path, digest in answer.items()
            if path in asked and isinstance(digest, str) and _DIGEST.fullmatch(digest)
        }

    async def read(self, path: str, limit: int) -> bytes:
        """Return the first bytes of a regular file."""
        return await self._ask({"what": "read", "path": path, "limit": limit}, limit)

    async def discard(self) -> None:
        """End the machine."""
        await self._machine.discard()

    async def _ask(self, question: Mapping[str, Any], longest: int = _LONGEST_ANSWER) -> bytes:
        async with self._turn:
            talk, self._talk = self._talk, None
            try:
                async with asyncio.timeout(self._deadline_s):
                    if talk is None:
                        await self._machine.resume()
                        # In `/`, because the agent makes the usual working directory where it is missing.
                        talk = _Talk(await self._machine.execute(Command("survey", cwd="/", network=False)))
                    answered, answer = await talk.ask(json.dumps(question).encode(), longest)
            except BaseException as error:
                if talk is not None:
                    await talk.break_off()
                if not isinstance(error, TimeoutError):
                    raise
                await self._machine.discard()
                raise MachineError(
                    f"the machine of the snapshot said nothing for {self._deadline_s:.0f} s",
                    hint="nothing was changed; it may have run out of memory when the snapshot was taken",
                ) from None
            self._talk = talk
        if not answered:
            raise GuestRefused(f"the snapshot cannot be looked into: {answer.decode(errors='replace')}")
        return answer


class _Talk:
    """Questions and answers through the streams of one execution: another one would cost a fork in the guest."""

    def __init__(self, process: GuestProcess) -> None:
        self._process = process
        self._chunks = process.output()
        self._said = bytearray()
        self._complaints = b""

    async def ask(self, question: bytes, longest: int) -> tuple[bool, bytes]:
        """Return whether a question was answered, and the answer or why not."""
        await self._process.write_stdin(question + b"\n")
        while b"\n" not in self._said:
            await self._listen(_LONGEST_HEADER)
        header, _, rest = self._said.partition(b"\n")
        found = _HEADER.fullmatch(header)
        if found is None:
            raise _nonsense("no answer")
        length, is_answer = int(found["length"]), found["word"] == b"ok"
        if length > (longest if is_answer else _LONGEST_COMPLAINT):
            raise _nonsense("more than it was asked for")
        self._said = rest
        while len(self._said) < length:
            await self._listen(length)
        answer, self._said = bytes(self._said[:length]), self._said[length:]
        return is_answer, answer

    async def break_off(self) -> None:
        """End the execution: it would go on to say what nobody reads, and be there for the next one to see."""
        with contextlib.suppress(MachineLost):  # then it has ended already
            await self._process.signal(signal.SIGKILL)

    async def _listen(self, most: int) -> None:
        if len(self._said) > most:
            raise _nonsense("more than it was asked for")
        try:
            chunk = await anext(self._chunks)
        except StopAsyncIteration:
            reason = self._complaints.decode(errors="replace").strip().rpartition("\n")[2]
            raise MachineError(f"the snapshot cannot be looked into: {reason or 'the guest broke off'}") from None
        if chunk.stream is Stream.STDOUT:
            self._said += chunk.data
        else:
            self._complaints = (self._complaints + chunk.data)[-_LONGEST_COMPLAINT:]


def parse_contents(answer: object) -> Contents:
    """Return what a guest says it holds.

    Raises:
        MachineError: that cannot be.
    """
    try:
        if not isinstance(answer, dict):
            raise TypeError("no object")
        replaced = frozenset(_path(path) for path in _items(answer["replaced"]))
        notes = [_text(note) for note in _items(answer["notes"])]
        return Contents(
            written=dict(_files(answer["files"])),
            image={path: facts for path, facts in _files(answer["image"]) if facts is not None},
            replaced=replaced,
            processes=tuple(_process(item) for item in _items(answer["processes"])),
            notes=tuple(notes[:_MOST_NOTES]),
            partial=answer["partial"] is not False,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _nonsense(f"{type(error).__name__}: {error}") from error


def _parsed(answer: bytes) -> object:
    try:
        found: object = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise _nonsense("no JSON") from error
    return found


def _nonsense(what: str) -> MachineError:
    return MachineError(
        f"the machine of the snapshot answered with {what[:200]}",
        hint="what runs as root in a machine can do that to it; nothing was changed",
    )


def _items(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _number(value: object) -> int:
    if type(value) is not int or not -(1 << 63) <= value < 1 << 64:
        raise ValueError("a number that is none")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text that is none")
    return value


def _path(value: object) -> str:
    """Return an absolute path without `.`, `..` and empty parts."""
    path = _text(value)
    if (
        not path
        or len(path) > _LONGEST_PATH
        or "\0" in path
        or any(part in ("", ".", "..") for part in path.split("/"))
    ):
        raise ValueError("a path that is none")
    return f"/{path}"


def _files(rows: object) -> Iterator[tuple[str, FileFacts | None]]:
    for row in _items(rows):
        path, mode, uid, gid, size, modified, inode, changed, extra = _items(row)
        mode, kind = _number(mode), _KINDS[stat.S_IFMT(_number(mode))]
        device = None
        if kind in (FileKind.CHARACTER_DEVICE, FileKind.BLOCK_DEVICE):
            major, minor = _items(extra)
            device = _number(major), _number(minor)
            if kind is FileKind.CHARACTER_DEVICE and device == (0, 0):
                yield _path(path), None
                continue
        yield _path(path), FileFacts(
            kind, stat.S_IMODE(mode), _number(uid), _number(gid),
            size=_number(size) if kind is FileKind.FILE else None,
            modified_ns=_number(modified),
            target=_text(extra) if kind is FileKind.SYMLINK else "",
            device=device,
            stamp=(_number(inode), _number(changed)),
        )  # fmt: skip


def _process(row: object) -> ProcessFacts:
    pid, parent, uid, name, arguments, started = _items(row)
    return ProcessFacts(
        _number(pid), _number(parent), _number(uid), _text(name), tuple(map(_text, _items(arguments))), _number(started)
    )
