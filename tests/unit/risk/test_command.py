"""Reading command lines as their programs do."""

from __future__ import annotations

import pytest

from tui.risk.judge.command import Command, read_command
from tui.risk.knowledge import Knowledge
from tui.risk.model import Span
from tui.risk.shell.model import Invocation, Word


def command(line: str, knowledge: Knowledge) -> Command:
    words = line.split()
    invocation = Invocation(0, tuple(Word((word,), Span(0, 1)) for word in words), Span(0, len(line)))
    return read_command(invocation, knowledge.facts(words[0]))


@pytest.mark.parametrize(
    "line", ["rm -rf x", "rm -fr x", "rm -r -f x", "rm -Rf --recursive x", "rm --rec --forc x", "rm x -r", "rm -vrf x"]
)
def test_recursion_is_seen_however_it_is_written(line: str, knowledge: Knowledge) -> None:
    read = command(line, knowledge)
    assert any(map(read.has, ("-r", "-R", "--recursive")))
    assert "x" in read.words


def test_options_end_at_two_dashes(knowledge: Knowledge) -> None:
    read = command("rm -- -rf", knowledge)
    assert read.words == ("-rf",)
    assert not read.has("-r")


def test_a_value_is_no_operand(knowledge: Knowledge) -> None:
    read = command("git -C /srv/x push origin", knowledge)
    assert read.words == ("push", "origin")
    assert read.values("-C") == ("/srv/x",)


def test_an_attached_value_counts(knowledge: Knowledge) -> None:
    assert command("curl --output=/etc/x u", knowledge).values("--output") == ("/etc/x",)
    assert command("curl -o/etc/x u", knowledge).values("-o") == ("/etc/x",)


def test_a_subcommand_is_found_behind_an_unknown_option_with_a_value(knowledge: Knowledge) -> None:
    read = command("novel-cli --zone eu drop-all", knowledge)
    assert read.subcommand_at(("drop-all",))


def test_a_subcommand_stands_first(knowledge: Knowledge) -> None:
    assert not command("git log push", knowledge).subcommand_at(("push",))


def test_words_between_exec_and_its_end_are_not_finds_own(knowledge: Knowledge) -> None:
    read = command("find . -exec echo -delete ; -print", knowledge)
    assert not read.has("-delete")
    assert read.has("-print")
    assert command("find . -name x -delete", knowledge).has("-delete")
    assert not command("find . -name -delete", knowledge).has("-delete")


@pytest.mark.parametrize(
    ("line", "dry"),
    [
        ("terraform destroy --help", True),
        ("kubectl delete pod x --dry-run=client", True),
        ("kubectl delete pod x --dry-run=none", False),
        ("git clean -n -d", True),
        ("shutdown -h now", False),
        ("rm --version", True),
        ("cargo yank --version 1.0.0", False),
        ("aws s3 rm help", True),
    ],
)
def test_saying_what_would_happen_is_not_doing_it(line: str, dry: bool, knowledge: Knowledge) -> None:
    assert command(line, knowledge).dry is dry
