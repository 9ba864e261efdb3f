"""What in a workspace a command on the host must not change, because something outside of it obeys it later."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROTECTED: Final = frozenset({
    # Read by git, which runs programs that they configure.
    ".git", ".gitattributes", ".gitmodules", ".gitconfig", ".githooks", ".husky", ".pre-commit-config.yaml",
    # Rollcage's own rules and definitions.
    "rollcage-policy.yaml", "rollcage.yaml", ".rollcage", "commands", "knowledge", "scenarios", "rules",
    # Obeyed by shells, editors, agents and services as soon as somebody comes by.
    ".envrc", ".env", ".venv", "venv", ".vscode", ".idea", ".vim", ".exrc", ".nvimrc", ".editorconfig", ".devcontainer",
    ".github", ".gitlab-ci.yml", ".circleci", ".mise.toml", ".tool-versions", ".python-version", ".node-version",
    ".bashrc", ".profile", ".npmrc", ".yarnrc", ".yarnrc.yml", ".cargo", ".direnv", "Jenkinsfile",
    # Builds, tests and package managers.
    "Makefile", "makefile", "GNUmakefile", "Justfile", "justfile", "Taskfile.yml", "CMakeLists.txt", "configure",
    "package.json", "package-lock.json", "node_modules", "pyproject.toml", "setup.py", "setup.cfg", "conftest.py",
    "tox.ini", "noxfile.py", "pytest.ini", "sitecustomize.py", "usercustomize.py", "Cargo.toml", "build.rs", "go.mod",
    "Gemfile", "Rakefile", "composer.json", "build.gradle", "build.gradle.kts", "gradlew", "settings.gradle", "pom.xml",
    "mvnw", "Dockerfile", "docker-compose.yml", "compose.yaml", "compose.yml", "Vagrantfile", "flake.nix", "shell.nix",
})  # fmt: skip
"""Names of files and directories; nothing is said about names that a project makes up itself."""


def protected_places(workspace: Path) -> tuple[Path, ...]:
    """Return what there is of them directly in a workspace; where one is a link within it, what that leads to."""
    found = {(workspace / name).resolve() for name in PROTECTED if (workspace / name).exists()}
    return tuple(sorted(place for place in found if place != workspace and place.is_relative_to(workspace)))
