from __future__ import annotations

import pytest

from tui.config import CHOICES, Settings, load_settings
from tui.errors import InvalidInput
from tui.machines.model import PROFILES
from tui.paths import Paths


def loaded(paths: Paths, text: str) -> Settings:
    paths.settings_file.write_text(text)
    return load_settings(paths)


@pytest.mark.parametrize("text", [None, "", "# only a comment\n", "pool:\n  low: 1\n"])
def test_what_is_not_said_has_its_default(paths: Paths, text: str | None) -> None:
    if text is not None:
        paths.settings_file.write_text(text)
    assert load_settings(paths) == Settings()


def test_every_kind_of_setting_is_read(paths: Paths) -> None:
    settings = loaded(paths, "profile: standard\nsnapshots: {after: no, keep_per_session: 7}\nruns:\n  timeout_s: 90\n")
    assert settings.profile == "standard"
    assert settings.snapshots.after is False
    assert settings.snapshots.keep_per_session == 7
    assert settings.runs.timeout_s == 90.0
    assert isinstance(settings.runs.timeout_s, float)


def test_all_mistakes_are_reported_at_once_with_their_lines(paths: Paths) -> None:
    with pytest.raises(InvalidInput) as refused:
        loaded(
            paths,
            "profil: minimal\nbackend: xen\npool:\n  low: -1\n  high: many\n  high: 2\nruns: 3\n"
            "snapshots:\n  keep_per_session: 0\n  after: 1\n",
        )
    said = refused.value.message.splitlines()[1:]
    assert [line.removeprefix(f"{paths.settings_file}:").partition(":")[0] for line in said] == [
        "1", "2", "4", "5", "6", "7", "9", "10",
    ]  # fmt: skip
    assert "there are: profile" in said[0]
    assert "auto, kvm, tcg" in said[1]


@pytest.mark.parametrize("text", ["pool: {low: 3, high: 2}", "snapshots: {before: false}"])
def test_settings_that_contradict_each_other_are_refused(paths: Paths, text: str) -> None:
    with pytest.raises(InvalidInput):
        loaded(paths, text)


@pytest.mark.parametrize(
    "text", ["pool: [", "\tpool: 1", "- pool", "a: 1\n---\nb: 2", "runs: {timeout_s: .inf}", "x: \x00"]
)
def test_what_is_not_yaml_or_not_settings_is_refused(paths: Paths, text: str) -> None:
    with pytest.raises(InvalidInput, match=r"config\.yaml:"):
        loaded(paths, text)


def test_the_profiles_that_may_be_set_are_those_there_are() -> None:
    assert CHOICES["profile"] == tuple(PROFILES)
