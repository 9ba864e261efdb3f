"""Moving a session's head by hand: rollback, undo and redo.

Machine and head move together: a move that has its turn goes on to its end, whatever becomes of who asked for it.
"""

from __future__ import annotations

import time

from tui.errors import Busy, NotFound
from tui.runs.context import Context
from tui.runs.driver import Driver
from tui.runs.events import RolledBack
from tui.runs.journal import stacks
from tui.runs.rollback import RollbackPlan, plan, resolve
from tui.store.model import HeadMove, SessionRecord
from tui.store.rows import now
from tui.store.states import MoveKind
from tui.undivided import undivided


async def roll_back(context: Context, driver: Driver, target: str) -> RolledBack:
    """Put a session back to a snapshot.

    Raises:
        NotFound: there is no such snapshot, in the records or on disk.
        Busy: a run executes or waits.
    """
    _refuse_while_running(driver)
    async with driver.driving():
        return await undivided(_roll_back(context, driver, target))


async def _roll_back(context: Context, driver: Driver, target: str) -> RolledBack:
    await _keep_what_is_ahead(driver)
    session = context.store.session(driver.session_id)
    snapshot = resolve(context.store, session, target)
    return await _go(context, driver, session, snapshot.id, MoveKind.ROLLBACK)


async def undo_or_redo(context: Context, driver: Driver, kind: MoveKind) -> RolledBack:
    """Reverse the last move of the head, or repeat the last reversed one.

    Raises:
        NotFound: there is nothing to undo or redo, or the snapshot it leads to is gone.
        Busy: a run executes or waits.
    """
    _refuse_while_running(driver)
    async with driver.driving():
        return await undivided(_undo_or_redo(context, driver, kind))


async def _undo_or_redo(context: Context, driver: Driver, kind: MoveKind) -> RolledBack:
    await _keep_what_is_ahead(driver)
    session = context.store.session(driver.session_id)
    step = next_step(context, session.id, kind)
    if step is None:
        raise NotFound(f"there is nothing to {kind} in session {session.name!r}")
    move, target = step
    return await _go(context, driver, session, target, kind, subject=move)


def next_step(context: Context, session_id: str, kind: MoveKind) -> tuple[HeadMove, str] | None:
    """Return the move that undo or redo is about, and the snapshot it leads to; None if there is none."""
    found = stacks(context.store.moves(session_id))
    move = found.next_undo if kind is MoveKind.UNDO else found.next_redo
    if move is None:
        return None
    target = move.from_id if kind is MoveKind.UNDO else move.to_id
    assert target is not None
    return move, target


def plan_step(context: Context, session: SessionRecord, kind: MoveKind) -> RollbackPlan | None:
    """Return what undo or redo would do, or None when there is nothing to do or its snapshot is gone."""
    step = next_step(context, session.id, kind)
    if step is None:
        return None
    try:
        return plan(context.store, session, context.store.snapshot(step[1]))
    except NotFound:
        return None


def _refuse_while_running(driver: Driver) -> None:
    if driver.runs:
        raise Busy("a run is executing in this session", hint="cancel it or wait for its end, then roll back")


async def _keep_what_is_ahead(driver: Driver) -> None:
    # Otherwise the way back from here would be lost.
    if driver.live is not None and driver.live.machine.alive:
        await driver.settle()


async def _go(
    context: Context,
    driver: Driver,
    session: SessionRecord,
    to_id: str,
    kind: MoveKind,
    subject: HeadMove | None = None,
) -> RolledBack:
    started = time.perf_counter()
    context.store.snapshot(to_id)
    if driver.live is not None:
        await driver.swap(to_id)
    elif to_id not in await (await context.backend()).stored():
        raise NotFound(f"snapshot {to_id} is no longer on disk")
    if to_id != session.head_id:
        context.store.move_head(session.id, to_id, kind, subject_seq=subject.seq if subject else None)
    event = RolledBack(
        at=now(), session_id=session.id, to_id=to_id, from_id=session.head_id, kind=kind,
        took_ms=(time.perf_counter() - started) * 1000,
    )  # fmt: skip
    context.emit(event)
    return event
