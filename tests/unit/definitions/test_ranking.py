"""Finding commands by some of their letters."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.definitions.catalog import Catalog
from tui.definitions.index import Index
from tui.definitions.kinds import Scope
from tui.definitions.matching import ANYWHERE, BEGINNING, EXACT, WORD_START, fit, scattered
from tui.definitions.ranking import search

NAMES = ("audit", "backup", "hello", "bulk-keep", "kubepack", "list-audits")


@pytest.fixture
def index(tmp_path: Path) -> Index:
    for name in NAMES:
        text = f"---\nname: {name}\ndescription: Do something\ncategory: tools\nrisk_level: low\n"
        aliases = "aliases: [archive]\n" if name == "backup" else ""
        (tmp_path / f"{name}.md").write_text(f"{text}{aliases}---\nIt does.\n\n```bash\ntrue\n```\n")
    catalog = Catalog([(Scope.PROJECT, tmp_path)])
    catalog.refresh()
    return catalog.index


def found(index: Index, query: str) -> list[str]:
    return [definition.name for definition in search(index, query)]


@pytest.mark.parametrize(
    ("typed", "best"), [("audt", "audit"), ("bkp", "backup"), ("hlo", "hello"), ("rchv", "backup")]
)
def test_some_letters_of_a_name_or_alias_are_enough(index: Index, typed: str, best: str) -> None:
    assert found(index, typed)[0] == best


def test_pieces_come_before_letters_in_order(index: Index) -> None:
    assert found(index, "audit") == ["audit", "list-audits"]
    assert found(index, "keep") == ["bulk-keep"]
    assert found(index, "bulk bkp") == ["bulk-keep"]
    assert found(index, "pkcab") == []


def test_a_word_in_the_description_comes_before_letters_in_order(index: Index) -> None:
    assert len(found(index, "some")) == len(NAMES)


def test_the_more_of_a_name_the_better() -> None:
    fits = [fit("dep", name) for name in ("dep", "deploy", "re-deploy", "redeploy", "d-e-p", "xd-e-p", "do")]
    assert fits[:4] == [EXACT, BEGINNING, WORD_START, ANYWHERE]
    assert 1 > fits[4] > fits[5] > fits[6] == 0


@given(st.text(min_size=1, max_size=6), st.text(max_size=12))
def test_letters_fit_exactly_where_they_are_in_order(word: str, name: str) -> None:
    rest = iter(name)
    assert (scattered(word, name) > 0) == all(letter in rest for letter in word)
    assert 0 <= scattered(word, name) < 1
