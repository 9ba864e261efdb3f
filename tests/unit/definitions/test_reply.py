"""Whatever somebody pastes: each block of code is found, in order, exactly, and what cannot run says why."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.definitions.reply import MOST_BLOCKS, CodeBlock, read_reply
from tui.languages import Language

REPLY = """\
Sure! Here is how.

## Install it

First install the **tool**. Then look at `it`:

```bash title="setup"
sudo apt-get install -y jq
```

1. Write a script:

   ~~~py
   def f():
       return 1
   ~~~

2. Run it. This is what you see:

   ```console
   $ python3 f.py \\
   >   --verbose
   started
   $ npm run build
   > app@1.0.0 build
   $ cat <<EOF
   > a
   > EOF
   a
   ```

Settings:

```json
{"a": 1}
```

````markdown
```bash
rm -rf /
```
````

<!--
```bash
echo hidden
```
-->

```js
console.log(1)
"""


def only(text: str) -> CodeBlock:
    (block,) = read_reply(text).blocks
    return block


def fenced(info: str, text: str) -> CodeBlock:
    return only(f"```{info}\n{textwrap.dedent(text)}```\n")


def test_a_reply_is_taken_apart() -> None:
    reply = read_reply(REPLY)
    assert reply.is_fenced
    assert [(block.number, block.named, block.language, block.can_run) for block in reply.blocks] == [
        (1, "bash", Language.BASH, True),
        (2, "py", Language.PYTHON, True),
        (3, "console", Language.BASH, True),
        (4, "json", None, False),
        (5, "markdown", None, False),
        (6, "js", Language.JAVASCRIPT, True),
    ]
    setup, script, console, _, nested, cut = reply.blocks
    assert [block.title for block in reply.blocks[:4]] == [
        "setup",
        "Write a script",
        "This is what you see",
        "Settings",
    ]
    assert (setup.first_line, setup.last_line) == (7, 9)
    assert script.text == "def f():\n    return 1\n"
    assert console.text == "python3 f.py \\\n  --verbose\nnpm run build\ncat <<EOF\na\nEOF\n"
    assert nested.text == "```bash\nrm -rf /\n```\n"
    assert "never closed" in cut.doubts[0]


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        ("json", "json is not code that runs"),
        ("diff", "diff is not code that runs"),
        ("rust", "rust needs a compiler, and machines have none"),
        ("go", "go needs a compiler"),
        ("perl", "machines do not run perl, only bash, python, javascript"),
        ("pythn", "did they mean python?"),
    ],
)
def test_what_cannot_run_says_why(info: str, reason: str) -> None:
    block = fenced(info, "x\n")
    assert not block.can_run
    assert reason in block.why_not


@pytest.mark.parametrize(
    "info", ["bash", "Bash", "sh", "shell", "{.bash}", 'bash {title="a b"}', "bash,ignore", "language-bash", " bash x"]
)
def test_the_language_is_the_first_word(info: str) -> None:
    assert fenced(info, "ls\n").language is Language.BASH


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("#!/usr/bin/env python3\nx = 1\n", Language.PYTHON),
        ("import os\nprint(os.getcwd())\n", Language.PYTHON),
        ("const fs = require('fs');\nconsole.log(fs)\n", Language.JAVASCRIPT),
        ("cd /tmp\nls -l | wc -l\n", Language.BASH),
        ("something unknown\n", Language.BASH),
        ("import sys,time\no=sys.stdout.buffer\nfor i in range(101):\n  o.write(b'x')\n", Language.PYTHON),
        ("import a, b as c, d.e  # all of them\na=1\n", Language.PYTHON),
        ("import sys; x=1\ny=2\n", Language.PYTHON),
        ("for i in range(3): print(i)\n", Language.PYTHON),
        ("a = [1, 2]\na.append(3)\n", Language.PYTHON),
        ("let a = 1\nif (a) {\n  b=2\n}\n", Language.JAVASCRIPT),
        ("a = 1;\nb.push(a);\n", Language.JAVASCRIPT),
        ("a=1\nb=$a\n", Language.BASH),
        ("for i in a:b c; do\n  x=$i\ndone\n", Language.BASH),
        ("while read line; do frob $line; done\n", Language.BASH),
        ("export PATH=/x\nPATH=/y\n", Language.BASH),
        ("if test -e a; then\n  b=1\nfi\n", Language.BASH),
    ],
)
def test_where_no_language_is_named_it_is_guessed_and_said(text: str, language: Language) -> None:
    for block in (fenced("", text), only(text)):
        assert block.language is language
        assert any(f"taken for {language}" in doubt for doubt in block.doubts)
        assert not block.is_certain


def test_a_text_without_fences_is_one_block_in_the_language_it_is_given() -> None:
    reply = read_reply("\nls\n", Language.PYTHON)
    assert not reply.is_fenced
    (block,) = reply.blocks
    assert (block.language, block.text, block.title, block.is_certain) == (Language.PYTHON, "\nls\n", "ls", True)
    assert read_reply(" \n").blocks == ()


@pytest.mark.parametrize(
    ("info", "shown", "typed"),
    [
        ("bash", "$ ls\nfile\n$ pwd\n", "ls\npwd\n"),
        ("console", "root@box:~# id\nuid=0\n", "id\n"),
        ("console", "# id\nuid=0\n", "id\n"),
        ("console", "(venv) $ pip list\nnumpy\n", "pip list\n"),
        ("console", "$ for i in 1 2; do\n> echo $i\n> done\n1\n2\n", "for i in 1 2; do\necho $i\ndone\n"),
        ("console", "$ cat <<E\n> quoted\ntext\nE\nout\n", "cat <<E\n> quoted\ntext\nE\n"),
        ("console", "$ cat <<< word\nword\n", "cat <<< word\n"),
        ("console", "$ echo 'a\n> b'\na\nb\n", "echo 'a\nb'\n"),
        ("pycon", ">>> for i in 'a':\n...     print(i)\n...\na\n>>> 1\n1\n", "for i in 'a':\n    print(i)\n\n1\n"),
        ("python", ">>> 1 + 1\n2\n", "1 + 1\n"),
    ],
)
def test_of_what_a_terminal_showed_only_what_was_typed_is_code(info: str, shown: str, typed: str) -> None:
    block = fenced(info, shown)
    assert block.text == typed
    assert block.can_run
    assert "left out" in block.note


def test_output_alone_is_not_run() -> None:
    block = fenced("console", "total 0\n")
    assert block.text == ""
    assert "no line" in block.why_not


def test_what_stands_in_a_quotation_ends_with_it() -> None:
    first, second = read_reply("> Try:\n> ```sh\n>   ls\n> ```\n\n> ```sh\n> pwd\nNot quoted.\n").blocks
    assert (first.text, first.title) == ("  ls\n", "Try")
    assert second.text == "pwd\n"


