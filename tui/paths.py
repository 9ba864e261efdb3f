"""Where Rollcage keeps things, following the XDG base directory specification.

| what                               | where                                              |
|------------------------------------|----------------------------------------------------|
| settings, keymap, definitions …     | `$XDG_CONFIG_HOME/rollcage`                        |
| sessions, runs, snapshots          | `$XDG_DATA_HOME/rollcage`                          |
| guest images and templates         | `$XDG_CACHE_HOME/rollcage` (can be rebuilt)        |
| logs                               | `$XDG_STATE_HOME/rollcage`                         |
| sockets, locks, device states      | `$XDG_RUNTIME_DIR/rollcage`, else below the state  |

`ROLLCAGE_HOME` puts all of them below one directory.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_APP: Final = "rollcage"


@dataclass(frozen=True, slots=True)
class Paths:
    """Every directory Rollcage reads or writes."""

    config: Path
    data: Path
    cache: Path
    state: Path
    runtime: Path

    @classmethod
    def from_environment(cls) -> Paths:
        """Return the paths the environment asks for; nothing is created."""
        if home := os.environ.get("ROLLCAGE_HOME"):
            return cls.below(Path(home).expanduser().absolute())
        from platformdirs import PlatformDirs

        dirs = PlatformDirs(_APP, appauthor=False)
        state = dirs.user_state_path
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        return cls(
            config=dirs.user_config_path,
            data=dirs.user_data_path,
            cache=dirs.user_cache_path,
            state=state,
            runtime=Path(runtime) / _APP if runtime else state / "runtime",
        )

    @classmethod
    def below(cls, root: Path) -> Paths:
        """Return paths that all lie below `root`."""
        return cls(root / "config", root / "data", root / "cache", root / "state", root / "runtime")

    @property
    def settings_file(self) -> Path:
        """The settings, in YAML."""
        return self.config / "config.yaml"

    @property
    def keymap_file(self) -> Path:
        """What this user bound to other keys, in YAML."""
        return self.config / "keymap.yaml"

    @property
    def user_commands(self) -> Path:
        """Definitions of this user."""
        return self.config / "commands"

    @property
    def user_scenarios(self) -> Path:
        """Scenarios of this user."""
        return self.config / "scenarios"

    @property
    def hooks_file(self) -> Path:
        """Which hooks are on, in YAML."""
        return self.config / "hooks.yaml"

    @property
    def user_hooks(self) -> Path:
        """Hooks of this user that are programs."""
        return self.config / "hooks"

    @property
    def policy_file(self) -> Path:
        """What this user allows, in YAML."""
        return self.config / "policy.yaml"

    @property
    def user_knowledge(self) -> Path:
        """Concepts of this user."""
        return self.config / "knowledge"

    @property
    def user_rules(self) -> Path:
        """Rules of risk of this user."""
        return self.config / "rules"

    @property
    def user_themes(self) -> Path:
        """Themes of this user."""
        return self.config / "themes"

    @property
    def last_place(self) -> Path:
        """Where the application was left: session, area and command."""
        return self.state / "place.json"

    @property
    def chosen_theme(self) -> Path:
        """The name of the theme last chosen in the application."""
        return self.state / "theme"

    @property
    def kept_theme(self) -> Path:
        """The colours of the last start, for the first paint of the next."""
        return self.state / "theme.json"

    @property
    def copies(self) -> Path:
        """Texts that were too long for a clipboard."""
        return self.state / "copies"

    @property
    def draft(self) -> Path:
        """What is written in the code editor."""
        return self.state / "draft.json"

    @property
    def backups(self) -> Path:
        """What the hook `backup` keeps of files of the host."""
        return self.data / "backups"

    @property
    def database(self) -> Path:
        """The SQLite store of sessions, runs and snapshots."""
        return self.data / "rollcage.db"

    @property
    def audit_database(self) -> Path:
        """The SQLite database of the audit log."""
        return self.data / "audit.db"

    @property
    def audit_head(self) -> Path:
        """The anchor of the audit log: what its last record is."""
        return self.data / "audit.head"

    @property
    def audit_key(self) -> Path:
        """The key of this installation, with which audit records are sealed."""
        return self.data / "audit.key"

    @property
    def outputs(self) -> Path:
        """One file per run with all it printed."""
        return self.data / "outputs"

    @property
    def snapshots(self) -> Path:
        """One directory per snapshot."""
        return self.data / "snapshots"

    @property
    def locks(self) -> Path:
        """Locks of sessions and of running engines; beside the data, for whoever shares the data must see them."""
        return self.data / "locks"

    @property
    def images(self) -> Path:
        """Guest images, one directory per content key."""
        return self.cache / "images"

    @property
    def templates(self) -> Path:
        """Booted, warmed and frozen machines that clones share, one directory per content key."""
        return self.cache / "templates"

    @property
    def logs(self) -> Path:
        """Log files of the application and of image builds."""
        return self.state / "logs"

    def create(self) -> None:
        """Create every directory, readable by this user only."""
        for path in (
            self.config, self.data, self.cache, self.state, self.runtime,
            self.outputs, self.snapshots, self.locks, self.images, self.templates, self.logs,
        ):  # fmt: skip
            path.mkdir(mode=0o700, parents=True, exist_ok=True)


def shipped(kind: str) -> Path:
    """Return the directory of what Rollcage ships of a kind (`commands`, `knowledge`, `scenarios` or `themes`).

    An installed wheel carries them inside the package; a checkout has them beside it.
    """
    package = Path(__file__).resolve().parent
    inside = package / "shipped" / kind
    return inside if inside.is_dir() else package.parent / kind
