"""`rollcage knowledge`: the concepts commands can speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command, family
from tui.cli.console import out, out_json, out_table, say
from tui.errors import InvalidInput
from tui.text import clean_line

if TYPE_CHECKING:
    import argparse

    from tui.policy.knowledge.graph import Graph
    from tui.policy.knowledge.model import Concept
    from tui.policy.rules import Rules
    from tui.policy.sources import Loaded


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser, commands = family(
        subparsers,
        "knowledge",
        _list,
        "list, match and check the concepts of the knowledge graph",
        examples=(
            "rollcage knowledge",
            "rollcage knowledge match 'roll out the web server'",
            "rollcage knowledge check     every problem with file and line, and whether the server answers",
        ),
    )
    add_json(parser)
    add_json(command(commands, "list", _list, "list concepts with their synonyms"), inherit=True)
    match = command(commands, "match", _match, "say which concepts a text speaks of")
    match.add_argument("text", nargs="+", metavar="TEXT")
    add_json(match, inherit=True)
    add_json(command(commands, "check", _check, "report every problem of concept files and the server"), inherit=True)


def _load() -> Loaded:
    from pathlib import Path

    from tui.paths import Paths
    from tui.policy.sources import Sources

    loaded = Sources(Paths.from_environment(), Path.cwd()).read()
    if not loaded.is_valid:
        raise InvalidInput("\n".join(map(str, loaded.problems)), hint="the policy says where concepts come from")
    return loaded


def _graph(loaded: Loaded) -> Graph:
    """Return the graph of the files and of the server, if there is one.

    Raises:
        ServerUnavailable: there is one and it does not answer.
    """
    from tui.policy.knowledge.collection import joined

    return joined(loaded.knowledge.graph, _of_server(loaded.rules))


def _of_server(rules: Rules) -> tuple[Concept, ...]:
    import asyncio

    from tui.policy.knowledge.server import KnowledgeServer

    if rules.knowledge.server is None:
        return ()
    server = KnowledgeServer(rules.knowledge.server, rules.knowledge.role, rules.knowledge.timeout_s)

    async def ask() -> tuple[Concept, ...]:
        try:
            return await server.concepts()
        finally:
            await server.close()

    return asyncio.run(ask())


def _list(arguments: argparse.Namespace) -> int:
    concepts = sorted(_graph(_load()).concepts, key=lambda concept: concept.key)
    if arguments.json:
        out_json(concepts)
        return 0
    if not concepts:
        say("rollcage: there are no concepts")
        return 0
    rows = [(each.name, str(each.origin), ", ".join(each.related), ", ".join(each.synonyms)) for each in concepts]
    out_table(("CONCEPT", "FROM", "RELATED", "SYNONYMS"), rows)
    return 0


def _match(arguments: argparse.Namespace) -> int:
    graph = _graph(_load())
    text = " ".join(arguments.text)
    found = graph.match(text)
    close = graph.close_to(text) if not found else None
    if arguments.json:
        out_json({"matched": [concept.name for concept in found], "close": close[0] if close else None})
        return 0
    for concept in found:
        out(clean_line(concept.name))
    if not found:
        say("rollcage: it speaks of no concept" + (f"; did you mean {close[0]!r}?" if close else ""))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from tui.definitions.problems import has_errors

    loaded = _load()
    problems = loaded.knowledge.problems
    if arguments.json:
        out_json(problems)
    else:
        for problem in problems:
            out(str(problem))
    graph = _graph(loaded)
    if not arguments.json:
        say(f"rollcage: {len(graph)} concepts, {graph.terms} terms, {len(problems) or 'no'} problems")
    return InvalidInput.exit_code if has_errors(problems) else 0
