"""Files become definitions, or problems with their exact places."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.definitions.texts import complaints, definition_text, good, parsed
from tui.definitions.kinds import ExecutionMode, ParameterType, Profile, Scope
from tui.definitions.model import ResourceLimits
from tui.definitions.parsing import MAX_FILE_BYTES, parse
from tui.definitions.problems import Severity
from tui.languages import Language
from tui.levels import RiskLevel

FULL = """\
---
name: deploy-app
description: Release a thing
usage: deploy-app version=1.2.3
parameters:
  - name: version
    type: string
    required: true
    description: What to release
    validation:
      pattern: 'v?\\d+\\.\\d+'
  - name: retries
    type: Number
    default_value: 3
    validation: {min: 0, max: 10}
  - name: target
    type: string
    allowed_values: [staging, production]
    default_value: staging
execution_mode: VM
permissions: [read, execute]
knowledge_graph_required: [deployment]
category: Operations
version: 1.10
namespace: ops
aliases: [release, ship]
risk_level: High
timeout: 900
resource_limits:
  max_memory_mb: 1024
  max_cpu_time: 600
  max_disk_mb: 2048
  network_access: true
profile: Development
---
# Deploy

Some prose.

```bash
echo {{ version }} "{{ target }}"
```

More prose.

```text
not run
```

```python example
not_run()
```

~~~py
print({{ retries }})
~~~
"""


def test_every_field_is_read() -> None:
    definition = good(FULL)
    assert definition.name == "deploy-app"
    assert definition.usage == "deploy-app version=1.2.3"
    assert definition.version == "1.10"
    assert definition.execution_mode is ExecutionMode.FIRECRACKER
    assert definition.risk_level is RiskLevel.HIGH
    assert definition.permissions == ("read", "execute")
    assert definition.knowledge_graph_required == ("deployment",)
    assert (definition.category, definition.namespace, definition.timeout) == ("Operations", "ops", 900)
    assert definition.aliases == ("release", "ship")
    assert definition.resource_limits == ResourceLimits(1024, 600, 2048, network_access=True)
    assert definition.profile is Profile.DEVELOPMENT
    version, retries, target = definition.parameters
    assert version.required
    assert version.validation.pattern is not None
    assert (retries.type, retries.default) == (ParameterType.NUMBER, 3)
    assert (retries.validation.minimum, retries.validation.maximum) == (0, 10)
    assert target.validation.allowed_values == ("staging", "production")
    assert [parameter.line for parameter in definition.parameters] == [6, 12, 16]


def test_steps_are_the_runnable_blocks_and_documentation_is_the_rest() -> None:
    definition = good(FULL)
    assert [(step.language, step.line) for step in definition.steps] == [(Language.BASH, 41), (Language.PYTHON, 55)]
    assert FULL.split("\n")[40] == 'echo {{ version }} "{{ target }}"'
    assert definition.steps[0].template == 'echo {{ version }} "{{ target }}"\n'
    assert "not run" in definition.documentation
    assert "not_run()" in definition.documentation
    assert "echo" not in definition.documentation


def test_defaults() -> None:
    definition = good(definition_text())
    assert definition.execution_mode is ExecutionMode.LOCAL
    assert definition.risk_level is RiskLevel.LOW
    assert definition.version == "1.0.0"
    assert (definition.timeout, definition.resource_limits, definition.category) == (None, None, None)
    assert definition.aliases == definition.parameters == definition.permissions == ()


def test_the_limits_leave_the_network_closed() -> None:
    limits = good(definition_text(resource_limits="{max_memory_mb: 1}")).resource_limits
    assert limits == ResourceLimits(1, None, None, network_access=False)


def test_all_problems_come_at_once_with_their_lines() -> None:
    text = """\
