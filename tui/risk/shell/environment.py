"""Variables whose value is a command that programs run later: `PAGER`, `GIT_SSH_COMMAND`, `PROMPT_COMMAND` …"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from tui.risk.shell.call import Call
from tui.risk.shell.code import execute
from tui.risk.shell.source import Source
from tui.risk.shell.values import NO_INPUT

_NAMES: Final = """
    BASH_COMMAND_NOT_FOUND BROWSER EDITOR FCEDIT GIT_ASKPASS GIT_EDITOR GIT_EXTERNAL_DIFF GIT_PAGER GIT_PROXY_COMMAND
    GIT_SEQUENCE_EDITOR GIT_SSH GIT_SSH_COMMAND LESSCLOSE LESSOPEN MANPAGER PAGER PROMPT_COMMAND PSQL_PAGER PSQL_EDITOR
    RSYNC_CONNECT_PROG RSYNC_RSH SSH_ASKPASS SUDO_ASKPASS SUDO_EDITOR SYSTEMD_EDITOR SYSTEMD_PAGER TAR_OPTIONS VISUAL
    """
COMMANDS: Final = frozenset(_NAMES.split())
_PROMPTS: Final = frozenset({"PS0", "PS1", "PS2", "PS3", "PS4", "PROMPT", "RPROMPT"})
"""Expanded like a word in double quotes each time they are shown."""
_SUBSTITUTES: Final = re.compile(r"\$\(|`")
_MORE_THAN_A_NAME: Final = re.compile(r"[\s;&|<>()$`]")


def follow(call: Call) -> None:
    """Walk the commands that the call's assignments set; a plain name of a program is a setting like any other."""
    for name, word in call.draft.assignments:
        text = word.text
        if name in _PROMPTS and _SUBSTITUTES.search(text):
            inside = call.elsewhere(replace(call.context, stdin=NO_INPUT, source=None))
            quoted = text.replace('"', '\\"')
            execute(inside, Source(f': "{quoted}"', base=word.span), name, reads_input=False)
        if name not in COMMANDS or not _MORE_THAN_A_NAME.search(text) or not any(map(_is_text, word.parts)):
            continue
        inside = call.elsewhere(replace(call.context, stdin=NO_INPUT, source=None))
        execute(inside, Source(text.lstrip("|"), base=word.span), name, reads_input=False)


def _is_text(part: object) -> bool:
    return isinstance(part, str) and bool(part.strip())
