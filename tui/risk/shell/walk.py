"""Walks a syntax tree the way a shell would execute it, and notes every simple command on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tui.risk.model import Span
from tui.risk.shell import assignments, environment, execute, lines, redirections
from tui.risk.shell.branches import Branches
from tui.risk.shell.call import Call
from tui.risk.shell.draft import Draft
from tui.risk.shell.expand import Expander
from tui.risk.shell.later import Later
from tui.risk.shell.limits import DEPTH_LIMIT, INVOCATION_LIMIT, LOOP_LIMIT, Budget
from tui.risk.shell.loops import never_rests, piles_up
from tui.risk.shell.model import Code, Stdin
from tui.risk.shell.parser import parse
from tui.risk.shell.source import Source
from tui.risk.shell.syntax import (
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
    fed,
    joined,
    unknown,
)  # fmt: skip

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
        self.later = Later()
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
            if lines.takes_a_line(command):
                context = lines.without_first(context)
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
                printed = self.command(node.body, source, scope.child(), replace(context, background=True))
                redirections.remember_coprocess(node.name, printed, scope)
                return NOTHING
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
        return redirections.written(output, inner, scope)

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
        self.budget.spend(len(scope.variables) * len(node.blocks))
        merged = Branches(scope)
        outputs = []
        for block in node.blocks:
            outputs.append(self._listing(block, source, scope, context))
            merged.end_of_branch()
        merged.join()
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
            outputs = []
            for each in lines.rounds(node.condition, inside):
                self._listing(node.condition, source, scope, each)
                outputs.append(self._listing(node.body, source, scope, each))
            whole = joined(outputs)
            return whole if len(outputs) > 1 else Output(None, whole.producers, source=whole.source)
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
        defined = FunctionBody(node.body, Script(source, Listing([], []), []))
        calls = (*context.calls, node.name)
        within = replace(context, stdin=NO_INPUT, source=None, calls=calls, defining=True)

        def uncalled() -> Output:
            inside = scope.child()
            inside.positional = None
            inside.functions[node.name] = defined
            return self.command(node.body, source, inside, within)

        self.later.defined(defined, uncalled)
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
            draft.assignments = tuple(assignments.assign(item, expander, scope, draft) for item in node.assignments)
        fields = expander.fields(node.words)
        if node.declared:
            declared = [assignments.assign(item, expander, scope, draft) for item in node.declared]
            draft.assignments += tuple(declared)
            fields += [
                Field(replace(word, parts=(f"{name}=", *word.parts)), Source(word.text, base=word.span))
                for name, word in declared
            ]
        context, output = redirections.follow(node.redirects, draft, expander, scope, context)
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
        return redirections.written(output, inner, scope)

    def _bare(self, node: Simple, draft: Draft, context: Context) -> Output:
        """A command of redirections and assignments alone; `$(<file)` is what the file holds."""
        producers = (draft.index, *context.stdin.producers)
        if not any(redirect.operator == "<" for redirect in node.redirects):
            return Output("", (draft.index,))
        return Output(context.stdin.literal, producers, context.disguise, context.steps, context.source)

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
        return redirections.follow(nodes, draft, expander, scope, context)
