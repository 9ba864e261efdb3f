"""The vault keeps every page, stores it once, and refuses what does not match its checksum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.errors import NotFound
from tui.ids import new_id
from tui.machines.errors import SnapshotDamaged, SnapshotError
from tui.machines.model import MachineSpec
from tui.machines.protocol import SnapshotLabel
from tui.machines.qemu import deduplication
from tui.machines.qemu import vault as vault_module
from tui.machines.qemu.pagemap import PAGE
from tui.machines.qemu.snapshot_file import Manifest
from tui.machines.qemu.vault import Vault

SPEC = MachineSpec(256)
DEVICES = b"device state" * 100


def manifest(id_: str, parent: str | None = None, layers: tuple[str, ...] = ()) -> Manifest:
    label = SnapshotLabel(id_, new_id(), parent, "after", "2026-01-01T00:00:00+00:00", "../../name")
    return Manifest(label, SPEC, "key", (), 0, 0, 0, 0, 0, True, 3, layers)


def content_of(seeds: dict[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Pages by number, each filled from a seed; seed 0 is the zero page."""
    numbers = np.array(sorted(seeds), np.uint32)
    rows = [
        np.random.default_rng(seeds[number]).integers(0, 256, PAGE, np.uint8)
        if seeds[number]
        else np.zeros(PAGE, np.uint8)
        for number in numbers.tolist()
    ]
    return numbers, np.array(rows, np.uint8).reshape(len(numbers), PAGE)


def add(vault: Vault, seeds: dict[int, int], parent: str | None = None) -> str:
    id_ = new_id()
    vault.add(manifest(id_, parent), *content_of(seeds), DEVICES)
    return id_


def read(vault: Vault, id_: str) -> dict[int, bytes]:
    return {
        number: row.tobytes()
        for numbers, content in vault.pages(id_)
        for number, row in zip(numbers.tolist(), content, strict=True)
    }


def expected(seeds: dict[int, int]) -> dict[int, bytes]:
    numbers, rows = content_of(seeds)
    return {number: row.tobytes() for number, row in zip(numbers.tolist(), rows, strict=True)}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.integers(0, 40), st.integers(0, 6), max_size=25), min_size=1, max_size=5), st.data())
def test_a_chain_reads_back_and_survives_the_deletion_of_any_of_it(tmp_path_factory, chain, data):
    vault = Vault(tmp_path_factory.mktemp("vault"))
    ids: list[str] = []
    for seeds in chain:
        ids.append(add(vault, seeds, ids[-1] if ids else None))
    gone = data.draw(st.sets(st.sampled_from(ids)))
    vault.delete(gone)
    reopened = Vault(vault.directory)
    for id_, seeds in zip(ids, chain, strict=True):
        if id_ in gone:
            with pytest.raises(NotFound):
                read(reopened, id_)
        else:
            assert read(reopened, id_) == expected(seeds)


def test_a_long_line_of_snapshots_does_not_refer_to_all_before(tmp_path, monkeypatch):
    monkeypatch.setattr(deduplication, "_MOST_FILES", 5)
    vault = Vault(tmp_path)
    seeds = {number: number + 1 for number in range(20)}
    last = add(vault, seeds)
    for step in range(30):
        seeds[100 + step] = 1000 + step
        before, last = last, add(vault, seeds, last)
        vault.delete({before})
    with vault.open(last) as reader:
        assert len(reader.manifest.files) <= 6
        assert reader.manifest.own_pages < 10
    assert len(list(tmp_path.iterdir())) <= 7
    assert read(Vault(tmp_path), last) == expected(seeds)


def test_equal_pages_are_stored_once(tmp_path):
    vault = Vault(tmp_path)
    first = add(vault, {number: number + 1 for number in range(50)})
    vault.add(manifest(second := new_id(), first), *content_of({number: number + 1 for number in range(51)}), DEVICES)
    with vault.open(second) as reader:
        assert reader.manifest.own_pages == 1
        assert reader.manifest.files == (second, first)
    vault.add(manifest(zeros := new_id()), *content_of(dict.fromkeys(range(100), 0)), DEVICES)
    with vault.open(zeros) as reader:
        assert reader.manifest.own_pages == 1


