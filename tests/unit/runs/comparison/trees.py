"""Machines made of an image and of what was written over it, as an overlay has them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.machines.inspection import Contents, FileFacts, FileKind, ancestors

_TEXTS = ["", "x", "y", "zz"]


def file(text: str, *, mode: int = 0o644, written: int = 0) -> FileFacts:
    """A file last written at the moment `written`. Files of one text have one inode, which finds it again."""
    inode = _TEXTS.index(text)
    return FileFacts(FileKind.FILE, mode, 0, 0, size=len(text), modified_ns=written, stamp=(inode, written))


def text_of(facts: FileFacts) -> str:
    """The text of a file that `file` made; nothing of a directory."""
    return _TEXTS[facts.stamp[0]]


def directory(mode: int = 0o755) -> FileFacts:
    return FileFacts(FileKind.DIRECTORY, mode, 0, 0)


@dataclass
class Overlay:
    """A tree of files that remembers, as overlayfs does, what of it is the image's."""

    image: dict[str, FileFacts]
    written: dict[str, FileFacts | None] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    tree: dict[str, FileFacts] = field(init=False)
    """What is seen."""

    def __post_init__(self) -> None:
        self.tree = dict(self.image)

    def put(self, path: str, facts: FileFacts) -> None:
        """Write a file or make a directory; those above it are made or copied up as they are."""
        for above in reversed(list(ancestors(path))):
            if above not in self.tree or self.tree[above].kind is not FileKind.DIRECTORY:
                self.remove(above)
                self._make(above, directory())
            self.written.setdefault(above, self.tree[above])
        was = self.tree.get(path)
        if was is not None and facts.kind is not was.kind:
            self.remove(path)
        self._make(path, facts)

    def _make(self, path: str, facts: FileFacts) -> None:
        if facts.kind is FileKind.DIRECTORY and path not in self.tree:
            is_removed = self.written.get(path, facts) is None
            if is_removed or path.rpartition("/")[0] in self.replaced:
                self.replaced.add(path)
        self.written[path] = self.tree[path] = facts

    def remove(self, path: str) -> None:
        if path not in self.tree:
            return
        hidden = self.contents().hides_image(path)
        for each in [each for each in self.tree if each == path or each.startswith(f"{path}/")]:
            del self.tree[each]
        for each in [each for each in self.written if each == path or each.startswith(f"{path}/")]:
            del self.written[each]
            self.replaced.discard(each)
        if path in self.image and not hidden:
            for above in ancestors(path):
                self.written.setdefault(above, self.tree[above])
            self.written[path] = None

    def contents(self) -> Contents:
        below = {path for path in self.image if path in self.written}
        below |= {path for path in self.image if path.rpartition("/")[0] in self.replaced}
        return Contents(self.written, {path: self.image[path] for path in below}, frozenset(self.replaced))
