"""Files really deleted and overwritten, and really brought back."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.hooks.proposals import assessment, context, proposal
from tui.errors import NotFound
from tui.hooks.backups import Backup, BackupError, Backups
from tui.hooks.builtin import backup
from tui.hooks.inventory import Inventory
from tui.hooks.model import Allow, Ask, Block, Decision
from tui.hooks.restore import conflicts, restore
from tui.hooks.services import Services
from tui.hooks.targets import Targets
from tui.risk.model import Effect


def tree(root: Path) -> dict[str, Any]:
    """Everything below a directory that a backup promises to bring back."""
    found: dict[str, Any] = {}
    for path in sorted(root.rglob("*")):
        seen = path.lstat()
        content = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        mode = None if path.is_symlink() else stat.S_IMODE(seen.st_mode)
        found[str(path.relative_to(root))] = (content, mode, seen.st_mtime_ns)
    return found


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with all kinds of files."""
    root = tmp_path / "place"
    (root / "project" / "deep" / "empty").mkdir(parents=True)
    (root / "project" / "a.txt").write_text("alpha\n")
    (root / "project" / "deep" / "same.txt").write_text("alpha\n")
    (root / "project" / "run.sh").write_text("#!/bin/sh\n")
    (root / "project" / "run.sh").chmod(0o750)
    (root / "project" / "link").symlink_to("a.txt")
    (root / "project" / "empty.txt").write_bytes(b"")
    (root / "project" / "binary").write_bytes(bytes(range(256)) * 5000)
    (root / "precious").write_text("precious")
    (root / "other").write_text("other")
    os.utime(root / "project" / "a.txt", ns=(1_000_000_000, 1_234_567_890))
    return root


def hook_for(services: Services, **options: Any) -> backup.BackupHook:
    return backup.BackupHook(backup.Options(**options), services)


def before(hook: backup.BackupHook, place: Path, text: str, **fields: Any) -> Decision:
    return hook.decide(context(about=proposal(text, cwd=str(place), assessed=assessment(), **fields)))


def run(place: Path, text: str) -> None:
    subprocess.run(["bash", "-c", text], cwd=place, check=False)


DESTRUCTIVE = [
    "rm -rf project precious",
    "rm -rf -- ./*",
    "cd project && rm -f a.txt && rm -r deep",
    "find project -type f -delete",
    "find project -name '*.txt' -exec rm {} +",
    "mv precious other",
    "mv precious project/",
    "cp other precious",
    "cp -t project/deep other; cp other project/a.txt",
    "echo new > precious",
    "> project/a.txt; truncate -s 0 other",
    "dd if=/dev/zero of=project/binary bs=1 count=10",
    "sed -i s/alpha/omega/ project/a.txt project/deep/same.txt",
    "echo more | tee -a precious",
    "bash -c 'rm -rf project'",
    "x=project; rm -rf $x",
    "ln -sf other precious",
    "install -m 600 other precious",
]


@pytest.mark.parametrize("text", DESTRUCTIVE)
def test_what_a_command_destroys_comes_back(services: Services, place: Path, text: str) -> None:
    was = tree(place)
    hook = hook_for(services)
    decision = before(hook, place, text)
    assert isinstance(decision, Allow), decision
    assert decision.notes
    run(place, text)
    assert tree(place) != was, "the command destroys something"
    (made,) = hook.backups.all()
    restore(hook.backups, made, overwrite=True)
    now = tree(place)
    # Times of directories above what was saved are nobody's promise; everything that was there is there as it was.
    for name, (content, mode, mtime) in was.items():
        assert now[name][:2] == (content, mode), name
        if content is not None:
            assert now[name][2] == mtime, name


@pytest.mark.parametrize(
    "text",
    [
     "ls -l; cat precious", "echo 'rm -rf project'", "mkdir new && touch new/file",
     "rm -rf absent", "echo x > /dev/null 2>&1",
     "docker exec box rm precious", "cp precious new-name"],
)  # fmt: skip
def test_a_command_that_destroys_nothing_here_makes_no_backup(services: Services, place: Path, text: str) -> None:
    hook = hook_for(services)
    assert before(hook, place, text) == Allow()
    assert not hook.backups.all()


