"""Colours follow theme files: what is on the screen changes, and a broken file changes nothing but says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from tests.support.pilots import until
from tui.config import Settings
from tui.definitions import reload
from tui.errors import HostNotReady
from tui.paths import Paths
from tui.themes.catalog import ThemeCatalog
from tui.ui.app import RollcageApp
from tui.ui.kept_theme import keep_theme, kept_theme
from tui.ui.output.view import OutputView
from tui.ui.themed_app import ThemedApp
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.virtual_list import VirtualList


class Small(ThemedApp):
    """An application of one widget in the colours of a theme."""

    CSS = "#box { background: $primary; color: $risk-critical; }"

    def __init__(self, paths: Paths, theme: str) -> None:
        super().__init__()
        self.paths, self.settings = paths, replace(Settings(), theme=theme)
        self.start_themes()

    def compose(self) -> ComposeResult:
        yield Static(Content.styled("critical", "$risk-high"), id="box")

    def on_mount(self) -> None:
        self.follow_themes()

    @property
    def painted(self) -> tuple[str, str, str]:
        """What is really on the screen: background and words of the box, and the background as CSS sees it."""
        box = self.query_one("#box", Static)
        style = next(iter(box.render_line(0))).style
        assert style is not None
        assert style.bgcolor is not None
        assert style.color is not None
        return style.bgcolor.name, style.color.name, box.styles.background.hex.lower()

    @property
    def told(self) -> list[str]:
        return [f"{each.title}: {each.message}" for each in self._notifications]


@pytest.fixture
def mine(paths: Paths) -> Path:
    paths.user_themes.mkdir(parents=True)
    file = paths.user_themes / "mine.yaml"
    put(file, "primary: '#112233'\nvariables: {risk-high: '#aabbcc'}\n")
    return file


def put(file: Path, text: str) -> None:
    """Replace a file as editors do."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text)
    new.replace(file)


def remove(file: Path) -> None:
    """Delete a file."""
    file.unlink()


async def test_a_change_of_the_theme_in_use_is_painted(paths: Paths, mine: Path) -> None:
    app = Small(paths, "mine")
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.painted == ("#112233", "#aabbcc", "#112233"))
        put(mine, "primary: '#445566'\nvariables: {risk-high: '#ddeeff'}\n")
        await until(pilot, lambda: app.painted == ("#445566", "#ddeeff", "#445566"))
        assert app.theme == "mine"
        assert app.told == []


async def test_a_broken_file_keeps_the_colours_and_a_repaired_one_says_so(paths: Paths, mine: Path) -> None:
    app = Small(paths, "mine")
    async with app.run_test() as pilot:
        put(mine, "primary: '#445566'\nvariables:\n  risk-high: nonsense\n  bordr: red\n")
        await until(pilot, lambda: bool(app.told))
        assert len(app.told) == 1
        assert "last good colours stay" in app.told[0]
        assert f"{mine}:3:14: " in app.told[0]
        assert f"{mine}:4:3: " in app.told[0]
        assert app.painted == ("#112233", "#aabbcc", "#112233")
        put(mine, "primary: '#445566'\n")
        await until(pilot, lambda: len(app.told) == 2)
        assert "good again" in app.told[1]
        await until(pilot, lambda: app.painted[0] == "#445566")


async def test_a_directory_that_comes_later_is_followed_too(paths: Paths) -> None:
    app = Small(paths, "mine")
    async with app.run_test() as pilot:
        assert app.theme == "rollcage-dark"
        await until(pilot, lambda: any("there is no theme 'mine'" in said for said in app.told))
        paths.user_themes.mkdir(parents=True)
        put(paths.user_themes / "mine.yaml", "primary: '#445566'\n")
        await until(pilot, lambda: app.theme == "mine")  # what was wanted all along


async def test_a_theme_that_goes_keeps_its_colours_while_it_is_in_use(paths: Paths, mine: Path) -> None:
    other = mine.with_name("other.yaml")
    put(other, "primary: '#445566'\n")
    app = Small(paths, "mine")
    async with app.run_test() as pilot:
        remove(other)
        await until(pilot, lambda: "other" not in app.available_themes)
        remove(mine)
        await until(pilot, lambda: bool(app.told))
        assert app.painted[0] == "#112233"


