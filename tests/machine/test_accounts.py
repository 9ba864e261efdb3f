"""An account without privileges can do everything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.machines.guest.image import find_image
from tui.paths import Paths

pytestmark = pytest.mark.machine

ROOT = Path(__file__).parents[2]
NOBODY = 65534
WORK = """
import asyncio, os, sys
from pathlib import Path
from tests.support.machines import label, output_of
from tui.machines.model import PROFILES, Command
from tui.machines.qemu.backend import QemuBackend
from tui.paths import Paths

async def main():
    assert os.getuid() == 65534
    paths = Paths.below(Path(sys.argv[1]))
    paths.create()
    backend = await QemuBackend.open(paths)
    machine = await backend.clone(PROFILES["minimal"])
    await machine.resume()
    await output_of(machine, Command("shell", text="echo kept > file"))
    await backend.capture(machine, snapshot := label())
    await output_of(machine, Command("shell", text="echo lost > file"))
    restored = await backend.restore(snapshot.id)
    await restored.resume()
    print(await output_of(restored, Command("shell", text="cat file; id -u")), end="")
    await backend.close()

asyncio.run(main())
"""


@pytest.fixture
def home_of_nobody(machine_paths: Paths) -> Iterator[Path]:
    """A home with the guest image that the account `nobody` owns. Not below `tmp_path`, which it may not enter."""
    home = Path(tempfile.mkdtemp(prefix="rollcage-nobody-"))
    image = find_image(machine_paths).rootfs.parent
    shutil.copytree(image, home / "cache" / "images" / image.name, copy_function=link_or_copy)
    for path in (home, *home.rglob("*/")):
        os.chown(path, NOBODY, NOBODY)  # the files of the image are for everybody to read
    yield home
    shutil.rmtree(home)


def link_or_copy(source: str, target: str) -> None:
    """Give a file another name where that is possible: an image has hundreds of megabytes."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def usable_interpreter() -> str:
    """A Python of this version that the account may run and that finds our packages; ours may be in a closed home."""
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        code = "import numpy, xxhash, tui.machines.qemu.backend, tests.support.machines"
        if Path(python).exists() and as_nobody(python, code).returncode == 0:
            return python
    pytest.skip("the account `nobody` may not read Python or these sources here")


def as_nobody(python: str, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    found = [path for path in sys.path if path.endswith("site-packages")]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(ROOT), *found])}
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", python, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=environment)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account; any other account is the proof")
def test_nobody_can_snapshot_and_roll_back(home_of_nobody: Path) -> None:
    done = as_nobody(usable_interpreter(), WORK, str(home_of_nobody))
    assert (done.stdout, done.stderr) == ("kept\n0\n", "")
