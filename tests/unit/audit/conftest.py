from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.audit import Ticking, entry
from tui.audit.log import AuditLog
from tui.paths import Paths


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def log(paths: Paths, clock: Ticking) -> Iterator[AuditLog]:
    with AuditLog.open(paths, clock=clock) as opened:
        yield opened


@pytest.fixture
def filled(log: AuditLog) -> Callable[[int], AuditLog]:
    def fill(count: int) -> AuditLog:
        for number in range(1, count + 1):
            log.append(entry(number))
        return log

    return fill
