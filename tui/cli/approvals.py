"""`rollcage approvals`: what people decided for the future, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command, family
from tui.cli.console import out, out_json, out_table, say

if TYPE_CHECKING:
    import argparse

    from tui.runs.engine import Engine
    from tui.store.approvals import Approval


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser, verbs = family(
        subparsers,
        "approvals",
        _list,
        "list and revoke what was allowed or denied for the future",
        examples=("rollcage approvals", "rollcage approvals revoke 01J9ZK"),
    )
    add_json(parser)
    listing = command(verbs, "list", _list, "list the decisions in force")
    add_json(listing, inherit=True)
    revoking = command(verbs, "revoke", _revoke, "take a decision back: it is asked about again")
    revoking.add_argument("id", metavar="ID", help="its id, or the beginning of it")


def _list(arguments: argparse.Namespace) -> int:
    from tui.cli.opening import with_engine

    async def action(engine: Engine) -> int:
        names = {session.id: session.name for session in engine.store.sessions()}
        found = engine.approvals()
        if arguments.json:
            out_json([_plain(approval, names) for approval in found])
        elif found:
            out_table(
                ("ID", "DECIDED", "WHAT", "LEVEL", "SESSION", "BY", "COMMAND"),
                [
                    (
                        approval.id, f"{approval.decided_at:%Y-%m-%d %H:%M}", str(approval.standing),
                        str(approval.level), names.get(approval.session_id or "", "all"), approval.user,
                        approval.subject.shown,
                    )
                    for approval in found
                ],
            )  # fmt: skip
        else:
            say("rollcage: nothing was allowed or denied for the future")
        return 0

    return with_engine(action)


def _plain(approval: Approval, names: dict[str, str]) -> dict[str, object]:
    return {
        "id": approval.id,
        "standing": str(approval.standing),
        "kind": str(approval.subject.kind),
        "subject": approval.subject.shown,
        "level": str(approval.level),
        "session": names.get(approval.session_id or ""),
        "user": approval.user,
        "decided_at": approval.decided_at.isoformat(),
    }


def _revoke(arguments: argparse.Namespace) -> int:
    from tui.cli.opening import with_engine

    async def action(engine: Engine) -> int:
        approval = engine.revoke_approval(arguments.id)
        out(f"{approval.id} is no longer {approval.standing}: {approval.subject.shown}")
        return 0

    return with_engine(action)
