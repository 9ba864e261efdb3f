"""Real repositories: their state is seen, and work in them kept without being touched."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.hooks.proposals import assessment, context, proposal
from tui.hooks.builtin import git
from tui.hooks.model import Allow, Point
from tui.hooks.repository import Repository
from tui.risk.model import Confidence, Effect

DELETES = assessment(effects=frozenset({Effect.DELETE}))


def sh(place: Path, *arguments: str) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    done = subprocess.run(["git", "-C", str(place), *arguments], capture_output=True, text=True, check=True, env=env)
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    place = tmp_path / "repository"
    place.mkdir()
    sh(place, "init", "-q", "-b", "main")
    sh(place, "config", "user.name", "Ada")
    sh(place, "config", "user.email", "ada@example.org")
    (place / "kept").write_text("one\n")
    (place / "staged").write_text("one\n")
    (place / ".gitignore").write_text("ignored\n")
    sh(place, "add", "-A")
    sh(place, "commit", "-qm", "first")
    return place


def dirty(place: Path) -> None:
    (place / "kept").write_text("two\n")
    (place / "staged").write_text("two\n")
    sh(place, "add", "staged")
    (place / "new dir").mkdir()
    (place / "new dir" / "untracked ü").write_text("new\n")
    (place / "ignored").write_text("ignored\n")


def at(hook: git.GitHook, point: Point, place: Path, **fields: object) -> Allow:
    fields = {"assessed": DELETES, "mode": "local", "cwd": str(place), **fields}
    decision = hook.decide(context(point, proposal("rm x", **fields)))  # type: ignore[arg-type]
    assert isinstance(decision, Allow)
    return decision


def test_the_state_is_noted_before_and_compared_after(repository: Path) -> None:
    hook = git.GitHook(git.Options())
    assert at(hook, Point.BEFORE_EXECUTION, repository).notes == ("main: clean",)
    dirty(repository)
    assert at(hook, Point.AFTER_EXECUTION, repository).notes == (
        "main: 2 changed, 1 untracked (before: main: clean; 3 entries differ)",
    )
    at(hook, Point.BEFORE_EXECUTION, repository)
    assert at(hook, Point.AFTER_EXECUTION, repository).notes == ("main: 2 changed, 1 untracked (as before)",)


def test_a_commit_of_the_run_is_noticed(repository: Path) -> None:
    hook = git.GitHook(git.Options())
    at(hook, Point.BEFORE_EXECUTION, repository)
    sh(repository, "commit", "-q", "--allow-empty", "-m", "second")
    assert "HEAD moved" in at(hook, Point.AFTER_EXECUTION, repository).notes[0]


def test_the_stash_holds_everything_and_nothing_is_touched(repository: Path) -> None:
    dirty(repository)
    before = sh(repository, "status", "--porcelain=v2")
    decision = at(git.GitHook(git.Options(save=git.Save.STASH)), Point.BEFORE_EXECUTION, repository)
    assert "kept in the stash" in decision.notes[1]
    assert sh(repository, "status", "--porcelain=v2") == before
    assert "before run R1" in sh(repository, "stash", "list")

    sh(repository, "reset", "-q", "--hard")
    sh(repository, "clean", "-fdq")
    sh(repository, "stash", "apply", "-q", "--index")
    assert sh(repository, "status", "--porcelain=v2") == before
    assert (repository / "new dir" / "untracked ü").read_text() == "new\n"


def test_deleted_files_come_back_by_the_command_the_note_names(repository: Path) -> None:
    dirty(repository)
    decision = at(git.GitHook(git.Options(save=git.Save.STASH)), Point.BEFORE_EXECUTION, repository)
    for name in ("kept", "staged"):
        (repository / name).unlink()
    command = decision.notes[1].split("`")[1].split()
    sh(repository, *command[1:])
    assert (repository / "kept").read_text() == "two\n"
    assert (repository / "staged").read_text() == "two\n"


def test_a_stash_in_a_subdirectory_holds_the_whole_tree(repository: Path) -> None:
    dirty(repository)
    at(git.GitHook(git.Options(save=git.Save.STASH)), Point.BEFORE_EXECUTION, repository / "new dir")
    assert sh(repository, "show", "stash@{0}:kept") == "two\n"


def test_a_commit_can_be_made_instead(repository: Path) -> None:
    dirty(repository)
    decision = at(git.GitHook(git.Options(save=git.Save.COMMIT)), Point.BEFORE_EXECUTION, repository)
    assert "committed as" in decision.notes[1]
    assert sh(repository, "status", "--porcelain") == ""
    assert "before run R1" in sh(repository, "log", "-1", "--format=%s")


@pytest.mark.parametrize(
    ("effects", "confidence", "keeps"),
    [
        (frozenset({Effect.READ}), Confidence.PARSED, False),
        (frozenset({Effect.OVERWRITE}), Confidence.PARSED, True),
        (frozenset({Effect.HISTORY_REWRITE}), Confidence.FOLDED, True),
        (frozenset(), Confidence.PARTIAL, True),
    ],
)
def test_work_is_kept_before_destructive_runs_only(
    repository: Path, effects: frozenset[Effect], confidence: Confidence, keeps: bool
) -> None:
    dirty(repository)
    hook = git.GitHook(git.Options(save=git.Save.STASH))
    at(hook, Point.BEFORE_EXECUTION, repository, assessed=assessment(effects=effects, confidence=confidence))
    assert bool(sh(repository, "stash", "list")) is keeps


def test_a_clean_tree_needs_no_stash(repository: Path) -> None:
    at(git.GitHook(git.Options(save=git.Save.STASH)), Point.BEFORE_EXECUTION, repository)
    assert not sh(repository, "stash", "list")


def test_troubles_are_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    place = tmp_path / "fresh"
    place.mkdir()
    sh(place, "init", "-q")
    (place / "file").write_text("x")
    decision = at(git.GitHook(git.Options(save=git.Save.STASH)), Point.BEFORE_EXECUTION, place)
    assert "no commit yet" in decision.warnings[0]


def test_outside_of_repositories_and_in_machines_nothing_is_said(tmp_path: Path, repository: Path) -> None:
    hook = git.GitHook(git.Options(save=git.Save.STASH))
    assert at(hook, Point.BEFORE_EXECUTION, tmp_path) == Allow()
    assert at(hook, Point.BEFORE_EXECUTION, tmp_path / "absent") == Allow()
    assert at(hook, Point.BEFORE_EXECUTION, repository, mode="firecracker") == Allow()


def test_programs_a_repository_configures_are_not_started(repository: Path, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    sh(repository, "config", "core.fsmonitor", str(program))
    for name in ("post-index-change", "reference-transaction", "pre-commit", "post-commit"):
        hook_file = repository / ".git" / "hooks" / name
        hook_file.parent.mkdir(exist_ok=True)
        hook_file.write_bytes(program.read_bytes())
        hook_file.chmod(0o755)
    dirty(repository)
    marker.unlink(missing_ok=True)
    hook = git.GitHook(git.Options(save=git.Save.STASH))
    at(hook, Point.BEFORE_EXECUTION, repository)
    at(hook, Point.AFTER_EXECUTION, repository)
    assert not marker.exists()


def test_renames_are_one_change(repository: Path) -> None:
    sh(repository, "mv", "kept", "renamed")
    found = Repository.around(repository)
    assert found is not None
    status = found.status()
    assert len(status.changes) == 1
    assert not status.untracked


def test_a_repository_inside_is_left_to_itself(repository: Path) -> None:
    inner = repository / "inner"
    inner.mkdir()
    sh(inner, "init", "-q")
    (inner / "file").write_text("x")
    (repository / "untracked").write_text("new\n")
    found = Repository.around(repository)
    assert found is not None
    kept = found.keep("message")
    assert sh(repository, "show", f"{kept}^3:untracked") == "new\n"


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that the program beside it, `program`, makes when it is started."""
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/marker\ncat\n")
    program.chmod(0o755)
    return tmp_path / "marker"