def test_a_program_without_a_shell_counts_too(services: Services, place: Path) -> None:
    from tui.proposal import ProposedStep

    hook = hook_for(services)
    step = ProposedStep("rm precious", "bash", ("rm", "precious"))
    hook.decide(context(about=proposal(steps=(step,), cwd=str(place), assessed=assessment())))
    assert [entry.path for entry in hook.backups.all()[0].entries] == [str(place / "precious")]


def test_a_machine_is_covered_by_its_snapshots(services: Services, place: Path) -> None:
    hook = hook_for(services)
    assert before(hook, place, "rm -rf project", mode="firecracker") == Allow()
    assert not hook.backups.all()


@pytest.mark.parametrize(("policy", "expected"), [("warn", Allow), ("ask", Ask), ("block", Block)])
@pytest.mark.parametrize("text", ["rm -rf $UNKNOWN_DIRECTORY/x", "ls | xargs rm", "rm -rf project"])
def test_where_not_everything_can_be_saved(
    services: Services, place: Path, text: str, policy: str, expected: type[Decision]
) -> None:
    hook = hook_for(services, incomplete=backup.Incomplete(policy), max_files=3)
    decision = before(hook, place, text)
    assert isinstance(decision, expected)


def test_a_python_program_that_deletes_is_not_known(services: Services, place: Path) -> None:
    about = proposal(
        "shutil.rmtree(x)", language="python", cwd=str(place), assessed=assessment(effects=frozenset({Effect.DELETE}))
    )
    assert isinstance(hook_for(services).decide(context(about=about)), Ask)


def test_nothing_is_copied_beyond_the_limit(services: Services, place: Path) -> None:
    hook = hook_for(services, max_mb=1)
    decision = before(hook, place, "rm -rf project")
    assert isinstance(decision, Ask)
    assert "more than 1 MiB" in decision.prompt
    assert not hook.backups.all()


def test_deleting_the_backups_themselves_is_said(services: Services, place: Path) -> None:
    hook = hook_for(services, directory=place / "project" / "backups")
    decision = before(hook, place, "rm -rf project")
    assert isinstance(decision, Ask)
    assert "the backups themselves" in decision.prompt


def test_variables_of_the_run_are_known(services: Services, place: Path) -> None:
    hook = hook_for(services)
    before(hook, place, 'rm "$TARGET"', env={"TARGET": str(place / "precious")})
    assert [entry.path for entry in hook.backups.all()[0].entries] == [str(place / "precious")]


def test_home_is_where_home_is(services: Services, place: Path) -> None:
    assert isinstance(backup.local_targets(proposal("rm ~/nothing-of-that-name")), Targets)
    home = Path.home()
    hook = hook_for(services)
    before(hook, place, "rm ~/x $HOME/y", env={"HOME": str(place)})
    assert home  # `~` in the text is the account's; `$HOME` is the run's


def test_other_file_systems_and_special_files_are_said(services: Services, place: Path) -> None:
    os.mkfifo(place / "project" / "pipe")
    decision = before(hook_for(services), place, "rm -rf project")
    assert isinstance(decision, Ask)
    assert "pipe" in decision.prompt


def test_names_that_are_no_unicode_survive(services: Services, place: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(place) + b"/project/caf\xe9"))
    odd.write_text("odd")
    hook = hook_for(services)
    before(hook, place, "rm -rf project")
    run(place, "rm -rf project")
    restore(hook.backups, hook.backups.all()[0])
    assert odd.read_text() == "odd"


# --- restoring ----------------------------------------------------------------------------------------------------


def saved(backups: Backups, *paths: Path) -> Backup:
    return backups.save(Inventory.take(paths, max_bytes=10**9, max_files=1000), {"title": "test"})


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    return Backups(tmp_path / "backups")


def test_equal_contents_are_kept_once(backups: Backups, place: Path) -> None:
    saved(backups, place / "project")
    saved(backups, place / "project")
    objects = [file for file in (backups.directory / "objects").rglob("*") if file.is_file()]
    assert len(objects) == 4


def test_what_changed_since_is_not_overwritten_unasked(backups: Backups, place: Path) -> None:
    made = saved(backups, place / "precious")
    (place / "precious").write_text("newer")
    assert conflicts(made) == (str(place / "precious"),)
    with pytest.raises(BackupError, match="different by now"):
        restore(backups, made)
    assert (place / "precious").read_text() == "newer"


