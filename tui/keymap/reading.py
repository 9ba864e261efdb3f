"""Reading a keymap: every mistake at once, each with its line.

Textual drops bindings that clash without a word, so nothing that clashes gets as far as that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.definitions.fields import Problems, describe
from tui.definitions.problems import Problem, Severity, has_errors, in_order
from tui.definitions.spelling import did_you_mean
from tui.definitions.text_files import read_mapping
from tui.keymap.names import KNOWN_NAMES, NoKey, is_typed, parse_key, shown, why_unsent
from tui.keymap.table import EVERYWHERE, Keymap, KeyTable

if TYPE_CHECKING:
    from tui.definitions.frontmatter import Node
    from tui.keymap.key import Key
    from tui.paths import Paths

MAX_FILE_BYTES: Final = 64 * 1024
_FOCUS_KEYS: Final = {"tab": "it goes to the next field", "shift+tab": "it goes to the field before"}
"""Keys that no id is for, and that dialogs and forms cannot do without."""


def load_keymap(paths: Paths, table: KeyTable) -> tuple[Keymap, tuple[Problem, ...]]:
    """Return the keymap of this user and what is wrong with its file; the default keys if there is none, or errors."""
    file = paths.keymap_file
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return Keymap(table), ()
    except OSError as error:
        problem = Problem(str(file), 1, None, Severity.ERROR, f"the keymap cannot be read: {error.strerror}")
        return Keymap(table), (problem,)
    return parse_keymap(data, file, table)


def parse_keymap(data: bytes, file: Path, table: KeyTable) -> tuple[Keymap, tuple[Problem, ...]]:
    """Return the keymap a text holds, the default one if it has errors, and every problem."""
    problems = Problems(str(file))
    changed: dict[str, tuple[str, ...]] = {}
    places: dict[str, Node] = {}
    for place, key, keys in _entries(data, table, problems):
        places[key.id] = place
        if keys != key.default_keys:
            changed[key.id] = keys
    keymap = Keymap(table, changed)
    _find_clashes(keymap, places, problems)
    found = in_order(problems)
    return (Keymap(table) if has_errors(found) else keymap), found


def _entries(data: bytes, table: KeyTable, problems: Problems) -> Iterator[tuple[Node, Key, tuple[str, ...]]]:
    what, hint = "a keymap must be a mapping of ids to keys", "run.run: ctrl+r"
    root = read_mapping(data, MAX_FILE_BYTES, problems, what=what, hint=hint)
    known = table.by_id()
    seen: dict[str, int] = {}
    for name, value in root.pairs if root is not None else ():
        if name.kind in ("seq", "map"):
            problems.error(name, "a key must be the id of an action")
        elif name.text in seen:
            problems.error(name, f"{name.text[:60]!r} is given twice", f"first on line {seen[name.text]}")
        elif (key := known.get(name.text)) is None:
            hint = did_you_mean(name.text, known) or "`rollcage keys` lists them"
            problems.error(name, f"there is no action {name.text[:60]!r}", hint)
        else:
            keys = _keys(name, value, key, problems)
            if keys is not None:
                yield name, key, keys
        seen.setdefault(name.text, name.line)


def _keys(place: Node, value: Node, key: Key, problems: Problems) -> tuple[str, ...] | None:
    """Return the keys that are to do something, or None after noting what is wrong with them."""
    if value.kind in ("map", "null"):
        hint = "write [] to leave it without a key" if value.kind == "null" else "write a key, or [one, two]"
        problems.error(place, f"{key.id!r} must have a key or a list of keys, not {describe(value)}", hint)
        return None
    written = list(value.items) if value.kind == "seq" else [value]
    keys: list[str] = []
    wrong = False
    for node in written:
        parts = node.text.split(",") if value.kind != "seq" and len(node.text) > 1 else [node.text]
        for part in parts:
            parsed = _key(node, part.strip() if len(part) > 1 else part, key, problems)
            wrong |= parsed is None
            if parsed is not None and parsed in keys:
                problems.error(node, f"{key.id!r}: {shown(parsed)!r} is given twice")
                wrong = True
            elif parsed is not None:
                keys.append(parsed)
    if not wrong and key.essential and not any(not why_unsent(each) for each in keys):
        what = "no key" if not keys else "only keys that not every terminal sends"
        problems.error(place, f"{key.id!r} would have {what}: nobody could {key.label.lower()} any more",
                       f"add one, as in [{', '.join([key.shown_keys.split()[0], *map(shown, keys)])}]")  # fmt: skip
        return None
    if not wrong and keys and _is_needed_in_fields(key) and all(map(is_typed, keys)):
        (free, *_) = (each for each in key.default_keys if not is_typed(each))
        problems.at(place.line, place.column,
                    f"{key.id!r}: {' '.join(map(shown, keys))} would be typed where a text field has the focus",
                    f"add a key with ctrl, or a function key, as in [{', '.join(map(shown, [*keys, free]))}]",
                    Severity.WARNING)  # fmt: skip
    return None if wrong else tuple(keys)


def _is_needed_in_fields(key: Key) -> bool:
    """Say whether a key is for what works everywhere, also while text is typed, as long as nobody changes that."""
    works = not all(map(is_typed, key.default_keys))
    return works and not key.priority and (key.scope == EVERYWHERE or key.essential)


def _key(node: Node, text: str, key: Key, problems: Problems) -> str | None:
    if node.kind in ("seq", "map", "null"):
        problems.error(node, f"{key.id!r}: a key must be text, not {describe(node)}")
        return None
    try:
        parsed = parse_key(text)
    except NoKey as error:
        problems.error(node, f"{key.id!r}: {error}", did_you_mean(text.rpartition("+")[2], KNOWN_NAMES))
        return None
    if key.priority and is_typed(parsed):
        hint = f"{key.id!r} comes before text fields; take a key with ctrl, or a function key"
        problems.error(node, f"{key.id!r}: {shown(parsed)!r} could not be typed any more", hint)
        return None
    if reason := _FOCUS_KEYS.get(parsed):
        problems.error(node, f"{key.id!r}: {shown(parsed)!r} is taken: {reason}")
        return None
    if reason := why_unsent(parsed):
        problems.at(node.line, node.column, f"{key.id!r}: {shown(parsed)!r} may not arrive: {reason}", "",
                    Severity.WARNING)  # fmt: skip
    return parsed


def _find_clashes(keymap: Keymap, places: dict[str, Node], problems: Problems) -> None:
    """Note keys that would do two things in one place, where the file is the reason."""
    clashes: dict[tuple[str, str], dict[str, Key]] = {}
    for scope in keymap.table.titles:
        owners: dict[str, Key] = {}
        for key in sorted(keymap.table.within(scope), key=lambda each: each.id in keymap.changed):
            for pressed in keymap.keys_of(key):
                other = owners.setdefault(pressed, key)
                if other is not key and key.id in keymap.changed:
                    clashes.setdefault((key.id, pressed), {})[other.id] = other
    for (id_, pressed), others in clashes.items():
        first = next(iter(others.values()))
        more = f" and of {len(others) - 1} more" if len(others) > 1 else ""
        hint = f"{first.label}, {keymap.table.titles[first.scope]}: give that another key too"
        problems.error(places[id_], f"{id_!r}: {shown(pressed)!r} is the key of {first.id!r} already{more}", hint)
