"""What variables hold after branches of which only one is taken."""

from __future__ import annotations

from typing import Final

from tui.risk.shell.values import Scope, Value

_TEMPORARY: Final = ("/tmp", "/var/tmp", "/dev/shm", "/dev/null")  # noqa: S108 - compared


class Branches:
    """Watches the variables of a scope while its branches are walked one after the other.

    A variable can hold one value only. Of those that the branches give it, it keeps the one that leads furthest: what
    is done with it afterwards is then judged by the worst that may happen.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._before = dict(scope.variables)
        self._given: dict[str, list[Value | list[Value]]] = {}

    def end_of_branch(self) -> None:
        """Note what the branch that was walked last has assigned."""
        variables = self._scope.variables
        for name, value in variables.items():
            if self._before.get(name) is not value:
                self._given.setdefault(name, []).append(value)
        self._before = dict(variables)

    def join(self) -> None:
        """Let each variable hold the value that leads furthest."""
        for name, values in self._given.items():
            if len(values) > 1 and name in self._scope.variables:
                self._scope.variables[name] = max(reversed(values), key=_reach)


def _reach(value: Value | list[Value]) -> int:
    """Return how far a value leads, taken as a path: out of the workspace further than within."""
    if isinstance(value, list):
        return max(map(_reach, value), default=0)
    text = value.text
    if text.startswith(_TEMPORARY):
        return 0
    return 2 if text.startswith(("/", "~")) else 1
