"""hooks.yaml, presets, and the chain that comes of them."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.hooks.proposals import Scripted, assess_low, context
from tui.errors import InvalidInput
from tui.hooks import entry_points
from tui.hooks.builtin.git import Save
from tui.hooks.builtin.notification import When
from tui.hooks.install import find_hooks, open_chain
from tui.hooks.model import Allow, Block, Point
from tui.hooks.presets import BUILTIN_OPTIONS, PRESETS, Preset
from tui.hooks.services import Services
from tui.hooks.settings import HooksSettings, load_hook_settings, parse_hook_settings
from tui.levels import RiskLevel
from tui.risk.model import Category

FILE = Path("/config/hooks.yaml")


def parsed(text: str, known: tuple[str, ...] = ()) -> HooksSettings:
    return parse_hook_settings(text.encode(), FILE, known)


@pytest.mark.parametrize("text", ["", "# nothing\n", "preset: default\n", "preset: Default\n", "hooks:\n"])
def test_nothing_set_is_the_default_preset(text: str) -> None:
    assert parsed(text) == HooksSettings.for_preset(Preset.DEFAULT)


def test_no_file_is_the_default_preset(services: Services) -> None:
    assert load_hook_settings(services.paths) == HooksSettings.for_preset(Preset.DEFAULT)


@pytest.mark.parametrize("preset", Preset)
def test_a_preset_says_which_hooks_are_heard(preset: Preset) -> None:
    settings = parsed(f"preset: {preset}")
    enabled = {name for name, one in settings.hooks.items() if one.enabled}
    assert enabled == set(PRESETS[preset])
    assert {"logging", "preflight", "environment", "resource-monitor", "output-sanitizer"} <= enabled
    assert set(settings.hooks) == set(BUILTIN_OPTIONS)


def test_presets_differ_where_it_matters() -> None:
    assert "backup" in PRESETS[Preset.PRODUCTION]
    assert "git" in PRESETS[Preset.DEVELOPMENT]
    assert PRESETS[Preset.DEVELOPMENT]["environment"].variables["ROLLCAGE_DEBUG"] == "1"
    assert "mkfs" in PRESETS[Preset.PRODUCTION]["preflight"].blocked_programs
    assert not PRESETS[Preset.DEFAULT]["preflight"].blocked_programs


def test_options_of_every_type_are_read() -> None:
    settings = parsed(
        """
preset: production
timeout_s: 2.5
hooks:
  logging: {file: /var/log/rollcage.log, max_mb: 3}
  preflight:
    blocked_programs: [dd]
    blocked_categories: [shell, KERNEL]
    blocked_level: medium
    allowed_directories: [/srv, ~/work]
  environment: {variables: {STAGE: test, PORT: 8080}, priority: -3}
  notification: {when: always, webhook: "https://example.org/x", min_duration: 1.5, bell: no, headers: {A: b}}
  git: {save: no}
  backup: {enabled: false}
  dangerous-pattern: {block: [], timeout_s: 0.5}
"""
    )
    assert settings.timeout_s == 2.5
    assert settings.of("logging").options.file == Path("/var/log/rollcage.log")
    preflight = settings.of("preflight").options
    assert preflight.blocked_programs == ("dd",)
    assert preflight.blocked_categories == (Category.SHELL, Category.KERNEL)
    assert preflight.blocked_level is RiskLevel.MEDIUM
    assert preflight.allowed_directories == (Path("/srv"), Path.home() / "work")
    assert settings.of("environment").options.variables == {"STAGE": "test", "PORT": "8080"}
    assert settings.of("environment").priority == -3
    notification = settings.of("notification").options
    assert (notification.when, notification.bell, notification.min_duration) == (When.ALWAYS, False, 1.5)
    assert notification.commands == PRESETS[Preset.PRODUCTION]["notification"].commands, "what is not set stays"
    assert settings.of("git").enabled
    assert settings.of("git").options.save is Save.NO
    assert not settings.of("backup").enabled
    assert settings.of("dangerous-pattern").options.block == ()
    assert settings.of("dangerous-pattern").timeout_s == 0.5


def test_every_mistake_is_named_with_its_line() -> None:
    text = """preset: prodction
timeout_s: -1
surprise: 1
hooks:
  logging: {fil: x, max_mb: 0}
  preflight: {blocked_categories: [SHELLS], allowed_directories: [relative]}
  environment: {variables: [A], priority: 1.5}
  notification: {webhook: [], min_duration: x}
  guarrd: {points: [sometime]}
  guard: {points: [sometime], color: red, options: 3}
  git: 7
