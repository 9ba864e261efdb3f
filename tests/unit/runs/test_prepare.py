"""From a definition to a request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.config import Settings
from tui.definitions.kinds import ParameterType, Profile
from tui.definitions.model import Definition, Parameter, ResourceLimits, Step
from tui.definitions.parameters import InvalidParameters
from tui.errors import InvalidInput
from tui.languages import Language
from tui.machines.model import PROFILES, MachineSpec
from tui.runs.execution import INTERPRETER, command_for
from tui.runs.prepare import request_for, spec_for
from tui.runs.request import Request, StepRequest

DEFINITION = Definition(
    name="greet",
    description="Greets",
    steps=(
        Step(Language.BASH, "echo {{ who }} {{ times }}", 10),
        Step(Language.PYTHON, "print({{ who }})", 20),
    ),
    parameters=(
        Parameter("who", ParameterType.STRING, required=True),
        Parameter("times", ParameterType.NUMBER, default=2),
    ),
    timeout=15,
    content_hash="abc",
)


def test_values_are_quoted_for_each_step_and_put_into_the_environment():
    request = request_for(DEFINITION, {"who": "it's; rm -rf /"}, session="s", settings=Settings())
    assert [(step.language, step.line) for step in request.steps] == [("bash", 10), ("python", 20)]
    assert request.steps[0].text == r"echo 'it'\''s; rm -rf /' '2'"
    assert request.steps[1].text in ('print("it\'s; rm -rf /")', "print('it\\'s; rm -rf /')")
    assert request.env == {"PARAM_WHO": "it's; rm -rf /", "PARAM_TIMES": "2"}
    assert request.parameters == {"who": "it's; rm -rf /", "times": 2}
    assert (request.title, request.definition, request.definition_hash) == ("greet", "greet", "abc")
    assert (request.session, request.timeout_s, request.spec) == ("s", 15.0, PROFILES["minimal"])


def test_every_problem_of_the_values_is_reported():
    with pytest.raises(InvalidParameters) as error:
        request_for(DEFINITION, {"times": "many", "whom": "x"}, session="s", settings=Settings())
    assert {problem.parameter for problem in error.value.problems} == {"who", "times", "whom"}


def test_the_nearest_word_on_profile_and_timeout_wins():
    from dataclasses import replace

    wants = replace(DEFINITION, profile=Profile.STANDARD)
    settings = Settings(profile="development")
    values = {"who": "x"}
    assert request_for(DEFINITION, values, session="s", settings=settings).spec == PROFILES["development"]
    assert request_for(wants, values, session="s", settings=settings).spec == PROFILES["standard"]
    chosen = request_for(wants, values, session="s", settings=settings, profile="minimal", timeout_s=3.5)
    assert (chosen.spec, chosen.timeout_s) == (PROFILES["minimal"], 3.5)


@pytest.mark.parametrize(
    ("limits", "spec"),
    [
        (None, MachineSpec(256)),
        (ResourceLimits(), MachineSpec(256)),
        (ResourceLimits(max_memory_mb=1000), MachineSpec(1408)),
        (ResourceLimits(max_memory_mb=150), MachineSpec(256)),
        (ResourceLimits(max_disk_mb=100), MachineSpec(256)),
        (ResourceLimits(max_disk_mb=20_000), MachineSpec(256, disk_mb=22_064)),
        (ResourceLimits(max_disk_mb=65_000), MachineSpec(256, disk_mb=65_536)),
        (ResourceLimits(max_memory_mb=1000, max_disk_mb=400), MachineSpec(1408)),
        (ResourceLimits(max_memory_mb=100, max_disk_mb=100), MachineSpec(256, disk_mb=174)),
        (ResourceLimits(network_access=True), MachineSpec(256, network=True)),
    ],
)
def test_limits_make_the_machine(limits: ResourceLimits | None, spec: MachineSpec):
    assert spec_for(PROFILES["minimal"], limits) == spec


def test_impossible_limits_are_refused():
    with pytest.raises(InvalidInput):
        spec_for(PROFILES["minimal"], ResourceLimits(max_disk_mb=10_000_000))


def test_steps_become_commands():
    request = Request(
        "t",
        (
            StepRequest("ls", "bash"),
            StepRequest("x = 1", "python"),
            StepRequest("1", "javascript"),
            StepRequest("ls -l", argv=("ls", "-l")),
        ),
        env={"A": "1"},
        cwd="/tmp",
        keep_interpreter=True,
    )
    shell, python, javascript, program = (command_for(step, request) for step in request.steps)
    assert (shell.kind, shell.text, shell.interpreter) == ("shell", "ls", None)
    assert (python.kind, python.language, python.interpreter) == ("code", "python", INTERPRETER)
    assert (javascript.kind, javascript.language, javascript.interpreter) == ("code", "javascript", None)
    assert (program.kind, program.argv) == ("argv", ("ls", "-l"))
    for command in (shell, python, javascript, program):
        assert (dict(command.env), command.cwd) == ({"A": "1"}, "/tmp")
    assert command_for(request.steps[1], Request("t", request.steps)).interpreter is None


def test_every_text_and_number_in_a_secret_value_is_a_secret():
    definition = replace(
        DEFINITION,
        parameters=(
            Parameter("who", ParameterType.STRING, required=True),
            Parameter("keys", ParameterType.ARRAY, secret=True),
            Parameter("login", ParameterType.OBJECT, secret=True),
            Parameter("pin", ParameterType.NUMBER, secret=True),
            Parameter("sure", ParameterType.BOOLEAN, secret=True),
            Parameter("missing", ParameterType.STRING, secret=True),
            Parameter("empty", ParameterType.ARRAY, secret=True),
        ),
    )
    login = {"user": "ann", "at": {"port": 5432, "codes": ["é-code", "no", True, None]}}
    values = {"who": "x", "keys": ["one", "two", "one"], "login": login, "pin": 12, "sure": True, "empty": []}
    assert request_for(definition, values, session="s", settings=Settings()).secrets == {
        "keys": '["one", "two", "one"]',
        "keys.1": "one",
        "keys.2": "two",
        "login": '{"user": "ann", "at": {"port": 5432, "codes": ["é-code", "no", true, null]}}',
        "login.1": "ann",
        "login.2": "5432",
        "login.3": "é-code",
        "pin": "12",
    }
