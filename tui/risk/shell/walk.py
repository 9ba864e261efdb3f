"""Walks a syntax tree the way a shell would execute it, and notes every simple command on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tui.risk.model import Confidence, Span
from tui.risk.shell import environment, execute
from tui.risk.shell.call import Call
from tui.risk.shell.draft import Draft
from tui.risk.shell.expand import Expander
from tui.risk.shell.known import PROGRAMS
from tui.risk.shell.limits import DEPTH_LIMIT, INVOCATION_LIMIT, LOOP_LIMIT, Budget
from tui.risk.shell.loops import never_rests, piles_up
from tui.risk.shell.model import Code, Redirect, ShellProgram, Stdin, Word
from tui.risk.shell.parser import parse
from tui.risk.shell.source import Source
from tui.risk.shell.syntax import (
    Assignment,
    Command,
    Conditional,
    Coprocess,
    Function,
    Group,
    Listing,
    Loop,
    Pipeline,
    RedirectNode,
    Script,
    Simple,
    Substitution,
    Test,
)  # fmt: skip
from tui.risk.shell.values import (
    NO_INPUT,
    NOTHING,
    Context,
    Disguise,
    Field,
    FunctionBody,
    Output,
    Scope,
    Value,
    appended,
    code_source,
    fed,
    joined,
    known,
    unknown,
)  # fmt: skip

_DOCUMENTS: Final = ("<<", "<<-", "<<<")
_KEYED: Final = re.compile(r"\[([^\]]{1,64})\]=")
_QUOTES: Final = "\"'"
_COMPARES: Final = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
"""Operators of `[[` whose operands are evaluated as arithmetic."""


class Walker:
    """Collects the invocations of one text."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.drafts: list[Draft] = []
        self.functions: dict[str, None] = {}
        self.recursive: dict[str, None] = {}
        self.busy: list[Span] = []
        self.piling: list[Span] = []
        """Loops without an end that do nothing."""
        self.unclear = False
        """Whether a program or code is only known when the text runs."""

    # Texts

    def text(self, source: Source, scope: Scope, context: Context) -> Output:
        """Walk a text that a shell executes."""
        if context.depth > DEPTH_LIMIT:
            self.budget.problem("commands are nested in each other more deeply than is looked at")
            return Output()
        script = parse(source, self.budget)
        return self.script(script, scope, context)

    def script(self, script: Script, scope: Scope, context: Context) -> Output:
        """Walk a parsed text."""
        for problem in script.problems:
            self.budget.problem(problem)
        return self._listing(script.body, script.source, scope, context)

    def reserve(self, span: Span, context: Context) -> Draft | None:
        """Take the next index for an invocation; None when there are too many."""
        if len(self.drafts) >= INVOCATION_LIMIT:
            self.budget.problem("there are more commands than are looked at")
            return None
        draft = Draft(len(self.drafts), span, context)
        self.drafts.append(draft)
        return draft

    def invoke(self, fields: list[Field], scope: Scope, context: Context) -> Output:
        """Note and follow a command that another one runs with these arguments."""
        if not fields:
            return Output()
        if context.depth > DEPTH_LIMIT:
            self.budget.problem("commands are nested in each other more deeply than is looked at")
            return Output()
        span = Span(min(field.word.span.start for field in fields), max(field.word.span.end for field in fields))
        draft = self.reserve(span, context)
        if draft is None:
            return Output()
        return execute.run(Call(self, "", fields, draft, scope, context))

    # Structure

    def _listing(self, node: Listing, source: Source, scope: Scope, context: Context) -> Output:
        outputs: list[Output] = []
        for command, background in zip(node.items, node.background, strict=True):
            if len(self.drafts) >= INVOCATION_LIMIT or self.budget.work < 0:
                self.budget.problem("there are more commands than are looked at")
                break
            outputs.append(
                self.command(command, source, scope, replace(context, background=True) if background else context)
            )
        return joined(outputs)

    def command(self, node: Command, source: Source, scope: Scope, context: Context) -> Output:
        """Walk one command; the result is what it writes to its standard output."""
        match node:
            case Simple():
                return self._simple(node, source, scope, context)
            case Pipeline():
                return self._pipeline(node, source, scope, context)
            case Listing():
                return self._listing(node, source, scope, context)
            case Function():
                return self._function(node, source, scope, context)
            case Coprocess():
                return self.command(node.body, source, scope.child(), replace(context, background=True))
            case Group():
                with_input, output = self._compound_redirects(node.redirects, source, scope, context)
                inner = self._listing(node.body, source, scope.child() if node.subshell else scope, with_input)
            case Conditional():
                with_input, output = self._compound_redirects(node.redirects, source, scope, context)
                expander = self.expander(source, scope, context, 0)
                for word in node.subject:
                    expander.single(word)
                inner = self._branches(node, source, scope, with_input)
            case Loop():
                with_input, output = self._compound_redirects(node.redirects, source, scope, context)
                inner = self._loop(node, source, scope, with_input)
            case Test():
                _, output = self._compound_redirects(node.redirects, source, scope, context)
                self._test(node, self.expander(source, scope, context, 0))
                inner = NOTHING
        return self._written(output, inner, scope)

    def _test(self, node: Test, expander: Expander) -> None:
        for position, word in enumerate(node.words):
            before = node.words[position - 1].raw if position else ""
            after = node.words[position + 1].raw if position + 1 < len(node.words) else ""
            plain_name = before == "-v" and word.raw.isidentifier()
            if node.arithmetic or _COMPARES & {before, after} or (before == "-v" and not plain_name):
                expander.evaluated(word)
            else:
                expander.single(word)

    def _branches(self, node: Conditional, source: Source, scope: Scope, context: Context) -> Output:
        outputs = [self._listing(block, source, scope, context) for block in node.blocks]
        producers = joined(outputs).producers
        return Output(None, producers)

    def _loop(self, node: Loop, source: Source, scope: Scope, context: Context) -> Output:
        inside = replace(context, repeated=True)
        expander = self.expander(source, scope, context, 0)
        for word in node.looked_at:
            expander.evaluated(word)
        if never_rests(node, source):
            self.busy.append(source.span(node.start, node.end))
        if piles_up(node, source):
            self.piling.append(source.span(node.start, node.end))
        if node.condition is not None:
            self._listing(node.condition, source, scope, inside)
        if node.variable is None:
            return Output(None, self._listing(node.body, source, scope, inside).producers)
        if node.items is None:
            values = None
            if isinstance(scope.positional, list):
                values = scope.positional
        else:
            fields = expander.fields(node.items)
            values = [field.value for field in fields]
            if any(field.word.globs for field in fields):
                values = [
                    Value(field.value.pieces, field.inputs)
                    if not field.word.globs
                    else unknown(field.text, field.inputs)
                    for field in fields
                ]
        if values is None or len(values) > LOOP_LIMIT or not values:
            inputs = tuple(index for value in values or () for index in value.inputs)
            scope.variables[node.variable] = unknown(f"${node.variable}", inputs)
            return Output(None, self._listing(node.body, source, scope, inside).producers)
        outputs = []
        for value in values:
            scope.variables[node.variable] = value
            outputs.append(self._listing(node.body, source, scope, inside))
        return joined(outputs)

    def _function(self, node: Function, source: Source, scope: Scope, context: Context) -> Output:
        self.functions[node.name] = None
        inside = scope.child()
        inside.positional = None
        defined = FunctionBody(node.body, Script(source, Listing([], []), []))
        inside.functions[node.name] = defined
        calls = (*context.calls, node.name)
        within = replace(context, stdin=NO_INPUT, source=None, calls=calls, defining=True)
        self.command(node.body, source, inside, within)
        scope.functions[node.name] = defined
        return NOTHING

    def _pipeline(self, node: Pipeline, source: Source, scope: Scope, context: Context) -> Output:
        output = Output()
        for position, member in enumerate(node.members):
            last = position == len(node.members) - 1
            inside = scope if last and isinstance(member, Simple) else scope.child()
            output = self.command(member, source, inside, context)
            context = fed(context, output)
        return output

    # Simple commands

    def expander(self, source: Source, scope: Scope, context: Context, index: int) -> Expander:
        """Return what expands the words of the command with this index."""

        def run(part: Substitution, inside: Scope) -> Output:
            under = replace(context, found_by=None, appended=False, disguise=Disguise.NONE, steps=())
            if part.direction == ">":
                under = replace(under, stdin=Stdin(None, (index, *context.stdin.producers)))
            return self.script(part.script, inside.child(), under)

        def doubt(runs: bool, text: str | None) -> None:
            if context.defining:
                return  # what a function is called with is known where it is called
            self.unclear = True
            if not runs or (draft := self._at(index, source, context)) is None:
                return
            if text is None:
                draft.code = (*draft.code, Code("bash", None, draft.span, (), None, "eval"))
                return
            quoted = text.replace('"', '\\"')
            inside = replace(
                context, chain=(*context.chain, "evaluation"), found_by=draft.index, depth=context.depth + 1,
                stdin=NO_INPUT, source=None, obfuscated=True,
            )  # fmt: skip
            self.text(Source(f': "{quoted}"', base=draft.span), scope.child(), inside)

        return Expander(source, scope, self.budget, run, doubt)

    def _at(self, index: int, source: Source, context: Context) -> Draft | None:
        if index < len(self.drafts):
            return self.drafts[index]
        return self.reserve(source.span(0, len(source.text)), context)

    def _simple(self, node: Simple, source: Source, scope: Scope, context: Context) -> Output:
        draft = self.reserve(source.span(node.start, node.end), context)
        if draft is None:
            return Output()
        expander = self.expander(source, scope, context, draft.index)
        before: dict[str, Value | list[Value] | None] = {}
        if node.assignments:
            before = {item.name: scope.variables.get(item.name) for item in node.assignments} if node.words else {}
            draft.assignments = tuple(self.assign(item, expander, scope, draft) for item in node.assignments)
        fields = expander.fields(node.words)
        if node.declared:
            declared = [self.assign(item, expander, scope, draft) for item in node.declared]
            draft.assignments += tuple(declared)
            fields += [
                Field(replace(word, parts=(f"{name}=", *word.parts)), Source(word.text, base=word.span))
                for name, word in declared
            ]
        context, output = self._redirects(node.redirects, draft, expander, scope, context)
        draft.inputs = tuple(dict.fromkeys((*draft.inputs, *(index for field in fields for index in field.inputs))))
        draft.stdin = context.stdin
        if not fields:
            draft.cwd = context.cwd or scope.cwd
            environment.follow(Call(self, "", [], draft, scope, context))
            inner = self._bare(node, draft, context)
        else:
            inner = execute.run(Call(self, "", fields, draft, scope, context))
        for name, value in before.items():
            if value is None:
                scope.variables.pop(name, None)
            else:
                scope.variables[name] = value
        return self._written(output, inner, scope)

    def _bare(self, node: Simple, draft: Draft, context: Context) -> Output:
        """A command of redirections and assignments alone; `$(<file)` is what the file holds."""
        producers = (draft.index, *context.stdin.producers)
        if not any(redirect.operator == "<" for redirect in node.redirects):
            return Output("", (draft.index,))
        return Output(context.stdin.literal, producers, context.disguise, context.steps, context.source)

    def assign(self, node: Assignment, expander: Expander, scope: Scope, draft: Draft) -> tuple[str, Word]:
        """Carry out an assignment and return it for the record."""
        span = expander.source.span(node.start, node.end)
        if node.items is not None:
            fields = expander.fields(node.items)
            before = scope.variables.get(node.name) if node.append else None
            values = [field.value for field in fields]
            scope.variables[node.name] = [*before, *values] if isinstance(before, list) else values
            self._assign_keys(node.name, fields, scope)
            draft.inputs += tuple(index for field in fields for index in field.inputs)
            return node.name, Word((" ".join(field.text for field in fields),), span)
        assert node.value is not None
        field = expander.single(node.value)
        value = field.value
        draft.inputs += field.inputs
        current = scope.variables.get(node.name)
        if node.index is not None:
            self._assign_item(node, value, scope)
        elif node.append and isinstance(current, Value):
            scope.variables[node.name] = appended(current, value) or unknown(f"${node.name}")
        else:
            hides = field.assembled and field.literal in PROGRAMS
            disguise = max(value.disguise, Disguise.TRANSFORMED if hides else Disguise.NONE)
            scope.variables[node.name] = replace(value, disguise=disguise)
        return node.name, replace(field.word, span=span if not field.word.text else field.word.span)

    def _assign_keys(self, name: str, fields: list[Field], scope: Scope) -> None:
        """`name=([key]=value …)`."""
        for field in fields[:LOOP_LIMIT]:
            first = field.word.parts[0] if field.word.parts else ""
            match = _KEYED.match(first) if isinstance(first, str) else None
            if match is not None:
                scope.variables[f"{name}[{match[1]}]"] = field.tail(match.end()).value

    def _assign_item(self, node: Assignment, value: Value, scope: Scope) -> None:
        if node.index is not None and not node.index.isdigit():
            scope.variables[f"{node.name}[{node.index.strip(_QUOTES)}]"] = value
        current = scope.variables.get(node.name)
        items = list(current) if isinstance(current, list) else []
        if node.index is not None and node.index.isdigit() and int(node.index) < LOOP_LIMIT * 32:
            position = int(node.index)
            items += [known("")] * (position + 1 - len(items))
            items[position] = value
            scope.variables[node.name] = items

    # Redirections

    def _redirects(
        self, nodes: list[RedirectNode], draft: Draft, expander: Expander, scope: Scope, context: Context
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
            if node.operator in ("<&", ">&") and (
                field.text.isdigit() or field.text.rstrip("-") in ("", *"0123456789")
            ):
                continue
            operator = "&>" if node.operator == ">&" else node.operator
            redirects.append(Redirect(operator, node.descriptor, field.word))
            if operator in ("<", "<>") and node.descriptor in (None, 0):
                context = self._read_file(field, scope, context)
            elif operator != "<" and node.descriptor in (None, 1):
                output = field
        draft.redirects = (*draft.redirects, *redirects)
        return context, output

    def _read_file(self, field: Field, scope: Scope, context: Context) -> Context:
        content = scope.files.get(field.text)
        if content is not None:
            return fed(context, content)
        return replace(context, stdin=Stdin(None, field.inputs), source=None, disguise=Disguise.NONE, steps=())

    def _compound_redirects(
        self, nodes: list[RedirectNode], source: Source, scope: Scope, context: Context
    ) -> tuple[Context, Field | None]:
        """Redirections of a compound command: an invocation of their own without a program."""
        if not nodes:
            return context, None
        draft = self.reserve(source.span(nodes[0].target.start, nodes[-1].target.end), context)
        if draft is None:
            return context, None
        expander = self.expander(source, scope, context, draft.index)
        return self._redirects(nodes, draft, expander, scope, context)

    def _written(self, target: Field | None, output: Output, scope: Scope) -> Output:
        """Remember what a file holds after output went there."""
        if target is None:
            return output
        name = target.literal
        if name is not None and name not in ("/dev/null", "/dev/stdout", "/dev/stderr"):
            self.store(name, output, scope)
        if name in ("/dev/stdout", "/dev/fd/1", "/dev/tty"):
            return output
        return Output("", output.producers)

    def store(self, name: str, output: Output, scope: Scope) -> None:
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


def finished(text: str, walk: Callable[[Walker], object]) -> ShellProgram:
    """Run `walk` and return what was found, whatever happens."""
    budget = Budget()
    walker = Walker(budget)
    if "\0" in text:
        budget.problem("it contains NUL characters")
    try:
        walk(walker)
    except RecursionError:
        budget.problem("it is nested too deeply")
    invocations = tuple(draft.freeze() for draft in walker.drafts)
    confidence = Confidence.PARSED
    if budget.problems or walker.unclear:
        confidence = Confidence.PARTIAL
    elif any(item.obfuscated or any(word.folded for word in item.argv) for item in invocations):
        confidence = Confidence.FOLDED
    return ShellProgram(
        invocations, confidence, tuple(budget.problems), tuple(walker.functions), tuple(walker.recursive),
        tuple(walker.busy),
        tuple(walker.piling),
    )  # fmt: skip