@pytest.mark.parametrize("kind", ["clean", "process"])
@pytest.mark.parametrize("driver", ["evil", "e=v.il Driver"])
def test_no_filter_of_a_repository_is_started(repository: Path, marker: Path, kind: str, driver: str) -> None:
    name = driver if driver == "evil" else "evil"
    (repository / ".gitattributes").write_text(f"* filter={name} diff={name} merge={name}\n")
    for key in (f"filter.{name}.{kind}", f"filter.{driver}.{kind}", f"diff.{name}.command", f"diff.{name}.textconv"):
        sh(repository, "config", key, str(marker.parent / "program"))
    sh(repository, "config", f"filter.{name}.required", "true")
    dirty_without_git(repository)
    # The filter does run where nobody keeps it from it.
    subprocess.run(["git", "-C", str(repository), "status"], capture_output=True, check=False)
    assert marker.exists()
    marker.unlink()

    dirty_without_git(repository)
    hook = git.GitHook(git.Options(save=git.Save.STASH))
    assert "kept in the stash" in at(hook, Point.BEFORE_EXECUTION, repository).notes[1]
    at(hook, Point.AFTER_EXECUTION, repository)
    assert "do not run here" in str(
        at(git.GitHook(git.Options(save=git.Save.COMMIT)), Point.BEFORE_EXECUTION, repository).warnings
    )
    assert not marker.exists()


