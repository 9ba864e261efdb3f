"""What git knows about a directory, and keeping all of it without touching a file.

A repository may configure programs that git runs, and whoever may write to it has them run here. So none of them runs:
filters, hooks, file system monitors, transports and what submodules configure. Files that a filter changes when they
are added therefore compare as changed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TIMEOUT_S: Final = 20.0
_SAFE: Final = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.pager": "cat",
    "core.sshCommand": "false",
    "core.askPass": "",
    "commit.gpgSign": "false",
    "diff.external": "",
    "diff.ignoreSubmodules": "all",
    "submodule.recurse": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
"""Settings that hold before those of the repository."""
_OF_A_DRIVER: Final = re.compile(
    r"(filter\..+\.)(?:clean|smudge|process|required)|(diff\..+\.)(?:command|textconv)|(merge\..+\.)driver", re.DOTALL
)
_DRIVER_OFF: Final = {
    "filter": {"clean": "", "smudge": "", "process": "", "required": "false"},
    "diff": {"command": "", "textconv": ""},
    "merge": {"driver": ""},
}
_ENVIRONMENT: Final = {
    "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1",
    "GIT_PAGER": "cat", "LC_ALL": "C.UTF-8",
    # No transport: a missing object of a partial clone would be fetched by a program the repository names.
    "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1",
}  # fmt: skip
_SUBMODULE: Final = "160000 "
"""How `git ls-files --stage` begins for one."""
_IDENTITY: Final = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "rollcage"), ("EMAIL", "rollcage@localhost"))
}


class GitError(Exception):
    """Git could not do it; with git's own first line."""


