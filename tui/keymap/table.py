"""All keys of the application and where they work."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tui.keymap.names import shown

if TYPE_CHECKING:
    from tui.keymap.key import Key

UNBOUND: Final = "unbound"
"""The key of what has none. Textual takes an empty list of keys for no change at all, and no terminal sends this."""
EVERYWHERE: Final = "app"


@dataclass(frozen=True, slots=True)
class KeyTable:
    """The keys, and where each scope lies."""

    keys: tuple[Key, ...]
    titles: Mapping[str, str]
    """What each scope is called, in order."""
    around: Mapping[str, tuple[str, ...]]
    """The scopes that are bound too where a scope is, beside `app`, which is everywhere."""
    modal: Collection[str] = ()
    """Scopes on top of everything else, where of `app` only what comes first works."""

    def by_id(self) -> dict[str, Key]:
        """Return the keys by their ids."""
        return {key.id: key for key in self.keys}

    def of(self, scope: str) -> list[Key]:
        """Return the keys of a scope, in the order of the table."""
        return [key for key in self.keys if key.scope == scope]

    def within(self, scope: str) -> list[Key]:
        """Return every key that works where a scope is."""
        scopes = {*self.around.get(scope, ()), scope}
        hidden = scope in self.modal
        return [
            key
            for key in self.keys
            if key.scope in scopes or (key.scope == EVERYWHERE and (key.priority or not hidden))
        ]


@dataclass(frozen=True, slots=True)
class Keymap:
    """Which keys do what now: the table, and what differs from it."""

    table: KeyTable
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Keys, as Textual names them, of the ids that a person bound otherwise; none for what has no key."""
    read_only: bool = False
    """Whether what changes something is not there."""

    def is_there(self, key: Key) -> bool:
        """Say whether what a key does can be done at all in this application."""
        return not (self.read_only and key.changes)

    def keys_of(self, key: Key) -> tuple[str, ...]:
        """Return the keys that do something now, the most usual first."""
        return self.changed.get(key.id, key.default_keys) if self.is_there(key) else ()

    def shown_keys(self, key: Key) -> str:
        """Return the keys that do something now as a person reads them, or nothing if there is none."""
        if key.id not in self.changed and self.is_there(key):
            return key.shown_keys
        return " ".join(map(shown, self.keys_of(key)))

    def current(self, id: str) -> str:  # noqa: A002 - what it is called everywhere
        """Return the first key that does something now as a person reads it, or nothing if there is none."""
        keys = self.keys_of(self.table.by_id()[id])
        return shown(keys[0]) if keys else ""

    def for_textual(self) -> dict[str, str]:
        """Return what `App.set_keymap` takes."""
        return {
            key.id: ",".join(self.keys_of(key)) or UNBOUND
            for key in self.table.keys
            if key.id in self.changed or not self.is_there(key)
        }
