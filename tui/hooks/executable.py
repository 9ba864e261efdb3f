"""Hooks that are files: programs of any language in a directory, told in JSON and answering in JSON."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.hooks.model import Decision, HookContext, HookError, Point
from tui.hooks.process import converse
from tui.hooks.wire import decode_decision, encode_context
from tui.text import clean

DEFAULT_POINTS: Final = frozenset({Point.AFTER_ASSESSMENT, Point.AFTER_EXECUTION})
"""Where an executable is heard that the settings say nothing about."""
_NAME: Final = re.compile(r"(?:(\d{1,3})-)?([A-Za-z][\w.-]*)")
_IGNORED: Final = re.compile(r"\..*|.*~|README.*|.*\.(?:md|txt|sample|disabled|bak|orig|rej|swp)", re.IGNORECASE)
_STDERR_SHOWN: Final = 400


@dataclass(frozen=True, slots=True)
class ExecutableHook:
    """A program in the hooks directory. `timeout_s` is its own limit, after which all it started is killed."""

    path: Path
    name: str
    priority: int
    points: frozenset[Point]
    timeout_s: float

    async def decide(self, context: HookContext) -> Decision:
        """Start the program and return what it decides.

        Raises:
            HookError: it must not be run, failed, or did not answer properly.
        """
        check_owner(self.path)
        env = {**os.environ, "ROLLCAGE_HOOK": self.name, "ROLLCAGE_HOOK_POINT": str(context.point)}
        done = await converse([str(self.path)], encode_context(context), env=env, timeout_s=self.timeout_s)
        said = clean(done.stderr).strip()[-_STDERR_SHOWN:]
        if done.exit_code != 0:
            how = f"exit code {done.exit_code}" if done.exit_code > 0 else f"signal {-done.exit_code}"
            raise HookError(f"{self.path.name} ended with {how}{f': {said}' if said else ''}")
        try:
            return decode_decision(done.stdout, context)
        except HookError as error:
            raise HookError(f"{error.message}{f' (it said: {said})' if said else ''}") from None


def check_owner(path: Path) -> None:
    """Make sure that nobody but this user or root can have written a program, or have put another in its place.

    Raises:
        HookError: somebody else can; the hint says what to do.
    """
    try:
        real = path.resolve(strict=True)
        for place in (path.parent, real.parent, real):
            found = place.stat()
            if found.st_uid not in {os.geteuid(), 0}:
                raise HookError(
                    f"{place} belongs to another user", hint="a hook runs with your rights: own it yourself"
                )
            if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise HookError(f"{place} can be written by others", hint=f"chmod go-w {place}")
        if not stat.S_ISREG(real.stat().st_mode) or not os.access(real, os.X_OK):
            raise HookError(f"{path} is not executable", hint=f"chmod +x {path}, or name it {path.name}.disabled")
    except OSError as error:
        raise HookError(f"{path}: {error.strerror}") from None


def hook_files(directory: Path) -> Iterator[tuple[Path, str, int]]:
    """Yield the hooks of a directory: file, name and priority.

    `50-guard` is the hook `guard` of priority 50; without a number it is 0. Hidden files, README and what editors and
    package managers leave (`*~`, `*.bak`, `*.sample` …), and `*.disabled`, are none.
    """
    try:
        files = sorted(directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for file in files:
        if _IGNORED.fullmatch(file.name) or file.is_dir():
            continue
        match = _NAME.fullmatch(file.name)
        yield file, (match[2] if match else file.name), int(match[1] or 0) if match else 0
