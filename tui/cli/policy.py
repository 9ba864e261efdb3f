"""`rollcage policy`: who may run what, how often and when."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command, family
from tui.cli.console import out, out_json, out_table, say
from tui.errors import UsageError
from tui.text import clean_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from tui.definitions.model import Definition
    from tui.policy.policy import Policy
    from tui.policy.rules import Rules
    from tui.policy.verdict import Check
    from tui.proposal import Proposal

_REFUSED = 1
"""Exit code of a check that something would not run."""


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser, commands = family(
        subparsers,
        "policy",
        _show,
        "show what the policy allows, and check definitions and commands against it",
        examples=(
            "rollcage policy                                   roles, deny list, limits, times",
            "rollcage policy check hello-world backup          what would keep them from running now",
            "rollcage policy check deploy version=1.0.0        with a parameter",
            "rollcage policy test 'sudo mkfs /dev/sdb'         the same for code",
            "rollcage policy test --role default -- rm -r x    as another role; a program without a shell",
        ),
    )
    _add_asker(parser, inherit=False)
    add_json(parser)
    show = command(commands, "show", _show, "show the rules in force, what is left of limits, and when is allowed next")
    _add_asker(show, inherit=True)
    add_json(show, inherit=True)
    check = command(commands, "check", _check, "say what would keep definitions from running now")
    check.add_argument("names", nargs="+", metavar="NAME", help="definitions; KEY=VALUE sets a parameter")
    _add_asker(check, inherit=True)
    add_json(check, inherit=True)
    test = command(commands, "test", _test, "say what would keep a piece of code from running now")
    test.usage = "rollcage policy test [OPTIONS] [CODE | -- PROGRAM ARGUMENT…]"
    test.add_argument("code", nargs="?", metavar="CODE")
    test.add_argument("-l", "--language", default="bash", metavar="LANGUAGE", help="bash, python or javascript")
    test.set_defaults(program=None)
    _add_asker(test, inherit=True)
    add_json(test, inherit=True)


def _add_asker(parser: argparse.ArgumentParser, *, inherit: bool) -> None:
    import argparse

    default = argparse.SUPPRESS if inherit else None
    parser.add_argument("--role", default=default, metavar="NAME", help="as this role (default: the setting)")
    parser.add_argument("--user", default=default, metavar="NAME", help="as this user (default: you)")


@contextmanager
def _policy() -> Iterator[Policy]:
    """Yield the policy of this user in the working directory."""
    from pathlib import Path

    from tui.paths import Paths
    from tui.policy.policy import Policy
    from tui.store.rows import now
    from tui.store.store import Store

    paths = Paths.from_environment()
    store = Store.open(paths)
    try:
        yield Policy.load(paths, Path.cwd(), store.uses, now)
    finally:
        store.close()


def _asker(arguments: argparse.Namespace) -> tuple[str, str]:
    """Return role and user that a question is asked for."""
    from tui.config import load_settings
    from tui.paths import Paths
    from tui.runs.gatekeeper import user_name

    role = load_settings(Paths.from_environment()).gate.role
    return arguments.role or role, arguments.user or user_name()


def _show(arguments: argparse.Namespace) -> int:
    from tui.policy.roles import role_name
    from tui.policy.times import next_allowed
    from tui.store.rows import now

    role, user = _asker(arguments)
    with _policy() as policy:
        moment = now()
        following = next_allowed(policy.rules.times, moment)
    if arguments.json:
        asker = {"role": role_name(role), "user": user}
        out_json({**asker, **_data(policy.rules), "next_allowed_at": following, "problems": policy.problems})
        return 0
    mine = role_name(role)
    out(f"you are {clean_line(user)}, role {mine}: {_permitted(policy.rules.roles.get(mine))}")
    _print_rules(policy.rules)
    if following is None:
        out("  the restrictions leave no moment in sight")
    elif following > moment:
        from tui.policy.moments import shown

        out(f"  next allowed at {shown(following, moment, policy.rules.times[0].zone)}")
    out("\nread from:")
    for _, path in policy.roots:
        out(f"  {path}{'' if path.exists() else '  (not there)'}")
    for problem in policy.problems:
        say(str(problem))
    return 0


def _data(rules: Rules) -> dict[str, object]:
    """Return the rules as plain data."""
    limits = [
        {
            "limit": str(limit.rate), "uses": limit.rate.uses, "per_s": limit.rate.per_s, "each": limit.rate.each,
            "command": limit.command, "role": limit.role, "user": limit.user, "place": limit.place,
        }
        for limit in rules.limits
    ]  # fmt: skip
    times = [
        {
            "windows": [str(window) for window in each.windows],
            "maintenance": [str(window) for window in each.maintenance],
            "time_zone": str(each.zone) if each.zone is not None else None,
        }
        for each in rules.times
    ]
    return {
        "roles": {name: sorted(permitted) for name, permitted in sorted(rules.roles.items())},
        "deny": rules.deny,
        "refuse": rules.refuse,
        "rate_limits": limits,
        "times": times,
        "knowledge": rules.knowledge,
    }


def _print_rules(rules: Rules) -> None:
    """Print the rules for a person, the times last."""
    from tui.definitions.restrictions import in_words

    out("\nroles:")
    for name, permitted in sorted(rules.roles.items()):
        out(f"  {name:<12} {_permitted(permitted)}")
    out("\nnever runs:")
    for entry in rules.deny:
        out(f"  {clean_line(str(entry))}  ({clean_line(entry.place)})")
    if rules.refuse is not None:
        out(f"  anything of risk {rules.refuse} or above")
    if not rules.deny and rules.refuse is None:
        out("  nothing is denied")
    out("\nrate limits:")
    for limit in rules.limits:
        out(f"  {clean_line(str(limit))}  ({clean_line(limit.place)})")
    knowledge = rules.knowledge
    out(f"\nknowledge graph: {knowledge.strictness}, asks a person after {knowledge.ask_after} failures")
    if knowledge.server is not None:
        out(f"  server {clean_line(knowledge.server)}, role {clean_line(knowledge.role)}")
    out("\ntimes:")
    for each in rules.times:
        zone = str(each.zone) if each.zone is not None else "the host's time zone"
        out(f"  {in_words(each.windows) or 'always'}  ({zone})")
        for closed in each.closed:
            out(f"  not during maintenance: {clean_line(closed)}")
    if not rules.times:
        out("  always")


def _permitted(permitted: frozenset[str] | None) -> str:
    return "unknown, so it permits nothing" if permitted is None else ", ".join(sorted(permitted)) or "nothing"


def _check(arguments: argparse.Namespace) -> int:
    from tui.definitions.catalog import Catalog
    from tui.definitions.parameters import parse_assignments

    role, user = _asker(arguments)
    index = Catalog.standard().index
    definitions = [index.resolve(name) for name in arguments.names if "=" not in name]
    values = parse_assignments(name for name in arguments.names if "=" in name)
    if not definitions:
        raise UsageError("which definitions?", hint="rollcage policy check NAME…")
    if strange := [name for name in values if not any(definition.parameter(name) for definition in definitions)]:
        raise UsageError(f"none of the definitions takes a parameter {strange[0]!r}")
    return _answer(arguments, [_proposal(definition, values, role, user) for definition in definitions])


def _test(arguments: argparse.Namespace) -> int:
    from tui.proposal import Proposal, ProposedStep
    from tui.risk import assess, assess_argv

    role, user = _asker(arguments)
    if bool(arguments.code) == bool(arguments.program):
        raise UsageError("give either a text or a program after --", hint="rollcage policy test 'rm -rf /'")
    if arguments.program:
        title = " ".join(arguments.program)
        judged = assess_argv(arguments.program)
        step = ProposedStep(title, "bash", tuple(arguments.program), judged)
    else:
        title = arguments.code
        judged = assess(title, arguments.language)
        step = ProposedStep(title, arguments.language, assessment=judged)
    return _answer(arguments, [Proposal(title, (step,), "", user, role, assessment=judged)])


def _answer(arguments: argparse.Namespace, proposals: list[Proposal]) -> int:
    """Print the verdict on each proposal, and return the exit code."""
    import asyncio

    from tui.policy.verdict import Outcome, Verdict

    async def verdicts(policy: Policy) -> list[Verdict]:
        try:
            return [await policy.preview(proposal) for proposal in proposals]
        finally:
            await policy.close()

    with _policy() as policy:
        found = asyncio.run(verdicts(policy))
    if arguments.json:
        out_json([{"title": asked.title, **each.to_json()} for asked, each in zip(proposals, found, strict=True)])
    else:
        for number, (asked, each) in enumerate(zip(proposals, found, strict=True)):
            out(f"{chr(10) if number else ''}{clean_line(asked.title)}: {each.outcome}")
            out_table(("CHECK", "RESULT", "REASON"), map(_row, each.checks))
    return 0 if all(each.outcome is Outcome.ALLOW for each in found) else _REFUSED


def _row(check: Check) -> tuple[str, ...]:
    return str(check.action), str(check.result), check.reason


def _proposal(definition: Definition, values: Mapping[str, str], role: str, user: str) -> Proposal:
    """Return the proposal to run a definition with those of the values it takes.

    Raises:
        InvalidParameters: a value is wrong, or one that is required is missing.
    """
    from tui.definitions.parameters import resolve
    from tui.definitions.templating import render
    from tui.proposal import Proposal, ProposedStep
    from tui.risk import assess, combine

    typed = resolve(definition, {name: value for name, value in values.items() if definition.parameter(name)})
    texts = [(render(step, typed), str(step.language)) for step in definition.steps]
    steps = tuple(ProposedStep(text, language, assessment=assess(text, language)) for text, language in texts)
    return Proposal(
        title=definition.name,
        steps=steps,
        session="",
        user=user,
        role=role,
        definition=definition.name,
        definition_hash=definition.content_hash,
        parameters=typed,
        documentation=definition.documentation,
        permissions=definition.permissions,
        concepts_required=definition.knowledge_graph_required,
        rate_limit=definition.rate_limit,
        allowed_times=definition.allowed_times,
        roles=definition.roles,
        assessment=combine(step.assessment for step in steps if step.assessment is not None),
    )
