"""A directory of the host to work in, confined for real."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.machines.local.confinement import Confinement, probe
from tui.machines.local.host import LocalHost
from tui.paths import Paths

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "API_TOKEN": "secret of the session"}


@pytest.fixture
def outside() -> Iterator[Path]:
    """A directory that is not below /tmp, which a confined command has for itself."""
    parent = Path.home() / ".cache"
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rollcage-test-", dir=parent) as directory:
        yield Path(directory).resolve()


@pytest.fixture
def home(outside: Path) -> Path:
    """A home with secrets, links and all."""
    home = outside / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text("the key")
    (home / "dotfiles").mkdir()
    (home / "dotfiles" / "netrc").write_text("the password")
    (home / ".netrc").symlink_to("dotfiles/netrc")
    (home / "notes").write_text("notes")
    return home


@pytest.fixture
def workspace(home: Path) -> Path:
    workspace = home / "project"
    workspace.mkdir()
    return workspace


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    return {**ENVIRONMENT, "HOME": str(home)}


@pytest.fixture
def rollcage_paths(home: Path) -> Paths:
    paths = Paths.below(home / "rollcage")
    paths.create()
    (paths.data / "rollcage.db").write_text("records")
    return paths


@pytest.fixture
def confinement(workspace: Path, rollcage_paths: Paths, environment: dict[str, str]) -> Confinement:
    found = probe(workspace, rollcage_paths, environment)
    if not found.available:
        pytest.skip(found.reason)
    return found


@pytest.fixture
def host(confinement: Confinement, environment: dict[str, str]) -> LocalHost:
    return LocalHost(confinement, environment)
