"""Whatever the text, an answer comes, soon, and it is a sane one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.risk.code.shells import Shell
from tui.levels import RiskLevel
from tui.risk.code.javascript import judge_javascript
from tui.risk.code.judge import AssessShell
from tui.risk.code.python import judge_python
from tui.risk.findings import Findings

Judge = Callable[[str, AssessShell], Findings]
_PIECES = [
    "import os\n", "os.system(", "eval(", "exec(", "(", ")", "[", "]", "{", "}", "'", '"', "`", "\\", "\n", "    ",
    "lambda x: ",
    "for x in ", "while True:\n", "def f(a, *b, **c):\n", "class A(B):\n", "return ", "await ", "x", "=", "+", "*",
    "%", "1", "10**9",
    "f'{x}'", "${x}", "=>", "function f(){", "const {a, ...b} = ", "require('fs')", ".rmSync(", "'/'", ", ", ";",
    "new ", "...", "?.",
    "base64.b64decode(", "'YWJj'", ".join(", "[::-1]", "chr(", "\x00", "\ud800", "ä", "\u202e", "print 'x'", "!ls",
    "%cd", "yield ",
    "open('/etc/passwd', 'w')", "getattr(os, ", "constructor", ".call(", "process.env", "os.environ", "fetch(",
    "{**x}", "*x", "import(", "super()", "super(x)", "@property\n", "yield* ", "static x = ",
    "get x() { return this.x }",
    "class A extends A {", "class A(A, B):\n    x = 1\n", ".then(x => x)", ".emit('x', ", ".on('x', ", "new Proxy(",
    "/x+/g",
    ".replace(", "new Promise(", "functools.partial(", "functools.partial()()",
    "operator.methodcaller()(x)", "Template(", ".substitute(", ".send(",
]  # fmt: skip
_TEXTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
_BOTH = pytest.mark.parametrize("judge", [judge_python, judge_javascript])


@_BOTH
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=_TEXTS)
def test_any_text_gets_an_answer_with_evidence_in_it(judge: Judge, text: str) -> None:
    found = judge(text, Shell())
    for reason in found.reasons:
        assert 0 <= reason.span.start <= reason.span.end <= len(text)
        assert reason.effect
        assert reason.rule.startswith(("py.", "js.", "fs."))
    if found.level >= RiskLevel.MEDIUM:
        assert found.reasons or found.not_understood


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
def test_what_follows_cannot_hide_a_command(tail: str) -> None:
    text = "import os\nos.system('rm -rf /')\n" + "#" + tail.replace("\n", " ").replace("\r", " ")
    assert judge_python(text, Shell()).level is RiskLevel.CRITICAL


@pytest.mark.parametrize(
    "text",
    [
        "(" * 20_000,
        "x = " + "[" * 5_000 + "]" * 5_000,
        "x = " + "f(" * 3_000 + ")" * 3_000,
        "x = " + "1 + " * 20_000 + "1",
        "x" + ".y" * 20_000,
        "x" + "()" * 5_000,
        "if x:\n    pass\n" + "elif x:\n    pass\n" * 3_000,
        "x = 'a' * 10 ** 9\ny = x * 10 ** 9\n",
        "x = 2 ** 99999999\ny = 1 << 10 ** 12\n",
        "x = '%999999999d' % 1\ny = '{:999999999}'.format(1)\n",
        "import zlib\nx = zlib.decompress(b'" + "\\x00" * 1000 + "')",
        "def f(n):\n    f(n)\n    f(n)\n    f(n)\nf(1)\n",
        "def f(): g(); g(); g()\ndef g(): h(); h(); h()\ndef h(): f(); f(); f()\nf()\n",
        "x = [[[[i for i in range(4000)] for j in range(4000)] for k in range(4000)] for m in range(4000)]",
        "a = []\n" + "a.append(a)\n" * 500 + "print(a)\n",
        "class A:\n    def __init__(self):\n        self.a = self\n        self.b = [self, self]\n        print(self)\n"
        + "A()\n" * 50,
        "x = '" + "A" * 1_000_000 + "'",
        "\n" * 200_000,
        "x=1;" * 50_000,
        "exec(" * 50 + "'1'" + ")" * 50,
        "{" * 5_000 + "}" * 5_000,
        "a=>" * 3_000 + "1",
        "`${" * 1_000 + "1" + "}`" * 1_000,
        "!function(){" * 1_000 + "}()" * 1_000,
        "const a = {}; a.a = a; a.b = [a, a]; " + "f(a);" * 500,
        "x = 'a'; " + "x += x; " * 60 + "eval(x)",
        "class A: pass\n" + "class A(A, A, A): pass\n" * 300 + "A().x\n" * 300,
        "class A:\n" + "".join(f"    def m{n}(self): pass\n" for n in range(800)) + "a = A()\n" + "a.x\n" * 800,
        "v = {}\n" + "v = [v, v, v, v, v, v, v, v]\n" * 12 + "c.create_namespaced_pod(v)\nc.upload(v)\n",
        "class A { " + "".join(f"m{n}() {{}} " for n in range(500)) + "} " + "new A(); " * 500,
        "class A extends A { get a() { return this.b } get b() { return this.a } } new A().a;",
        "const p = new Proxy({}, { get: (t, n) => p[n] }); p.x; " * 50,
        "function* g() { yield* g(); yield 'x'; } for (const x of g()) f(x);",
        "let v = {}; " + "v = [v, v, v, v, v, v, v, v]; " * 12 + "c.createContainer(v); c.upload(v);",
        "e.on('x', () => e.emit('x')); const e = new E(); e.on('x', () => e.emit('x')); e.emit('x');",
        "let s = '" + "a" * 50_000 + "'; " + "s = s.replace(/a/g, 'aa'); " * 100,
    ],
    ids=range(36),
)
@_BOTH
@pytest.mark.timeout(20)
def test_hostile_texts_end_soon(judge: Judge, text: str) -> None:
    assert judge(text, Shell()).level <= RiskLevel.HIGH
