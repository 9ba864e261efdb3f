"""Which commands a text executes: structure, chains, code and data, what is known of their input."""

from __future__ import annotations

import pytest

from tui.risk.model import Confidence, Span
from tui.risk.shell import read, read_argv
from tui.risk.shell.model import Invocation, Place, ShellProgram


def argvs(program: ShellProgram) -> list[list[str]]:
    return [[word.text for word in item.argv] for item in program.invocations if item.argv]


def find(text: str, name: str) -> Invocation:
    return next(item for item in read(text).invocations if item.program == name)


def evidence(text: str, name: str) -> str:
    span = find(text, name).span
    return text[span.start : span.end]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b; c && d || e & f", ["a", "c", "d", "e", "f"]),
        ("a | b |& c", ["a", "b", "c"]),
        ("! a; time -p b; (c); { d; }", ["a", "b", "c", "d"]),
        ("if a; then b; elif c; then d; else e; fi > f", ["a", "b", "c", "d", "e"]),
        ("case $(a) in x|y) b ;; *) c ;; esac", ["a", "b", "c"]),
        ("while a; do b; done < <(c); until d; do e; done", ["c", "a", "b", "d", "e"]),
        ("for ((i=$(a); i<3; i++)); do b; done; select x in y; do c; done", ["a", "b", "c"]),
        ("[[ -n $(a) && x == y ]]; (( x = $(b) ))", ["a", "b"]),
        ("coproc a; coproc N { b; }", ["a", "b"]),
        ('x=${y:-$(a)} z="`b`" c $(( $(d) + 1 ))', ["c", "a", "b", "d"]),
        ("cat <<A <<B; c\n$(d)\nA\n`e`\nB\nf", ["cat", "d", "e", "c", "f"]),
        ("cat <<'A' && b\n$(d)\nA\n", ["cat", "b"]),
        ("cat <<-A\n\t$(d)\n\tA\nb", ["cat", "d", "b"]),
        ("a \\\n  b # c; d\ne", ["a", "e"]),
        ("diff <(a) >(b)", ["diff", "a", "b"]),
        ("a=(x $(b)); a+=($(c)); declare -A d=([k]=$(e))", ["b", "c", "declare", "e"]),
        ("a 2>$(b) <<< $(c)", ["a", "b", "c"]),
        ("exec 5<>/dev/tcp/h/80; {rm,-rf,/}", ["exec", "rm"]),
        ("function f { a; }; g() ( b )", ["a", "b"]),
        ("echo $(echo $(echo $(a)))", ["echo", "echo", "echo", "a"]),
        ("x=$(cat <<E\na)\nE\n); b", ["cat", "b"]),
        ("cat > f <<'E' && chmod +x f; b\ndata; c\nE\nd", ["cat", "chmod", "b", "d"]),
    ],
)
def test_every_command_of_the_grammar_is_found(text: str, expected: list[str]) -> None:
    assert [argv[0] for argv in argvs(read(text))] == expected
    assert not read(text).problems


@pytest.mark.parametrize(
    ("text", "argv", "shown"),
    [
        ("ls; bash -c 'x; rm -rf /'", ["rm", "-rf", "/"], "rm -rf /"),
        ('sudo sh -c "cd /; rm -rf /"', ["rm", "-rf", "/"], "rm -rf /"),
        ("cat <<E | sh\na\nrm x\nE", ["rm", "x"], "rm x"),
        ("eval rm x", ["rm", "x"], "rm x"),
        ("echo 'é'; sh -c 'rm x'", ["rm", "x"], "rm x"),
        ("x $(y `rm z`)", ["rm", "z"], "rm z"),
        ("echo 'rm -rf /' | sh", ["rm", "-rf", "/"], "rm -rf /"),
        ("f() { rm $1; }; f /", ["rm", "/"], "rm $1"),
        ("echo cm0gLXJmIC8= | base64 -d | sh", ["rm", "-rf", "/"], "echo cm0gLXJmIC8= | base64 -d | sh"),
    ],
)
def test_evidence_stands_in_the_text_as_written(text: str, argv: list[str], shown: str) -> None:
    item = next(item for item in read(text).invocations if [word.text for word in item.argv] == argv)
    assert text[item.span.start : item.span.end] == shown


def test_text_that_is_only_data_is_no_command() -> None:
    text = """echo "rm -rf /"; printf '%s' 'curl x | sh'; grep -r 'rm -rf' .; git commit -m "sudo rm -rf /" # rm -rf /
cat > notes <<'E'
rm -rf /
E"""
    assert {argv[0] for argv in argvs(read(text))} == {"echo", "printf", "grep", "git", "cat"}


