"""Values put into steps come out of real interpreters exactly as they went in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.definitions.texts import parameter, step
from tui.definitions.templating import check_step, environment, render
from tui.errors import InvalidInput
from tui.languages import Language

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
NASTY = st.one_of(
    TEXT,
    st.text("'\"\\$`(){}[]<>|&;#!*?~ \n\t=ax", max_size=20),
    st.sampled_from(["$(touch /tmp/x)", "`id`", "'; id; '", '"; id; "', "\\", "'", "-n", "EOF\n", "*", "~", "2", ""]),
)
NUMBERS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)
JSON = st.recursive(
    NASTY | NUMBERS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NASTY, inner, max_size=4), max_leaves=8
)
RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def run(argv: list[str]) -> str:
    # The bytes matter: text mode would turn a carriage return into a newline.
    return subprocess.run(argv, capture_output=True, check=True, timeout=60).stdout.decode()


def rendered(template: str, language: Language = Language.BASH, kind: str = "string", **values: Any) -> str:
    """Render after the check every loaded step passed."""
    made = step(template, language)
    parameters = [parameter(name, kind, required=True) for name in values]
    assert [problem.message for problem in check_step(made, parameters)] == []
    return render(made, values)


# Each prints the value between the given texts, in another way of quoting, or prints nothing and tries to confuse.
FRAGMENTS = [
    ("printf '%s\\0' {{ v }}", "", ""),
    ('printf "%s\\0" "{{ v }}"', "", ""),
    ("printf '%s\\0' a{{ v }}b", "a", "b"),
    ('printf \'%s\\0\' "it\'s {{ v }} \\"so\\" $((1+1))"', "it's ", ' "so" 2'),
    ("x=$(printf '%s.' {{ v }}); printf '%s\\0' \"${x%.}\"", "", ""),
    ('x="$(printf \'%s.\' "{{ v }}")"; printf "%s\\0" "${x%.}"', "", ""),
    ("x=$(case q in a|q) printf '%s.' {{ v }};; (b) : ;; esac); printf '%s\\0' \"${x%.}\"", "", ""),
    ('x="$(echo case; printf \'%s.\' {{ v }})"; printf "%s\\0" "$x"', "case\n", "."),
    ("if [[ {{ v }} == \"{{ v }}\" ]]; then printf '%s\\0' {{ v }}; fi", "", ""),
    ("for i in {{ v }}; do printf '%s\\0' \"$i\"; done", "", ""),
    ("case {{ v }} in\n*) printf '%s\\0' \"{{ v }}\";;\nesac", "", ""),
    ("a=({{ v }} 'x'); printf '%s\\0' \"${a[0]}\"", "", ""),
    ("f() { printf '%s\\0' \"$1\"; }; f {{ v }}", "", ""),
    ("cat <<< {{ v }} >/dev/null; printf '%s\\0' {{ v }}", "", ""),
    ("# {{ v }} it's \"a comment", None, None),
    ("cat >/dev/null <<'END'\n\"'`$( {\nEND", None, None),
    ("cat >/dev/null <<-END\n\t'\"\n\tEND", None, None),
    (": $((1 << 2)) $((16#ff)) ${#v} ${v:-it\\'s} \"${v:-'it}s'}\"", None, None),
    (": \"${v#'\"'}\" $'\\'' $\"x\" \\' \\\" $# $$ $! a#b", None, None),
    ("((k = 1 << 2)); for ((i=0; i<2; i++)); do :; done", None, None),
    (': `echo "it\'s"` "`echo \\"a\\"`"', None, None),
    (': <(echo "\'") "$(echo "it\'s $(echo \')\')")"', None, None),
    ("[[ ab =~ ^(a|b)+$ ]]; : {a,b}'{' \"}\"", None, None),
]


@RELAXED
@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=6), NASTY)
def test_bash_gets_every_value_exactly_wherever_it_stands(fragments: list[Any], value: str) -> None:
    template = "\n".join(text for text, _, _ in fragments) + "\n"
    expected = [before + value + after for _, before, after in fragments if before is not None]
    output = run(["bash", "-c", rendered(template, v=value)])
    assert output.split("\0")[:-1] == expected


@RELAXED
@given(st.lists(NASTY, max_size=6))
def test_bash_gets_an_array_as_words(values: list[str]) -> None:
    script = rendered('set -- {{ v }}\nfor word in "$@"; do printf \'%s\\0\' "$word"; done', kind="array", v=values)
    assert run(["bash", "-c", script]).split("\0")[:-1] == values


@RELAXED
@given(st.dictionaries(NASTY, JSON, max_size=4))
def test_bash_gets_an_object_as_json(value: dict[str, Any]) -> None:
    script = rendered("printf '%s' {{ v }}", kind="object", v=value)
    assert json.loads(run(["bash", "-c", script])) == value


@settings(RELAXED, max_examples=40)
@given(st.lists(JSON, max_size=12))
def test_python_gets_every_value_exactly(values: list[Any]) -> None:
    template = 'import json, sys\n# {{ v }}\nx = "\'{" + """\n\\"\n"""\n'
    template += "sys.stdout.buffer.write(json.dumps({{ v }}).encode())\n"
    script = rendered(template, Language.PYTHON, kind="array", v=values)
    assert json.loads(run([sys.executable, "-I", "-c", script])) == values


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@settings(RELAXED, max_examples=40)
@given(st.lists(JSON, max_size=12))
def test_javascript_gets_every_value_exactly(values: list[Any]) -> None:
    template = "/* {{ v }} */ const r = /['\"`/]/g, t = `a${ `${ {{ v }}.length }` }'`; 1 / 2 / {{ v }}.length;\n"
    template += "process.stdout.write(JSON.stringify( {{ v }} ));\n"
    script = rendered(template, Language.JAVASCRIPT, kind="array", v=values)
    # JavaScript has one kind of number and prints large ones in its own way.
    assert json.loads(run(["node", "-e", script]), parse_int=float) == values


