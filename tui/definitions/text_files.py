"""Files that people write: their text, and the mapping that a YAML file is."""

from __future__ import annotations

from tui.definitions.fields import Problems, describe
from tui.definitions.frontmatter import BadYaml, Node, read


def decode(data: bytes, most: int, problems: Problems) -> str | None:
    """Return the text of a file of at most `most` bytes, or None with a problem: too large, or no text."""
    if len(data) > most:
        problems.at(1, None, f"the file is larger than {most // 1024} KiB")
        return None
    if (at := data.find(b"\0")) >= 0:
        problems.at(data.count(b"\n", 0, at) + 1, None, "the file holds a NUL byte: this is not text")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from behind a byte order mark; only lines matter here.
        line = data.count(b"\n", 0, error.start) + 1
        problems.at(line, None, f"not UTF-8: byte 0x{error.object[error.start]:02X}", "save the file as UTF-8")
        return None
    return text.replace("\r\n", "\n")


def read_mapping(data: bytes, most: int, problems: Problems, *, what: str, hint: str = "") -> Node | None:
    """Return the mapping that a YAML file of at most `most` bytes is; None where it is empty, or with a problem.

    Args:
        data: The file.
        most: Bytes.
        problems: Takes what is wrong.
        what: What the file must be, such as `a theme must be a mapping of keys to values`.
        hint: An example of it.
    """
    text = decode(data, most, problems)
    if text is None:
        return None
    try:
        root = read(text, 1)
    except BadYaml as error:
        # What reads it also reads the frontmatter of definitions, and says so.
        problems.at(error.line, error.column, error.message.replace("the frontmatter", "the file"), error.hint)
        return None
    if root is None or root.kind == "null":
        return None
    if root.kind != "map":
        problems.error(root, f"{what}, not {describe(root)}", hint)
        return None
    return root
