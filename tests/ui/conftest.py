"""An application with definitions of the test's own and an engine the test drives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.support.settling import Settling
from tests.ui.previews import PreviewingEngine
from tui.config import Settings
from tui.definitions.catalog import Catalog
from tui.definitions.kinds import Scope
from tui.machines.guest.image import ImageStatus
from tui.paths import Paths
from tui.ui.app import RollcageApp
from tui.ui.preparation import HostState

DEFINITIONS = {
    "hello.md": """---
name: hello
description: Say hello
category: tools
---
Says *hello*.

```bash
echo hello
```
""",
    "deploy.md": """---
name: deploy
description: Roll a release out
category: deployment
risk_level: high
aliases: [ship]
parameters:
  - {name: environment, type: string, required: true, validation: {allowed_values: [staging, production]}}
  - {name: release, type: string, required: true, validation: {pattern: "v[0-9]+"}}
  - {name: replicas, type: number, default_value: 2, validation: {min: 1, max: 10}}
  - {name: dry_run, type: boolean, default_value: false}
---
Rolls a release out.

```bash
echo {{ release }} {{ environment }} {{ replicas }}
```
""",
    "backup.md": """---
name: backup
description: Archive a directory
category: maintenance
risk_level: medium
---
Archives.

```bash
tar cz . | wc -c
```
""",
}


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing moves by itself, and the colours do not depend on who runs the tests."""
    monkeypatch.setattr(Input, "_toggle_cursor", lambda self: None)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TZ", "UTC")
    Settling().install(monkeypatch)


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A directory with a few definitions."""
    directory = tmp_path / "commands"
    directory.mkdir()
    for name, text in DEFINITIONS.items():
        (directory / name).write_text(text)
    return directory


@pytest.fixture
def engine() -> PreviewingEngine:
    """An engine whose runs the test prints and ends, and which assesses what it is shown."""
    return PreviewingEngine()


@pytest.fixture
def make_app(paths: Paths, commands: Path, engine: PreviewingEngine) -> Callable[..., RollcageApp]:
    """Make an application on all that."""

    def make(theme: str = "rollcage-dark") -> RollcageApp:
        async def open_engine() -> PreviewingEngine:
            return engine

        def open_catalog() -> Catalog:
            catalog = Catalog([(Scope.PROJECT, commands)])
            catalog.refresh()
            return catalog

        async def look_at_host(_: Paths) -> HostState:
            return HostState((), ImageStatus(True, paths.images, "there"))

        settings = replace(Settings(), theme=theme)
        return RollcageApp(
            paths, settings, open_engine=open_engine, open_catalog=open_catalog, look_at_host=look_at_host
        )  # type: ignore[arg-type]

    return make


@pytest.fixture
def app(make_app: Callable[..., RollcageApp]) -> RollcageApp:
    """An application that was not started yet."""
    return make_app()