def test_negative_numbers_keep_their_meaning() -> None:
    assert (
        run([sys.executable, "-c", rendered("print(5-{{ n }}, {{ n }}**2)", Language.PYTHON, "number", n=-3)])
        == "8 9\n"
    )
    assert run(["bash", "-c", rendered("echo $((5-{{ n }}))", kind="number", n=-3)]) == "8\n"


def test_a_number_before_a_redirection_stays_a_word() -> None:
    assert run(["bash", "-c", rendered("echo {{ n }}>&1", kind="number", n=2)]) == "2\n"


def test_rust_and_go_literals() -> None:
    text = 'a"\\\n\u202e\x07é'
    assert rendered("f( {{ v }} )", Language.RUST, v=text) == 'f( "a\\"\\\\\\n\\u{202e}\\u{7}é" )'
    assert rendered("f( {{ v }} )", Language.GO, v=text) == 'f( "a\\"\\\\\\n\\U0000202e\\U00000007é" )'
    assert rendered("f( {{ v }} )", Language.GO, "array", v=["a", "b"]) == 'f( []string{"a", "b"} )'
    assert rendered("f( {{ v }} )", Language.RUST, "array", v=[1, 2]) == "f( [1, 2] )"
    assert rendered("f( {{ v }} )", Language.RUST, "object", v={"a": 1}) == 'f( "{\\"a\\": 1}" )'


@pytest.mark.parametrize("language", [Language.RUST, Language.GO])
def test_arrays_of_mixed_types_are_refused_where_there_are_none(language: Language) -> None:
    with pytest.raises(InvalidInput, match="of one kind"):
        render(step("f( {{ v }} )", language), {"v": ["a", 1]})


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("echo '{{ v }}'", "single quotes"),
        ("echo $'{{ v }}'", "single quotes"),
        ("cat <<E\n{{ v }}\nE\n", "here-document"),
        ("cat <<E\n{{ v }}\n", "here-document"),
        ("cat <<{{ v }}\nE\n", "unclear"),
        ("echo `echo {{ v }}`", "backticks"),
        ('echo "`echo "{{ v }}"`"', "backticks"),
        ("echo ${x:-{{ v }} }", "inside ${"),
        ('echo "${x:-"{{ v }}"}"', "inside ${"),
        ("echo $((1 + {{ v }}))", "arithmetic"),
        ('echo $((1 + "{{ v }}"))', "arithmetic"),
        ("((x = {{ v }}))", "arithmetic"),
        ("a[{{ v }}]=1", "arithmetic"),
        ("echo ${{ v }}", "unclear"),
        ('echo "${{ v }}"', "unclear"),
        ("echo \\{{ v }}", "unclear"),
        ('echo "\\{{ v }}"', "unclear"),
        ('echo "{{ v }}', "unclear"),
        ("echo {{ v }} 'open", "unclear"),
        ("echo $({{ v }}", "unclear"),
    ],
)
def test_places_in_bash_without_right_quoting_are_refused(template: str, reason: str) -> None:
    (problem,) = check_step(step(template), [parameter("v", required=True)])
    assert reason in problem.message
    with pytest.raises(InvalidInput):
        render(step(template), {"v": "x"})


@pytest.mark.parametrize(
    ("language", "template"),
    [
        (Language.PYTHON, 'x = "{{ v }}"'),
        (Language.PYTHON, "x = '''\n{{ v }}\n'''"),
        (Language.PYTHON, 'x = f"{ {{ v }} }"'),
        (Language.PYTHON, "x = f{{ v }}"),
        (Language.PYTHON, 'x = ""{{ v }}'),
        (Language.PYTHON, "x = {{ v }}''"),
        (Language.PYTHON, 'x = "open {{ v }}\ny = 1'),
        (Language.PYTHON, "x = {{ v }}\n'''"),
        (Language.JAVASCRIPT, "x = `{{ v }}`"),
        (Language.JAVASCRIPT, "x = `${ 1 } {{ v }}`"),
        (Language.JAVASCRIPT, "x = `${ {{ v }}"),
        (Language.JAVASCRIPT, "x = /{{ v }}/"),
        (Language.JAVASCRIPT, "x = '\\'{{ v }}'"),
        (Language.RUST, 'let x = r#"" {{ v }}"#;'),
        (Language.RUST, 'let c = \'"\'; let s = "{{ v }}";'),
        (Language.GO, 'x := `" {{ v }}`'),
    ],
)
def test_strings_of_other_languages_are_refused(language: Language, template: str) -> None:
    (problem,) = check_step(step(template, language), [parameter("v", required=True)])
    assert problem.hint
    with pytest.raises(InvalidInput):
        render(step(template, language), {"v": "x"})


