"""Progress and causes, read from what mmdebstrap and apt really print."""

from __future__ import annotations

import pytest

from tui.errors import HostNotReady
from tui.machines.guest.bootstrap_log import LogProgress, explain_failure

LOG = """\
I: chroot architecture amd64 is equal to the host's architecture
I: running apt-get update...
Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]
I: downloading packages with apt...
0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.
Get:1 http://deb.debian.org/debian bookworm/main amd64 libc6 amd64 2.36-9 [2757 kB]
Get:2 http://deb.debian.org/debian bookworm/main amd64 bash amd64 5.2.15-2 [1490 kB]
I: extracting archives...
I: installing essential packages...
Setting up libc6:amd64 (2.36-9) ...
I: installing remaining packages inside the chroot...
0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.
Get:1 http://deb.debian.org/debian bookworm/main amd64 git amd64 1:2.39.5-0 [7260 kB]
Unpacking git (1:2.39.5-0) ...
Setting up git (1:2.39.5-0) ...
Setting up one-more-than-announced ...
I: cleaning package lists and apt cache...
I: creating tarball...
I: done
"""


def test_progress_only_grows_and_names_what_is_done() -> None:
    progress = LogProgress()
    moves = [move for line in LOG.splitlines() if (move := progress.feed(line))]
    fractions = [fraction for fraction, _ in moves if fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] < 1
    assert len(set(fractions)) > 8
    assert list(dict.fromkeys(stage for _, stage in moves)) == [
        "reading package lists",
        "downloading the base system",
        "unpacking the base system",
        "installing the base system",
        "installing packages",
        "cleaning up",
        "compressing the image",
    ]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        # Printed in a network namespace without a network.
        ("W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  "
         "Temporary failure resolving 'deb.debian.org'", "mirror cannot be reached", "network"),
        ("E: Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)",
         "mirror cannot be reached", "network"),
        # Printed with the cache on a tmpfs of 300 MB.
        ("E: You don't have enough free space in /x/var/cache/apt/archives/.", "no space left", "free about 2 GB"),
        ("FATAL ERROR: Failed to write to output filesystem: No space left on device", "no space left", "free about"),
        ("W: GPG error: http://x bookworm InRelease: ... NO_PUBKEY 0E98404D386FA1D9", "not trusted", "keyring"),
        ("unshare: unshare failed: Operation not permitted", "no right to build", "sudo rollcage setup"),
        ("newuidmap: write to uid_map failed: Operation not permitted", "no right to build", "/etc/subuid"),
        ("E: Unable to locate package nosuch", "Unable to locate package nosuch", "full log"),
    ],
)  # fmt: skip
def test_the_cause_is_named_with_what_to_do(line: str, message: str, hint: str) -> None:
    error = explain_failure(["I: running apt-get update...", line, "E: mmdebstrap failed to run"], "/logs/build.log")
    assert isinstance(error, HostNotReady)
    assert message in error.message
    assert hint in error.hint
    assert "/logs/build.log" in error.hint


def test_a_log_without_words_is_still_an_error() -> None:
    assert "no message" in explain_failure([], "/l").message
