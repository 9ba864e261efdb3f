"""The shipped definitions are without fault, and their steps do on this host what they promise.

Only steps that stay inside the directories they are given are run here; the machine tests run the rest in a guest.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tui.definitions import Catalog, Definition, ExecutionMode, Language, RiskLevel, Scope, environment, render, resolve
from tui.machines.model import PROFILES
from tui.paths import shipped
from tui.policy.roles import needed
from tui.risk import assess, combine
from tui.risk.model import Effect
from tui.runs.prepare import spec_for

PROGRAMS = {
    Language.BASH: ["bash", "-c"],
    Language.PYTHON: [sys.executable, "-I", "-c"],
    Language.JAVASCRIPT: ["node", "-e"],
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    catalog = Catalog([(Scope.SHIPPED, shipped("commands"))])
    catalog.refresh()
    return catalog


def run(definition: Definition, directory: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """Run the steps until one fails and return the last, with the output of all."""
    values = resolve(definition, given)
    base = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(directory), "LC_ALL": "C.UTF-8"}
    output = ""
    for step in definition.steps:
        done = subprocess.run(
            [*PROGRAMS[step.language], render(step, values)],
            env={**base, **environment(values)}, cwd=directory,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        output += done.stdout
        if done.returncode:
            break
    return subprocess.CompletedProcess([], done.returncode, output, done.stderr)


def test_there_is_nothing_to_complain_about(catalog: Catalog) -> None:
    assert [str(problem) for problem in catalog.index.problems] == []
    found = {d.name: (d.execution_mode, d.risk_level, d.timeout) for d in catalog.index.definitions}
    assert found == {
        "backup": (ExecutionMode.FIRECRACKER, RiskLevel.MEDIUM, 3600),
        "deploy": (ExecutionMode.FIRECRACKER, RiskLevel.HIGH, 900),
        "hello-world": (ExecutionMode.FIRECRACKER, RiskLevel.LOW, 30),
        "search": (ExecutionMode.LOCAL, RiskLevel.LOW, 30),
        "security-audit": (ExecutionMode.FIRECRACKER, RiskLevel.HIGH, 7200),
        "test": (ExecutionMode.FIRECRACKER, RiskLevel.MEDIUM, 600),
    }
    assert all(d.documentation and d.category and d.usage for d in catalog.index.definitions)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("backup", {}), ("deploy", {"version": "1.0.0"}), ("hello-world", {}), ("search", {"pattern": "x"}),
        ("security-audit", {}), ("test", {}),
    ],
)  # fmt: skip
def test_what_is_declared_is_what_the_gate_finds(catalog: Catalog, name: str, values: dict[str, str]) -> None:
    definition = catalog.index.resolve(name)
    typed = resolve(definition, values)
    found = combine(assess(render(step, typed), str(step.language)) for step in definition.steps)
    assert definition.risk_level == found.level
    assert set(needed(found)) <= set(definition.permissions)
    if definition.execution_mode is ExecutionMode.LOCAL:
        assert found.effects <= {Effect.READ}
    if definition.profile is not None:
        profile = PROFILES[definition.profile]
        made = spec_for(profile, definition.resource_limits)
        assert made.memory_mb == profile.memory_mb, "a limit that needs a machine of its own makes the first run slow"


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_hello_world(catalog: Catalog, tmp_path: Path) -> None:
    done = run(catalog.index.resolve("hello"), tmp_path, name="O'Brien; $(id)", shout="yes")
    assert done.returncode == 0
    assert "HELLO, O'BRIEN; $(ID)!" in done.stdout
    assert "greets O'Brien; $(id)\n" in done.stdout


def test_search(catalog: Catalog, tmp_path: Path) -> None:
    search = catalog.index.resolve("search")
    (tmp_path / "a b.txt").write_text("one\nTwo\n-e three\n")
    (tmp_path / "c.py").write_text("two\n")
    done = run(search, tmp_path, pattern="two|three", ignore_case="yes", limit="2")
    assert done.returncode == 0
    assert "… and 1 more lines\n3 matching lines in 2 files below .\n" in done.stdout
    assert run(search, tmp_path, pattern="-e", include="*.txt").stdout.startswith("./a b.txt:3:-e three\n1 matching")
    assert run(search, tmp_path, pattern="four").stdout == "0 matching lines in 0 files below .\n"
    assert run(search, tmp_path, pattern="(").returncode == 2
    assert run(search, tmp_path, pattern="x", path="gone").returncode == 2


def test_backup(catalog: Catalog, tmp_path: Path) -> None:
    backup = catalog.index.resolve("backup")
    source, kept = tmp_path / "source dir", tmp_path / "kept"
    (source / "cache").mkdir(parents=True)
    (source / "odd\nname'").write_text("x")
    (source / "link").symlink_to("nowhere")
    (source / "cache" / "big").write_text("y")
    for _ in range(3):
        done = run(backup, tmp_path, source=str(source), destination=str(kept), keep="2", exclude="./cache")
        assert done.returncode == 0, done.stderr
        assert "restored and verified 1 files" in done.stdout
    archives = [path for path in kept.iterdir() if not path.is_symlink()]
    assert len(archives) == 2
    assert (kept / "latest").resolve() == max(archives)
    inside = run(backup, tmp_path, source=str(tmp_path), destination=str(kept))
    assert (inside.returncode, len(list(kept.iterdir()))) == (2, 3)
    (source / "odd\nname'").unlink()
    assert (
        "verified 0 files" in run(backup, tmp_path, source=str(source), destination=str(kept), exclude="./cache").stdout
    )


def test_deploy(catalog: Catalog, tmp_path: Path) -> None:
    deploy = catalog.index.resolve("deploy")
    target = tmp_path / "app"
    for version in ("1.0.0", "1.1.0", "1.0.5"):
        done = run(deploy, tmp_path, version=version, target=str(target), keep="2")
        assert done.returncode == 0, done.stderr
        assert f"'version': '{version}', 'well': True" in done.stdout
        assert (target / "current" / "VERSION").read_text() == f"{version}\n"
    assert sorted(path.name.split("-")[0] for path in (target / "releases").iterdir()) == ["1.0.5", "1.1.0"]
    done = run(deploy, tmp_path, version="2.0.0", target=str(target), fail="yes")
    assert done.returncode == 1
    assert "is not well: it answers 503" in done.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_test(catalog: Catalog, tmp_path: Path) -> None:
    test = catalog.index.resolve("test")
    empty = run(test, tmp_path, path=str(tmp_path))
    assert (empty.returncode, "there are no tests" in empty.stderr) == (2, True)
    (tmp_path / "test_a.py").write_text("import unittest\nclass T(unittest.TestCase):\n    def test_x(self): pass\n")
    (tmp_path / "a.test.js").write_text("require('node:test')('x', () => {});\n")
    done = run(test, tmp_path, path=str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "test_x" in done.stdout
    assert "pass 1" in done.stdout
    (tmp_path / "a.test.js").write_text("require('node:test')('x', () => { throw new Error() });\n")
    assert run(test, tmp_path, path=str(tmp_path)).returncode == 1


def test_security_audit(catalog: Catalog, tmp_path: Path) -> None:
    audit = catalog.index.resolve("audit")
    open_to_all = tmp_path / "open"
    open_to_all.write_text("")
    open_to_all.chmod(0o666)
    (tmp_path / "ignored").write_text("")
    (tmp_path / "ignored").chmod(0o777)
    privileged = tmp_path / "privileged"
    privileged.write_text("")
    privileged.chmod(0o4755)
    given = {"root": str(tmp_path), "format": "json", "ignore": "*/ignored"}
    done = run(audit, tmp_path, **given)
    report = json.loads(done.stdout)
    found = {
        (f["severity"], f["check"], f["where"]) for f in report["findings"] if f["check"] in {"world-writable", "suid"}
    }
    assert found == {("high", "world-writable", str(open_to_all)), ("medium", "suid", str(privileged))}
    assert report["counts"]["high"] == sum(f["severity"] == "high" for f in report["findings"])
    assert run(audit, tmp_path, **given, fail_on="high").returncode == 1
    assert str(open_to_all) in run(audit, tmp_path, root=str(tmp_path)).stdout
