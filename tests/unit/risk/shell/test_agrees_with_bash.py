"""What the parser makes of a word is what bash makes of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tui.risk.shell import read
from tui.risk.shell.limits import Budget
from tui.risk.shell.parser import parse
from tui.risk.shell.source import Source

BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="needs bash")

_PLAIN = st.text(alphabet="abxyz019/._-+@%:,=", min_size=1, max_size=4)
_ANY = st.text(alphabet="ab \t$`\\\"'*?[]{}~#!;&|<>()\n,.é", max_size=5)


def _single_quoted(text: str) -> str:
    return "'" + text.replace("'", "") + "'"


_IN_DOUBLE_QUOTES = st.sampled_from(
    [
        "a",
        " b",
        r"\$x",
        r"\"",
        r"\a",
        r"\\",
        "'",
        "\\\n",
        "\n",
        "*",
        "~",
        "é",
        "{a,b}",
        "$ ",
        "${a}",
        "$(echo c)",
        r"\`",
        "#",
    ]
)


def _escaped(text: str) -> str:
    return "".join("\\" + character for character in text if character not in "\né")


def _ansi(text: str) -> str:
    return "$'" + "".join(f"\\x{ord(character):02x}" if ord(character) < 128 else character for character in text) + "'"


_QUOTED = st.one_of(
    _PLAIN,
    _ANY.map(_single_quoted),
    st.lists(_IN_DOUBLE_QUOTES, max_size=4).map(lambda pieces: '"' + "".join(pieces) + '"'),
    _ANY.map(_escaped),
    _ANY.map(_ansi),
    st.sampled_from(
        [
            r"$'\n\t\101\u41\U00000042\e\'\\'",
            "$'a\\0b'",
            '$"x y"',
            "''",
            '""',
            "${e}",
            '"$e"',
            "${a}",
            '"$a"',
            "${a}b",
            "${HOME}",
            '"${HOME}/x"',
            "{p,q}",
            "{1..3}",
            "{a..c}x",
            "{p,'q r'}",
            "{x}",
            "{,z}",
            "{a,b{c,d}}",
            "${a:1:2}",
            "${a#f}",
            "${a%o*}",
            "${a/o/0}",
            "${a//o/00}",
            "${a^^}",
            "${a^}",
            "${#a}",
            "${!r}",
            "${e:-d}",
            "${u:=$a}",
            "${a:+s}",
            '"${b}"',
            "${b}",
            "${b// /-}",
            "$((1+2*3))",
            "$((n<<2))",
            "$(echo hi there)",
            '"$(printf "%s-%s" q r)"',
            "`echo z`",
            "${l[1]}",
            '"${l[@]}"',
            "${l[@]}",
            "${#l[@]}",
            "$(echo cm0K | base64 -d)",
            "$(echo abc | rev)",
            "$(echo abc | tr a-c x-z)",
            "$(echo a:b:c | cut -d: -f2)",
            "$(printf '\\x41\\102%05d|%-4s|%x' 42 ab 255)",
            "$(echo -e 'a\\x62\\tc')",
            "$(echo one two | awk '{print $2 \"-\" $1}')",
            "$(echo aXb | sed 's/X/-/')",
            "$(seq 2 4)",
            "$(echo 616263 | xxd -r -p)" if shutil.which("xxd") else "x",
            "$(printf 'a\\nb\\nc' | head -2 | tail -1)",
            "${b%% *}",
            "${a:(-2)}",
            "$(basename /x/y.z)",
            "$(dirname /x/y.z)",
            "$(cat <<< hey)",
            "$(echo 'MFRGG===' | base32 -d)",
            "~",
            "~/x",
            "${u2-v w}",
            '"${u3:-v w}"',
        ]
    ),
)
_OF_THE_DIRECTORY_STACK = re.compile(r"~(?:[-+]?\d+|[-+])(?:/|$)")
"""`~+`, `~-`, `~1`: which directories these are is not in the text, and the engine leaves them as they are written."""
_SETUP = "set -f; e=; a=foo; b='two words'; r=a; n=3; l=(p 'q r' s); "


def _bash(text: str) -> list[str]:
    assert BASH is not None
    done = subprocess.run(
        [BASH, "--restricted", "-c", text],
        capture_output=True,
        check=False,
        cwd=tempfile.gettempdir(),
        env={"HOME": "~", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


@given(st.lists(st.lists(_QUOTED, min_size=1, max_size=4).map("".join), min_size=1, max_size=3))
@example(["a'b'\"c\"\\d"])
@example(["{1..3}${b}'x'"])
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_words_expand_as_in_bash(words: list[str]) -> None:
    assume(not any(_OF_THE_DIRECTORY_STACK.match(word) for word in words))
    text = _SETUP + r"printf '%s\0' x " + " ".join(words)
    program = read(text)
    printing = next(item for item in program.invocations if item.program == "printf" and item.argv[1].text == r"%s\0")
    assert [word.text for word in printing.argv[2:]] == _bash(text)


_COMMANDS = st.sampled_from(
    [
        "a",
        "$x",
        "'q r'",
        '"d $y"',
        "x=1",
        "{a,b}",
        "$(c)",
        "`d`",
        "${e:-f}",
        "$((1+2))",
        "[[ -n a ]]",
        "((i++))",
        "{ a; }",
        "( b )",
        "if a; then b; elif c; then d; else e; fi",
        "for i in x y; do z; done",
        "while a; do b; done",
        "case a in b) c;; (d|e) f;; *) ;; esac",
        "f() { g; }",
        "function h { i; }",
        "select s in t; do u; done",
        "for ((i=0;i<3;i++)); do j; done",
        "coproc k",
        "time -p l",
        "! m",
        "a[0]=1",
        "a=(b c)",
        "a+=(d)",
        "<(n)",
        "#c",
        "e#f",
        "$'x\\'y'",
        "\\;",
        "<<< w",
        ">f",
        "2>&1",
        "&>g",
        "3<>i",
        "{fd}>j",
        "2>&-",
        "<<E\nbody $(x)\nE\n",
        "<<'F'\nbody\nF\n",
        "[[ a == b* && ( c || ! d ) ]]",
        "[[ a =~ ^(b|c)$ ]]",
        "${#a}",
        "${a[@]//b/c}",
        "$[1+2]",
        "echo if",
        "in",
        "{",
        "}x",
        "declare -a q=(1 2)",
        "export A=b",
        "?(a|b)",
        "a=$(b)",
        "\\\n",
        "case x in esac",
        "f() ( g )",
        "{ a; } >f",
    ]
)
_JOINTS = st.sampled_from([" ", "; ", " && ", " || ", " | ", " |& ", " & ", "\n", "\n\n"])


@given(st.lists(st.tuples(_COMMANDS, _JOINTS).map("".join), min_size=1, max_size=5).map("".join))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_bash_accepts_is_no_problem(text: str) -> None:
    if parse(Source(text), Budget()).problems:
        assert BASH is not None
        done = subprocess.run([BASH, "-O", "extglob", "-n"], input=text.encode(), capture_output=True, check=False)
        assert done.returncode or done.stderr
