"""Disguises are seen through, and only disguises are called so."""

from __future__ import annotations

import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.risk.shell import read

ZIPPED = base64.b64encode(gzip.compress(b"rm -rf /", mtime=0)).decode()


def revealed(text: str) -> list[tuple[list[str], bool]]:
    return [([word.text for word in item.argv], item.obfuscated) for item in read(text).invocations]


@pytest.mark.parametrize(
    "text",
    [
        "r''m -rf /",
        'r""m -rf /',
        "r\\m -rf /",
        "$'\\x72m' -rf /",
        "$'rm' -rf /",
        "'r'm -rf /",
        "{rm,-rf,/}",
        "rm${IFS}-rf${IFS}/",
        "rm$IFS-rf$IFS/",
        "a=r; b=m; $a$b -rf /",
        "a=xrmx; ${a:1:2} -rf /",
        "a=rxm; ${a//x/} -rf /",
        "a=RM; ${a,,} -rf /",
        "a=r; a+=m; $a -rf /",
        "a=(x rm); b=1; x=m; r$x -rf /",
        "n=v; v=rm; ${!n} -rf /",
        "printf -v x %s r m; $x -rf /",
        "r$@m -rf /",
        "r$()m -rf /",
        "r``m -rf /",
        "$(echo rm) -rf /",
        "$(printf 'r%s' m) -rf /",
        "$(echo mr | rev) -rf /",
        "$(echo cm0= | base64 -d) -rf /",
        "$(tr a-z b-za <<< ql) -rf /",
        "echo cm0gLXJmIC8= | base64 -d | sh",
        "base64 -d <<< cm0gLXJmIC8= | bash",
        "bash <<< $(echo cm0gLXJmIC8= | base64 --decode)",
        "eval $(echo cm0gLXJmIC8= | openssl enc -base64 -d)",
        "echo 726d202d7266202f | xxd -r -p | sh",
        "echo '/ fr- mr' | rev | sh",
        "printf '\\162\\155 -rf /' | sh",
        "echo -e '\\x72\\x6d -rf /' | sh",
        f"echo {ZIPPED} | base64 -d | gunzip | sh",
        "echo 'xrm -rf /' | cut -c2- | sh",
        "echo 'XX -rf /' | sed 's/XX/rm/' | sh",
        "python3 -c \"print('rm -rf /')\" | sh",
        "echo 'EZ -es /' | tr A-Za-z N-ZA-Mn-za-m | tr A-Z a-z | sh",
        "echo 'x rm -rf /' | awk '{print $2 \" \" $3 \" \" $4}' | sh",
        "cat <<E | base64 -d | sh\ncm0gLXJmIC8=\nE",
        'x=$(echo cm0gLXJmIC8= | base64 -d); eval "$x"',
        "sh -c \"$(printf '\\x72\\x6d -rf /')\"",
    ],
)
def test_disguised_commands_are_revealed_and_named(text: str) -> None:
    assert (["rm", "-rf", "/"], True) in revealed(text)


def test_a_name_put_together_from_variables_is_a_disguise_even_of_a_rare_program() -> None:
    assert (["pulumi", "destroy"], True) in revealed("a=pul; b=umi; $a$b destroy")


@pytest.mark.parametrize("text", ["/bin/r? -rf /", "/???/rm -rf /", "/usr/b*n/r[m] -rf /"])
def test_globs_stand_for_programs(text: str) -> None:
    argv, obfuscated = revealed(text)[0]
    assert argv[0].endswith("/rm")
    assert obfuscated


@pytest.mark.parametrize(
    "text",
    [
        "\\rm -rf /",
        "'rm' -rf /",
        '"rm" -rf "/"',
        "/bin/rm -rf /",
        "x=rm; $x -rf /",
        'X="rm -rf /"; $X',
        "rm -rf '/'",
        "$(which rm) -rf /",
        "${RM:-rm} -rf /",
        'y=/; rm -rf "$y"',
        "echo 'rm -rf /' | sh",
        "bash -c 'rm -rf /'",
        "for d in /; do rm -rf $d; done",
        "$(command -v rm) -rf /",
        "rm -rf $(echo /)",
    ],
)
def test_ordinary_ways_of_writing_are_not_called_a_disguise(text: str) -> None:
    found = [(argv, obfuscated) for argv, obfuscated in revealed(text) if argv and argv[0].endswith("rm")]
    assert ([*found[-1][0][1:]], found[-1][1]) == (["-rf", "/"], False)


@pytest.mark.parametrize(
    "text",
    [
        "sed -i \"s/'a'/b/\" f",
        "grep -n 'it'\\''s' f",
        'tar -C"$D" -xf a',
        'curl -d "{\\"a\\": 1}" u',
        "PYTHON=python3; $PYTHON x.py",
        '"$VENV/bin/python" -m x',
        "printf 'a\\n\\tb'",
        "echo $'a\\nb'",
        'gcc -DX="\\"y\\"" f.c',
        "find . -name '*.py' -o -name \\*.c",
        "X=1 make",
        "printf '\\033[31mred\\033[0m\\n'",
        "echo -e '\\x1b[1mbold\\u2713'",
        "RED=$'\\e[31m'; echo \"${RED}x\"",
        "RED=$(printf '\\033[31m'); echo \"${RED}x\"",
        "P=x86_64-linux-gnu-; $P$CC x.c; T=arm-; U=gcc; $T$U x.c",
        "f=a.c; gcc $f -o ${f%.c} && ./${f%.c}",
        'cmd="docker run"; cmd+=" -it x"; $cmd',
        'V=/opt/venv; P="$V/bin/python"; $P x.py',
        'v=1.2.3; eval "echo ${v%.*}"',
        'opts="-la"; bash -c "ls $opts"',
        'v="1.2"; curl "https://h/v$v/x-${v}.tgz"',
        'name=$(basename "$f" .txt); mv "$f" "${name^^}"',
        'echo "$(date +%F)"',
    ],
)
def test_everyday_quoting_is_not_called_a_disguise(text: str) -> None:
    assert not any(obfuscated for _, obfuscated in revealed(text))


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\n"), min_size=1, max_size=30))
def test_whatever_is_encoded_is_decoded(secret: str) -> None:
    encoded = base64.b64encode(secret.encode()).decode()
    argv = next(argv for argv, _ in revealed(f'rm "$(echo {encoded} | base64 -d)"') if argv[0] == "rm")
    assert argv[1] == secret


def test_folding_never_invents_what_is_not_known() -> None:
    for text in (
        "rm $(date)",
        "rm ${x/a/b}",
        "rm $x",
        "rm $(cat f)",
        "rm $(<f)",
        "rm $((RANDOM))",
        "rm $(echo $x | base64 -d)",
        "rm ${a[3]}",
        "rm $1",
    ):
        word = read(text).invocations[0].argv[1]
        assert word.literal is None, text
        assert word.text == text[3:], text
