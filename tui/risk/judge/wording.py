"""The conditions of a rule that are about how a command reads as a whole, rather than about one of its words."""

from __future__ import annotations

import re
from typing import Final

from tui.risk.judge.command import Command, shortened
from tui.risk.rule import Condition
from tui.risk.shell.model import Invocation, Unknown

ASKING: Final = frozenset(
    {
        "add", "cat", "completion", "cp", "create", "describe", "explain", "get", "help", "inspect", "list", "lookup",
        "ls", "print", "put", "read", "set", "show", "validate", "version", "view", "write",
    }
)  # fmt: skip
"""Verbs after which no further verb is looked for: `kubectl get delete` reads."""

VERB_WITHIN: Final = 5
"""A verb stands among the first words: `gcloud compute instances delete NAME`."""
COMPOUND_WITHIN: Final = 3
"""A verb that is part of a word stands earlier: `aws ec2 delete-volume`, `heroku pg:reset`."""
LONGEST_CONTENT: Final = 24_576
"""Characters of a command, its input and its code that rules search."""
_JOINTS: Final = re.compile(r"[-_:.]")


def wording_holds(condition: Condition, command: Command) -> bool:
    """Say whether the conditions on the whole line, its verbs, its input and its surroundings hold."""
    if command.program in condition.not_program:
        return False
    if condition.no_line is not None and condition.no_line.search(command.line):
        return False
    if condition.verb and not _has_verb(condition.verb, command, compound=False):
        return False
    if condition.compound_verb and not _has_verb(condition.compound_verb, command, compound=True):
        return False
    invocation = command.invocation
    if condition.chain is not None and not condition.chain.search(_chain(invocation)):
        return False
    if condition.piped is not None and condition.piped != bool(invocation.stdin.producers):
        return False
    if condition.redirection is not None and not any(
        condition.redirection.search(f"{redirect.operator} {redirect.target.text}") for redirect in invocation.redirects
    ):
        return False
    if condition.content is None and condition.no_content is None:
        return True
    content = _content(command)
    if condition.content is not None and not condition.content.search(content):
        return False
    return condition.no_content is None or not condition.no_content.search(content)


def _chain(invocation: Invocation) -> str:
    """Return the wrappers; a loop over what another command printed is `xargs` in other words."""
    looped = invocation.repeated and any(
        isinstance(part, Unknown) and part.inputs for word in invocation.argv[1:] for part in word.parts
    )
    return " > ".join((*invocation.chain, *(("xargs",) if looped else ())))


def _has_verb(verbs: frozenset[str], command: Command, *, compound: bool) -> bool:
    for word in command.words[: COMPOUND_WITHIN if compound else VERB_WITHIN]:
        text = word.lower()
        if text in verbs or (compound and not verbs.isdisjoint(_JOINTS.split(text))):
            return True
        if text in ASKING:
            return False
    return False


def _content(command: Command) -> str:
    """Return the command line, what is known of its input, and the code it is handed."""
    invocation = command.invocation
    parts = [command.line, invocation.stdin.literal or ""]
    parts += [code.text for code in invocation.code if code.text]
    return shortened("\n".join(parts), LONGEST_CONTENT)