def test_deleting_a_parent_gives_back_what_nobody_needs(tmp_path):
    vault = Vault(tmp_path)
    seeds = {number: number + 1 for number in range(2000)}
    parent = add(vault, seeds)
    child = add(vault, {0: 1}, parent)
    before = vault.used_bytes()
    vault.delete({parent})
    assert vault.used_bytes() < before / 10
    assert read(vault, child) == expected({0: 1})
    vault.delete({child})
    assert {path.name for path in tmp_path.iterdir()} == {"lock"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_changed_byte_goes_unnoticed(tmp_path_factory, data):
    vault = Vault(tmp_path_factory.mktemp("vault"))
    id_ = add(vault, {1: 1, 2: 2, 7: 3})
    path = vault.directory / f"{id_}.snap"
    raw = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    fresh = Vault(vault.directory)
    with pytest.raises(SnapshotDamaged):
        _read_all(fresh, id_)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True))
def test_a_file_cut_anywhere_is_refused(tmp_path_factory, share):
    vault = Vault(tmp_path_factory.mktemp("vault"))
    id_ = add(vault, {1: 1, 2: 2})
    path = vault.directory / f"{id_}.snap"
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(SnapshotDamaged):
        _read_all(Vault(vault.directory), id_)
    assert id_ not in Vault(vault.directory).manifests()


def _read_all(vault: Vault, id_: str) -> None:
    with vault.open(id_) as reader:
        reader.devices()
        reader.index()
    read(vault, id_)


def test_a_crash_before_the_rename_leaves_nothing(tmp_path, monkeypatch):
    vault = Vault(tmp_path)

    def crash(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(vault_module, "write_snapshot", crash)
    with pytest.raises(KeyboardInterrupt):
        add(vault, {1: 1})
    assert [path.suffix for path in tmp_path.iterdir() if path.name != "lock"] == [".tmp"]
    assert Vault(tmp_path).manifests() == {}
    Vault(tmp_path).clean()
    assert {path.name for path in tmp_path.iterdir()} == {"lock"}


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, monkeypatch):
    vault = Vault(tmp_path)

    def full(*_args: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vault_module, "write_snapshot", full)
    with pytest.raises(SnapshotError, match="No space left") as caught:
        add(vault, {1: 1})
    assert "free some space" in caught.value.hint
    assert {path.name for path in tmp_path.iterdir()} == {"lock"}


def test_a_damaged_snapshot_keeps_what_it_may_refer_to(tmp_path):
    vault = Vault(tmp_path)
    parent = add(vault, {1: 1})
    child = add(vault, {1: 1, 2: 2}, parent)
    path = tmp_path / f"{child}.snap"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    vault.delete({parent})
    path.write_bytes(whole)
    assert read(Vault(tmp_path), child) == expected({1: 1, 2: 2})


@pytest.mark.parametrize("name", ["../../etc/passwd", "x", "", "0" * 25, "../" + "0" * 23])
def test_only_ids_become_paths(tmp_path, name):
    vault = Vault(tmp_path)
    with pytest.raises(ValueError, match="not an id"):
        vault.open(name)
    with pytest.raises(ValueError, match="not an id"):
        vault.layer_path(name)


def test_overlays_in_use_and_referred_to_are_kept(tmp_path):
    import fcntl

    vault = Vault(tmp_path)
    kept, used, left = new_id(), new_id(), new_id()
    for layer in (kept, used, left):
        vault.layer_path(layer).write_bytes(b"overlay")
    vault.add(manifest(new_id(), layers=(kept,)), *content_of({1: 1}), DEVICES)
    with vault.layer_path(used).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        vault.clean()
        assert {path.stem for path in tmp_path.glob("*.qcow2")} == {kept, used}
    vault.clean()
    assert {path.stem for path in tmp_path.glob("*.qcow2")} == {kept}
