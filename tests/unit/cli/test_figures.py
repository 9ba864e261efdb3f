from __future__ import annotations

from tui.cli.figures import id_length


def test_ids_are_cut_only_as_far_as_they_stay_different() -> None:
    assert id_length([]) == 10
    assert id_length(["01K9Z3X7QMAAAA" + "0" * 12, "01K9Z3X7QNAAAA" + "0" * 12]) == 10
    assert id_length(["01K9Z3X7QMAAAA" + "0" * 12, "01K9Z3X7QMAAAB" + "0" * 12]) == 14
