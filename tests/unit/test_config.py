"""Settings from YAML: complete, and complaining about everything at once."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.config import PROFILE_NAMES, Settings, load_settings, parse_settings
from tui.errors import InvalidInput
from tui.machines.model import PROFILES
from tui.paths import Paths

FILE = Path("config.yaml")


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as error:
        parse_settings(text.encode(), FILE)
    return error.value.message.splitlines()


def test_without_a_file_everything_has_its_default(paths: Paths):
    assert load_settings(paths) == Settings()


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "snapshots: {}\n"])
def test_an_empty_file_changes_nothing(text: str):
    assert parse_settings(text.encode(), FILE) == Settings()


def test_values_of_every_kind_are_read(paths: Paths):
    paths.settings_file.write_text(
        "profile: standard\nbackend: tcg\nsnapshots:\n  keep_per_session: 7\n  anticipate: off\nruns:\n  timeout_s: 5\n"
    )
    settings = load_settings(paths)
    assert (settings.profile, settings.backend) == ("standard", "tcg")
    assert (settings.snapshots.keep_per_session, settings.snapshots.anticipate) == (7, False)
    assert settings.runs.timeout_s == 5.0
    assert isinstance(settings.runs.timeout_s, float)
    assert settings.pool == Settings().pool


def test_every_mistake_is_reported_with_its_line():
    text = """profil: minimal
backend: qvm
snapshots:
  before: maybe
  keep_per_session: 0
  keep_per_session: 5
  colour: red
pool: [1, 2]
runs:
  timeout_s: soon
  retries: 1.5
  retry_cap_s: .inf
theme: 3
"""
    assert problems(text) == [
        "config.yaml:1: unknown key 'profil'; did you mean 'profile'?",
        "config.yaml:2: backend must be one of auto, kvm, tcg, not 'qvm'; did you mean 'kvm'?",
        "config.yaml:4: snapshots.before must be true or false, not 'maybe'",
        "config.yaml:5: snapshots.keep_per_session must be between 2 and 1e+06, not 0",
        "config.yaml:6: 'snapshots.keep_per_session' is given twice",
        "config.yaml:7: unknown key 'snapshots.colour'; known: before, after, on_failure, auto_rollback, anticipate, "
        "keep_per_session, keep_total_mb",
        "config.yaml:8: pool must be a mapping of keys to values",
        "config.yaml:10: runs.timeout_s must be a number, not 'soon'",
        "config.yaml:11: runs.retries must be a whole number, not '1.5'",
        "config.yaml:12: runs.retry_cap_s must be between 0 and 3600, not inf",
        "config.yaml:13: theme must be text, not '3'",
    ]


def test_what_contradicts_itself_is_refused():
    assert problems("snapshots:\n  before: false\n")[0].startswith(
        "config.yaml:2: snapshots.before: false leaves nothing"
    )
    assert problems("pool:\n  low: 3\n  high: 2\n") == ["config.yaml:2: pool.low (3) must not be above pool.high (2)"]
    assert problems("pool:\n  high: 0\n") == ["config.yaml:2: pool.low (1) must not be above pool.high (0)"]
    assert "retry_base_s" in problems("runs:\n  retry_base_s: 9\n")[0]


@pytest.mark.parametrize(
    "text",
    ["a: [", "- a\n- b\n", "just text", "a: !!python/object:os.system {}\n", "a: b: c", "\x00", "[" * 5000, "a: *x"],
    ids=["open", "list", "scalar", "tag", "colon", "nul", "deep", "alias"],
)
def test_what_is_no_mapping_or_no_yaml_is_said_to_be_so(text: str):
    assert all(line.startswith("config.yaml:1: ") for line in problems(text))


def test_a_file_too_long_or_unreadable_is_refused(paths: Paths):
    with pytest.raises(InvalidInput, match="at most"):
        parse_settings(b"#" * 300_000, FILE)
    paths.settings_file.mkdir()
    with pytest.raises(InvalidInput, match="cannot read"):
        load_settings(paths)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str):
    try:
        parse_settings(text.encode("utf-8", "surrogatepass"), FILE)
    except InvalidInput as error:
        message = error.message
    else:
        return
    assert "config.yaml:" in message


def test_the_profiles_a_person_can_name_are_those_there_are():
    assert tuple(PROFILES) == PROFILE_NAMES


def test_every_number_has_a_range():
    from tui.config import _RANGES

    numbers = {
        f"{section.name}.{item.name}"
        for section in fields(Settings)
        if is_dataclass(value := getattr(Settings(), section.name))
        for item in fields(value)
        if type(getattr(value, item.name)) in (int, float)
    }
    assert set(_RANGES) == numbers
