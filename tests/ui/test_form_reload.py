"""A definition that is saved while somebody fills its form in: what is typed never becomes a command."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label, Select

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.test_running import open_command, ready
from tui.ui.app import RollcageApp
from tui.ui.screens.run import RunArea
from tui.ui.widgets.details import Details
from tui.ui.widgets.parameter_field import Field
from tui.ui.widgets.parameter_form import ParameterForm

HEAD = "---\nname: tag\ndescription: Put a tag\ncategory: tools\nrisk_level: low\nparameters:\n"
TAIL = "---\nTags.\n\n```bash\necho {{ %s }}\n```\n"
LABEL = "  - {name: label, type: string, description: One, required: true}\n"
EXTRA = "  - {name: extra, type: string, default_value: more}\n"


def written(directory: Path, *parameters: str, used: str = "label") -> None:
    (directory / "tag.md").write_text(HEAD + "".join(parameters) + TAIL % used)


def emptied(directory: Path) -> None:
    for file in directory.iterdir():
        file.unlink()


@pytest.fixture
def tag(commands: Path) -> Path:
    written(commands, LABEL)
    return commands


async def filling_in(pilot: Pilot[int], app: RollcageApp) -> tuple[RunArea, Input]:
    """Return the area, and the first field with `axc` in it and the cursor before the `c`."""
    area = await ready(pilot, app)
    await open_command(pilot, app, "tag")
    await until(pilot, lambda: isinstance(app.focused, Input) and app.focused.id != "filter")
    await pilot.press("a", "x", "c", "left")
    assert isinstance(app.focused, Input)
    return area, app.focused


async def reloaded(pilot: Pilot[int], app: RollcageApp, names: list[str]) -> None:
    """Have the application read the file again, and wait until its form has these fields."""
    assert app.catalog is not None
    app._show_catalog(app.catalog, app.catalog.refresh())

    def shown() -> list[str]:
        details = app.run_area.query_one(Details)
        return [field.parameter.name for field in details.form._fields()] if details.is_settled else []

    await until(pilot, lambda: shown() == names)


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param((EXTRA, LABEL), id="another-before"),
        pytest.param((LABEL.replace("One", "Other"), EXTRA), id="changed"),
    ],
)
async def test_a_field_in_use_keeps_focus_text_and_cursor(
    app: RollcageApp, tag: Path, parameters: tuple[str, ...]
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area, field = await filling_in(pilot, app)
        written(tag, *parameters)
        await reloaded(pilot, app, ["extra", "label"] if parameters[0] == EXTRA else ["label", "extra"])
        assert app.focused is field
        await pilot.press("z")
        assert field.value == "axzc"
        form = area.query_one(ParameterForm)
        assert form.values == {"label": "axzc", "extra": "more"}
        on_screen = sorted(area.query(Field), key=lambda each: each.region.y)
        assert [each.parameter.name for each in on_screen] == [each.name for each in form._definition.parameters]  # type: ignore[union-attr]


async def test_a_changed_parameter_is_told_of_and_checked_as_it_is_now(app: RollcageApp, tag: Path) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area, field = await filling_in(pilot, app)
        written(tag, "  - {name: label, type: number, required: true}\n", EXTRA)
        await reloaded(pilot, app, ["label", "extra"])
        assert app.focused is field
        assert area.query_one(ParameterForm).problems() == ["label"]
        assert "✗" in str(area.query(".field--hint").first(Label).content)


async def test_the_field_of_a_parameter_that_is_gone_stays_until_it_is_left(
    app: RollcageApp, tag: Path, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area, field = await filling_in(pilot, app)
        written(tag, EXTRA, used="extra")
        await reloaded(pilot, app, ["extra"])
        assert app.focused is field
        await pilot.press("z", "e", "enter")
        assert field.value == "axzec"
        assert app.screen is area
        assert not engine.started
        assert area.query_one(ParameterForm).values == {"extra": "more"}
        await pilot.press("tab")
        await until(pilot, lambda: not field.is_attached)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: engine.started)


async def test_letters_stay_letters_where_a_line_became_a_choice(app: RollcageApp, tag: Path) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area, field = await filling_in(pilot, app)
        written(tag, LABEL.replace("required: true", "required: true, validation: {allowed_values: [a, b]}"))
        assert app.catalog is not None
        app._show_catalog(app.catalog, app.catalog.refresh())
        await until(pilot, lambda: area.query("ParameterForm Select"))
        await pilot.press("z")
        assert field.value == "axzc"
        await pilot.press("tab")
        await until(pilot, lambda: not field.is_attached)
        assert isinstance(app.focused, Select)


async def test_what_is_typed_for_a_command_that_is_gone_goes_to_the_filter(
    app: RollcageApp, tag: Path, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area, _ = await filling_in(pilot, app)
        emptied(tag)
        assert app.catalog is not None
        app._show_catalog(app.catalog, app.catalog.refresh())
        await until(pilot, lambda: area.query_one(Details).has_class("-empty"))
        await pilot.press("e", "z")
        assert app.screen is area
        assert area.query_one("#filter", Input).value == "ez"


async def test_a_secret_is_told_where_it_is_not_kept(app: RollcageApp, tag: Path) -> None:
    written(tag, "  - {name: label, type: string, secret: true}\n")
    async with app.run_test(size=(120, 40)) as pilot:
        area = await ready(pilot, app)
        await open_command(pilot, app, "tag")
        hint = str(area.query(".field--hint").first(Label).content)
        assert "secret: not in records, log or output" in hint
        assert "nowhere" not in hint
