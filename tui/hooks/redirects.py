"""Files that redirections of a shell text write to: `> file` empties it before the command even starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tree_sitter import Node

_WRITING: Final = frozenset({">", ">|", ">>", "&>", "&>>", "<>"})
_NESTED_LIMIT: Final = 100_000


def redirected_files(text: str) -> tuple[str, ...]:
    """Return the files as written, quotes taken off; devices and descriptors are none."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    tree = Parser(Language(tree_sitter_bash.language())).parse(text.encode("utf-8", "surrogateescape"))
    return tuple(dict.fromkeys(_files(tree.root_node)))


def _files(root: Node) -> Iterator[str]:
    waiting = [root]
    seen = 0
    while waiting and seen < _NESTED_LIMIT:
        seen += 1
        node = waiting.pop()
        waiting += reversed(node.children)
        if node.type != "file_redirect":
            continue
        operator = next((child.type for child in node.children if child.type in _WRITING), None)
        target = node.child_by_field_name("destination")
        if operator is None or target is None:
            continue
        word = _unquoted(target)
        if word and not word.startswith("/dev/"):
            yield word


def _unquoted(node: Node) -> str:
    """Return a word without its quotes; expansions stay as they are written."""
    text = (node.text or b"").decode("utf-8", "surrogateescape")
    if node.type == "raw_string":
        return text[1:-1]
    if node.type == "string":
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if node.type == "concatenation":
        return "".join(map(_unquoted, node.children))
    if node.type == "word":
        return text.replace("\\", "")
    return text
