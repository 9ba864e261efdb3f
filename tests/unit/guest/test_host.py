"""Looking at the host, and installing what it lacks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.guest.conftest import FakeProgram
from tui.errors import HostNotReady
from tui.machines import host
from tui.machines.host import Check, check_host, install_missing, missing_packages, require
from tui.paths import Paths

OTHER_USER = 12345


def checks(paths: Paths) -> dict[str, Check]:
    return {check.name: check for check in check_host(paths)}


def test_every_failed_check_says_what_to_do(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(host, "find_program", lambda _name: None)
    found = checks(paths)
    lacking = [check for check in found.values() if not check.ok]
    assert {"qemu-system-x86_64", "qemu-img", "mmdebstrap", "mksquashfs", "mkfs.ext4", "setpriv"} <= {
        check.name for check in lacking
    }
    assert all(check.hint or not check.required for check in lacking)
    with pytest.raises(HostNotReady, match="mmdebstrap: not installed") as raised:
        require(paths)
    assert "apt-get install qemu-system-x86" in raised.value.hint


@pytest.mark.parametrize(
    ("says", "ok", "detail"),
    [
        ("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)", True, "version 7.2.22"),
        ("QEMU emulator version 10.0.2", True, "version 10.0.2"),
        ("QEMU emulator version 6.2.0", False, "too old"),
        ("something else", False, "does not say its version: something else"),
    ],
)
def test_the_version_of_qemu_is_read(paths: Paths, fake_program: FakeProgram, says: str, ok: bool, detail: str) -> None:
    fake_program("qemu-system-x86_64", f"print({says!r})")
    check = checks(paths)["qemu-system-x86_64"]
    assert check.ok is ok
    assert detail in check.detail


def test_a_broken_qemu_is_not_a_traceback(paths: Paths, tmp_path: Path, fake_program: FakeProgram) -> None:
    fake_program("qemu-system-x86_64", "")
    (tmp_path / "fake-bin/qemu-system-x86_64").write_text("#!/nonexistent/interpreter\n")
    check = checks(paths)["qemu-system-x86_64"]
    assert not check.ok
    assert "does not run" in check.detail


def test_space_is_looked_for_where_the_image_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "NEEDED_BYTES", 1 << 60)
    check = checks(Paths.below(tmp_path / "not" / "there" / "yet"))["disk space"]
    assert not check.ok
    assert check.required
    assert str(tmp_path) in check.detail


def test_the_memory_of_a_child_can_be_read_here(paths: Paths) -> None:
    assert checks(paths)["snapshots (/proc/PID/mem)"].ok


def test_a_user_without_subordinate_ids_is_told(
    paths: Paths, fake_program: FakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: OTHER_USER)
    fake_program("newuidmap", "")
    fake_program("unshare", "import sys; sys.exit('unshare: failed to find subid for 12345')")
    check = checks(paths)["right to build the image"]
    assert not check.ok
    assert "failed to find subid" in check.detail
    assert "/etc/subuid" in check.hint


def no_progress(_fraction: float | None, _stage: str) -> None:
    return


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A host that lacks one package until the file that is returned exists."""
    marker = tmp_path / "installed"
    real = host.find_program
    monkeypatch.setattr(host, "_PROGRAMS", {"rollcage-no-such-program": "no-such-package"})
    monkeypatch.setattr(host, "ARCHIVE_KEYRING", tmp_path)
    monkeypatch.setattr(
        host,
        "find_program",
        lambda name: str(marker) if name.startswith("rollcage-") and marker.exists() else real(name),
    )
    return marker


def test_nothing_missing_installs_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_program: FakeProgram
) -> None:
    monkeypatch.setattr(host, "missing_packages", list)
    fake_program("apt-get", "raise SystemExit('must not run')")
    assert install_missing(no_progress, tmp_path / "log") == []


def test_apt_installs_what_is_missing_and_reports(lacking: Path, fake_program: FakeProgram, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    fake_program(
        "apt-get",
        f"""
import os, pathlib, sys
with open({str(calls)!r}, "a") as calls:
    print(os.environ.get("DEBIAN_FRONTEND"), *sys.argv[1:], file=calls)
if sys.argv[1] == "install":
    print("dlstatus:1:50.0000:Retrieving file 1 of 2")
    print("pmstatus:no-such-package:50.0000:Unpacking no-such-package")
    pathlib.Path({str(lacking)!r}).touch()
""",
    )
    fake_program("sudo", "import os, sys; args = sys.argv[2:]; os.execvp(args[0], args)")
    moves: list[tuple[float | None, str]] = []
    assert missing_packages() == ["no-such-package"]

    assert install_missing(lambda *move: moves.append(move), tmp_path / "log") == ["no-such-package"]

    update, install = calls.read_text().splitlines()
    assert update.startswith("noninteractive update")
    assert "--yes" in install
    assert "no-such-package" in install
    assert (0.25, "Retrieving file 1 of 2") in moves
    assert (0.75, "Unpacking no-such-package") in moves
    assert "Unpacking" in (tmp_path / "log").read_text()


@pytest.mark.usefixtures("lacking")
def test_without_root_the_exact_command_is_given(
    fake_program: FakeProgram, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: OTHER_USER)
    fake_program("newuidmap", "")
    fake_program("apt-get", "raise SystemExit('must not run')")
    fake_program("sudo", "import sys; sys.exit('sudo: a password is required')")
    with pytest.raises(HostNotReady, match="takes root") as raised:
        install_missing(no_progress, tmp_path / "log")
    assert "sudo apt-get install --yes --no-install-recommends no-such-package" in raised.value.hint


@pytest.mark.usefixtures("lacking")
def test_without_apt_the_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(HostNotReady, match="no-such-package; there is no apt-get"):
        install_missing(no_progress, tmp_path / "log")


@pytest.mark.usefixtures("lacking")
@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "E: Failed to fetch http://deb.debian.org/  Temporary failure resolving 'deb.debian.org'",
            "cannot be reached",
        ),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "no space left to install"),
        ("E: Unable to locate package no-such-package", "Unable to locate package"),
    ],
)
def test_a_failed_apt_says_why(fake_program: FakeProgram, tmp_path: Path, line: str, says: str) -> None:
    fake_program("apt-get", f"import sys; print({line!r}); sys.exit(100)")
    fake_program("sudo", "import os, sys; args = sys.argv[2:]; os.execvp(args[0], args)")
    with pytest.raises(HostNotReady, match=says) as raised:
        install_missing(no_progress, tmp_path / "log")
    assert str(tmp_path / "log") in raised.value.hint


@pytest.mark.usefixtures("lacking")
def test_an_apt_that_succeeds_without_installing_is_noticed(fake_program: FakeProgram, tmp_path: Path) -> None:
    fake_program("apt-get", "")
    fake_program("sudo", "import os, sys; args = sys.argv[2:]; os.execvp(args[0], args)")
    with pytest.raises(HostNotReady, match="still missing"):
        install_missing(no_progress, tmp_path / "log")


def test_confinement_on_the_host_is_looked_at_and_never_required(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, fake_program: FakeProgram
) -> None:
    fake_program("bwrap", "import sys; sys.exit('bwrap: No permissions to create new namespace')")
    check = checks(paths)["confinement on the host"]
    assert not check.ok
    assert not check.required
    assert "No permissions to create new namespace" in check.detail
    assert "runs in a machine instead" in check.hint