def test_a_fence_on_the_line_of_a_list_mark() -> None:
    assert only("- ```sh\n  ls\n  ```\n").text == "ls\n"


def test_there_are_no_more_blocks_than_a_person_can_look_at() -> None:
    reply = read_reply("```sh\nls\n```\n" * (MOST_BLOCKS + 3))
    assert len(reply.blocks) == MOST_BLOCKS
    assert reply.left_out == 3


LINES = st.lists(
    st.one_of(
        st.sampled_from(["```", "~~~", "```bash", "   ```", "    ````py x", "> ```sh", "> ls", "- ```", "$ ls", "> x",
                         "<!--", "-->", "# Title", "", "\t```sh", "\techo", ">>> 1", "1. ```console", "cat <<EOF"]),
        st.text(max_size=12),
    ),
    max_size=30,
)  # fmt: skip


@given(LINES)
@example(["> ```sh", ">\tls", "> ```"])
def test_every_line_of_every_block_stands_where_it_is_said_to(lines: list[str]) -> None:
    text = "\n".join(lines)
    source = text.replace("\r\n", "\n").split("\n")
    end = 0
    for number, block in enumerate(read_reply(text).blocks, 1):
        assert block.number == number
        assert end < block.first_line <= block.last_line <= len(source)
        end = block.last_line
        found = block.text.split("\n")
        for line, (at, column) in zip(found, block.places, strict=False):
            assert block.first_line <= at <= block.last_line
            assert source[at - 1][column:] == line
        assert len(block.places) >= len(found) - 1


CODE = st.lists(
    st.text(st.characters(exclude_characters="\r\n`~$>", codec="utf-8"), max_size=20), min_size=1, max_size=8
)


@given(
    CODE.filter(lambda lines: any(line.strip() for line in lines)),
    st.integers(0, 12), st.sampled_from(["```", "~~~~", "`````"]), st.sampled_from(["bash", "py", 'js title="x"']),
)  # fmt: skip
def test_code_comes_out_of_a_fence_as_it_was_put_in(lines: list[str], indent: int, marks: str, info: str) -> None:
    blanks = " " * indent
    text = "\n".join(["Look:", blanks + marks + info, *(blanks + line for line in lines), blanks + marks, "Done."])
    assert only(text).text == "".join(f"{line}\n" for line in lines)
