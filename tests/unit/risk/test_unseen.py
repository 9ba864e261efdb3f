"""Code that is not in view is an effect, and at most medium where nothing else is wrong."""

from __future__ import annotations

import pytest

from tui.levels import RiskLevel
from tui.risk.assessing import assess
from tui.risk.knowledge import Knowledge
from tui.risk.model import Category, Confidence, Effect

LOW, MEDIUM, HIGH, CRITICAL = RiskLevel

SHELL = [
    "enable -f ./x.so foo", "hash -p ./tool ls", "mapfile -C callback -c 1 lines", "rg --pre ./x foo",
    "sed 's/a/b/e' f", "sed '1e date' f", "sed -f x.sed f", "awk '{ system($1) }' f",
    "awk '{ \"date\" | getline d }' f",
    "awk '{ print | \"sort\" }' f", "go run main.go", "go test ./...", "git hook run pre-commit",
    "openssl engine dynamic -pre SO_PATH:./x.so", "emacs --batch -l x.el", "vim -S x.vim", "PATH=./bin ls",
    "PATH=/tmp/x:$PATH", "PATH=x; ls", "export PATH=$HOME/bin:$PATH", "LD_LIBRARY_PATH=. ls",
    "BASH_ENV=x bash -c true",
    "export ENV=./x", "GIT_DIR=../other git status", "GIT_SSH=./x git fetch", "PAGER=./x man ls",
    "LESSOPEN='|./x %s' less f", "BASH_LOADABLES_PATH=.; enable foo", "echo ${x@P}", "env PYTHONPATH=. ls",
]  # fmt: skip
SEEN = [
    "enable -n test", "hash -r", "rg foo", "sed s/a/b/ f", "sed 's/one/two/g; p' f", "awk '{ print $1 }' f",
    "go version",
    "git status", "git log", "openssl rand -hex 8", "emacs notes.txt", "PATH=/usr/bin:/bin ls",
    "PATH=$PATH:/usr/local/bin",
    "PAGER=less man ls", "GIT_EDITOR=vim git log", "GIT_AUTHOR_NAME=x git log", "A=b ls", "docker ps",
    "docker image ls",
    "x=y; echo ${x@P}", "awk '$3 > 5' f",
]  # fmt: skip


@pytest.mark.parametrize("text", SHELL)
def test_the_shell_runs_what_is_not_in_view(text: str, knowledge: Knowledge) -> None:
    found = assess(text, knowledge=knowledge)
    assert Effect.EXECUTE in found.effects
    assert found.level <= MEDIUM


@pytest.mark.parametrize("text", SEEN)
def test_what_is_in_view_runs_nothing_else(text: str, knowledge: Knowledge) -> None:
    found = assess(text, knowledge=knowledge)
    assert Effect.EXECUTE not in found.effects
    assert found.level is LOW


@pytest.mark.parametrize(
    "text",
    [
        "import numpy", "from . import x", "from .x import y", "from requests import get",
        "import importlib\nimportlib.import_module(n)",
        "__import__(name)", "import importlib\nimportlib.import_module('flask')",
        "import pickle\npickle.load(open('f', 'rb'))",
        "import torch\ntorch.load('f')", "import shelve\nshelve.open('f')", "import marshal\nmarshal.load(f)",
        "undefined()",
        "import runpy\nrunpy.run_path('x.py')", "import ctypes\nctypes.CDLL('./x.so')",
        "import yaml\nyaml.load(f, Loader=yaml.Loader)",
    ],
)  # fmt: skip
def test_python_runs_what_is_not_in_view(text: str, knowledge: Knowledge) -> None:
    found = assess(text, "python", knowledge=knowledge)
    assert Effect.EXECUTE in found.effects
    assert found.level <= MEDIUM


@pytest.mark.parametrize(
    "text",
    [
        "import json, os.path\nprint(json.dumps({}))", "from math import *\nsqrt(2)", "from urllib import parse",
        "print(1)", "def f():\n    return 1\nf()", "class A:\n    pass\nA()",
        "import importlib\nimportlib.import_module('json')", "import urllib2",
    ],
)  # fmt: skip
def test_python_of_the_standard_library_is_in_view(text: str, knowledge: Knowledge) -> None:
    found = assess(text, "python", knowledge=knowledge)
    assert Effect.EXECUTE not in found.effects
    assert found.level is LOW


