"""Copies of a snapshot share its pages, and two snapshots are compared by what is stored of their pages."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.unit.machines.test_vault import DEVICES, add, content_of, expected, manifest, read
from tui.errors import NotFound
from tui.ids import new_id
from tui.machines.errors import SnapshotDamaged
from tui.machines.protocol import SnapshotLabel
from tui.machines.qemu.page_difference import differing_pages
from tui.machines.qemu.snapshot_file import PageIndex, digests
from tui.machines.qemu.vault import Vault

SEEDS = st.dictionaries(st.integers(0, 40), st.integers(0, 6), max_size=25)


def label(parent: str) -> SnapshotLabel:
    return SnapshotLabel(new_id(), new_id(), parent, "branch", "2026-01-01T00:00:00+00:00")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SEEDS, min_size=1, max_size=4), st.data())
def test_copies_and_what_comes_after_them_outlive_any_of_the_others(
    tmp_path_factory: pytest.TempPathFactory, chain: list[dict[int, int]], data: st.DataObject
) -> None:
    vault = Vault(tmp_path_factory.mktemp("vault"))
    states: dict[str, dict[int, int]] = {}
    for seeds in chain:
        parent = data.draw(st.sampled_from(sorted(states))) if states else None
        states[add(vault, seeds, parent)] = seeds
        source = data.draw(st.sampled_from(sorted(states)))
        vault.copy(source, copy := label(source))
        states[copy.id] = states[source]
    gone = data.draw(st.sets(st.sampled_from(sorted(states))))
    vault.delete(gone)
    reopened = Vault(vault.directory)
    for id_ in states.keys() - gone:
        assert read(reopened, id_) == expected(states[id_])
        with reopened.open(id_) as reader:
            assert reader.devices() == DEVICES
            assert reader.manifest.label.id == id_


def test_a_copy_takes_no_room_for_pages_and_says_whose_it_is(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    seeds = {number: number + 1 for number in range(100)}
    source = add(vault, seeds)
    stored = vault.copy(source, copy := label(source))
    assert stored < 20 * 4096 < 100 * 4096
    with vault.open(copy.id) as reader:
        assert (reader.manifest.label, reader.manifest.own_pages, reader.manifest.pages) == (copy, 0, 100)


def test_copies_of_copies_refer_only_to_files_that_hold_pages(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    ids = [add(vault, {1: 1})]
    for _ in range(5):
        vault.copy(ids[-1], copy := label(ids[-1]))
        ids.append(copy.id)
    with vault.open(ids[-1]) as reader:
        assert reader.manifest.files == (ids[-1], ids[0])


def test_the_disk_of_a_copy_stays_when_the_source_goes(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    layer, source = new_id(), new_id()
    vault.layer_path(layer).write_bytes(b"disk")
    vault.add(manifest(source, layers=(layer,)), *content_of({1: 1}), DEVICES)
    vault.copy(source, copy := label(source))
    vault.delete({source})
    assert vault.layer_path(layer).exists()
    vault.delete({copy.id})
    assert not vault.layer_path(layer).exists()


def test_what_is_not_there_or_not_whole_is_not_copied(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    with pytest.raises(NotFound):
        vault.copy(new_id(), label(new_id()))
    source = add(vault, {1: 1})
    path = tmp_path / f"{source}.snap"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SnapshotDamaged):
        vault.copy(source, label(source))
    assert sorted(each.suffix for each in tmp_path.iterdir()) == ["", ".snap"]


def index_of(seeds: dict[int, int]) -> PageIndex:
    numbers, content = content_of(seeds)
    nothing = np.zeros(len(numbers), np.uint32)
    return PageIndex(numbers, nothing.astype(np.uint16), nothing, digests(content))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SEEDS, SEEDS, SEEDS)
def test_as_many_pages_differ_as_of_the_whole_memories(
    tmp_path_factory: pytest.TempPathFactory, template: dict[int, int], older: dict[int, int], newer: dict[int, int]
) -> None:
    memory = dict.fromkeys(range(41), 0) | template
    file = tmp_path_factory.getbasetemp() / "template"
    file.write_bytes(b"".join(expected(memory)[number] for number in range(41)))
    differing = sum((memory | older)[number] != (memory | newer)[number] for number in range(41))
    assert differing_pages(index_of(older), index_of(newer), file) == differing