"""
    with pytest.raises(InvalidInput) as caught:
        parsed(text, ("guard",))
    lines = caught.value.message.splitlines()
    named = [int(line.split(":")[1]) for line in lines]
    assert named == sorted(named)
    assert set(named) == {1, 2, 3, 5, 6, 7, 8, 9, 10, 11}
    assert [named.count(line) for line in (5, 6, 7, 8, 10)] == [2, 2, 2, 2, 3]
    assert all(line.startswith("/config/hooks.yaml:") for line in lines)
    assert "did you mean 'file'" in caught.value.message
    assert "did you mean 'guard'" in caught.value.message


@pytest.mark.parametrize(
    "data", [b"\xff", b"a: [", b"- a", b"a: *b", b"x" * 300_000, b"hooks: {logging: {}, logging: {}}"]
)
def test_a_file_that_cannot_be_read_is_an_error_with_a_place(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"hooks\.yaml:1"):
        parse_hook_settings(data, FILE)


# --- the chain ------------------------------------------------------------------------------------------------------


def write(services: Services, text: str) -> None:
    services.paths.hooks_file.write_text(text)


def install(services: Services, name: str, script: str = "exit 0") -> Path:
    directory = services.paths.user_hooks
    directory.mkdir(exist_ok=True, mode=0o700)
    file = directory / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o700)
    return file


def names(services: Services) -> list[str]:
    return [hook.name for hook in open_chain(services, assess=assess_low).hooks]


def test_built_in_hooks_are_heard_in_their_order(services: Services) -> None:
    assert names(services) == [
        "output-sanitizer", "logging", "syntax-validation", "preflight", "dangerous-pattern", "environment",
        "resource-monitor", "notification", "execution-logger",
    ]  # fmt: skip


def test_settings_choose_and_reorder(services: Services) -> None:
    write(services, "hooks: {logging: {enabled: false}, execution-logger: {priority: 500}, git: {}}")
    found = names(services)
    assert found[0] == "execution-logger"
    assert "logging" not in found
    assert "git" in found


async def test_a_file_in_the_directory_is_a_hook(services: Services) -> None:
    install(services, "93-guard", """echo '{"decision": "block", "reason": "closed today"}'""")
    chain = open_chain(services, assess=assess_low)
    assert [hook.name for hook in chain.hooks].index("guard") == 3
    result = await chain.run(context(Point.AFTER_ASSESSMENT))
    assert result.decision == Block("guard: closed today")


def test_settings_say_where_a_file_is_heard(services: Services) -> None:
    install(services, "20-guard")
    write(services, "hooks: {guard: {points: [before-model-call], priority: 7, timeout_s: 2}}")
    (hook,) = open_chain(services, assess=assess_low).at(Point.BEFORE_MODEL_CALL)[1:]
    assert (hook.name, hook.priority, hook.points) == ("guard", 7, frozenset({Point.BEFORE_MODEL_CALL}))


async def test_a_namesake_of_a_built_in_hook_is_not_silently_unheard(services: Services) -> None:
    install(services, "20-preflight")
    result = await open_chain(services, assess=assess_low).run(context(Point.AFTER_ASSESSMENT))
    assert isinstance(result.decision, Block)
    assert "another hook is named preflight" in result.decision.reason


# --- packages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("rollcage_test_package")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    points = [
        EntryPoint(name, f"{module.__name__}:{attribute}", entry_points.GROUP)
        for name, attribute in (("ticket", "make"), ("broken", "absent"))
    ]
    monkeypatch.setattr(entry_points, "installed_hooks", lambda: {point.name: point for point in points})
    monkeypatch.setattr("tui.hooks.install.installed_hooks", entry_points.installed_hooks)
    return module


async def test_hooks_of_packages_are_heard_with_their_options(services: Services, package: ModuleType) -> None:
    def make(options: dict[str, Any]) -> Scripted:
        return Scripted("inner name", lambda _: Block(f"no ticket in {options['project']}"), 42)

    package.make = make  # type: ignore[attr-defined]
    write(services, "hooks: {ticket: {options: {project: ABC, more: [1, 2]}}, broken: {enabled: false}}")
    chain = open_chain(services, assess=assess_low)
    hook = next(hook for hook in chain.hooks if hook.name == "ticket")
    assert hook.priority == 42
    result = await chain.run(context(Point.AFTER_ASSESSMENT))
    assert result.decision == Block("ticket: no ticket in ABC")


async def test_a_package_that_does_not_load_fails_closed(services: Services, package: ModuleType) -> None:
    package.make = lambda _: Scripted("x", lambda _: Allow())  # type: ignore[attr-defined]
    result = await open_chain(services, assess=assess_low).run(context(Point.AFTER_ASSESSMENT))
    assert isinstance(result.decision, Block)
    assert "broken: the hook failed" in result.decision.reason
    assert "ticket" not in result.decision.reason


def test_what_is_off_is_not_imported(services: Services, package: ModuleType) -> None:
    write(services, "hooks: {ticket: {enabled: false}, broken: {enabled: false}}")
    settings = load_hook_settings(services.paths, ("ticket", "broken"))
    found = {one.hook.name: one for one in find_hooks(settings, services)}
    assert not found["ticket"].enabled
    assert isinstance(found["ticket"].hook, entry_points.BrokenHook)


@pytest.mark.parametrize("made", [None, object(), "hook"])
async def test_something_that_is_no_hook_fails_closed(services: Services, package: ModuleType, made: object) -> None:
    package.make = lambda _: made  # type: ignore[attr-defined]
    write(services, "hooks: {broken: {enabled: false}}")
    result = await open_chain(services, assess=assess_low).run(context(Point.AFTER_ASSESSMENT))
    assert isinstance(result.decision, Block)
    assert "has no `decide`" in result.decision.reason
