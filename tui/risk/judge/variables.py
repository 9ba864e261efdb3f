"""Variables that decide which code other programs run: `PATH`, `LD_PRELOAD`, `BASH_ENV`, `GIT_SSH`, `PAGER`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from tui.levels import RiskLevel
from tui.risk.judge.command import Command
from tui.risk.judge.draft import Verdict
from tui.risk.model import Category, Effect
from tui.risk.shell.known import PROGRAMS
from tui.risk.shell.model import Word

_SEARCHED: Final = re.compile(
    r"PATH|LD_\w+|DYLD_\w+|BASH_LOADABLES_PATH|FPATH|PYTHONPATH|PYTHONHOME|PERL5LIB|PERLLIB|RUBYLIB|NODE_PATH|LUA_C?PATH"
    r"|CLASSPATH|GIT_EXEC_PATH|GIT_TEMPLATE_DIR|MANPATH|GCONV_PATH|TERMINFO"
)
"""Lists of directories, or of files, in which programs and libraries are looked for."""
_READ_AS_CODE: Final = re.compile(
    r"BASH_ENV|ENV|ZDOTDIR|PYTHONSTARTUP|PERL5OPT|RUBYOPT|NODE_OPTIONS|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|INPUTRC|VIMINIT|EXINIT"
    r"|GIT_DIR|GIT_COMMON_DIR|GIT_CONFIG\w*|OPENSSL_CONF|MAKEFILES|SHELLOPTS|BASHOPTS|PS4|PROMPT_COMMAND"
)
"""Files, settings or options that are read as code, or that name hooks and commands."""
_COMMAND: Final = re.compile(
    r"(?:\w+_)?(?:PAGER|EDITOR|ASKPASS|BROWSER)|VISUAL|LESSOPEN|LESSCLOSE|GIT_SSH|GIT_SSH_COMMAND|GIT_EXTERNAL_DIFF"
    r"|GIT_PROXY_COMMAND|GIT_SEQUENCE_EDITOR|RSYNC_RSH|CVS_RSH|SHELL|MAKESHELL|CC|CXX"
)
"""Commands that another program runs."""
_SYSTEM: Final = re.compile(r"/(?:usr|bin|sbin|lib\w*|opt|snap|nix|etc|home/linuxbrew)(?:/|$)")
_OWN: Final = re.compile(r"(?:~|\$\{?HOME\}?|/root|/home/[^/:]+|/Users/[^/:]+)/")
"""Where people keep programs of their own: `~/.local/bin`, `~/.cargo/bin`."""
_ITSELF: Final = re.compile(r"\$\{?(\w+)(?::?[-+]:?[^}]*)?\}?:?|")


def variables(command: Command) -> Iterator[tuple[frozenset[Effect], Verdict | None]]:
    """Yield what the variables that are set for the command, or for all that follow it, make run."""
    for name, word in command.invocation.assignments:
        found = _of(name, word)
        if found is None:
            continue
        effects = frozenset({Effect.EXECUTE})
        if found is RiskLevel.LOW:
            yield effects, None
            continue
        yield effects, Verdict(
            found, Category.HIJACK, f"decides with {name}={word.text[:80]} which code other programs run",
            "unseen.variable", ("T1574.007",), effects, word=word,
        )  # fmt: skip


def _of(name: str, word: Word) -> RiskLevel | None:
    """Return how bad it is to set `name` to that; None where it names nothing but programs of the system."""
    text = word.text
    if _SEARCHED.fullmatch(name):
        places = [_place(part, name) for part in text.split(":")]
        return max((place for place in places if place is not None), key=lambda level: level.rank, default=None)
    if _COMMAND.fullmatch(name):
        first = (text.lstrip("|- ").split() or [""])[0]
        return None if _is_known(first) else RiskLevel.MEDIUM
    if _READ_AS_CODE.fullmatch(name):
        return RiskLevel.MEDIUM if text and not _is_system(text) else None
    return None


def _place(part: str, name: str) -> RiskLevel | None:
    match = _ITSELF.fullmatch(part)
    if match is not None and match[1] in (name, None):
        return None
    if _is_system(part):
        return None
    return RiskLevel.LOW if name == "PATH" and _OWN.match(part) and ".." not in part else RiskLevel.MEDIUM


def _is_system(path: str) -> bool:
    return _SYSTEM.match(posixpath.normpath(path)) is not None and "$" not in path


def _is_known(program: str) -> bool:
    return (
        not program
        or program in PROGRAMS
        or program in ("code", "bat", "delta", "most", "cc", "c++")
        or _is_system(program)
    )
