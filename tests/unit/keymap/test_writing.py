"""The keys as a file to edit, and as tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tui.errors import NotFound
from tui.keymap.key import Key
from tui.keymap.names import parse_key
from tui.keymap.reading import parse_keymap
from tui.keymap.table import Keymap, KeyTable
from tui.keymap.writing import keymap_yaml, keys_markdown
from tui.ui.bindings import KEY_TABLE

ROOT = Path(__file__).resolve().parents[3]
DOCS, README = ROOT / "docs" / "keys.md", ROOT / "README.md"
CHARACTERS = [chr(code) for code in range(0x21, 0x7F)]


def test_the_printed_keymap_is_a_valid_one_that_changes_nothing() -> None:
    text = keymap_yaml(Keymap(KEY_TABLE))
    assert parse_keymap(text.encode(), Path("x"), KEY_TABLE) == (Keymap(KEY_TABLE), ())


def test_the_printed_keymap_names_every_action_once_with_what_it_does() -> None:
    text = keymap_yaml(Keymap(KEY_TABLE))
    for key in KEY_TABLE.keys:
        assert text.count(f"\n{key.id}: ") == 1
        assert key.help.split()[-1] in text
    assert all(f"# --- {KEY_TABLE.titles[key.scope]} -" in text for key in KEY_TABLE.keys)


@given(st.lists(st.sampled_from([*CHARACTERS, "ctrl+r", "f5", "pageup", "ctrl+]"]), max_size=4, unique=True))
def test_any_key_survives_being_printed_and_read(keys: list[str]) -> None:
    bound = tuple(map(parse_key, keys))
    table = KeyTable((Key("run.run", "f12", "run", "Run", "Run: it.\n"),), {"run": "Run"}, {})
    text = keymap_yaml(Keymap(table, {"run.run": bound}))
    yaml.safe_load(text)
    keymap, problems = parse_keymap(text.encode(), Path("x"), table)
    assert [problem for problem in problems if "may not arrive" not in problem.message] == []
    assert keymap.keys_of(table.keys[0]) == bound


@pytest.mark.parametrize("document", [DOCS, README], ids=["docs", "readme"])
def test_the_documentation_lists_the_keys_there_are(document: Path) -> None:
    found = re.search(
        r"<!-- keys: begin \(rollcage keys --markdown ?([a-z ]*)\) -->\n(.*?)<!-- keys: end -->",
        document.read_text(),
        re.DOTALL,
    )
    assert found is not None
    assert found[2].strip() == keys_markdown(Keymap(KEY_TABLE), found[1].split()).strip(), (
        f"put what `rollcage keys --markdown {found[1]}` prints between the marks in {document.name}"
    )


def test_only_what_there_is_can_be_listed() -> None:
    with pytest.raises(NotFound, match="'cellar'"):
        keys_markdown(Keymap(KEY_TABLE), ["cellar"])


def test_a_bar_does_not_break_the_table() -> None:
    table = KeyTable((Key("run.run", "vertical_line", "run", "Run", "One | two."),), {"run": "Run"}, {})
    assert "| `\\|` | One \\| two. | `run.run` |" in keys_markdown(Keymap(table))
