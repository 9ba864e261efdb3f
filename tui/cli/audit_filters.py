"""Which audit records are wanted, as it is said on the command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from tui.audit.model import Filter
    from tui.audit.reader import AuditReader

_NOTED: Final = re.compile(r"(\d+):([0-9a-fA-F]{8,64})")


def add_filters(parser: argparse.ArgumentParser, *, inherit: bool) -> None:
    """Let the command choose records; `inherit` as for `tui.cli.arguments.add_session`."""
    import argparse

    from tui.audit.model import AuditResult, EntryKind

    def default(value: object) -> object:
        return argparse.SUPPRESS if inherit else value

    results, kinds = [str(result) for result in AuditResult], [str(kind) for kind in EntryKind]
    moments = (
        "a moment (2026-03-01, 2026-03-01T14:30, local unless it says otherwise) or how long ago (90s, 30m, 2h, 7d)"
    )
    parser.add_argument("--since", type=moment, default=default(None), metavar="TIME", help=f"from then on: {moments}")
    parser.add_argument("--until", type=moment, default=default(None), metavar="TIME", help="before then")
    parser.add_argument("--run", default=default(None), metavar="RUN", help="of this run: id, or the beginning of one")
    parser.add_argument("-s", "--session", default=default(None), metavar="NAME", help="of this session")
    parser.add_argument("--command", default=default(None), metavar="NAME", help="of this definition or program")
    parser.add_argument("--user", default=default(None), metavar="NAME", help="of this user")
    parser.add_argument("--result", choices=results, default=default(None), metavar="RESULT", help=", ".join(results))
    parser.add_argument(
        "--kind", choices=kinds, action="append", default=default(None), metavar="KIND",
        help=f"of this kind; may be given more than once: {', '.join(kinds)}",
    )  # fmt: skip


def moment(text: str) -> datetime:
    """Return the moment `text` means: a date, with or without a time, or how long ago."""
    import argparse
    from datetime import UTC, datetime

    from tui.audit.moments import parse_moment

    try:
        return parse_moment(text, datetime.now(UTC))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def count(text: str) -> int:
    """Return a number from 1 on."""
    import argparse

    if not text.isdecimal() or int(text) < 1 or len(text) > 18:
        raise argparse.ArgumentTypeError(f"not a number from 1 on: {text!r}")
    return int(text)


def note(text: str) -> tuple[int, str]:
    """Return number and hash of a record as they were noted."""
    import argparse

    match = _NOTED.fullmatch(text)
    if match is None or len(match[1]) > 18:
        raise argparse.ArgumentTypeError(f"not NUMBER:HASH with 8 to 64 hexadecimal digits: {text!r}")
    return int(match[1]), match[2]


def chosen(arguments: argparse.Namespace, log: AuditReader) -> Filter:
    """Return the filter that the arguments mean.

    Raises:
        NotFound: the beginning of a run id means none or several.
    """
    from tui.audit.model import AuditResult, EntryKind, Filter

    return Filter(
        since=arguments.since,
        until=arguments.until,
        run_id=log.run_id(arguments.run) if arguments.run else None,
        session=arguments.session,
        command=arguments.command,
        user=arguments.user,
        result=AuditResult(arguments.result) if arguments.result else None,
        kinds=frozenset(EntryKind(kind) for kind in arguments.kind or ()),
    )