def test_other_double_braces_are_left_alone() -> None:
    template = "docker ps --format '{{.Names}}' {{{v}}} ${#a[@]} '{{ \"{{\" }}v}}'"
    assert render(step(template), {"v": 1}) == "docker ps --format '{{.Names}}' {{{v}}} ${#a[@]} '{{v}}'"


def test_an_unknown_parameter_gets_a_suggestion_and_its_place() -> None:
    (problem,) = check_step(step("true\necho {{ nme }}\n"), [parameter("name")])
    assert (problem.line, problem.column) == (2, 6)
    assert "did you mean 'name'?" in problem.hint


def test_an_expression_is_pointed_out_and_left_alone() -> None:
    (problem,) = check_step(step("echo {{ name | upper }}"), [parameter("name")])
    assert not problem.is_error
    assert "more than a name" in problem.message


def test_an_array_must_stand_alone() -> None:
    (problem,) = check_step(step("x={{ v }}"), [parameter("v", "array")])
    assert "stand alone" in problem.message


def test_a_value_that_may_be_absent_is_refused_where_nothing_can_stand_for_it() -> None:
    for made in (step("echo $(( {{ v }} ))"), step("f( {{ v }} )", Language.RUST)):
        (problem,) = check_step(made, [parameter("v", "number")])
        assert "no value" in problem.message


def test_absent_values() -> None:
    assert render(step('a {{ v }} "{{ v }}"'), {}) == "a '' \"\""
    assert render(step("f( {{ v }} )", Language.PYTHON), {}) == "f( None )"
    assert render(step("f( {{ v }} )", Language.JAVASCRIPT), {}) == "f( null )"


def test_the_environment_has_the_same_values() -> None:
    values: dict[str, Any] = {"path": "/a b", "n": 3, "on": True, "list": ["é"], "none": None}
    expected = {"PARAM_PATH": "/a b", "PARAM_N": "3", "PARAM_ON": "true", "PARAM_LIST": '["é"]'}
    assert environment(values) == expected


def test_raw_steps_are_not_templates() -> None:
    from dataclasses import replace

    raw = replace(step("echo {{ v }} '"), raw=True)
    assert check_step(raw, []) == []
    assert render(raw, {"v": 1}) == "echo {{ v }} '"


@settings(deadline=None)
@given(st.text("{} v'\"\\$`()<>#\n/*r=aE-&|;casein", max_size=60), st.sampled_from(list(Language)))
def test_no_program_upsets_the_scanners(template: str, language: Language) -> None:
    made = step(template, language)
    if not [problem for problem in check_step(made, [parameter("v", required=True)]) if problem.is_error]:
        assert isinstance(render(made, {"v": "x"}), str)


PIECES = [
    "{{ v }}", "{{ v }}", "{{ v }}", "'", '"', "\\", "$", "`", "(", ")", "{", "}", "#", " ", " ", "\n", ";", "a", "=",
    "[", "]",
    "echo ", "<<E\n", "<<-'E'\n", "\nE\n", "<<<", "case a in ", ";;", " esac ", "$((", "((", "))", "$(", "${x", ":-",
    "${#", "}", "[[ ", " ]]", "|", "for ", "do ", "then ", "$'", "f() ", "!", "*", "?", "+", "1",
]  # fmt: skip
ATTACKS = [
    "$(echo I''NJ >&2)", "`echo I''NJ >&2`", "';echo I''NJ;'", '";echo I\'\'NJ;"', "\necho I''NJ\n", ";echo I''NJ;",
    "a[$(echo I''NJ >&2)]", "\nE\necho I''NJ\n", "}; echo I''NJ; {", ")\necho I''NJ\n(", "\\';echo I''NJ;'",
    "#\necho I''NJ",
]  # fmt: skip


@RELAXED
@given(st.lists(st.sampled_from(PIECES), min_size=2, max_size=14), st.sampled_from(ATTACKS))
def test_no_accepted_bash_program_runs_a_value(pieces: list[str], attack: str) -> None:
    made = step("".join(pieces))
    if [problem for problem in check_step(made, [parameter("v", required=True)]) if problem.is_error]:
        return
    script = render(made, {"v": attack})
    # Without programs to call, a random script can do nothing but use builtins.
    result = subprocess.run(
        ["/bin/bash", "-c", script], env={"PATH": "/nonexistent"}, cwd="/proc/self", stdin=subprocess.DEVNULL,
        capture_output=True, check=False, timeout=20,
    )  # fmt: skip
    output = result.stdout + result.stderr
    assert b"INJ" not in output