async def test_textuals_own_theme_is_back_when_the_one_that_hid_it_goes(paths: Paths, mine: Path) -> None:
    nord = mine.with_name("nord.yaml")
    app = Small(paths, "mine")
    hidden = app.available_themes["nord"]
    async with app.run_test() as pilot:
        put(nord, "primary: '#445566'\n")
        await until(pilot, lambda: app.available_themes["nord"].primary == "#445566")
        remove(nord)
        await until(pilot, lambda: app.available_themes["nord"] == hidden)


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Put a file where the directory would be made: no user, not even root, can write below it."""
    directory.write_text("")
    yield
    directory.unlink()


async def test_a_chosen_theme_is_there_at_the_next_start(paths: Paths, mine: Path) -> None:
    app = Small(paths, "auto")
    async with app.run_test():
        assert app.theme == "rollcage-dark"
        app.use_theme("mine")
    assert Small(paths, "auto").theme == "mine"
    assert Small(paths, "ansi").theme == "ansi"  # what the settings name wins


async def test_a_choice_against_the_settings_says_how_long_it_lasts(paths: Paths, mine: Path) -> None:
    app = Small(paths, "ansi")
    async with app.run_test() as pilot:
        app.use_theme("mine")
        assert app.theme == "mine"
        await until(pilot, lambda: app.told)
        assert "Until you leave" in app.told[0]
    assert Small(paths, "auto").theme == "rollcage-dark"


async def test_a_choice_that_cannot_be_kept_is_told(paths: Paths, mine: Path) -> None:
    app = Small(replace(paths, state=paths.state / "file"), "auto")
    with read_only(paths.state / "file"):
        async with app.run_test() as pilot:
            app.use_theme("mine")
            assert app.theme == "mine"
            await until(pilot, lambda: app.told)
            assert "Only until you leave" in app.told[0]


def colours_of(widget: VirtualList | OutputView) -> set[str]:
    """Return the colours of the words of a widget."""
    strips = (widget.render_line(y) for y in range(widget.size.height))
    styles = [segment.style for strip in strips for segment in strip if segment.text.strip()]
    return {style.color.name for style in styles if style is not None and style.color is not None}


async def test_lists_and_output_forget_the_colours_of_before(
    make_app: Callable[..., RollcageApp], paths: Paths, mine: Path
) -> None:
    put(mine, "primary: red\nvariables: {risk-medium: '#aabbcc'}\n")
    app = make_app("mine")
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: app.screen.query(DefinitionList) and app.screen.query_one(DefinitionList).shown)
        definitions, output = app.screen.query_one(DefinitionList), app.screen.query_one(OutputView)
        await until(pilot, lambda: "#aabbcc" in colours_of(definitions))
        put(mine, "primary: red\nvariables: {risk-medium: '#ddeeff', text-muted: '#010203'}\n")
        await until(pilot, lambda: "#ddeeff" in colours_of(definitions) and "#010203" in colours_of(output))
        assert "#aabbcc" not in colours_of(definitions)


# --- what is kept for the next start ----------------------------------------------------------------------------


async def started(app: Small) -> None:
    """Run until the theme in use is kept."""
    async with app.run_test() as pilot:
        await until(pilot, lambda: kept_theme(app.theme, app.paths) == app.available_themes[app.theme])


@pytest.fixture
async def kept(paths: Paths, mine: Path) -> Path:
    await started(Small(paths, "mine"))
    return mine


async def test_the_next_start_has_the_colours_before_it_reads_a_theme(paths: Paths, kept: Path) -> None:
    before = Small(paths, "mine").available_themes["mine"]
    app = Small(paths, "mine")
    assert app.theme == "mine"
    assert app.available_themes["mine"] == before
    assert app._catalog_of_themes is None
    async with app.run_test() as pilot:
        await until(pilot, lambda: "high-contrast" in app.available_themes)  # the others come after
        assert app.painted == ("#112233", "#aabbcc", "#112233")
        assert app.told == []


async def test_a_file_that_changed_since_is_read(paths: Paths, kept: Path) -> None:
    put(kept, "primary: '#445566'\n")
    app = Small(paths, "mine")
    assert app.available_themes["mine"].primary == "#445566"
    await started(app)
    assert Small(paths, "mine")._catalog_of_themes is None


async def test_a_file_that_breaks_while_it_is_read_after_the_start_is_told(paths: Paths, kept: Path) -> None:
    app = Small(paths, "mine")
    put(kept, "primary: nonsense\n")
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.told)
        assert "mine.yaml:1:10" in app.told[0]
        assert app.painted[0] == "#112233"


async def test_a_file_that_comes_before_it_wins_once_it_is_read(paths: Paths) -> None:
    await started(Small(paths, "rollcage-dark"))
    paths.user_themes.mkdir(parents=True)
    put(paths.user_themes / "rollcage-dark.yaml", "primary: '#445566'\n")
    app = Small(paths, "rollcage-dark")
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.painted[0] == "#445566")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-20],
        lambda data: data.replace(b"#112233", b"#11223"),
        lambda data: data.replace(b'"primary"', b'"primaries"'),
        lambda data: b"[" * 100_000,
        lambda data: b"null",
        lambda data: data.replace(b'"version": "', b'"version": "0'),
    ],
)
async def test_what_is_kept_and_damaged_is_left_out(paths: Paths, kept: Path, damage: Callable[[bytes], bytes]) -> None:
    paths.kept_theme.write_bytes(damage(paths.kept_theme.read_bytes()))
    assert kept_theme("mine", paths) is None
    app = Small(paths, "mine")
    assert app.available_themes["mine"].primary == "#112233"
    await started(app)


async def test_nothing_is_kept_where_nothing_may_be_changed(paths: Paths, mine: Path) -> None:
    app = Small(paths, "mine")
    app.remembers = False
    async with app.run_test() as pilot:
        await until(pilot, lambda: "high-contrast" in app.available_themes)
        put(mine, "primary: '#445566'\n")
        await until(pilot, lambda: app.painted[0] == "#445566")
    assert not paths.kept_theme.exists()


async def test_files_are_read_even_where_they_cannot_be_followed(
    paths: Paths, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unable(_: object) -> AsyncIterator[object]:
        raise HostNotReady("the kernel allows no more watches")
        yield

    monkeypatch.setattr(reload, "watch", unable)
    app = Small(paths, "mine")
    async with app.run_test() as pilot:
        await until(pilot, lambda: "high-contrast" in app.available_themes)


async def test_what_is_kept_of_another_directory_is_left_out(paths: Paths, kept: Path) -> None:
    elsewhere = replace(paths, config=paths.config.with_name("other-config"))
    assert kept_theme("mine", elsewhere) is None


async def test_a_file_that_changes_while_it_is_kept_is_not(
    paths: Paths, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme = ThemeCatalog.standard(paths).index.find("mine").theme
    assert theme is not None
    put(mine, "primary: '#445566'\n")
    keep_theme(theme, mine, paths)
    assert not paths.kept_theme.exists()
