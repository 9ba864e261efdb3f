"""Redirections: what a command reads instead of its input, and where its output goes (POSIX 2.7)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from tui.risk.shell.draft import Draft
from tui.risk.shell.expand import Expander
from tui.risk.shell.model import Redirect, Stdin
from tui.risk.shell.syntax import RedirectNode
from tui.risk.shell.values import Context, Disguise, Field, Output, Scope, code_source, fed, joined

_COPROCESS: Final = re.compile(r"\$\{(\w+)\[0\]\}")
"""The descriptor that what a coprocess prints is read from."""
_DOCUMENTS: Final = ("<<", "<<-", "<<<")


def follow(
    nodes: list[RedirectNode], draft: Draft, expander: Expander, scope: Scope, context: Context
) -> tuple[Context, Field | None]:
    """Return the context with what is read, and the file that standard output goes to."""
    output: Field | None = None
    redirects: list[Redirect] = []
    for node in nodes:
        if node.operator in _DOCUMENTS:
            body = node.body if node.operator != "<<<" else node.target
            if body is None:
                continue
            field = expander.single(body)
            draft.inputs += field.inputs
            text = field.text + ("\n" if node.operator == "<<<" else "")
            context = replace(
                context, stdin=Stdin(None if field.literal is None else text, field.inputs),
                source=code_source(field, scope), disguise=field.disguise, steps=(),
            )  # fmt: skip
            continue
        field = expander.single(node.target)
        draft.inputs += field.inputs
        if node.operator in ("<&", ">&") and (field.text.isdigit() or field.text.rstrip("-") in ("", *"0123456789")):
            continue
        if node.operator == "<&" and (match := _COPROCESS.fullmatch(field.text)) is not None:
            context = fed(context, scope.files.get(f"<&{match[1]}", Output()))
            continue
        operator = "&>" if node.operator == ">&" else node.operator
        redirects.append(Redirect(operator, node.descriptor, field.word))
        if operator in ("<", "<>") and node.descriptor in (None, 0):
            context = _read_file(field, scope, context)
        elif operator != "<" and node.descriptor in (None, 1):
            output = field
    draft.redirects = (*draft.redirects, *redirects)
    return context, output


def _read_file(field: Field, scope: Scope, context: Context) -> Context:
    content = scope.files.get(field.text)
    if content is not None:
        return fed(context, content)
    return replace(context, stdin=Stdin(None, field.inputs), source=None, disguise=Disguise.NONE, steps=())


def written(target: Field | None, output: Output, scope: Scope) -> Output:
    """Remember what a file holds after output went there."""
    if target is None:
        return output
    name = target.literal
    if name is not None and name not in ("/dev/null", "/dev/stdout", "/dev/stderr"):
        store(name, output, scope)
    elif name is None and target.text.startswith("$"):
        store(target.text, output, scope)  # the same unknown name leads to the same file
    if name in ("/dev/stdout", "/dev/fd/1", "/dev/tty"):
        return output
    return Output("", output.producers)


def remember_coprocess(name: str, output: Output, scope: Scope) -> None:
    """Remember what a coprocess prints, for those who read from it."""
    if len(scope.files) < 256:
        scope.files[f"<&{name}"] = output


def store(name: str, output: Output, scope: Scope) -> None:
    """Remember a file's content; a second write adds to what may be in it."""
    if len(scope.files) < 256:
        before = scope.files.get(name)
        scope.files[name] = joined([before, output]) if before is not None else output
        if name.startswith("./"):
            scope.files[name[2:]] = scope.files[name]
        elif not name.startswith(("/", "~")):
            scope.files["./" + name] = scope.files[name]
            if scope.cwd is not None and scope.cwd.literal is not None:
                scope.files[scope.cwd.literal.rstrip("/") + "/" + name] = scope.files[name]
