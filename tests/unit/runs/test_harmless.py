"""What a shell text may consist of to run on the host."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.definitions import Catalog, Scope, environment, render, resolve
from tui.paths import shipped
from tui.runs.harmless import argv_objections, obeyed, objections
from tui.runs.harmless_programs import PROGRAMS


@pytest.mark.parametrize(
    "text",
    [
        "ls -la", "cat a | grep -c x > out", "x=$(grep a b); echo \"$x\"", "LC_ALL=C sort f", "/usr/bin/wc -l *.py",
        "set -euo pipefail\nif [ ! -e a ]; then echo no >&2; exit 2; fi", "find . -name '*.py' -type f -size +1k",
        "sed -n '1,5p' f", "sed 's/a/b/g' f", "sort -k 2 -t , f", "sort -- x*", "uniq -c", "command -v jq",
        "for f in *.py; do wc -l \"$f\"; done", "printf '%s\\n' a", "cat <<'E'\nhi\nE",
        "ls nowhere 2>/dev/null || true",
        "echo ${x:-y} $? $@ $1", "date +%F", "rg -n word src", "while true; do sleep 1; done", "case a in a) ls;; esac",
    ],
)  # fmt: skip
def test_plain_reading_is_let_through(text: str):
    assert list(objections(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        # Programs that are not listed, and ways to run others under listed names
        "bash", "python3 x", "awk 1 f", "git status", "less f", "man ls", "vi f", "xargs ls", "env ls", "tee f", "./ls",
        "a/ls", "/tmp/ls", "$x", "~/ls", "{ls,x}", "ls() { :; }", "alias ls=x", "hash -p x ls", "enable -f x ls",
        "eval ls", "source f", ". f", "exec ls", "command ls", "builtin ls", "trap ls EXIT", "coproc ls", "ls <(ls)",
        "timeout 1 ls",
        # Options and operands by which listed programs do more
        "find . -delete", "find . -exec ls {} +", "find . -fprintf f x", "find . *", "find . $x", "find . \"$x\"",
        "find . '-delete'", "find . ''-delete", "find . -d{elete,x}", "find . \\-delete", "sort -o f g", "sort *",
        "sort --compress-program=x f", "sort -ro f g", "sed -i s/a/b/ f", "sed -ni p f", "sed 's/a/b/e' f",
        "sed 'w f' g", "uniq -- a -c", "uniq -c a*",
        "sed '1e ls' f", "sed 's/a/b/w f' g", "sed -f x f", "sed -e p f", "sed \"$x\" f", "sed 'p;e' f", "rg --pre x y",
        "rg --hostname-bin=x y", "rg -z x", "uniq a b", "date 0101", "date -s x", "printf -v x y", "printf %n x",
        "printf \"$x\" y", "set -k", "set -o allexport x",
        # Variables that are obeyed, however they are set
        "PATH=/x", "PATH=/x ls", "LD_PRELOAD=x ls", "IFS=x", "BASH_ENV=x ls", "PAGER=x ls", "GIT_DIR=x ls", "FOO=1 ls",
        "LC_ALL=/x ls", "LC_ALL=$x ls", "export PATH=x", "declare x=1", "typeset -n a=PATH", "read PATH", "unset x",
        "mapfile -t PATH", "getopts a PATH", "let PATH=1", "for PATH in x; do ls; done",
        "select PATH in x; do ls; done",
        ": ${PATH:=x}", ": ${x=y}", "{PATH}>f", "ls {PATH}>f",
        # What evaluates data as code
        "a[$(id)]=1", "x=(1)", "echo ${a[1]}", "echo $((x))", "((x))", "[[ x -eq 1 ]]", "[ -v 'a[x]' ]", "test -R a",
        "test \"$a\" \"$b\"", "[ $x ]", "echo ${x@P}", "echo ${!x}", "echo ${x:y}", "echo ${x/a/b}",
        "for ((;;)); do ls; done",
        # Files
        "echo > \"$x\"", "echo > *", "echo > .git/config", "echo > sub/.git/hooks/x", "echo >> Makefile",
        "ls &> .envrc",
        "echo <> f", "echo >| f", "cat < /dev/tcp/h/1",
        # What a reader and a shell may see differently
        "ls\rx", "ls \x1b[1m", "echo 'not closed", "if ls", "echo $(",
    ],
)  # fmt: skip
def test_everything_else_is_not(text: str):
    assert list(objections(text))


@given(
    program=st.sampled_from(["bash", "awk", "git", "rm", "python3", "tee", "ln"]),
    frame=st.sampled_from(
        ["{}", "ls; {}", "ls | {}", "ls && {}", "echo $({})", "echo \"`{}`\"", "x=$({})", "cat <<E\n$({})\nE", "( {} )",
         "if {}; then ls; fi", "for f in $({}); do ls; done", "while {}; do ls; done", "ls 2>/dev/null $({})", "! {}",
         "case $({}) in a) ls;; esac", "echo ${{x:-$({})}}", "{{ {}; }} > out", "{} &", "time {}", "cat <<< \"$({})\""]
    ),
)  # fmt: skip
def test_no_construct_hides_a_program(program: str, frame: str):
    assert program not in PROGRAMS
    assert list(objections(frame.format("cat f"))) == []
    assert list(objections(frame.format(f"{program} f")))


def test_the_shipped_search_is_let_through_whatever_is_looked_for():
    catalog = Catalog([(Scope.SHIPPED, shipped("commands"))])
    catalog.refresh()
    definition = catalog.index.resolve("search")
    for pattern in ("word", "it's; $(rm x)", "-delete", "`x`\n* ${y}"):
        values = resolve(definition, {"pattern": pattern, "path": "a b", "ignore_case": "yes"})
        (step,) = definition.steps
        assert list(objections(render(step, values))) == []
        assert not any(obeyed(name, value) for name, value in environment(values).items())


def test_without_a_shell_words_are_what_they_are():
    assert list(argv_objections(("ls", "*", "$x"))) == []
    assert list(argv_objections(("find", ".", "-name", "*.py"))) == []
    for argv in (("find", ".", "-delete"), ("./ls",), ("bash", "-c", "ls"), ("sort", "-o", "f")):
        assert list(argv_objections(argv)), argv