---
name: 1bad
risk_level: extreme
timeout: 0
timeout: 5
colour: red
parameters:
  - name: a-b
    type: string
  - name: path
    type: sting
    required: maybe
  - name: n
    type: number
    required: true
    default_value: 1
    validation:
      min: 5
      max: 1
      pattern: x
  - name: s
    type: string
    default_value: [1]
    validation:
      pattern: '('
  - name: N
    type: number
resource_limits:
  max_memory_mb: -1
  max_cores: 4
aliases: [ok, ok, '?']
---

```bash
echo {{ pth }}
```

```perl
print
```

```bash

```
"""
    found = complaints(text)
    expected = [
        (2, "'1bad' is not a valid name"),
        (2, "'description' is required"),
        (3, "'risk_level' cannot be 'extreme'"),
        (4, "'timeout' must be a whole number above zero"),
        (5, "'timeout' is given twice"),
        (6, "unknown field 'colour'"),
        (8, "'a-b' is not a valid name"),
        (11, "'type' cannot be 'sting'"),
        (12, "'required' must be true or false"),
        (16, "a required parameter cannot have a default_value"),
        (18, "min 5 is above max 1"),
        (20, "'pattern' is for strings"),
        (23, "must be a string, not an array"),
        (25, "bad pattern '('"),
        (26, "'N' differs from 'n' only in case"),
        (29, "'max_memory_mb' must be a whole number above zero"),
        (30, "unknown field 'max_cores'"),
        (31, "'ok' is given twice"),
        (31, "'?' is not a valid alias"),
        (35, "unknown parameter 'pth'"),
        (38, "blocks in 'perl' cannot be run"),
        (42, "this step is empty"),
    ]
    assert sorted(line for line, _ in found) == [line for line, _ in expected], found
    for line, message in expected:
        assert any(at == line and message in said for at, said in found), (line, message, found)


@pytest.mark.parametrize(
    ("frontmatter", "line", "message"),
    [
        ("name: x\ndescription: [a\n", 3, "not valid YAML"),
        ("name: x\ndescription: a: b\n", 3, "mapping values are not allowed"),
        ("name: x\n\tdescription: a\n", 3, "not valid YAML"),
        ("name: &a x\ndescription: *a\n", 3, "aliases are not supported"),
        ("name: x\ndescription: " + "[" * 60 + "]" * 60 + "\n", 3, "nested more than"),
        ("a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]\n", 3, "aliases are not supported"),
        ("- a\n- b\n", 2, "must be a mapping"),
        ("just text\n", 2, "must be a mapping"),
        ("\n", 1, "the frontmatter is empty"),
        ("name: 'x\u2028y\u0085z'\ndescription: a\nbad: 1\n", 4, "unknown field"),
        ("? [a, b]\n: c\nname: x\ndescription: y\n", 2, "a key must be a word"),
        ("name: x\ndescription: !!python/object:os.system y\nextra: 1\n", 4, "unknown field"),
        ("name: x\ndescription: y\nparameters: 5\n", 4, "must be a list"),
        ("name: x\ndescription: y\nparameters: [5]\n", 4, "a parameter must be a mapping"),
        ("name: x\ndescription: y\naliases: 5\n", 4, "must be a list"),
        ("name: x\ndescription: y\ntimeout: 15m\n", 4, "must be a whole number"),
        ("name: x\ndescription: y\ntimeout: 1.5\n", 4, "must be a whole number"),
        ("name: x\ndescription: y\ntimeout: " + "9" * 5000 + "\n", 4, "must be a whole number"),
        ("name: x\ndescription:\n", 3, "'description' is required"),
        ("name: x\ndescription: ''\n", 3, "must not be empty"),
    ],
)
def test_places_of_yaml_problems(frontmatter: str, line: int, message: str) -> None:
    found = complaints(f"---\n{frontmatter}---\n```bash\ntrue\n```\n")
    assert any(at == line and message in said for at, said in found), found


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"", 1, "does not begin with frontmatter"),
        (b"# Title\n", 1, "does not begin with frontmatter"),
        (b"---\nname: x\n", 1, "does not end"),
        (b"---\nname: \xff\n---\n", 2, "not UTF-8"),
        (b"---\nname: x\n\0---\n", 3, "NUL"),
        (b"---\n" + b"x" * MAX_FILE_BYTES, 1, "larger than"),
        (b"---\nname: \x07\n---\n", 2, "U+0007"),
        (b"---\na: " + b"[" * 60_000 + b"\n---\n", 2, "nested more than"),
        (b"---\na: " + b"x" * 70_000 + b"\n---\n", 1, "longer than 64"),
    ],
)
def test_files_that_are_no_definitions(data: bytes, line: int, message: str) -> None:
    result = parse(data, Path("some.md"))
    assert result.definition is None
    assert result.name == "some"
    assert any(problem.line == line and message in problem.message for problem in result.problems), result.problems


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter() -> None:
    data = b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode()
    definition = parse(data, Path("x.md"), Scope.USER).definition
    assert definition is not None
    assert definition.steps == good(FULL).steps
    assert definition.scope is Scope.USER


def test_text_fields_are_what_the_author_wrote() -> None:
    text = definition_text(version="1.10", category="yes", usage="2024-01-01")
    definition = good(text)
    assert (definition.version, definition.category, definition.usage) == ("1.10", "yes", "2024-01-01")


def test_messages_carry_no_control_characters() -> None:
    result = parsed(definition_text(**{'"a\\x1b[31m\\u202e"': "1"}))
    (problem,) = result.problems
    assert problem.message.isprintable()
    assert str(problem).startswith("demo.md:4: error: ")


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ("```bash\na\n```", ["a\n"]),
        ("````bash\n```\n````", ["```\n"]),
        ("~~~bash\n```\n~~~", ["```\n"]),
        ("  ```sh\n  a\n   b\n  ```", ["a\n b\n"]),
        ("<!--\n```bash\nhidden\n```\n-->\n```bash\na\n```", ["a\n"]),
        ("<!-- x -->\n```bash\na\n```", ["a\n"]),
        ("```\nx\n```\n```text\nx\n```\n```js\na\n```", ["a\n"]),
        ("```bash raw\necho {{ x }}\n```", ["echo {{ x }}\n"]),
        ("```text\n```bash\n```\n```bash\na\n```", ["a\n"]),
        ("`` ```bash ``\n```bash\na\n```", ["a\n"]),
    ],
)
def test_blocks(body: str, steps: list[str]) -> None:
    assert [step.template for step in good(definition_text(body=body)).steps] == steps


def test_a_nested_block_is_pointed_out() -> None:
    result = parsed(definition_text(body="- one\n\n      ```bash\n      x\n      ```\n\n```bash\na\n```\n"))
    (problem,) = result.problems
    assert (problem.line, problem.severity) == (8, Severity.WARNING)
    assert result.definition is not None
    assert result.definition.problems == result.problems


def test_a_block_without_end() -> None:
    found = complaints(definition_text(body="```bash\na\n"))
    assert found == [(6, "this code block is never closed")]


def test_without_steps_nothing_would_run() -> None:
    assert complaints(definition_text(body="Prose\n")) == [(2, "there are no steps: nothing would run")]


def test_both_ways_to_give_allowed_values() -> None:
    parameters = "\n  - {name: a, type: string, allowed_values: [x], validation: {allowed_values: [y]}}"
    result = parsed(definition_text(parameters=parameters))
    assert result.definition is not None
    assert result.definition.parameters[0].validation.allowed_values == ("y",)
    assert [problem.severity for problem in result.problems] == [Severity.WARNING]


def test_the_usage_line_is_made_of_the_parameters() -> None:
    parameters = "\n  - {name: a, type: number}\n  - {name: b, type: string, required: true}"
    assert good(definition_text(parameters=parameters)).usage_line == "demo b=STRING [a=NUMBER]"
