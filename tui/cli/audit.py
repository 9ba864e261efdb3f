"""`rollcage audit`: what was decided and changed, and whether the log of it is still what was written."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from tui.cli.arguments import Subparsers, add_json, command, family
from tui.cli.audit_archive import add_archive, say_archive
from tui.cli.audit_filters import add_filters, chosen, count, note
from tui.cli.console import is_terminal, out, out_json, out_table, say
from tui.cli.figures import when
from tui.errors import UsageError
from tui.paths import Paths
from tui.text import clean_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tui.audit.model import Record, Verification
    from tui.audit.reader import AuditReader

EXIT_BROKEN: Final = 1
"""Of `verify`: the log is not what was written."""

_SHORT_RUN: Final = 10


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser, commands = family(
        subparsers,
        "audit",
        _list,
        "list, verify and export the audit log: what was decided and changed",
        examples=(
            "rollcage audit --since 2h --result denied",
            "rollcage audit list --command deploy --user ada --limit 100",
            "rollcage audit list --before 1200                   the page before",
            "rollcage audit show 1234",
            "rollcage audit verify",
            "rollcage audit export --format ecs --since 2026-03-01 --output march.ndjson",
            "rollcage audit archive --before 2026-01-01 audit-2025.jsonl",
        ),
    )
    _add_list(parser, inherit=False)
    _add_list(command(commands, "list", _list, "list records, the newest first"), inherit=True)
    show = command(commands, "show", _show, "show one record")
    show.add_argument("seq", type=int, metavar="SEQ", help="its number")
    add_json(show, inherit=True)
    _add_verify(commands)
    _add_export(commands)
    add_archive(commands)


def _add_list(parser: argparse.ArgumentParser, *, inherit: bool) -> None:
    import argparse

    def default(value: object) -> object:
        return argparse.SUPPRESS if inherit else value

    add_filters(parser, inherit=inherit)
    parser.add_argument("-n", "--limit", type=count, default=default(50), metavar="N", help="at most (default: 50)")
    parser.add_argument("--before", type=count, default=default(None), metavar="SEQ", help="only older than this one")
    add_json(parser, inherit=inherit)


def _add_verify(commands: Subparsers) -> None:
    verify = command(
        commands,
        "verify",
        _verify,
        "check that the log is what was written; exit code 1 and every finding where it is not",
        examples=(
            "rollcage audit verify",
            "rollcage audit verify --from 5000",
            "rollcage audit verify --noted 1234:5f0c2a9e41d7b388",
        ),
    )
    verify.add_argument("--from", dest="start", type=count, default=1, metavar="SEQ", help="begin with this record")
    verify.add_argument(
        "--noted", type=note, metavar="SEQ:HASH", help="also that this record, noted elsewhere, is still there"
    )
    verify.add_argument("--archive", metavar="FILE", help="instead, that a file is an archive of this log, unchanged")
    add_json(verify, inherit=True)


def _add_export(commands: Subparsers) -> None:
    from tui.audit.export import ExportFormat

    export = command(
        commands,
        "export",
        _export,
        "write records, the oldest first, one a line, for other systems",
        examples=(
            "rollcage audit export --output audit.jsonl",
            "rollcage audit export --format cef --since 1d | logger --tag rollcage",
        ),
    )
    add_filters(export, inherit=True)
    formats = [str(form) for form in ExportFormat]
    export.add_argument(
        "--format", choices=formats, default=formats[0], metavar="FORMAT",
        help="jsonl (with hashes; default), cef (Common Event Format) or ecs (Elastic Common Schema)",
    )  # fmt: skip
    export.add_argument("-o", "--output", metavar="FILE", help="file that is replaced once all is written")


def _with_log(action: Callable[[AuditReader], int], otherwise: Callable[[], None] = lambda: None) -> int:
    from tui.audit.reader import AuditReader

    log = AuditReader.read(Paths.from_environment())
    if log is None:
        otherwise()
        say("rollcage: nothing was recorded yet")
        return 0
    try:
        return action(log)
    finally:
        log.close()


# --- commands ------------------------------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace) -> int:
    def action(log: AuditReader) -> int:
        records = log.page(chosen(arguments, log), before=arguments.before, limit=arguments.limit)
        if arguments.json:
            out_json([record.to_json() for record in records])
        elif records:
            out_table(
                ("SEQ", "TIME", "KIND", "RESULT", "USER", "SESSION", "COMMAND", "RUN", "DETAILS"), map(_row, records)
            )
            if len(records) == arguments.limit:
                say(f"rollcage: older ones follow with --before {records[-1].seq}")
        else:
            say("rollcage: no such records")
        return 0

    return _with_log(action, lambda: out_json([]) if arguments.json else None)


def _row(record: Record) -> tuple[str, ...]:
    run = (record.run_id or "-")[:_SHORT_RUN]
    return (
        str(record.seq), when(record.at), record.kind, record.result, record.user or "-", record.session or "-",
        record.command or "-", run, _brief(record.details.items()),
    )  # fmt: skip


def _brief(details: Iterable[tuple[str, Any]]) -> str:
    """Return details in one line, those that hold nothing left out."""
    shown = ((name, value) for name, value in details if value not in (None, "", [], {}))
    return clean_line("  ".join(f"{name}={_word(value)}" for name, value in shown), 300)


def _word(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _show(arguments: argparse.Namespace) -> int:
    def action(log: AuditReader) -> int:
        record = log.get(arguments.seq)
        if arguments.json:
            out_json(record.to_json())
            return 0
        facts = record.to_json()
        details = facts.pop("details")
        for name, value in facts.items():
            if value not in (None, ""):
                out(f"{name.replace('_', ' '):<10}{clean_line(str(value))}")
        if details:
            import json

            out()
            out(json.dumps(details, indent=2, ensure_ascii=False))
        return 0

    return _with_log(action)


def _verify(arguments: argparse.Namespace) -> int:
    if arguments.archive is not None:
        return _with_log(lambda log: say_archive(arguments, log))
    from tui.audit.reader import verify_paths
    from tui.cli.progress import progress

    with progress("verify") as report:

        def advance(done: int, total: int) -> None:
            if is_terminal(sys.stderr):
                report(done / total if total else 1.0, f"{done} of {total} records")

        verification = verify_paths(Paths.from_environment(), arguments.start, noted=arguments.noted, progress=advance)
    if arguments.json:
        out_json({"whole": verification is None or verification.whole, "verification": verification})
    elif verification is None:
        say("rollcage: nothing was recorded yet")
    else:
        _say_verification(verification)
    return 0 if verification is None or verification.whole else EXIT_BROKEN


def _say_verification(verification: Verification) -> None:
    if not verification.whole:
        out_table(("FINDING", "WHAT"), [(str(finding.kind), finding.message) for finding in verification.findings])
        say(f"rollcage: the audit log is not what was written: {len(verification.findings)} findings")
        return
    out(f"whole: {verification.records} records checked, the last is {verification.head}:{verification.head_hash}")
    if verification.unanchored:
        say(f"rollcage: the last {verification.unanchored} were not anchored yet: a process was killed meanwhile")
    if verification.head:
        note = f"{verification.head}:{verification.head_hash[:16]}"
        say(
            "rollcage: an older copy of everything, put back, can only be told by what was noted elsewhere; "
            f"note {note} and check it with --noted {note}"
        )


def _export(arguments: argparse.Namespace) -> int:
    def action(log: AuditReader) -> int:
        from tui import __version__
        from tui.audit.export import ExportFormat, line

        form = ExportFormat(arguments.format)
        lines = (line(record, form, __version__) + "\n" for record in log.records(chosen(arguments, log)))
        if arguments.output is None:
            for text in lines:
                sys.stdout.write(text)
            return 0
        from pathlib import Path

        written = _replace(Path(arguments.output), lines)
        say(f"rollcage: {written} records in {arguments.output}")
        return 0

    return _with_log(action)


def _replace(path: Path, lines: Iterable[str]) -> int:
    """Write lines to a file that takes the place of another only when all of them are on the disk."""
    import os
    import tempfile
    from pathlib import Path

    try:
        file, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    new, written = Path(name), 0
    try:
        with os.fdopen(file, "w", encoding="utf-8") as target:
            for line in lines:
                target.write(line)
                written += 1
            target.flush()
            os.fsync(target.fileno())
        new.replace(path)
    except BaseException as error:
        new.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error
        raise
    return written
