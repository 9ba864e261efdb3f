"""What the host asks to be executed, checked, and turned into how this guest does it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeGuard

DEFAULT_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LOGNAME": "root",
    "SHELL": "/bin/bash",
    "LANG": "C.UTF-8",
    "TERM": "xterm-256color",
}
_FILE_KINDS = ("read-file", "write-file", "pack", "unpack", "survey")
_LONGEST_ARGUMENT = 128 * 1024 - 1
"""Bytes the kernel takes in one argument (MAX_ARG_STRLEN), without the closing zero."""
_CODE_FILE = "/proc/self/fd/3"
_WARM_PYTHON_VARIABLES = ("PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")
"""Variables that mean something to the interpreter and can be obeyed in one that already runs."""
_ES_MODULE = re.compile(
    r"""^(?:import\s*(?:["'{*]|[\w$]+\s*(?:,|\sfrom\b))|export\s|(?:(?:const|let|var)\s[^=\n]+=\s*)?await\b)""",
    re.MULTILINE,
)


class Refused(Exception):
    """The command cannot be started; the text says why."""


class Limits(NamedTuple):
    """What an execution may use; None is no limit."""

    memory_bytes: int | None
    cpu_time_s: float | None
    disk_bytes: int | None


class Request(NamedTuple):
    """A command as the host sent it, every field of the right type."""

    kind: str
    argv: list[str]
    text: str
    language: str
    env: dict[str, str]
    cwd: str | None
    interpreter: str | None
    terminal: tuple[int, int] | None
    file_mode: int
    limits: Limits | None
    network: bool

    def environment(self, cwd: str) -> dict[str, str]:
        """Return all variables of the process."""
        return {**DEFAULT_ENVIRONMENT, "PWD": cwd, **self.env}


class Program(NamedTuple):
    """A program to start in a process of its own."""

    argv: list[str]
    code: str | None = None
    """Text the program reads from descriptor 3, where it is too long for an argument."""


def parse(payload: bytes) -> Request:
    """Read the JSON of a START.

    Raises:
        Refused: a field is missing or of the wrong type.
    """
    try:
        fields = json.loads(payload)
    except ValueError as error:
        raise Refused(f"the command is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise Refused("the command is not a JSON object")

    def take(name: str, default: Any, good: Callable[[Any], bool]) -> Any:
        value = fields.get(name, default)
        if not good(value):
            raise Refused(f"field {name!r} of the command is not valid")
        return value

    terminal = take("terminal", None, lambda value: value is None or isinstance(value, dict))
    if terminal is not None:
        terminal = (terminal.get("rows"), terminal.get("columns"))
        if not all(type(side) is int and 0 < side < 65536 for side in terminal):
            raise Refused("field 'terminal' of the command is not valid")
    return Request(
        kind=take("kind", None, _is_text),
        argv=take("argv", [], lambda value: isinstance(value, list) and all(map(_is_text, value))),
        text=take("text", "", _is_code),
        language=take("language", "bash", _is_text),
        env=take("env", {}, lambda value: isinstance(value, dict) and all(map(_is_variable, value.items()))),
        cwd=take("cwd", None, lambda value: value is None or _is_text(value)),
        interpreter=take("interpreter", None, lambda value: value is None or _is_text(value)),
        terminal=terminal,
        file_mode=take("file_mode", 0o644, lambda value: type(value) is int and 0 <= value <= 0o7777),
        limits=take("limits", None, _is_limits) and Limits(*(fields["limits"].get(name) for name in Limits._fields)),
        network=take("network", True, lambda value: isinstance(value, bool)),
    )


def _is_limits(value: object) -> bool:
    return value is None or (
        isinstance(value, dict)
        and bool(value)
        and all(name in Limits._fields for name in value)
        and all(limit is None or (type(limit) in (int, float) and limit > 0) for limit in value.values())
    )


def _is_text(value: object) -> TypeGuard[str]:
    return _is_code(value) and "\0" not in value


def _is_code(value: object) -> TypeGuard[str]:
    if not isinstance(value, str):
        return False
    try:
        encoded(value)
    except UnicodeEncodeError:
        return False
    return True


def encoded(text: str) -> bytes:
    """Return text as the bytes a process gets; bytes that are not UTF-8 travel as lone surrogates (PEP 383)."""
    return text.encode("utf-8", "surrogateescape")


def _is_variable(item: tuple[object, object]) -> bool:
    name, value = item
    return isinstance(name, str) and bool(name) and "=" not in name and _is_text(name) and _is_text(value)


def is_python(request: Request) -> bool:
    """Whether the agent runs this itself, as Python. Interpreter settings in the environment need a new interpreter."""
    return (
        request.kind == "code"
        and request.language == "python"
        and not any(name.startswith("PYTHON") and name not in _WARM_PYTHON_VARIABLES for name in request.env)
    )


def is_file_transfer(request: Request) -> bool:
    """Whether the agent moves bytes itself."""
    return request.kind in _FILE_KINDS


def program(request: Request, environment: dict[str, str]) -> Program:
    """Return the program that executes a request.

    Raises:
        Refused: the guest has no way to execute it.
    """
    if request.interpreter is not None:
        raise Refused("only Python code without PYTHON… settings in its environment can run in a kept interpreter")
    if request.kind == "argv":
        if not request.argv or not request.argv[0]:
            raise Refused("the command has no program name")
        return Program(request.argv)
    if request.kind == "shell" or (request.kind == "code" and request.language == "bash"):
        return _bash(request.text)
    if request.kind == "code" and request.language == "javascript":
        return _javascript(request.text)
    if request.kind == "code" and request.language == "python":
        return _fresh_python(request.text)
    if request.kind == "code":
        present = ["bash", "python"] + (["javascript"] if find("node", environment) else [])
        raise Refused(f"this machine cannot run {request.language!r} code; it runs {', '.join(sorted(present))}")
    raise Refused(f"there is no command of kind {request.kind!r}")


def _bash(text: str) -> Program:
    if "\0" in text:
        raise Refused("the text contains a zero byte, which bash cannot take")
    if len(encoded(text)) <= _LONGEST_ARGUMENT:
        return Program(["bash", "-c", "--", text])
    return Program(["bash", _CODE_FILE], text)


def _fresh_python(text: str) -> Program:
    if "\0" in text:
        raise Refused("the text contains a zero byte, which Python cannot take")
    if len(encoded(text)) <= _LONGEST_ARGUMENT:
        return Program(["python3", "-c", text])
    return Program(["python3", _CODE_FILE], text)


def _javascript(text: str) -> Program:
    # Code is evaluated rather than run from a file, so that `require` and `import` look in the working directory.
    if "\0" in text:
        raise Refused("the text contains a zero byte, which node cannot take")
    arguments = ["--input-type=module"] if _ES_MODULE.search(text) else []
    if len(encoded(text)) <= _LONGEST_ARGUMENT - len("--eval="):
        return Program(["node", *arguments, f"--eval={text}"])
    if arguments:
        raise Refused(f"a JavaScript module may have {_LONGEST_ARGUMENT} bytes; write it to a file and run node on it")
    load = f"require('vm').runInThisContext(require('fs').readFileSync('{_CODE_FILE}','utf8'),{{filename:'[eval]'}})"
    return Program(["node", f"--eval={load}"], text)


def find(name: str, environment: dict[str, str]) -> str | None:
    """Return the path of a program, or None. A name with a slash is relative to the working directory."""
    if "/" in name:
        return name if os.access(name, os.X_OK) and not os.path.isdir(name) else None
    for directory in environment.get("PATH", "").split(":"):
        path = f"{directory or '.'}/{name}"
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    return None