def test_what_is_overwritten_is_backed_up_first(backups: Backups, place: Path) -> None:
    made = saved(backups, place / "precious")
    (place / "precious").write_text("newer")
    result = restore(backups, made, overwrite=True)
    assert (place / "precious").read_text() == "precious"
    assert result.saved_first is not None
    restore(backups, backups.find(result.saved_first), overwrite=True)
    assert (place / "precious").read_text() == "newer"


def test_elsewhere_is_left_alone(backups: Backups, place: Path, tmp_path: Path) -> None:
    made = saved(backups, place / "precious")
    (place / "precious").write_text("newer")
    restore(backups, made, into=tmp_path / "out")
    assert (tmp_path / "out" / str(place / "precious").lstrip("/")).read_text() == "precious"
    assert (place / "precious").read_text() == "newer"


def test_restoring_twice_changes_nothing(backups: Backups, place: Path) -> None:
    made = saved(backups, place / "project")
    result = restore(backups, made)
    assert not result.written
    assert result.unchanged == len(made.entries)


def test_a_directory_that_became_a_link_is_not_written_through(backups: Backups, place: Path, tmp_path: Path) -> None:
    made = saved(backups, place / "project")
    run(place, f"rm -rf project; mkdir {tmp_path}/elsewhere; ln -s {tmp_path}/elsewhere project")
    with pytest.raises(BackupError):
        restore(backups, made, overwrite=True)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_damaged_contents_are_never_put_back(backups: Backups, place: Path) -> None:
    made = saved(backups, place / "precious")
    (entry,) = made.entries
    (backups.directory / "objects" / entry.sha256[:2] / entry.sha256).write_text("forged!!")
    (place / "precious").unlink()
    with pytest.raises(BackupError, match="damaged"):
        restore(backups, made)
    assert not (place / "precious").exists()
    assert sorted(path.name for path in place.iterdir()) == ["other", "project"], "no scratch file is left"


def test_a_damaged_manifest_does_not_hide_the_others(backups: Backups, place: Path) -> None:
    first, second = saved(backups, place / "precious"), saved(backups, place / "other")
    (backups.directory / "manifests" / f"{first.id}.json").write_text("{")
    assert [one.id for one in backups.all()] == [second.id]
    with pytest.raises(BackupError, match="cannot be read"):
        backups.find(first.id)


def test_a_backup_is_found_by_the_beginning_of_its_id(backups: Backups, place: Path) -> None:
    made = saved(backups, place / "precious")
    assert backups.find(made.id[:12].lower()).id == made.id
    for wrong in ("", "ZZZ", "../../etc"):
        with pytest.raises(NotFound):
            backups.find(wrong)


def test_the_oldest_backups_go_and_contents_others_need_stay(backups: Backups, place: Path) -> None:
    (place / "big").write_bytes(b"x" * 1000)
    old = saved(backups, place / "big", place / "precious")
    new = saved(backups, place / "precious")
    assert backups.prune(500) == 1000
    assert [one.id for one in backups.all()] == [new.id]
    (place / "precious").unlink()
    restore(backups, backups.find(new.id))
    assert (place / "precious").read_text() == "precious"
    with pytest.raises(NotFound):
        backups.find(old.id)


def test_what_a_killed_process_left_goes(backups: Backups, place: Path) -> None:
    saved(backups, place / "precious")
    (backups.directory / "objects" / "new-abc").write_text("half a file")
    assert backups.prune(10**9) == len("half a file")
    assert not list(backups.directory.rglob("new-*"))


def test_the_newest_backup_never_goes(backups: Backups, place: Path) -> None:
    made = saved(backups, place / "project")
    assert backups.prune(1) == 0
    assert backups.find(made.id) == made


def test_backups_are_nobody_elses_business(backups: Backups, place: Path) -> None:
    saved(backups, place / "precious")
    for path in [backups.directory, *backups.directory.rglob("*")]:
        if path.name != "lock":
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_titles_are_kept_without_secrets(services: Services, place: Path) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"
    hook = hook_for(services)
    before(hook, place, "rm precious", title=f"rm with {token}")
    manifests = list((hook.backups.directory / "manifests").iterdir())
    assert token not in manifests[0].read_text()
    assert json.loads(manifests[0].read_text())["about"]["run"] == "R1"
