"""Appends to the audit log below a directory until it is killed, or as many records as it is told.

Prints the number of each record once it is recorded.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from tui.audit.log import AuditLog
from tui.audit.model import Entry, EntryKind
from tui.paths import Paths


def main() -> None:
    paths, name = Paths.below(Path(sys.argv[1])), sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else None
    with AuditLog.open(paths) as log:
        for number in itertools.count() if count is None else range(count):
            seq = log.append(Entry(EntryKind.RUN_STARTED, run_id=name, details={"number": number}))
            sys.stdout.write(f"{seq}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