@pytest.mark.parametrize(
    "text",
    [
        "cat > x.sh <<'E'\nrm -rf /\nE\nbash x.sh",
        "cat > x.sh <<'E'\nrm -rf /\nE\nchmod +x x.sh; ./x.sh",
        "echo 'rm -rf /' > x.sh; sudo sh x.sh",
        "echo 'rm -rf /' | tee x.sh; source ./x.sh",
        "printf 'rm -rf /' > a; cp a b; . ./b",
        "cd /tmp; echo 'rm -rf /' > a; sh /tmp/a",
        "bash <(echo 'rm -rf /')",
        "source /dev/stdin <<< 'rm -rf /'",
        "make -f - <<'E'\nall:\n\trm -rf /\nE",
        "(crontab -l; echo '* * * * * rm -rf /') | crontab -",
        "echo 'rm -rf /' | at now",
        "PROMPT_COMMAND='rm -rf /'",
        "alias ls='rm -rf /'",
        "trap 'rm -rf /' EXIT",
    ],
)
def test_data_that_is_executed_later_is_code(text: str) -> None:
    assert ["rm", "-rf", "/"] in argvs(read(text))


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("curl x | sh", "stdin"),
        ("curl x | tee f | sudo bash -s -- a", "stdin"),
        ('sh -c "$(curl x)"', "substitution"),
        ("bash <(curl x)", "substitution"),
        ('eval "$(curl x)"', "substitution"),
        ("source <(curl x)", "substitution"),
        ("y=$(curl x); eval $y", "substitution"),
        ("curl -o f x; bash f", "file"),
        ("curl x > f; chmod +x ./f; ./f", "file"),
        ("wget http://h/f; python3 f", "file"),
        ("curl x | python3", "stdin"),
        ("$(curl x)", "substitution"),
        ("curl x | while read l; do eval $l; done", "substitution"),
    ],
)
def test_code_knows_which_command_it_comes_from(text: str, origin: str) -> None:
    program = read(text)
    code = next(code for item in program.invocations for code in item.code)
    assert code.origin == origin
    assert any(program.invocations[index].program in ("curl", "wget") for index in code.producers)


def test_code_of_other_languages_is_handed_on() -> None:
    text = "python3 -c 'print(1)'; node -e 'x()'; perl -e 'y'; python - <<E\nprint(2)\nE"
    codes = [(code.language, code.text) for item in read(text).invocations for code in item.code]
    assert codes == [("python", "print(1)"), ("javascript", "x()"), ("perl", "y"), ("python", "print(2)\n")]


def test_a_script_may_be_redirected() -> None:
    code = find("bash < setup.sh", "bash").code[0]
    assert (code.origin, code.file.text if code.file else None) == ("file", "setup.sh")


def test_input_is_known_where_it_is_written_down() -> None:
    assert find("cat <<E\nx y\nE", "cat").stdin.literal == "x y\n"
    assert find("cat <<< 'x'", "cat").stdin.literal == "x\n"
    assert find("cat <<E\n$x\nE", "cat").stdin.literal is None
    assert find("a | b | cat", "cat").stdin.producers == (1, 0)


def test_what_cannot_be_known_is_said() -> None:
    program = read("$tool -rf /; ls")
    assert program.confidence is Confidence.PARTIAL
    assert program.invocations[0].program == ""
    assert "$tool" in program.problems[0]


def test_an_unknown_directory_leaves_the_programs_name_known() -> None:
    assert read("$SDK/bin/adb devices").invocations[0].program == "adb"


@pytest.mark.parametrize(
    "text",
    ["echo 'x", 'rm "', "if a; then rm x", "a ) rm x", "(rm x", "cat <<E\nrm", "case x in", "${", "a && && b", "}"],
)
def test_broken_text_is_partial(text: str) -> None:
    program = read(text)
    assert program.confidence is Confidence.PARTIAL
    assert program.problems


def test_commands_around_an_error_are_still_found() -> None:
    assert ["rm", "-rf", "/"] in argvs(read("x ) y\nrm -rf /"))


def test_recursion_is_seen() -> None:
    assert read(":(){ :|:& };:").recursive == (":",)
    assert "f" in read("f() { g; }; g() { f; }; f").recursive
    assert read("f() { ls; }; f; f").recursive == ()


def test_a_function_is_judged_by_what_it_is_called_with() -> None:
    wrapper = 'run() { echo "+ $*"; "$@"; }; '
    assert read(wrapper + "run ls").confidence is not Confidence.PARTIAL
    assert read(wrapper + "run $x").confidence is Confidence.PARTIAL
    assert ["rm", "-rf", "/"] in argvs(read(wrapper + "run rm -rf /"))
    assert ["rm", "-rf", "/"] in argvs(read("sh -c 'rm -rf \"$0\"' /; "))


def test_directory_is_tracked() -> None:
    item = find("cd /etc && cd ssh; rm -rf *", "rm")
    assert item.cwd is not None
    assert item.cwd.literal == "/etc/ssh"
    assert item.argv[2].globs
    assert find("(cd /etc); rm x", "rm").cwd is None


def test_flags_of_invocations() -> None:
    assert find("for i in $x; do rm $i; done", "rm").repeated
    assert find("rm x & ls", "rm").background
    assert not find("rm x & ls", "ls").background
    assert find("ssh h rm x", "rm").place is Place.REMOTE
    assert find("docker exec c rm x", "rm").place is Place.CONTAINER
    assert find("sudo -u root rm x", "rm").privileged
    assert find("find . -exec rm {} +", "rm").appended
    assert find("unheard-of -x rm -rf /", "rm").guessed


def test_argv_without_a_shell_is_not_parsed_as_one() -> None:
    program = read_argv(["echo", "$(rm -rf /)", "a; b"])
    assert argvs(program) == [["echo", "$(rm -rf /)", "a; b"]]
    assert argvs(read_argv(["bash", "-c", "rm -rf /"]))[-1] == ["rm", "-rf", "/"]
    assert argvs(read_argv([])) == []


def test_an_embedded_text_is_reported_where_it_is_embedded() -> None:
    base = Span(10, 20)
    assert {item.span for item in read("sh -c 'rm -rf /'; ls", base).invocations} == {base}
    assert {item.span for item in read_argv(["sudo", "rm", "x"], base).invocations} == {base}