def dirty_without_git(place: Path) -> None:
    (place / "kept").write_text("two\n")
    (place / "new").write_text("new\n")


def test_nothing_of_a_submodule_is_started(repository: Path, marker: Path) -> None:
    inner = repository / "inner"
    inner.mkdir()
    sh(inner, "init", "-q")
    (inner / "file").write_text("x")
    sh(inner, "add", "-A")
    sh(inner, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "first")
    sh(repository, "add", "inner")
    sh(repository, "commit", "-qm", "with a submodule")
    sh(inner, "config", "core.fsmonitor", str(marker.parent / "program"))
    dirty_without_git(repository)
    subprocess.run(["git", "-C", str(repository), "status"], capture_output=True, check=False)
    assert marker.exists()
    marker.unlink()
    decision = at(git.GitHook(git.Options(save=git.Save.STASH)), Point.BEFORE_EXECUTION, repository)
    assert "submodules" in decision.warnings[0]
    assert not marker.exists()


def test_a_repository_whose_files_are_elsewhere_is_not_looked_at(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_text("x")
    sh(repository, "config", "core.worktree", str(tmp_path / "elsewhere"))
    decision = at(git.GitHook(git.Options(save=git.Save.STASH)), Point.BEFORE_EXECUTION, repository)
    assert decision.warnings
    assert not decision.notes


def test_nothing_is_fetched_by_a_program_the_repository_names(repository: Path, marker: Path) -> None:
    (marker.parent / "program").write_text(f"#!/bin/sh\ntouch {marker}\nexit 1\n")
    sh(repository, "config", "remote.origin.url", f"ext::{marker.parent / 'program'}")
    sh(repository, "config", "remote.origin.promisor", "true")
    sh(repository, "config", "extensions.partialClone", "origin")
    sh(repository, "config", "core.repositoryFormatVersion", "1")
    sh(repository, "config", "protocol.ext.allow", "always")
    tree = sh(repository, "rev-parse", "HEAD^{tree}").strip()
    (repository / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    subprocess.run(["git", "-C", str(repository), "status"], capture_output=True, check=False)
    assert marker.exists()
    marker.unlink()
    decision = at(git.GitHook(git.Options()), Point.BEFORE_EXECUTION, repository)
    assert decision.warnings
    assert not marker.exists()


def test_a_git_that_cannot_be_kept_from_running_programs_is_not_used(
    repository: Path, marker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text(f'#!/bin/sh\nunset GIT_CONFIG_COUNT\nexec {shutil.which("git")} "$@"\n')
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(old.parent), prepend=os.pathsep)
    sh(repository, "config", "core.fsmonitor", str(marker.parent / "program"))
    decision = at(git.GitHook(git.Options()), Point.BEFORE_EXECUTION, repository)
    assert "2.31" in decision.warnings[0]
    assert not marker.exists()
