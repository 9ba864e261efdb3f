"""What it means to start a container: which of its settings give it the machine under it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.values import Constant, Entries, Instance, Items, Value, text_of
from tui.risk.model import Category, Effect

_HIGH: Final = RiskLevel.HIGH
_MOST_SETTINGS: Final = 1000
"""Settings of a container that are looked at."""


def container(judge: Judge, call: Call, operation: Operation) -> Value:
    """Start a container: with the machine's own file system or rights it is none."""
    del operation
    settings = itertools.islice(_settings((*call.args, Entries(dict(call.keywords)))), _MOST_SETTINGS)
    if any(_opens_host(name, value) for name, value in settings):
        judge.report(
            _HIGH, Category.ESCAPE, "container-host", "starts a container that may do anything to the machine under it",
            call.span, Effect.PRIVILEGE, attack=("T1611",),
        )  # fmt: skip
    return Instance(call.name)


def _settings(values: tuple[Value, ...], name: str = "", depth: int = 0) -> Iterator[tuple[str, Value]]:
    """Yield every setting with its name, however deep the objects that describe a container hold it."""
    for value in values[:64]:
        yield name, value
        if depth > 8:
            continue
        if isinstance(value, Items):
            yield from _settings(value.items, name, depth + 1)
        elif isinstance(value, Entries | Instance):
            inside = value.entries if isinstance(value, Entries) else value.attributes
            for key, inner in list(inside.items())[:64]:
                if name.lower() in {"volumes", "binds"} and key.startswith("/"):
                    yield name, Constant(key)
                yield from _settings((inner,), "source" if key in {"source", "1"} else key, depth + 1)


def _opens_host(name: str, value: Value) -> bool:
    name = name.lower().replace("_", "")
    if name in {"privileged", "hostpid", "hostipc"}:
        return isinstance(value, Constant) and value.value is True
    text = text_of(value)
    if text is None:
        return False
    if name in {"pidmode", "ipcmode", "usernsmode"}:
        return text == "host"
    if name in {"volumes", "binds", "source", "path", "mounts"}:
        return text.partition(":")[0] in {"/", "/var/run/docker.sock", "/etc", "/run/docker.sock"}
    return name in {"capadd", "add"} and text.removeprefix("CAP_") in {"SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "ALL"}


HANDLERS: Final = {Action.CONTAINER: container}