@dataclass(frozen=True, slots=True)
class Status:
    """What differs from the last commit."""

    branch: str
    head: str | None
    """Id of the commit; None before the first."""
    changes: frozenset[str]
    """Entries as `git status --porcelain=v2` prints them, without their object ids' meaning being used."""
    untracked: frozenset[str]

    @property
    def clean(self) -> bool:
        """Whether everything is committed or ignored."""
        return not self.changes and not self.untracked

    def __str__(self) -> str:
        if self.clean:
            return f"{self.branch}: clean"
        return f"{self.branch}: {len(self.changes)} changed, {len(self.untracked)} untracked"


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository with a working tree."""

    top: Path

    @classmethod
    def around(cls, directory: Path) -> Repository | None:
        """Return the repository a directory is in; None if it is in none, or there is no git.

        Raises:
            GitError: git refuses to look, for example because somebody else owns the repository; or it is too old to
                be kept from running programs.
        """
        if shutil.which("git") is None or not directory.is_dir():
            return None
        try:
            top = _git(directory, "rev-parse", "--show-toplevel")
        except GitError as error:
            if "not a git repository" in str(error) or "must be run in a work tree" in str(error):
                return None
            raise
        if _git(directory, "config", "--default", "", "--get", "core.hooksPath").strip() != _SAFE["core.hooksPath"]:
            raise GitError("this git cannot be kept from running what a repository configures; 2.31 or later can")
        found = Path(top.removesuffix("\n"))
        if not directory.resolve().is_relative_to(found.resolve()):
            raise GitError(f"the repository says that its files are elsewhere, in {found}")
        return cls(found)

    def status(self) -> Status:
        """Return what is not committed.

        Raises:
            GitError: git could not say.
        """
        text = self._run(
            "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--ignore-submodules=all"
        )
        branch, head = "?", None
        changes: set[str] = set()
        untracked: set[str] = set()
        entries = iter(text.split("\0"))
        for entry in entries:
            if entry.startswith("# branch.head "):
                branch = entry.removeprefix("# branch.head ")
            elif entry.startswith("# branch.oid "):
                oid = entry.removeprefix("# branch.oid ")
                head = None if oid == "(initial)" else oid
            elif entry.startswith("? "):
                untracked.add(entry[2:])
            elif entry.startswith("2 "):
                changes.add(f"{entry}\0{next(entries, '')}")
            elif entry and not entry.startswith("#"):
                changes.add(entry)
        return Status(branch, head, frozenset(changes), frozenset(untracked))

    def commit_all(self, message: str) -> str:
        """Commit everything that is not ignored, and return the commit's id.

        Raises:
            GitError: there is nothing to commit, or no name to commit under; or a filter would have to run to commit
                what belongs there.
        """
        if filters := [name for name in self._drivers() if name.startswith("filter.")]:
            raise GitError(f"nothing is committed where filters are configured, which do not run here: {filters[0]}")
        self._without_submodules()
        self._run("add", "--all")
        self._run("commit", "--quiet", "--no-verify", "-m", message)
        return self._run("rev-parse", "HEAD").strip()

    def keep(self, message: str) -> str:
        """Add everything that is not committed to the stash, leave files and index as they are, and return its id.

        `git stash push` would take the changes away from the command that is about to run. This makes the same
        commits out of copies of the index instead: the working tree, whose parents are HEAD, the index and, where
        there are any, the untracked files (see `git help stash`, "Discussion").

        Raises:
            GitError: there is no commit yet, or git could not write.
        """
        self._without_submodules()
        head = self._run("rev-parse", "--verify", "--quiet", "HEAD").strip()
        index = Path(self._run("rev-parse", "--path-format=absolute", "--git-path", "index").removesuffix("\n"))
        with tempfile.TemporaryDirectory(prefix="rollcage-git-") as scratch:
            copy = Path(scratch) / "index"
            if index.exists():
                shutil.copyfile(index, copy)
            of_index = self._commit(self._run("write-tree", index=copy), f"index: {message}", head)
            self._run("add", "--update", "--", ":/", index=copy)
            of_files = self._run("write-tree", index=copy)
            parents = [head, of_index]
            if untracked := self._untracked():
                fresh = Path(scratch) / "untracked"
                self._run("update-index", "--add", "-z", "--stdin", index=fresh, stdin=untracked)
                parents.append(self._commit(self._run("write-tree", index=fresh), f"untracked: {message}"))
            kept = self._commit(of_files, message, *parents)
        self._run("stash", "store", "--message", message, kept, identity=True)
        return kept

    def _untracked(self) -> str:
        listed = self._run("ls-files", "--others", "--exclude-standard", "-z")
        # A repository within the repository is listed as a directory, which no commit can hold.
        return "".join(f"{name}\0" for name in listed.split("\0") if name and not name.endswith("/"))

    def _commit(self, tree: str, message: str, *parents: str) -> str:
        options = [word for parent in parents for word in ("-p", parent)]
        return self._run("commit-tree", tree.strip(), *options, "-m", message, identity=True).strip()

    def _without_submodules(self) -> None:
        """Raise where there are submodules: to add everything git looks into them, by their own settings."""
        if any(entry.startswith(_SUBMODULE) for entry in self._run("ls-files", "--stage", "-z").split("\0")):
            raise GitError("nothing is kept where there are submodules, whose programs git would run")

    def _drivers(self) -> dict[str, str]:
        """Return what switches off every driver that any settings name."""
        # Reading settings runs nothing.
        listed = _git(self.top, "config", "--list", "--name-only", "-z").split("\0")
        off: dict[str, str] = {}
        for name in listed:
            if match := _OF_A_DRIVER.fullmatch(name):
                prefix = next(group for group in match.groups() if group)
                off |= {prefix + key: value for key, value in _DRIVER_OFF[prefix.partition(".")[0]].items()}
        return off

    def _run(self, *arguments: str, index: Path | None = None, stdin: str = "", identity: bool = False) -> str:
        extra = {} if index is None else {"GIT_INDEX_FILE": str(index)}
        env = {**extra, **(_IDENTITY if identity else {})}
        return _git(self.top, *arguments, env=env, stdin=stdin, settings=self._drivers())


def _git(
    directory: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    settings: Mapping[str, str] | None = None,
) -> str:
    # Variables of a git that called us would point at another repository.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # Not by `-c`, which takes the first `=` in a name for the end of it.
    held = {**_SAFE, **(settings or {})}
    inherited["GIT_CONFIG_COUNT"] = str(len(held))
    for number, (name, value) in enumerate(held.items()):
        inherited |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), "--no-pager", *arguments],
            input=os.fsencode(stdin),
            capture_output=True,
            timeout=_TIMEOUT_S,
            env={**inherited, **_ENVIRONMENT, **(env or {})},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git {arguments[0]}: {error}") from None
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(f"git {arguments[0]}: {lines[0] if lines else f'exit code {done.returncode}'}")
    return os.fsdecode(done.stdout)
