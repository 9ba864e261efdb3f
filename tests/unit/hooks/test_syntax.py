"""Code is parsed by real parsers; what is injected into it moves no line."""

from __future__ import annotations

import ast
import shutil
import subprocess
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.hooks.proposals import Scripted, assess_low, context, proposal
from tui.hooks.builtin import dependency_injector, syntax_validation
from tui.hooks.chain import HookChain
from tui.hooks.model import Allow, Ask, Block, Decision, Modify, Point
from tui.hooks.prelude import CannotInject, with_javascript_modules, with_python_imports
from tui.proposal import ProposedStep


def parsed(text: str, language: str, **options: int) -> Decision:
    hook = syntax_validation.SyntaxValidationHook(syntax_validation.Options(**options))
    return hook.decide(context(Point.BEFORE_ASSESSMENT, proposal(text, language=language)))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("bash", "for x in 1 2; do echo $x; done"),
        ("bash", "shopt -s extglob\nrm -- !(keep)"),
        ("bash", "cat <<EOF\nthis ( is text\nEOF"),
        ("bash", "{rm,-rf,/tmp/x}"),
        ("python", "import os\nasync def f():\n    await g()\n"),
        ("python", "x = '\\d'"),
        ("javascript", "#!/usr/bin/env node\nconst f = async () => ({...a, b: `x${1}`});"),
    ],
)
def test_code_that_parses_passes(language: str, text: str) -> None:
    assert parsed(text, language) == Allow()


@pytest.mark.parametrize(
    ("language", "text", "line"),
    [
        ("bash", "echo one\necho two\nfi\n", 3),
        ("bash", "echo 'unfinished", 2),
        ("python", "x = 1\nif x\n    pass\n", 2),
        ("python", "  indented\nx\n", None),
    ],
)
def test_code_that_does_not_parse_is_refused_with_its_line(language: str, text: str, line: int | None) -> None:
    decision = parsed(text, language)
    assert isinstance(decision, Block)
    if line is not None and language == "python":
        assert f"line {line}" in decision.reason
    assert language in decision.reason


def test_a_grammar_that_is_not_the_languages_own_asks() -> None:
    decision = parsed("let x = 1;\nfunction (\n", "javascript")
    assert isinstance(decision, Ask)
    assert "line 2" in decision.prompt


@pytest.mark.parametrize("language", ["bash", "python", "javascript", "rust"])
@pytest.mark.parametrize("text", ["", " \n\t"])
def test_no_code_is_refused(language: str, text: str) -> None:
    assert isinstance(parsed(text, language), Block)


def test_too_much_code_is_refused() -> None:
    assert parsed("x" * 11, "python", max_characters=10) == Block("python: 11 characters are more than the 10 allowed")


@pytest.mark.parametrize("language", ["rust", "go"])
def test_a_language_without_a_parser_says_so(language: str) -> None:
    decision = parsed("fn main( {", language)
    assert isinstance(decision, Allow)
    assert "not checked" in decision.notes[0]


def test_nothing_is_executed_by_checking(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    marker = Path(str(tmp_path)) / "marker"
    startup = Path(str(tmp_path)) / "startup"
    startup.write_text(f"touch {marker}")
    monkeypatch.setenv("BASH_ENV", str(startup))
    assert parsed(f"touch {marker}; $(touch {marker})", "bash") == Allow()
    assert not marker.exists()


@pytest.mark.parametrize("text", ["(" * 5000, "\0", "x" + "\ud800"])
def test_hostile_python_is_refused_and_not_fatal(text: str) -> None:
    assert isinstance(parsed(text, "python"), Block)


def test_every_faulty_step_is_named() -> None:
    hook = syntax_validation.SyntaxValidationHook(syntax_validation.Options())
    decision = hook.decide(context(Point.BEFORE_ASSESSMENT, proposal("fi", "true", "done")))
    assert isinstance(decision, Block)
    assert "step 1" in decision.reason
    assert "step 3" in decision.reason
    assert "step 2" not in decision.reason


def test_a_program_has_no_syntax() -> None:
    hook = syntax_validation.SyntaxValidationHook(syntax_validation.Options())
    about = proposal(steps=(ProposedStep("echo 'x", "bash", ("echo", "'x")),))
    assert isinstance(hook.decide(context(Point.BEFORE_ASSESSMENT, about)), Allow)


# --- dependency-injector --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = os.sep", "import os; x = os.sep"),
        ('"""Doc."""\nprint(os.sep)', '"""Doc."""\nimport os; print(os.sep)'),
        (
            "from __future__ import annotations\ndef f(): pass",
            "from __future__ import annotations; import os\ndef f(): pass",
        ),
        ('"""Doc."""\ndef f():\n    pass', '"""Doc."""; import os\ndef f():\n    pass'),
        (
            "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n\ndef f(): pass",
            "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\nimport os\ndef f(): pass",
        ),
        ("#!/usr/bin/env python3\n# note\nif x: pass", "#!/usr/bin/env python3\nimport os  # note\nif x: pass"),
        ("é = 'ü'; y = 2", "import os; é = 'ü'; y = 2"),
        ("import os\nos.sep", "import os\nos.sep"),
        ("# only a comment", "import os  # only a comment"),
    ],
)
def test_python_imports_move_no_line(text: str, expected: str) -> None:
    assert with_python_imports(text, ["os"]) == expected
    assert with_python_imports(expected, ["os"]) == expected, "a second time changes nothing"


