"""The counter's frequency is measured truly and stays what it was."""

from __future__ import annotations

import json

from tui.machines.qemu.tsc import measure_khz, tsc_khz


def test_two_measurements_agree():
    first, second = measure_khz(), measure_khz()
    assert abs(first - second) < first / 1000


def test_it_is_remembered_for_the_same_cpu_only(tmp_path):
    memory = tmp_path / "tsc.json"
    measured = tsc_khz(memory, "this cpu")
    memory.write_text(json.dumps({"cpu": "this cpu", "khz": measured + 1}))
    assert tsc_khz(memory, "this cpu") == measured + 1
    assert abs(tsc_khz(memory, "another cpu") - measured) < measured / 1000


def test_a_damaged_memory_is_measured_anew(tmp_path):
    memory = tmp_path / "tsc.json"
    memory.write_text("{")
    assert tsc_khz(memory, "cpu") > 100_000
