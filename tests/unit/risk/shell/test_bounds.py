"""No text raises, and none takes more than a bounded amount of work."""

from __future__ import annotations

import base64
import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.risk.model import Confidence
from tui.risk.shell import read, read_argv
from tui.risk.shell.limits import INVOCATION_LIMIT

BOMBS = {
    "range": "echo {1..1000000}",
    "braces": "echo " + "{a,b}" * 40,
    "nested braces": "echo " + "{a," * 500 + "b" + "}" * 500,
    "replacement": "x=" + "a" * 60000 + "; " + "x=${x//a/aaaaaaaaaa}; " * 10 + "echo $x",
    "doubling": "a=aaaa; " + "a=$a$a; " * 60 + "echo $a",
    "doubling unknown": "a=$u; " + "a=$a$a; " * 60 + "echo $a",
    "doubling array": "a=(1 2 3 4); " + 'a=("${a[@]}" "${a[@]}"); ' * 40 + 'rm "${a[@]}"',
    "parentheses": "(" * 10000 + ")" * 10000,
    "arithmetic": "((" * 10000,
    "substitutions": "$(" * 10000 + ")" * 10000,
    "open arithmetic": "echo " + "$((a) " * 20000,
    "backquotes": "`" * 10001,
    "quotes": '"$(' * 3000,
    "long line": "rm -rf / " + "a" * 1000000,
    "many words": "a " * 200000,
    "separators": ";" * 100000,
    "if": "if " * 5000,
    "loops": "for i in 1 2 3 4 5 6 7 8; do " * 12 + "ls;" + "done;" * 12,
    "functions": "".join(f"f{i}() {{ f{i + 1}; f{i + 1}; }}; " for i in range(40)) + "f0",
    "aliases": "".join(f"alias a{i}='a{i + 1};a{i + 1}'; " for i in range(60)) + "a0",
    "evals": 'x=\'eval "$x$x"\'; eval "$x"',
    "wrappers": "sudo " * 2000 + "rm",
    "patterns": "x=" + "a" * 8000 + "; " + "echo ${x##*a*a*a*b}; " * 20,
    "sed": "echo " + "a" * 40 + " | sed -E 's/(a|a)+b/x/' | sh",
    "printf": "printf '%100000000d' 1 | sh",
    "power": "echo $((9**9**9**9)) $((1<<99999999))",
    "index": "a[99999999999]=1",
    "seq": "seq 1 100000000 | sh",
    "zip": "echo " + base64.b64encode(gzip.compress(b"a" * 10_000_000)).decode() + " | base64 -d | gunzip | sh",
    "files": "echo a > f; " + "cat f f f f f > f; " * 40 + "sh f",
    "itself": "echo 'sh x; sh x' > x; sh x",
    "documents": "cat " + "<<A " * 3000 + "\n" + "x\nA\n" * 3000,
}

SYNTAX = [
    *"$(){}[]<>|&;'\"`\\#!*?~=\n\t ab0-/:,.+",
    "<<",
    "EOF",
    "\nEOF\n",
    "$((",
    "${",
    "if ",
    "fi",
    "case ",
    "esac",
    "do ",
]
SYNTAX += ["sh -c ", "eval ", "\0", "\ud800", "é", "| sh", "$'", "done", "f() ", "| xargs "]


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_defused(name: str) -> None:
    start = time.process_time()
    program = read(BOMBS[name])
    assert len(program.invocations) <= INVOCATION_LIMIT
    assert time.process_time() - start < 10  # a safety net far above what it takes; without bounds these never end


@pytest.mark.parametrize(
    "name", ["range", "braces", "parentheses", "long line", "wrappers", "loops", "functions", "doubling"]
)
def test_what_was_left_out_is_said(name: str) -> None:
    program = read(BOMBS[name])
    assert program.confidence is Confidence.PARTIAL
    assert program.problems


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    program = read(text)
    assert all(0 <= item.span.start <= item.span.end <= len(text) for item in program.invocations)


@given(st.lists(st.sampled_from(SYNTAX), max_size=40).map("".join))
def test_no_syntax_raises(text: str) -> None:
    program = read(text)
    assert all(0 <= item.span.start <= item.span.end <= len(text) for item in program.invocations)
    assert [item.index for item in program.invocations] == list(range(len(program.invocations)))
    for item in program.invocations:
        assert all(index < len(program.invocations) for index in (*item.inputs, *item.stdin.producers))


@given(st.binary(max_size=60))
def test_no_bytes_raise(data: bytes) -> None:
    read(data.decode("utf-8", "surrogateescape"))
    read_argv([data.decode("latin-1"), data.decode("utf-8", "replace")])


def test_nul_is_said() -> None:
    assert read("r\0m x").confidence is Confidence.PARTIAL
