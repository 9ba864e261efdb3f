"""What kind of place a path is."""

from __future__ import annotations

import pytest

from tui.risk.judge.targets import classify_text
from tui.risk.rule import Target


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("/", Target.ROOT),
        ("/*", Target.ROOT),
        ("//", Target.ROOT),
        ("/./", Target.ROOT),
        ("/tmp/..", Target.ROOT),
        ("/usr/../", Target.ROOT),
        ("~", Target.HOME),
        ("~/*", Target.HOME),
        ("$HOME", Target.HOME),
        ("${HOME}/", Target.HOME),
        ("/home", Target.HOME),
        ("/home/*", Target.HOME),
        ("/home/alice", Target.HOME),
        ("/root", Target.HOME),
        ("/Users/alice/", Target.HOME),
        ("~/Documents", Target.HOME_PART),
        ("/home/alice/projects", Target.HOME_PART),
        ("/etc", Target.SYSTEM),
        ("/tmp/../etc", Target.SYSTEM),
        ("$TMPDIR/../etc", Target.SYSTEM),
        ("/usr/bin/ls", Target.SYSTEM),
        ("/dev/sda", Target.DEVICE),
        ("/dev/nvme0n1p2", Target.DEVICE),
        ("/dev/mapper/vg-root", Target.DEVICE),
        ("/etc/shadow", Target.CREDENTIAL),
        ("~/.ssh/id_ed25519", Target.CREDENTIAL),
        ("/home/bob/.aws/credentials", Target.CREDENTIAL),
        ("http://169.254.169.254/latest/meta-data/", Target.CREDENTIAL),
        ("/etc/sudoers.d/alice", Target.ACCOUNT),
        ("~/.ssh/authorized_keys", Target.ACCOUNT),
        ("~/.bashrc", Target.STARTUP),
        ("/etc/cron.d/job", Target.STARTUP),
        (".git/hooks/pre-commit", Target.STARTUP),
        ("/var/log/auth.log", Target.LOG),
        ("~/.bash_history", Target.LOG),
        ("$HISTFILE", Target.LOG),
        ("/boot/vmlinuz", Target.BOOT),
        (".git", Target.VCS),
        ("/srv/backups/", Target.BACKUP),
        ("/tmp/x", Target.TEMP),
        ("/var/tmp/x", Target.TEMP),
        ("$TMPDIR/x", Target.TEMP),
        ("/var/lib/apt/lists/*", Target.CACHE),
        ("node_modules", Target.CACHE),
        (".", Target.WORKSPACE_WHOLE),
        ("*", Target.WORKSPACE_WHOLE),
        ("../..", Target.WORKSPACE_WHOLE),
        ("src/main.c", Target.WORKSPACE),
        ("/app/build", Target.WORKSPACE),
        ("host:/srv/x", Target.REMOTE),
        ("s3://bucket/x", Target.REMOTE),
        ("https://example.org/x", Target.REMOTE),
        ("/srv/data", Target.ANY_OUTSIDE),
        ("../other", Target.ANY_OUTSIDE),
        ("/proc/sys/kernel/core_pattern", Target.KERNEL),
    ],
)
def test_a_path_is_of_the_kind_it_looks_like(text: str, kind: Target) -> None:
    assert kind in classify_text(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("/dev/null", Target.DEVICE),
        ("/dev/stdout", Target.DEVICE),
        ("~/.ssh/id_rsa.pub", Target.CREDENTIAL),
        ("~/.ssh/known_hosts", Target.CREDENTIAL),
        ("/etc/hostname", Target.ACCOUNT),
        ("build", Target.ANY_OUTSIDE),
        ("/tmp/x", Target.ANY_OUTSIDE),
        ("${DIR:?}/*", Target.ROOT),
        ("$DIR/build", Target.ROOT),
        ("src", Target.WORKSPACE_WHOLE),
        (".github/workflows", Target.VCS),
        ("12:30", Target.REMOTE),
    ],
)
def test_a_path_is_not_taken_for_what_it_is_not(text: str, kind: Target) -> None:
    assert kind not in classify_text(text)


def test_an_unset_variable_before_a_slash_means_the_root() -> None:
    """`rm -rf "$DIR"/*` deletes `/*` when DIR is empty."""
    assert Target.ROOT in classify_text("$DIR/*")
    assert Target.ROOT in classify_text("$DIR/")
    assert Target.ROOT in classify_text("$PREFIX/usr")


def test_a_relative_path_is_judged_from_where_the_command_runs() -> None:
    assert Target.SYSTEM in classify_text("passwd", "/etc")
    assert Target.TEMP in classify_text("x", "/tmp/work")
    assert Target.WORKSPACE in classify_text("x", None)
