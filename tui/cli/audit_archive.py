"""`rollcage audit archive`: moving old records of the audit log into a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command
from tui.cli.audit_filters import moment
from tui.cli.console import out, out_json
from tui.paths import Paths

if TYPE_CHECKING:
    import argparse

    from tui.audit.reader import AuditReader


def add_archive(commands: Subparsers) -> None:
    """Declare the command."""
    archive = command(
        commands,
        "archive",
        _archive,
        "verify the log, and move old records into a file of their own",
        description="Move the records from before a moment into a new file, as JSON lines. A record in the log says, "
        "sealed, where they end, so that `verify` knows that they were not cut off.",
        examples=(
            "rollcage audit archive --before 90d audit-until-march.jsonl",
            "rollcage audit verify --archive audit-until-march.jsonl",
        ),
    )
    archive.add_argument("--before", type=moment, required=True, metavar="TIME", help="a moment, or how long ago (90d)")
    archive.add_argument("file", type=Path, metavar="FILE", help="a file that does not exist yet")
    add_json(archive, inherit=True)


def _archive(arguments: argparse.Namespace) -> int:
    from tui.audit.archive import archive
    from tui.audit.log import AuditLog
    from tui.runs.gatekeeper import user_name

    with AuditLog.open(Paths.from_environment()) as log:
        moved = archive(log, arguments.before, arguments.file, user_name())
    if arguments.json:
        out_json(moved.to_json())
    else:
        out(f"records {moved.first} to {moved.last} are in {arguments.file} now (SHA-256 {moved.sha256})")
    return 0


def say_archive(arguments: argparse.Namespace, log: AuditReader) -> int:
    """Say by which record a file is an archive of the log."""
    from tui.audit.archive import check_archive

    record = check_archive(log, Path(arguments.archive))
    if arguments.json:
        out_json({"archive": dict(record.details), "recorded_as": record.seq})
    else:
        details = record.details
        out(f"unchanged: records {details['first']} to {details['last']}, archived by record {record.seq}")
    return 0