def test_data_that_names_no_code_is_only_read(knowledge: Knowledge) -> None:
    for text in ("import yaml\nyaml.load(f, Loader=yaml.SafeLoader)", "import torch\ntorch.load(f, weights_only=True)"):
        assert assess(text, "python", knowledge=knowledge).level is LOW


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("const x = require('lodash')", True), ("require('./x')", True), ("import x from './y.js'", True),
        ("export { x } from './y.js'", True), ("import(name)", True), ("const fs = require('fs')", False),
        ("import fs from 'node:fs/promises'", False), ("import { x } from 'bun:sqlite'", False),
        ("console.log(1)", False),
    ],
)  # fmt: skip
def test_javascript_modules(text: str, runs: bool, knowledge: Knowledge) -> None:
    found = assess(text, "javascript", knowledge=knowledge)
    assert (Effect.EXECUTE in found.effects) is runs
    assert found.level <= MEDIUM


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("import os\nos.mkdir('d')", "python"), ("import pathlib\npathlib.Path('x').touch()", "python"),
        ("open('f', 'w')", "python"), ("fs.mkdirSync('d')", "javascript"),
    ],
)  # fmt: skip
def test_code_that_makes_files_writes(text: str, language: str, knowledge: Knowledge) -> None:
    assert Effect.WRITE in assess(text, language, knowledge=knowledge).effects


@pytest.mark.parametrize(
    "text",
    [
        "echo $((x))", "[[ $x -gt 1 ]]", "(( x++ ))", "test -v 'a[$i]'", "[ -v \"$x\" ]", "let x=y", "echo ${x@P}",
        "for ((i = n; i < 3; i++)); do :; done",
    ],
)  # fmt: skip
def test_values_that_are_evaluated_and_not_known_leave_doubt(text: str, knowledge: Knowledge) -> None:
    assert assess(text, knowledge=knowledge).confidence is Confidence.PARTIAL


@pytest.mark.parametrize(
    "text",
    [
        "x=1; echo $((x + 1))", "echo $((2 * 3))", "echo $((RANDOM % 6))", "echo $(($# + 1))",
        "n=$(nproc); echo $((n * 2))",
        "[[ $x == y ]]", "test -v x", "i=0; while [ $i -lt 3 ]; do i=$((i+1)); done",
        "f() { echo $(($1 + 1)); }; f 2",
    ],
)  # fmt: skip
def test_numbers_leave_no_doubt(text: str, knowledge: Knowledge) -> None:
    found = assess(text, knowledge=knowledge)
    assert found.confidence is not Confidence.PARTIAL
    assert found.level is LOW


@pytest.mark.parametrize(
    "text",
    [
        "x='$(rm -rf ~)'; : \"${x@P}\"", "x='a[$(rm -rf ~)]'; echo $((x))", "x='a[$(rm -rf ~)]'; [[ $x -gt 1 ]]",
        "x='a[`rm -rf ~`]'; (( x ))", "mapfile -C 'rm -rf ~;' -c 1 lines",
    ],
)  # fmt: skip
def test_commands_in_values_that_are_evaluated_are_found(text: str, knowledge: Knowledge) -> None:
    assert assess(text, knowledge=knowledge).level is CRITICAL


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("chmod -R 777 .", Effect.CONFIG), ("mv * /tmp", Effect.DELETE), ("dd if=/dev/zero of=f", Effect.OVERWRITE),
        ("while true; do :; done", Effect.EXHAUST), ("until false; do true; done", Effect.EXHAUST),
        ("for ((;;)); do :; done", Effect.EXHAUST), ("nohup ./server &", Effect.EXECUTE),
        ("nohup some-server &", Effect.EXECUTE), ("git submodule update --init", Effect.NETWORK_IN),
        ("git pull", Effect.NETWORK_IN), ("git clone https://example.org/x", Effect.NETWORK_IN),
        ("git push", Effect.REMOTE),
        ("patch -p0", Effect.WRITE), ("patch -p1 < x.patch", Effect.OVERWRITE), ("tar xf - -C /", Effect.OVERWRITE),
        ("ping -c1 example.org", Effect.NETWORK_IN), ("dig example.org", Effect.NETWORK_IN),
        ("whois example.org", Effect.NETWORK_IN), ("nslookup example.org", Effect.NETWORK_IN),
        ("wall hello", Effect.WRITE),
        ("logger hi", Effect.WRITE), ("notify-send hi", Effect.WRITE), ("xclip -selection c", Effect.WRITE),
        ("wl-copy x", Effect.WRITE),
    ],
)  # fmt: skip
def test_ordinary_changes_are_medium_and_named(text: str, effect: Effect, knowledge: Knowledge) -> None:
    found = assess(text, knowledge=knowledge)
    assert found.level is MEDIUM
    assert effect in found.effects
    assert found.reasons[0].category in (Category.CHANGE, Category.UNKNOWN, Category.DOS)


@pytest.mark.parametrize(
    "text",
    [
        "chmod -R u+x .", "mv *.txt old", "dd if=a of=b", "while read -r l; do echo \"$l\"; done < f", "tar xf x.tar",
        "while true; do date; sleep 1; done", "ss -tln", "ip addr", "docker ps -a", "docker logs web",
    ],
)  # fmt: skip
def test_what_is_like_them_and_harmless_is_low(text: str, knowledge: Knowledge) -> None:
    assert assess(text, knowledge=knowledge).level is LOW


def test_a_fetch_says_that_it_is_one(knowledge: Knowledge) -> None:
    assert Effect.NETWORK_IN in assess("git fetch --all", knowledge=knowledge).effects
