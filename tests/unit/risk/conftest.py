"""What the tests of the risk engine share."""

from __future__ import annotations

import pytest

from tui.risk.knowledge import Knowledge, load_knowledge


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """The shipped rules, without those of whoever runs the tests."""
    return load_knowledge()
