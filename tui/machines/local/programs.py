"""Which program of the host executes a command. What a guest is given is given here too, word for word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.machines.errors import GuestRefused
from tui.machines.guest import agent_command
from tui.machines.model import Command

INTERPRETERS: Final = {"bash": "bash", "python": "python3", "javascript": "node"}
"""Language -> program that the host must have."""
_CODE_FILE: Final = "/proc/self/fd/3"


def program(command: Command, environment: Mapping[str, str]) -> agent_command.Program:
    """Return the program for a command, its path found.

    Raises:
        GuestRefused: the host does not execute that, and this is why.
    """
    if command.kind not in ("argv", "shell", "code"):
        raise GuestRefused("on the host Rollcage moves no files")
    if command.interpreter is not None:
        raise GuestRefused("only a machine keeps an interpreter")
    if command.terminal is not None:
        raise GuestRefused("on the host a command gets no terminal")
    language = "bash" if command.kind == "shell" else command.language
    if command.kind != "argv" and language not in INTERPRETERS:
        raise GuestRefused(f"this host does not run {language!r} code, only {', '.join(sorted(INTERPRETERS))}")
    request = agent_command.Request(
        command.kind, list(command.argv), command.text, language, {}, None, None, None, 0, limits=None, network=False
    )
    variables = dict(environment)
    try:
        # A fresh interpreter: there is no warm one to be told from it.
        found = agent_command.program(request, variables)
    except agent_command.Refused as refusal:
        raise GuestRefused(str(refusal)) from None
    path = agent_command.find(found.argv[0], variables)
    if path is None and command.kind == "argv":
        raise GuestRefused(f"there is no program {found.argv[0]!r} on this host")
    if path is None:
        raise GuestRefused(f"{language} code needs {found.argv[0]}, which this host does not have")
    return found._replace(argv=[path, *found.argv[1:]])


def with_code_at(argv: list[str], descriptor: int) -> list[str]:
    """Return the arguments of a program that reads its code from a descriptor, with the number that has here."""
    return [word.replace(_CODE_FILE, f"/proc/self/fd/{descriptor}") for word in argv]
