"""`dependency-injector`: imports that code may take for granted, added without moving a line of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tui.hooks.model import Allow, Decision, HookContext, Modify, Point
from tui.hooks.prelude import CannotInject, with_javascript_modules, with_python_imports


@dataclass(frozen=True, slots=True)
class Options:
    """What is added; nothing by default."""

    python: tuple[str, ...] = ()
    """Modules: `os`, `os.path`."""
    javascript: tuple[str, ...] = ()
    """Modules of Node.js, each under its own name: `fs` becomes `const fs = require("fs")`."""


@dataclass(frozen=True, slots=True)
class DependencyInjectorHook:
    """Adds what a step does not import itself. Where lines would move, the step stays as it is, with a warning."""

    options: Options
    name: str = "dependency-injector"
    priority: int = 94
    points: frozenset[Point] = frozenset({Point.BEFORE_ASSESSMENT})

    def decide(self, context: HookContext) -> Decision:
        """Return the steps with their imports."""
        wanted = {"python": self.options.python, "javascript": self.options.javascript}
        texts: list[str] = []
        warnings: list[str] = []
        for number, step in enumerate(context.proposal.steps, 1):
            text = step.text
            if not step.argv and (modules := wanted.get(step.language)):
                try:
                    text = _INJECT[step.language](text, modules)
                except CannotInject as error:
                    warnings.append(f"step {number}: nothing imported: {error}")
            texts.append(text)
        if texts == [step.text for step in context.proposal.steps]:
            return Allow(warnings=tuple(warnings))
        return Modify.texts(context.proposal, tuple(texts), "imports added")


_INJECT: Final[Mapping[str, Callable[[str, tuple[str, ...]], str]]] = {
    "python": with_python_imports,
    "javascript": with_javascript_modules,
}
