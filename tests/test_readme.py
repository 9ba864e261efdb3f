"""The README says what is true: its tables are compared with the code."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from tui.cli.main import build_parser
from tui.config import Settings
from tui.definitions.model import Definition
from tui.runs import events
from tui.ui.bindings import TABLE

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def settings(section: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    for item in fields(section):
        value = getattr(section, item.name)
        if is_dataclass(value):
            yield from settings(value, f"{prefix}{item.name}.")
        else:
            yield prefix + item.name, str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(("key", "default"), settings(Settings()))
def test_every_setting_is_listed_with_its_default(key: str, default: str) -> None:
    assert f"| `{key}` | `{default}` | " in README


@pytest.mark.parametrize("key", TABLE, ids=lambda key: key.id)
def test_every_key_is_listed(key: Any) -> None:
    assert f"| `{key.shown_keys}` | {key.help} |" in README


def test_every_command_and_option_is_named() -> None:
    def words(parser: argparse.ArgumentParser) -> Iterator[str]:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, child in action.choices.items():
                    yield name
                    yield from words(child)

    def options(name: str) -> Iterator[str]:
        subparsers = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
        for action in subparsers.choices[name]._actions:
            yield from action.option_strings[-1:]

    for word in words(build_parser()):
        assert f"`{word}" in README or f"rollcage {word}" in README, word
    for option in {*options("run"), *options("exec")} - {"--help", "--quiet", "--verbose"}:
        assert f"`{option}" in README or f"/`{option}" in README or option in README, option


def test_every_event_is_listed() -> None:
    names = [
        name for name, kind in vars(events).items()
        if isinstance(kind, type) and issubclass(kind, events.Event) and kind is not events.Event
    ]  # fmt: skip
    for name in set(names) - {"PoolChanged"}:  # of the application, not of a run
        assert f"`{name}`" in README, name


def test_every_field_of_a_definition_is_listed() -> None:
    own = {"steps", "documentation", "path", "scope", "content_hash", "problems"}
    for item in fields(Definition):
        if item.name not in own:
            assert f"| `{item.name}` | " in README, item.name


def test_its_pictures_and_files_are_there() -> None:
    for path in ("docs/screenshot.svg", "docs/architecture.md", "CONTRIBUTING.md", "LICENSE", "CHANGELOG.md"):
        assert (ROOT / path).is_file(), path
