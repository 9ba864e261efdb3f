"""What can be done where the focus is, nearest first, and why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from textual.keys import key_to_character

from tui.keymap.names import shown
from tui.keymap.table import EVERYWHERE, Keymap
from tui.ui.bindings import KEY_TABLE

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.screen import Screen

    from tui.keymap.key import Key
    from tui.ui.keyed_app import KeyedApp

NOT_NOW: Final = "This can do nothing now."
_SCOPES: Final = tuple(KEY_TABLE.titles)
"""From what everything has in common to single widgets."""


@dataclass(frozen=True, slots=True)
class Reachable:
    """An action that is bound where the focus is."""

    key: Key
    node: DOMNode
    """What it is bound to."""
    reason: str = ""
    """Why it can do nothing now."""

    async def run(self) -> None:
        """Do it."""
        await self.node.app.run_action(self.key.action, self.node)


def with_keys(app: App[Any], text: str, *ids: str) -> str:
    """Return a text with the keys that do these things now in the places of its `{}`.

    Nothing where one of them has no key: then there is nothing to tell.
    """
    from tui.ui.keyed_app import KeyedApp

    keymap = app.keymap if isinstance(app, KeyedApp) else Keymap(KEY_TABLE)
    keys = [keymap.current(id_) for id_ in ids]
    return text.format(*keys) if all(keys) else ""


class NamesKeys:
    """What calls keys, its own and those of what is in it, by what they do there just now."""

    def key_label(self, key: Key) -> str:
        """Return what a key does, in at most 12 characters, or nothing to leave it at its label.

        A key with such a name is in the footer.
        """
        return ""


def named(each: Reachable) -> str:
    """Return what a key does just now, as the nearest says that has a name for it, or nothing."""
    for node in each.node.ancestors_with_self:
        if isinstance(node, NamesKeys) and (label := node.key_label(each.key)):
            return label
    return ""


def key_here(app: App[Any], *ids: str) -> str:
    """Return the first key that does one of these things where the focus is, as a person reads it, or nothing.

    Asks nobody whether it can be done now: it is for the reasons why something cannot.
    """
    if not app._screen_stack:  # it is about to end
        return ""
    keymap, focused = cast("KeyedApp", app).keymap, app.screen.focused
    by_id = keymap.table.by_id()
    nearer: list[DOMNode] = []
    for node in (focused or app.screen).ancestors_with_self:
        bound = {binding.id for _, binding in node._bindings}
        for pressed in (each for id_ in ids if id_ in bound for each in keymap.keys_of(by_id[id_])):
            is_typed = focused is not None and focused.check_consume_key(pressed, key_to_character(pressed))
            if not is_typed and not any(pressed in each._bindings.key_to_bindings for each in nearer):
                return shown(pressed)
        if node.is_modal:
            break
        nearer.append(node)
    return ""


def bare(action: str) -> str:
    """Return the name of an action without where it is and what it is given."""
    return action.partition("(")[0].rpartition(".")[2]


def reachable(screen: Screen[Any]) -> Iterator[Reachable]:
    """Yield everything from the table that is bound at the focus and around it, whether it has a key or not."""
    keymap = cast("KeyedApp", screen.app).keymap
    seen: set[str] = set()
    modal = False
    for node in (screen.focused or screen).ancestors_with_self:
        for key in _bound(node):
            if key.id in seen or not keymap.is_there(key) or (modal and not key.priority):
                continue
            seen.add(key.id)
            reason = _reason(screen, node, key)
            if reason is not None:
                yield Reachable(key, node, reason)
        modal |= node.is_modal


def is_withheld(screen: Screen[Any], pressed: str) -> bool:
    """Say whether a key would change something where the focus is, were this application not opened only to look."""
    keymap = cast("KeyedApp", screen.app).keymap
    if not keymap.read_only:
        return False
    nodes = (screen.focused or screen).ancestors_with_self
    keys = (key for node in nodes for key in _bound(node) if key.changes)
    return any(pressed in replace(keymap, read_only=False).keys_of(key) for key in keys)


def working_keys(screen: Screen[Any]) -> dict[str, list[str]]:
    """Return the ids of what is bound where the focus is, each with the keys that do it there.

    A text field keeps what can be typed for itself, and what edits text.
    """
    keymap = cast("KeyedApp", screen.app).keymap
    active, focused = screen.active_bindings, screen.focused
    working: dict[str, list[str]] = {}
    for key in KEY_TABLE.keys:
        for pressed in keymap.keys_of(key):
            is_typed = focused is not None and focused.check_consume_key(pressed, key_to_character(pressed))
            found = active.get(pressed)
            # What comes first also works above everything else, where it is not among what is active.
            if key.priority or (found is not None and found.binding.id == key.id and not is_typed):
                working.setdefault(key.id, []).append(pressed)
    return working


def shown_where_they_work(screen: Screen[Any]) -> Callable[[Key], tuple[str, str]]:
    """Return what names the keys that do something where the focus is, and those that only do it elsewhere.

    The second are named where a text field has the focus, and takes all of them.
    """
    keymap, working, focused = cast("KeyedApp", screen.app).keymap, working_keys(screen), screen.focused
    is_field = focused is not None and focused.check_consume_key("x", "x")

    def of(key: Key) -> tuple[str, str]:
        keys, here = keymap.keys_of(key), working.get(key.id, [])
        if len(here) == len(keys):
            return keymap.shown_keys(key), ""
        return " ".join(map(shown, here)), " ".join(map(shown, keys)) if is_field and not here else ""

    return of


def _bound(node: DOMNode) -> list[Key]:
    """Return the keys of a node, those it does not share with others first; a node knows its bindings by key only."""
    ids = {binding.id for _, binding in node._bindings}
    return sorted((key for key in KEY_TABLE.keys if key.id in ids), key=lambda key: -_SCOPES.index(key.scope))


def _reason(screen: Screen[Any], node: DOMNode, key: Key) -> str | None:
    """Return why something can do nothing now, nothing if it can, and None where it is not even offered."""
    where = key.action.partition("(")[0].partition(".")[0]
    target = screen if where == "screen" else node.app if where == EVERYWHERE else node
    able = target.check_action(bare(key.action), ())
    if able:
        return ""
    from tui.ui.screens.area import Area
    from tui.ui.screens.modal import Modal

    if able is None:
        return (screen.reason_against(key.action) if isinstance(screen, Area | Modal) else "") or NOT_NOW
    return None
