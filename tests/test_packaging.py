"""An installed wheel works without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tui import __version__

ROOT = Path(__file__).resolve().parent.parent


def shipped_files(directory: str) -> set[Path]:
    found = (ROOT / directory).rglob("*")
    return {path.relative_to(ROOT) for path in found if path.is_file() and "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def rollcage(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment of its own, which borrows only the dependencies from the one that tests."""
    directory = tmp_path_factory.mktemp("installed")
    venv.create(directory, with_pip=False)
    python = directory / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-qq", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    borrowed = sysconfig.get_path("purelib", vars={"base": str(directory), "platbase": str(directory)})
    # Unlike a site directory, a directory named in a .pth file has its own .pth files, such as an editable
    # installation of Rollcage, ignored.
    Path(borrowed, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return directory / "bin" / "rollcage"


def run(rollcage: Path, directory: Path, *arguments: str) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "XDG_"))}
    environment["ROLLCAGE_HOME"] = str(directory / "home")
    done = subprocess.run(
        [rollcage, *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_everything_that_is_shipped(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = {str(path) for path in shipped_files("tui")}
    kinds = ("commands", "knowledge", "scenarios", "themes")
    expected |= {f"tui/shipped/{path}" for kind in kinds for path in shipped_files(kind)}
    assert expected <= names
    assert "tui/py.typed" in names
    assert {name.split("/")[0] for name in names} == {"tui", f"rollcage-{__version__}.dist-info"}


def test_an_installed_rollcage_says_its_version(rollcage: Path, tmp_path: Path) -> None:
    assert run(rollcage, tmp_path, "--version") == f"rollcage {__version__}\n"


def test_an_installed_rollcage_finds_its_definitions(rollcage: Path, tmp_path: Path) -> None:
    listed = json.loads(run(rollcage, tmp_path, "commands", "list", "--json"))
    names = {entry["name"] for entry in listed}
    assert {"search", "deploy", "backup", "security-audit", "test", "hello-world"} <= names
    assert {entry["scope"] for entry in listed} == {"shipped"}
    assert {entry["state"] for entry in listed} == {"ok"}
    inside = str(rollcage.parent.parent)
    assert all(entry["path"].startswith(inside) for entry in listed)


def test_an_installed_rollcage_says_where_everything_is(rollcage: Path, tmp_path: Path) -> None:
    info = json.loads(run(rollcage, tmp_path, "info", "--json"))
    inside = str(rollcage.parent.parent)
    assert info["paths"]["shipped themes"].startswith(inside)
    assert info["paths"]["database"] == str(tmp_path / "home" / "data" / "rollcage.db")
    assert info["versions"]["rollcage"] == __version__
