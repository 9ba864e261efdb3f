"""Building, keeping and finding the image; the bootstrap delivers a tiny tree, all else is real."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.unit.guest.conftest import FakeProgram, bz_image, debian_tree, elf_kernel
from tui.errors import HostNotReady
from tui.machines.guest import image, packages
from tui.machines.guest.image import build_image, find_image, image_key, image_status
from tui.machines.guest.kernel import UnreadableKernel
from tui.paths import Paths

NAMESPACES = ["unshare", "--mount", "--pid", "--fork"]
NAMESPACES += [] if os.geteuid() == 0 else ["--user", "--map-root-user", "--map-auto"]

pytestmark = [
    pytest.mark.skipif(shutil.which("mksquashfs") is None, reason="squashfs-tools are not installed"),
    pytest.mark.skipif(
        subprocess.run([*NAMESPACES, "true"], capture_output=True, check=False).returncode != 0,
        reason="neither root nor user namespaces",
    ),
]

DELIVER = """
import shutil, sys
for line in ("I: running apt-get update...", "I: creating tarball...", "I: success"):
    print(line, file=sys.stderr, flush=True)
with open({tree!r}, "rb") as tree:
    shutil.copyfileobj(tree, sys.stdout.buffer)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "tree.tar"
    path.write_bytes(debian_tree(bz_image(gzip.compress(elf_kernel()))))
    return path


@pytest.fixture
def bootstrap(fake_program: FakeProgram, tree: Path) -> FakeProgram:
    fake_program("mmdebstrap", DELIVER.format(tree=str(tree)))
    return fake_program


def leftovers(paths: Paths) -> list[str]:
    return sorted(path.name for path in paths.images.iterdir() if path.name != ".lock")


@pytest.mark.usefixtures("bootstrap")
def test_an_image_is_built_and_found(paths: Paths) -> None:
    moves: list[tuple[float | None, str]] = []
    built = build_image(paths, lambda fraction, stage: moves.append((fraction, stage)))

    assert built == find_image(paths)
    assert built.kernel.read_bytes() == elf_kernel()
    assert built.rootfs.read_bytes()[:4] == b"hsqs"
    assert built.manifest["python"] == "3.11.2-1+b1"
    assert "bash 5.2-1\n" in (built.rootfs.parent / "packages.txt").read_text()
    assert leftovers(paths) == [built.rootfs.parent.name]
    status = image_status(paths)
    assert status.ready
    assert "6.1.0-test" in status.detail
    fractions = [fraction for fraction, _ in moves if fraction is not None]
    assert fractions == sorted(fractions)
    assert moves[-1] == (1.0, "the image is ready")
    assert "I: success" in (paths.logs / "image-build.log").read_text()


@pytest.mark.usefixtures("bootstrap")
def test_the_initramfs_carries_what_the_boot_needs(paths: Paths) -> None:
    initrd = build_image(paths).initrd.read_bytes()
    for name in (b"init\0", b"agent/agent.py\0", b"agent/wire.py\0", b"bin/busybox\0", b"virtio_net.ko\0"):
        assert name in initrd
    compiled = f"__pycache__/wire.{sys.implementation.cache_tag}.pyc".encode()
    assert (compiled in initrd) == (sys.version_info[:2] == (3, 11))


def test_an_image_that_is_there_is_not_built_again(paths: Paths, bootstrap: FakeProgram) -> None:
    first = build_image(paths)
    bootstrap("mmdebstrap", "raise SystemExit('must not run')")
    assert build_image(paths) == first


@pytest.mark.usefixtures("bootstrap")
def test_building_again_replaces_it(paths: Paths, tree: Path) -> None:
    first = build_image(paths)
    tree.write_bytes(debian_tree(elf_kernel() + b"newer"))
    second = build_image(paths, again=True)
    assert second.kernel.read_bytes().endswith(b"newer")
    assert second.key != first.key
    assert leftovers(paths) == [second.rootfs.parent.name]


@pytest.mark.usefixtures("bootstrap")
def test_a_changed_agent_makes_another_initramfs_only(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_image(paths)
    monkeypatch.setattr(image, "AGENT_FILES", ("agent.py", "wire.py"))
    second = find_image(paths)
    assert second.initrd != first.initrd
    assert second.key != first.key
    assert (second.kernel, second.rootfs) == (first.kernel, first.rootfs)


@pytest.mark.usefixtures("bootstrap")
def test_old_initramfs_files_do_not_pile_up(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    build_image(paths)
    for count in range(1, 7):
        monkeypatch.setattr(
            image, "AGENT_FILES", ("agent.py", "wire.py", "__init__.py", "cpio.py", "kernel.py")[:count]
        )
        found = find_image(paths)
    assert found.initrd.exists()
    assert len(list(found.initrd.parent.glob("initrd-*"))) == 3


def test_the_key_is_what_the_image_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    key = image_key("bookworm")
    assert image_key("bookworm") == key
    assert image_key("trixie") != key
    monkeypatch.setattr(packages, "TOOLS", (*packages.TOOLS, "cowsay"))
    assert image_key("bookworm") != key


def test_without_an_image_setup_is_named(paths: Paths) -> None:
    assert not image_status(paths).ready
    with pytest.raises(HostNotReady, match="no guest image") as raised:
        find_image(paths)
    assert "rollcage setup" in raised.value.hint


@pytest.mark.usefixtures("bootstrap")
@pytest.mark.parametrize("damage", ["shorter", "missing", "manifest", "foreign"])
def test_a_damaged_image_is_refused_and_built_anew(paths: Paths, damage: str) -> None:
    built = build_image(paths)
    manifest = built.rootfs.parent / "manifest.json"
    if damage == "shorter":
        os.truncate(built.rootfs, 100)
    elif damage == "missing":
        built.kernel.unlink()
    elif damage == "manifest":
        manifest.write_text(manifest.read_text()[:50])
    else:
        manifest.write_text(json.dumps(["not", "a", "manifest"]))

    with pytest.raises(HostNotReady, match="damaged"):
        find_image(paths)
    assert not image_status(paths).ready
    assert build_image(paths).rootfs.stat().st_size > 100


def test_a_kernel_that_cannot_be_started_is_reported_and_nothing_kept(
    paths: Paths, bootstrap: FakeProgram, tree: Path
) -> None:
    tree.write_bytes(debian_tree(b"not a kernel"))
    with pytest.raises(UnreadableKernel, match="not a bzImage"):
        build_image(paths)
    assert leftovers(paths) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("import sys; sys.exit(\"W: Temporary failure resolving 'deb.debian.org'\")", "mirror cannot be reached"),
        ("import sys; sys.stdout.buffer.write(b'x' * 5000); sys.exit('E: dpkg: No space left on device')", "no space"),
        ("import sys; sys.exit('E: something unheard of')", "something unheard of"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "could not build"),
    ],
)
def test_a_failed_bootstrap_says_why_and_leaves_nothing(
    paths: Paths, fake_program: FakeProgram, body: str, says: str
) -> None:
    fake_program("mmdebstrap", body)
    with pytest.raises(HostNotReady, match=says):
        build_image(paths)
    assert leftovers(paths) == []


