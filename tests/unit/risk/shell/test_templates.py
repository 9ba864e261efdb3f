"""What text tools write around input that is not known."""

from __future__ import annotations

import pytest

from tui.risk.shell.templates import template
from tui.risk.shell.textual import awk, sed


@pytest.mark.parametrize(
    ("program", "arguments", "expected"),
    [
        ("awk", ['{print "rm " $1}'], "rm ${column}"),
        ("awk", ["-F:", '$3 > 10 {print "userdel", $1}', "list"], "userdel ${column}"),
        ("awk", ['{printf "kill -9 %s\\n", $2}'], "kill -9 ${column}\n"),
        ("gawk", ["NR > 1 {print $1}"], None),
        ("awk", ['{print "a" > "file"}'], None),
        ("sed", ["s/^/rm -f /"], "rm -f ${line}"),
        ("sed", ["s/.*/DROP TABLE &;/", "tables"], "DROP TABLE ${line};"),
        ("sed", ["-n", "s/a/b/p"], None),
        ("sed", ["s/x$//"], None),
        ("jq", ["-r", '.[] | "rm \\(.name)"'], "rm ${column}"),
        ("jq", ['.[] | "rm \\(.name)"'], None),
        ("jq", ["-r", ".[].name"], None),
        ("cut", ["-d:", "-f1"], None),
    ],
)
def test_the_known_words_stay(program: str, arguments: list[str], expected: str | None) -> None:
    assert template(program, arguments) == expected


@pytest.mark.parametrize("script", ["s/[[:space:]]*$//", "s/[[a]/x/", "s/[a--b]/x/", "s/[a&&b]/x/", "s/[^[]x/y/"])
def test_sets_that_may_mean_something_else_are_no_cause_to_warn(script: str, recwarn: pytest.WarningsRecorder) -> None:
    template("sed", [script])
    sed([script], "text")
    assert not recwarn.list


def test_classes_of_posix_are_known() -> None:
    assert sed(["s/[[:space:]]/-/g"], "a b") == "a-b"


def test_blanks_without_end_take_no_time_that_grows_with_their_square() -> None:
    program = "{print " + " " * 50_000
    assert awk([program], None) is None
    assert template("awk", [program]) is None


def test_the_end_of_a_statement_is_no_part_of_it() -> None:
    assert awk(['{ print "a" $2 ; }'], "x y\n") == "ay\n"
    assert template("awk", ['{ print("rm", $1) ; }']) == "rm ${column}"
