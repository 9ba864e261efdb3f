"""Judges Python: what a text would do when it is run."""

from __future__ import annotations

import ast

from tui.levels import RiskLevel
from tui.risk.code.budget import MAX_TEXT, Budget, Exhausted
from tui.risk.code.judge import AssessShell, Judge
from tui.risk.code.machine import conclude
from tui.risk.code.python_reader import Reader
from tui.risk.code.python_source import Source, read_source
from tui.risk.code.scope import Scope
from tui.risk.code.shape import judge_shape
from tui.risk.findings import Findings
from tui.risk.model import Category, Effect, Span

__all__ = ["judge_python"]


def judge_python(text: str, assess_shell: AssessShell, cwd: str | None = None) -> Findings:
    """Return what running `text` in the directory `cwd` would do.

    It is only read; nothing is raised, and the time it takes is bounded.

    Commands that the text runs are judged by `assess_shell`, whose spans must be the one it is given. What could not be
    parsed or takes too many steps to follow is in `not_understood`, which is at least MEDIUM.
    """
    judge = Judge("py", assess_shell, Budget(), cwd=cwd)
    if len(text) > MAX_TEXT:
        judge.puzzled(f"only the first {MAX_TEXT // 1024} KiB of the text were analysed")
        text = text[:MAX_TEXT]
    judge.text = text
    _read(judge, text, None)
    judge_shape(judge, text)
    conclude(judge)
    return judge.conclude()


def _read(judge: Judge, text: str, base: Span | None, around: Scope | None = None) -> None:
    """Read `text`; every span is `base` where that is given. It sees the names of the code `around` it."""
    source = read_source(text)
    if source.problem:
        judge.puzzled(source.problem)
    for magic in source.magics:
        judge.run_shell(magic.command, base or Span(magic.start, magic.end), "notebook")
    reader = Reader(judge)
    reader.scope = Scope(around)
    positions = _Positions(source)
    reader.span_of = (lambda _node: base) if base is not None else lambda node: _within(positions.span(node), text)
    outer, judge.evaluate = judge.evaluate, lambda code, span: _read(judge, code, span, reader.scope)
    try:
        reader.read(source.module)
    except Exhausted:
        judge.puzzled("the text takes too many steps to follow")
    except RecursionError:
        judge.puzzled("the text is nested too deeply")
    finally:
        judge.evaluate = outer
    for hook in reader.install_hooks:
        _judge_install_hook(judge, hook)


def _judge_install_hook(judge: Judge, hook: Span) -> None:
    """Code that a package runs while it is installed should not talk to the network or run commands."""
    inside = [
        reason for reason in judge.reasons.values() if hook.start <= reason.span.start and reason.span.end <= hook.end
    ]
    commands = [
        c for shell in judge.shells for c in shell.commands if hook.start <= c.span.start and c.span.end <= hook.end
    ]
    if any(reason.level >= RiskLevel.MEDIUM for reason in inside) or commands:
        judge.report(
            RiskLevel.HIGH,
            Category.SUPPLY_CHAIN,
            "install-hook",
            "runs commands or talks to the network while the package is installed",
            hook,
            Effect.EXECUTE,
        )


def _within(span: Span, text: str) -> Span:
    """Return `span` cut to `text`, which the repaired text may be longer than."""
    return Span(min(span.start, len(text)), min(span.end, len(text)))


class _Positions:
    """Turns lines and UTF-8 columns of the syntax tree into characters of the text."""

    def __init__(self, source: Source) -> None:
        self._lines = source.text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._exact = source.exact

    def span(self, node: ast.AST) -> Span:
        """Return where `node` stands."""
        line = getattr(node, "lineno", 1) - 1
        end_line = (getattr(node, "end_lineno", None) or line + 1) - 1
        if not self._exact or not 0 <= line < len(self._lines) or not 0 <= end_line < len(self._lines):
            line = min(max(line, 0), len(self._lines) - 1)
            return Span(self._starts[line], self._starts[line] + len(self._lines[line]))
        return Span(
            self._starts[line] + self._column(line, getattr(node, "col_offset", 0)),
            self._starts[end_line] + self._column(end_line, getattr(node, "end_col_offset", None) or 0),
        )

    def _column(self, line: int, offset: int) -> int:
        text = self._lines[line]
        return (
            offset if text.isascii() else len(text.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "ignore"))
        )
