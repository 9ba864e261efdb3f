"""What differs is found from what was written, whatever the image has below."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from tests.unit.runs.comparison.trees import Overlay, directory, file, text_of
from tui.machines.inspection import Contents, FileFacts, FileKind, ProcessFacts
from tui.runs.comparison import Aspect, ChangeKind
from tui.runs.comparison.difference import file_changes, process_changes, settled, undecided

NAMES = st.sampled_from("ab")
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))
FACTS = st.one_of(
    st.builds(directory, st.sampled_from([0o755, 0o700])),
    st.builds(file, st.sampled_from(["", "x", "y", "zz"]), mode=st.sampled_from([0o644, 0o600])),
)
CHANGES = st.lists(st.tuples(PATHS, st.none() | FACTS), max_size=8)


def built(base: dict[str, FileFacts], changes: list[tuple[str, FileFacts | None]], moment: int) -> Overlay:
    overlay = Overlay(base)
    for number, (path, facts) in enumerate(changes):
        if facts is None:
            overlay.remove(path)
        elif facts.kind is FileKind.FILE:
            overlay.put(path, file(text_of(facts), mode=facts.mode, written=moment + number))
        else:
            overlay.put(path, facts)
    return overlay


def content(facts: FileFacts | None) -> object:
    return None if facts is None else (facts.kind, facts.mode, facts.uid, facts.gid, text_of(facts))


@given(CHANGES, CHANGES, CHANGES)
def test_the_changes_are_those_of_the_whole_trees(
    image: list[tuple[str, FileFacts | None]],
    older: list[tuple[str, FileFacts | None]],
    newer: list[tuple[str, FileFacts | None]],
) -> None:
    base = built({}, image, 1).tree
    one, other = built(base, older, 100), built(base, newer, 200)
    changes = file_changes(one.contents(), other.contents())
    paths = undecided(changes)
    digests = [{path: text_of(each.tree[path]) for path in paths} for each in (one, other)]
    found = {change.path: change for change in settled(changes, *digests)}
    expected = {
        path for path in {*one.tree, *other.tree} if content(one.tree.get(path)) != content(other.tree.get(path))
    }
    # Of a directory of the image that went or came as a whole, what is in it need not be listed.
    whole = [path for path, change in found.items() if change.with_contents]
    unlisted = {path for path in expected if any(path.startswith(f"{above}/") for above in whole)}
    assert set(found) <= expected
    assert expected - unlisted <= set(found)
    for path, change in found.items():
        assert (change.before, change.after) == (one.tree.get(path), other.tree.get(path))
        assert (change.change is ChangeKind.CHANGED) == bool(change.aspects)


def contents(**files: FileFacts | None) -> Contents:
    return Contents({f"/{name}": facts for name, facts in files.items()}, {})


def test_a_file_written_anew_with_the_same_content_is_no_change() -> None:
    changes = file_changes(contents(a=file("x", written=1)), contents(a=file("x", written=2)))
    assert undecided(changes) == ["/a"]
    assert settled(changes, {"/a": "1"}, {"/a": "1"}) == []
    (changed,) = settled(changes, {"/a": "1"}, {"/a": "2"})
    assert (changed.aspects, changed.content_known) == ((Aspect.CONTENT,), True)


def test_what_could_not_be_compared_says_so() -> None:
    changes = file_changes(contents(a=file("x", written=1)), contents(a=file("y", mode=0o600, written=2)))
    (changed,) = settled(changes, {"/a": "1"}, {})
    assert (changed.aspects, changed.content_known) == ((Aspect.MODE,), False)


def test_a_file_not_written_in_between_is_not_asked_for() -> None:
    assert file_changes(contents(a=file("x", written=1)), contents(a=file("x", written=1))) == []


def test_of_contents_that_are_partial_nothing_is_taken_to_be_missing() -> None:
    whole = contents(a=file("x"), b=file("y"), c=file("x", written=1))
    some = Contents({"/a": file("zz"), "/c": None}, {}, partial=True)
    for older, newer in ((whole, some), (some, whole)):
        assert {change.path for change in file_changes(older, newer)} == {"/a", "/c"}


def test_a_removed_directory_of_the_image_stands_for_what_is_in_it() -> None:
    image = {"/usr": directory(), "/usr/bin": directory()}
    before = Contents({}, {})
    gone = Contents({"/usr": None}, image)
    (change,) = [change for change in file_changes(before, gone) if change.path == "/usr"]
    assert (change.change, change.with_contents) == (ChangeKind.REMOVED, True)
    own = Contents({"/made": directory()}, {})
    (change,) = file_changes(own, before)
    assert not change.with_contents


def process(pid: int, *argv: str, started: int = 5) -> ProcessFacts:
    return ProcessFacts(pid, 1, 0, argv[0], argv, started)


def test_processes_come_go_and_become_others() -> None:
    older = Contents({}, {}, processes=(process(1, "same"), process(2, "sh"), process(3, "gone"), process(4, "old")))
    newer = Contents(
        {}, {}, processes=(process(1, "same"), process(2, "sleep", "9"), process(4, "new", started=6), process(5, "x"))
    )  # fmt: skip
    found = [(change.facts.pid, change.facts.name, change.change) for change in process_changes(older, newer)]
    assert found == [
        (2, "sleep", ChangeKind.CHANGED), (3, "gone", ChangeKind.REMOVED), (4, "old", ChangeKind.REMOVED),
        (4, "new", ChangeKind.ADDED), (5, "x", ChangeKind.ADDED),
    ]  # fmt: skip