@pytest.mark.parametrize("text", ["def f():\n    pass", "@decorated\nclass C: pass", "x = ("])
def test_where_there_is_no_place_nothing_is_injected(text: str) -> None:
    with pytest.raises(CannotInject):
        with_python_imports(text, ["os"])


def test_a_traceback_still_names_the_authors_line() -> None:
    text = '"""Doc."""\nfrom __future__ import annotations\n\n\ndef f():\n    raise ValueError("here")\n\nf()\n'
    changed = with_python_imports(text, ["json"])
    with pytest.raises(ValueError, match="here") as caught:
        exec(compile(changed, "step", "exec"), {})
    assert [frame.lineno for frame in traceback.extract_tb(caught.value.__traceback__)][-2:] == [8, 6]


PIECES = st.lists(
    st.sampled_from(
        [
            '"""Doc."""',
            "from __future__ import annotations",
            "x = 1",
            "if 1: pass",
            "def f():\n    return 1",
            "",
            "# c",
            "import sys",
            '"x"; y = 2',
        ]
    ),
    max_size=6,
)


@given(PIECES)
def test_whatever_the_code_only_the_import_is_added(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    try:
        ast.parse(text)
        changed = with_python_imports(text, ["json", "os.path"])
    except (SyntaxError, CannotInject):
        return
    before = [ast.dump(node) for node in ast.parse(text).body]
    after = [ast.dump(node) for node in ast.parse(changed).body]
    added = ast.dump(ast.parse("import json, os.path").body[0])
    assert after.count(added) == 1
    after.remove(added)
    assert after == before
    lines = {node.lineno for node in ast.parse(text).body}
    assert lines <= {node.lineno for node in ast.parse(changed).body}


JAVASCRIPT = [
    ("fs.statSync('.')", "var fs = require(\"fs\"); fs.statSync('.')"),
    ('"use strict"\nx()', '"use strict"; var fs = require("fs");\nx()'),
    ("// top\n'use strict';\nx()", "// top\n'use strict'; var fs = require(\"fs\");\nx()"),
    ("#!/usr/bin/env node\nx()", '#!/usr/bin/env node\nvar fs = require("fs"); x()'),
    ("const fs = require('node:fs');", "const fs = require('node:fs');"),
]


@pytest.mark.parametrize(("text", "expected"), JAVASCRIPT)
def test_javascript_modules_move_no_line(text: str, expected: str) -> None:
    assert with_javascript_modules(text, ["fs"]) == expected
    assert with_javascript_modules(expected, ["fs"]) == expected


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_injected_javascript_runs_and_stays_strict() -> None:
    code = with_javascript_modules(
        "// top\n'use strict'\ntry { undeclared = 1 } catch (e) { console.log(typeof fs.statSync) }", ["fs"]
    )
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    assert done.stdout == "function\n"


@pytest.mark.parametrize("text", ["import fs from 'fs';", "export const x = 1;"])
def test_es_modules_import_for_themselves(text: str) -> None:
    with pytest.raises(CannotInject):
        with_javascript_modules(text, ["fs"])


def test_by_default_nothing_is_injected() -> None:
    hook = dependency_injector.DependencyInjectorHook(dependency_injector.Options())
    assert hook.decide(context(Point.BEFORE_ASSESSMENT, proposal("x = 1", language="python"))) == Allow()


async def test_the_injector_settles_within_a_chain() -> None:
    hook = dependency_injector.DependencyInjectorHook(dependency_injector.Options(python=("os",)))
    about = context(Point.BEFORE_ASSESSMENT, proposal("x = 1", language="python"))
    result = await HookChain([hook, Scripted("other", lambda _: Allow())], assess=assess_low).run(about)
    assert isinstance(result.decision, Modify)
    assert result.proposal.steps[0].text == "import os; x = 1"


def test_a_step_that_cannot_be_changed_is_named() -> None:
    hook = dependency_injector.DependencyInjectorHook(dependency_injector.Options(python=("os",)))
    decision = hook.decide(context(Point.BEFORE_ASSESSMENT, proposal("def f(): pass", language="python")))
    assert isinstance(decision, Allow)
    assert "empty line" in decision.warnings[0]