def test_a_failed_bootstrap_waits_for_nothing_that_outlives_its_parent(
    paths: Paths, fake_program: FakeProgram, tmp_path: Path
) -> None:
    begun = str(tmp_path / "begun")
    fake_program("unshare", "import subprocess, sys; sys.exit(subprocess.call(sys.argv[sys.argv.index('--') + 1 :]))")
    fake_program("mksquashfs", f"import sys; open({begun!r}, 'w').close(); sys.stdin.buffer.read()")
    wait = f"while not os.path.exists({begun!r}): time.sleep(0.01)"
    fake_program("mmdebstrap", f"import os, sys, time\n{wait}\nsys.exit('E: something unheard of')")
    with pytest.raises(HostNotReady, match="something unheard of"):
        build_image(paths)


@pytest.mark.usefixtures("bootstrap")
def test_a_failed_compression_says_why(paths: Paths, fake_program: FakeProgram) -> None:
    fake_program("mksquashfs", "import sys; sys.exit('FATAL ERROR: Write failed because No space left on device')")
    with pytest.raises(HostNotReady, match="no space left"):
        build_image(paths)
    assert leftovers(paths) == []


def test_too_little_space_is_found_before_the_work(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "NEEDED_BYTES", 1 << 60)
    with pytest.raises(HostNotReady, match="no space to build"):
        build_image(paths)


def test_a_missing_program_is_named(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(HostNotReady, match="mmdebstrap is not installed"):
        build_image(paths)


KILLED_BUILD = """
import sys
from pathlib import Path
from tui.machines.guest.image import build_image
from tui.paths import Paths
build_image(Paths.below(Path(sys.argv[1])), lambda fraction, stage: print(stage, flush=True))
"""


@pytest.mark.parametrize("stage", ["reading package lists", "compressing the image"])
def test_a_killed_build_leaves_no_process_and_the_next_one_starts_clean(
    paths: Paths, bootstrap: FakeProgram, tree: Path, tmp_path: Path, stage: str
) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    # It unpacks something, says where it is, and stands still holding the fifo open: end of file tells of its death.
    bootstrap(
        "mmdebstrap",
        "import os, pathlib, sys, time\n"
        f"holding = os.open({str(held)!r}, os.O_WRONLY)\n"
        "(pathlib.Path(os.environ['TMPDIR']) / 'chroot').mkdir()\n"
        f"line = {'I: running apt-get update...' if 'lists' in stage else 'I: creating tarball...'!r}\n"
        "print(line, file=sys.stderr, flush=True)\n"
        "os.write(1, b'x' * 100) if 'tarball' in line else None\n"
        "os.fork()\n"
        "time.sleep(600)",
    )
    home = paths.cache.parent
    build = subprocess.Popen([sys.executable, "-c", KILLED_BUILD, str(home)], stdout=subprocess.PIPE, text=True)
    assert build.stdout is not None
    with held.open("rb") as alive:
        assert stage in iter(lambda: build.stdout.readline().strip(), "")
        build.send_signal(signal.SIGKILL)
        build.wait()
        assert alive.read() == b""
    build.stdout.close()
    assert not image_status(paths).ready
    assert [name for name in leftovers(paths) if not name.startswith(".building-")] == []

    bootstrap("mmdebstrap", DELIVER.format(tree=str(tree)))
    built = build_image(paths)
    assert leftovers(paths) == [built.rootfs.parent.name]


def test_two_builds_at_once_make_one_image(paths: Paths, bootstrap: FakeProgram, tree: Path, tmp_path: Path) -> None:
    gate, count = tmp_path / "gate", tmp_path / "count"
    os.mkfifo(gate)
    bootstrap(
        "mmdebstrap",
        f"open({str(count)!r}, 'a').write('x')\nopen({str(gate)!r}).read()\n" + DELIVER.format(tree=str(tree)),
    )
    built: list[image.GuestImage] = []
    waiting = threading.Event()

    def second() -> None:
        built.append(build_image(paths, lambda _, stage: waiting.set() if "waiting" in stage else None))

    first = threading.Thread(target=lambda: built.append(build_image(paths)))
    first.start()
    with gate.open("w"):  # opens once the first build's bootstrap is there
        other = threading.Thread(target=second)
        other.start()
        assert waiting.wait(30)
    first.join()
    other.join()
    assert built[0] == built[1]
    assert count.read_text() == "x"
