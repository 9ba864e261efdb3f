"""What the interface knows of the session on view, read from the store in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from tui.errors import NotFound
from tui.store.states import RunState
from tui.text import clean_line
from tui.ui.describe import NO_ROLLBACK, STATE_GLYPHS, age, on_host, reason_words, run_seconds, state_words
from tui.units import duration, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tui.runs.engine import Engine, RollbackPlan
    from tui.runs.events import RolledBack
    from tui.store.model import RunRecord, SessionRecord, SnapshotRecord
    from tui.ui.history import HistoryRow

RUNS_SHOWN = 500
_LOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session at one moment. `record` is None until its first run."""

    name: str
    record: SessionRecord | None = None
    snapshots: tuple[SnapshotRecord, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    undo: RollbackPlan | None = None
    redo: RollbackPlan | None = None

    @property
    def head_id(self) -> str | None:
        """The snapshot the next run starts from."""
        return self.record.head_id if self.record else None

    @classmethod
    async def load(cls, engine: Engine, name: str) -> SessionState:
        """Read a session; one that does not exist yet is empty."""
        try:
            record = engine.store.session(name)
        except NotFound:
            return cls(name)
        return cls(
            name,
            record,
            tuple(engine.store.snapshots(record.id)),
            tuple(engine.store.runs(record.id, limit=RUNS_SHOWN)),
            await engine.plan_undo(name),
            await engine.plan_redo(name),
        )

    def title_of(self, snapshot: SnapshotRecord) -> str:
        """Return how a person recognises a snapshot: its name, the run that led to it, or why it was taken."""
        if not snapshot.name and (run := self._run_before(snapshot)) is not None:
            return f"the state after {clean_line(run.title, 40)}"
        return self.label_of(snapshot, article="the ")

    def label_of(self, snapshot: SnapshotRecord, most: int = 40, *, article: str = "") -> str:
        """Return the same in at most so many cells, the way the tree has it."""
        if snapshot.name:
            return f"“{clean_line(snapshot.name, most - 2)}”"
        if (run := self._run_before(snapshot)) is not None:
            return clean_line(run.title, most)
        if snapshot.parent_id is None:
            return f"{article}fresh machine"
        return f"{article}snapshot {self.reason_of(snapshot)}"

    def reason_of(self, snapshot: SnapshotRecord) -> str:
        """Return why a snapshot was taken."""
        return reason_words(snapshot.reason, next((run.state for run in self.runs if run.id == snapshot.run_id), None))

    def why_kept(self, snapshot: SnapshotRecord) -> str:
        """Return why a snapshot cannot be deleted now, or nothing if it can."""
        if snapshot.id == self.head_id:
            return "The machine stands at this snapshot: it cannot be deleted before a rollback to another one."
        if snapshot.pinned:
            return "This snapshot is pinned: it cannot be deleted before that is taken back."
        if any(run.state is RunState.RUNNING and run.before_id == snapshot.id for run in self.runs):
            return "A run that goes on began at this snapshot: it cannot be deleted before that has ended."
        return ""

    def _run_before(self, snapshot: SnapshotRecord) -> RunRecord | None:
        return next((run for run in self.runs if run.id == snapshot.run_id and run.after_id == snapshot.id), None)


def moment(snapshot: SnapshotRecord) -> str:
    """Return when a snapshot was taken, in local time, with its age."""
    return f"{snapshot.created_at.astimezone():%H:%M:%S}, {age(snapshot.created_at)} ago".replace("now ago", "just now")


def rollback_question(state: SessionState, plan: RollbackPlan, undo_key: str) -> Content:
    """Return the text of the dialog before a rollback: where to, what is lost, what is not."""
    parts = [
        Content.assemble(
            "The machine goes back to ", (state.title_of(plan.target), "bold"), f" ({moment(plan.target)})."
        ),
        Content.styled(f"snapshot {plan.target.id} · {state.reason_of(plan.target)}", "$text-muted"),
        Content(""),
    ]
    if plan.lost_runs:
        count = len(plan.lost_runs)
        parts.append(
            Content.styled(f"Its state will no longer contain {count} run{'s' * (count > 1)}:", "$text-warning")
        )
        parts += [_lost_run(run) for run in plan.lost_runs[:_LOST_SHOWN]]
        if count > _LOST_SHOWN:
            parts.append(Content(f"  and {count - _LOST_SHOWN} more"))
    else:
        parts.append(Content("No run is lost by this."))
    back = f"{undo_key} takes this back" if undo_key else "it can be undone"
    parts += [Content(""), Content.styled(f"No record and no snapshot is deleted; {back}.", "$text-muted")]
    return Content("\n").join(parts)


def delete_question(state: SessionState, snapshot: SnapshotRecord) -> Content:
    """Return the text of the dialog before a snapshot is deleted."""
    return Content("\n").join(
        [
            Content.assemble("The machine can no longer go back to ", (state.title_of(snapshot), "bold"),
                             f" ({moment(snapshot)})."),
            Content.styled(f"snapshot {snapshot.id} · {state.reason_of(snapshot)}", "$text-muted"),
            Content(""),
            Content.styled("This cannot be taken back.", "$text-warning"),
            Content.styled(f"It added about {size(snapshot.stored_bytes)}. What of that others need too stays on disk; "
                           "its run stays in the history, and so do all other snapshots.", "$text-muted"),
        ]
    )  # fmt: skip


def deleted_words(snapshot: SnapshotRecord, freed: int) -> str:
    """Return what came of deleting a snapshot; `freed` in bytes."""
    rest = snapshot.stored_bytes - freed
    kept = f" The other {size(rest)} it had added are needed by other snapshots and stay." if rest > 0 else ""
    return f"Deleted; {size(freed)} are free again.{kept}"


def _lost_run(run: RunRecord) -> Content:
    words = f"{state_words(run.state, run.exit_code)}, {run.started_at.astimezone():%H:%M:%S}"
    return Content.assemble(
        f"  {STATE_GLYPHS[run.state]} ", (clean_line(run.title, 40), "bold"), (f"  {words}", "$text-muted")
    )


def moved_words(state: SessionState, moved: RolledBack) -> str:
    """Return in one line where a move has led, and which runs the session no longer contains; `state` is from after."""
    snapshots = {snapshot.id: snapshot for snapshot in state.snapshots}
    target = snapshots.get(moved.to_id)
    where = state.title_of(target) if target is not None else f"snapshot {moved.to_id}"
    kept = set(_path(snapshots, moved.to_id))
    gone = list(_path(snapshots, moved.from_id))
    lost = [snapshots[id_].run_id for id_ in gone if id_ not in kept and snapshots[id_].run_id is not None]
    if not kept.intersection(gone) or not lost:
        return f"back to {where}"  # without a common past, as far as is known, there is nothing to count
    if len(lost) > 1:
        return f"back to {where}, without {len(lost)} runs"
    runs = {run.id: run for run in state.runs}
    gone_run, kept_run = runs.get(lost[0] or ""), runs.get(target.run_id or "") if target is not None else None
    if gone_run is None:
        return f"back to {where}, without a run"
    if kept_run is not None and kept_run.title == gone_run.title:  # only when they ran tells them apart
        when = f"{kept_run.started_at.astimezone():%H:%M:%S}", f"{gone_run.started_at.astimezone():%H:%M:%S}"
        return f"back to {where} of {when[0]}, without that of {when[1]}"
    return f"back to {where}, without {clean_line(gone_run.title, 30)}"


def _path(snapshots: Mapping[str, SnapshotRecord], snapshot_id: str | None) -> Iterator[str]:
    """Yield a snapshot and those it comes from, as far as they are there."""
    while snapshot_id is not None and snapshot_id in snapshots:
        yield snapshot_id
        snapshot_id = snapshots[snapshot_id].parent_id


def undo_words(state: SessionState, plan: RollbackPlan) -> str:
    """Return in a few words what an undo does."""
    match plan.lost_runs:
        case ():
            return f"goes back to {state.label_of(plan.target)}"
        case (run,):
            return f"takes back {clean_line(run.title, 40)}"
        case runs:
            return f"takes back {len(runs)} runs"


def row_details(row: HistoryRow | None) -> Content:
    """Return what is known of a row of the tree, in a few lines."""
    if row is None:
        return Content.styled("Nothing has run in this session yet.", "$text-muted")
    lines: list[Content] = []
    run, snapshot = row.run, row.snapshot
    if snapshot is not None and snapshot.name:
        lines.append(Content.styled(f"“{clean_line(snapshot.name, 100)}”", "bold $text-accent"))
    if run is not None:
        seconds = run_seconds(run)
        took = f" · {duration(seconds)}" if seconds is not None else ""
        back = " · rolled back" if run.rolled_back else ""
        lines.append(
            Content.assemble(
                (f"{STATE_GLYPHS[run.state]} {clean_line(run.title, 60)}", "bold"),
                f"\n{state_words(run.state, run.exit_code)}{took}{back}",
            )
        )
        if on_host(run):
            lines.append(Content.styled(f"! ran on the host: {NO_ROLLBACK}", "$text-warning"))
        if run.error and run.error != f"exit code {run.exit_code}":
            lines.append(Content.styled(clean_line(run.error.replace("\n", " · "), 120), "$text-error"))
        if (usage := run.usage) is not None:
            facts = [
                f"cpu {duration(usage.cpu_user_s + (usage.cpu_system_s or 0))}" if usage.cpu_user_s is not None else "",
                f"memory {size(usage.peak_memory_bytes)}" if usage.peak_memory_bytes is not None else "",
                f"written {size(usage.disk_written_bytes)}" if usage.disk_written_bytes is not None else "",
            ]
            lines.append(Content.styled(" · ".join(filter(None, facts)), "$text-muted"))
    if snapshot is not None:
        lines.append(
            Content.styled(
                f"{reason_words(snapshot.reason, run.state if run else None)} · {moment(snapshot)}\n"
                f"snapshot {size(snapshot.stored_bytes)} · paused {duration(snapshot.pause_ms / 1000)}\n{snapshot.id}",
                "$text-muted",
            )
        )
    elif run is not None and run.state is RunState.REFUSED:
        lines.append(Content.styled("it did not run; the machine is as it was", "$text-muted"))
    elif run is not None and run.state is not RunState.RUNNING and not on_host(run):
        where = "a rollback goes to where it started" if row.target else "there is nothing here to go back to"
        lines.append(Content.styled(f"left no snapshot; {where}", "$text-muted"))
    return Content("\n").join(lines)
