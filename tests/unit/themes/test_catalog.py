"""The catalog of themes: whose file wins, what a broken one keeps, and what a refresh says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tui.definitions.kinds import Scope
from tui.errors import InvalidInput, NotFound
from tui.paths import Paths
from tui.themes.catalog import ThemeCatalog
from tui.themes.choice import DEFAULT_THEME, origin_of, remember_theme, remembered_theme, wanted_theme


@pytest.fixture
def user(tmp_path: Path) -> Path:
    return tmp_path / "user"


@pytest.fixture
def catalog(tmp_path: Path, user: Path) -> ThemeCatalog:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "sea.yaml").write_text("primary: teal")
    found = ThemeCatalog([(Scope.USER, user), (Scope.SHIPPED, shipped)])
    found.refresh()
    return found


def primary(catalog: ThemeCatalog, name: str) -> str:
    return catalog.index.themes[name].colours["primary"]


def test_the_theme_of_the_user_wins_by_name_and_goes_again(catalog: ThemeCatalog, user: Path) -> None:
    user.mkdir()
    (user / "mine.yaml").write_text("name: sea\nprimary: red")
    assert [theme.name for theme in catalog.refresh().changed] == ["sea"]
    assert primary(catalog, "sea") == "red"
    (user / "mine.yaml").unlink()
    delta = catalog.refresh()
    assert [theme.name for theme in delta.changed] == ["sea"]
    assert delta.removed == ()
    assert primary(catalog, "sea") == "teal"


def test_a_broken_file_keeps_its_last_good_colours_until_it_is_repaired(catalog: ThemeCatalog, user: Path) -> None:
    user.mkdir()
    file = user / "mine.yaml"
    file.write_text("primary: red")
    catalog.refresh()
    file.write_text("primary: redd")
    delta = catalog.refresh()
    assert [entry.path for entry in delta.broken] == [file]
    assert (delta.changed, delta.repaired) == ((), ())
    assert primary(catalog, "mine") == "red"
    assert not catalog.refresh()  # the same problem is told once
    file.write_text("primary: blue")
    delta = catalog.refresh()
    assert [entry.path for entry in delta.repaired] == [file]
    assert [theme.name for theme in delta.changed] == ["mine"]


def test_a_file_that_was_never_good_does_not_hide_a_shipped_one(catalog: ThemeCatalog, user: Path) -> None:
    user.mkdir()
    (user / "sea.yaml").write_text("primary: nonsense")
    catalog.refresh()
    assert primary(catalog, "sea") == "teal"
    assert len(catalog.index.problems) == 1


def test_a_name_belongs_to_one_file_of_a_directory(catalog: ThemeCatalog, user: Path) -> None:
    user.mkdir()
    (user / "a.yaml").write_text("name: same\nprimary: red")
    (user / "b.yaml").write_text("name: same\nprimary: blue")
    catalog.refresh()
    assert primary(catalog, "same") == "red"
    assert "the name 'same' is taken by a.yaml" in catalog.index.problems[0].message


def test_what_is_no_file_does_not_hold_anything_up(catalog: ThemeCatalog, user: Path) -> None:
    user.mkdir()
    os.mkfifo(user / "pipe.yaml")
    (user / "directory.yaml").mkdir()
    (user / "link.yaml").symlink_to("nowhere")
    assert len(catalog.refresh().broken) == 2  # a pipe is empty, a directory cannot be read, a dangling link is nothing
    assert set(catalog.index.themes) == {"sea"}


def test_a_removed_theme_is_told(catalog: ThemeCatalog, user: Path) -> None:
    user.mkdir()
    (user / "mine.yaml").write_text("primary: red")
    catalog.refresh()
    (user / "mine.yaml").unlink()
    assert catalog.refresh().removed == ("mine",)


def test_an_unknown_name_is_answered_with_a_close_one(catalog: ThemeCatalog, user: Path) -> None:
    with pytest.raises(NotFound, match="no theme 'see'") as caught:
        catalog.index.find("see")
    assert "'sea'" in caught.value.hint
    user.mkdir()
    (user / "odd.yaml").write_text("primary: nonsense")
    catalog.refresh()
    with pytest.raises(InvalidInput, match=r"odd\.yaml:1:10"):
        catalog.index.find("odd")


def test_the_theme_chosen_last_is_remembered_and_the_settings_win(tmp_path: Path) -> None:
    paths = Paths.below(tmp_path)
    assert wanted_theme("auto", paths) == DEFAULT_THEME
    assert origin_of("auto", paths) == "the default"
    remember_theme("sea", paths)
    assert wanted_theme("auto", paths) == "sea"
    assert wanted_theme("other", paths) == "other"
    assert str(paths.settings_file) in origin_of("other", paths)
    assert list(paths.state.iterdir()) == [paths.chosen_theme]  # nothing temporary stays


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"a\x1bb", b"\n\n"])
def test_a_damaged_memory_is_no_memory(tmp_path: Path, data: bytes) -> None:
    paths = Paths.below(tmp_path)
    paths.state.mkdir()
    paths.chosen_theme.write_bytes(data)
    assert remembered_theme(paths) is None
