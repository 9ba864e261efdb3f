"""Text tools applied to literal input: what `tr`, `cut`, `sed`, `awk` … would write.

Only uses that are simple enough to be certain of; everything else is None.
"""

from __future__ import annotations

import re
from typing import Final

from tui.risk.shell.limits import VALUE_LIMIT

_CLASSES: Final = {
    "[:lower:]": "abcdefghijklmnopqrstuvwxyz", "[:upper:]": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "[:digit:]": "0123456789",
    "[:space:]": " \t\n\r\f\v", "[:blank:]": " \t",
    "[:alpha:]": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "[:alnum:]": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "[:punct:]": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
}  # fmt: skip
_TR_ESCAPES: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "\\": "\\",
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
}
_IN_SETS: Final = {
    "[:space:]": r"\s", "[:digit:]": r"\d", "[:alnum:]": "A-Za-z0-9", "[:alpha:]": "A-Za-z", "[:blank:]": r" \t",
    "[:upper:]": "A-Z", "[:lower:]": "a-z",
}  # fmt: skip
"""Classes of POSIX, as Python writes them inside brackets."""
_NESTED: Final = re.compile(r"\[\^?\]?[^\]]*(?:\[|--|&&|~~|\|\|)")
"""What may mean something else in a set of characters one day."""
_SED: Final = re.compile(r"([sy])(.)(.*)", re.DOTALL)
_AWK: Final = re.compile(r"\s*(BEGIN)?\s*\{\s*print\b(.*)\}\s*", re.DOTALL)
_AWK_ITEM: Final = re.compile(r"\s*(?:\$(NF|\d{1,3})|\"((?:[^\"\\]|\\.)*)\"|(,))")


def tr(arguments: list[str], stdin: str) -> str | None:
    """`tr [-cds] SET1 [SET2]`."""
    flags, operands = _flags(arguments)
    if not operands or len(operands) > 2 or flags - set("cCds"):
        return None
    first = _set(operands[0])
    second = _set(operands[1]) if len(operands) == 2 else None
    complement = bool(flags & set("cC"))
    if "d" in flags:
        return "".join(character for character in stdin if (character in first) == complement)
    if complement:
        return None if not second else "".join(c if c in first else second[-1] for c in stdin)
    if second:
        padded = second + second[-1] * max(len(first) - len(second), 0)
        stdin = stdin.translate({ord(old): new for old, new in reversed(list(zip(first, padded, strict=False)))})
    if "s" in flags:
        squeezed = second or first
        stdin = re.sub(r"(.)\1+", lambda m: m[1] if m[1] in squeezed else m[0], stdin, flags=re.DOTALL)
    return stdin


def _flags(arguments: list[str]) -> tuple[set[str], list[str]]:
    flags: set[str] = set()
    operands: list[str] = []
    for argument in arguments:
        if argument.startswith("-") and len(argument) > 1 and not operands and not argument.startswith("--"):
            flags |= set(argument[1:])
        elif argument != "--":
            operands.append(argument)
    return flags, operands


def _set(text: str) -> str:
    for name, characters in _CLASSES.items():
        text = text.replace(name, characters)
    result: list[str] = []
    position = 0
    while position < len(text) and len(result) < 2000:
        character = text[position]
        if character == "\\" and position + 1 < len(text):
            octal = re.compile(r"[0-7]{1,3}").match(text, position + 1)
            if octal:
                character, position = chr(int(octal[0], 8) & 0xFF), octal.end() - 1
            else:
                position += 1
                character = _TR_ESCAPES.get(text[position], text[position])
        if text.startswith("-", position + 1) and position + 2 < len(text):
            stop = text[position + 2]
            if ord(stop) - ord(character) in range(256):
                result.extend(map(chr, range(ord(character), ord(stop) + 1)))
                position += 3
                continue
        result.append(character)
        position += 1
    return "".join(result)


def cut(arguments: list[str], stdin: str) -> str | None:
    """`cut -c LIST`, `cut -b LIST`, `cut -d X -f LIST`."""
    options = _options(arguments, "bcfd", "s")
    if options is None or len(options) - ("d" in options) != 1:
        return None
    lines = stdin.splitlines()
    wanted = next(value for letter, value in options.items() if letter != "d")
    ranges = _ranges(wanted)
    if ranges is None:
        return None
    delimiter = options.get("d", "\t")
    result = []
    for line in lines:
        if "f" in options:
            if delimiter == "" or delimiter not in line:
                result.append(line)
                continue
            items = line.split(delimiter)
            chosen = [item for number, item in enumerate(items, 1) if _within(number, ranges)]
            result.append(delimiter.join(chosen))
        else:
            result.append("".join(c for number, c in enumerate(line, 1) if _within(number, ranges)))
    return "".join(line + "\n" for line in result)


def _within(number: int, ranges: list[tuple[int, int]]) -> bool:
    return any(low <= number <= high for low, high in ranges)


def _ranges(text: str) -> list[tuple[int, int]] | None:
    ranges = []
    for item in text.split(",")[:50]:
        match = re.fullmatch(r"(\d{0,6})(-?)(\d{0,6})", item)
        if match is None or item in ("", "-"):
            return None
        low = int(match[1] or 1)
        ranges.append((low, int(match[3]) if match[3] else (10**9 if match[2] else low)))
    return ranges


def _options(arguments: list[str], valued: str, plain: str) -> dict[str, str] | None:
    """Parse short options; None where there is anything else."""
    options: dict[str, str] = {}
    position = 0
    while position < len(arguments):
        argument = arguments[position]
        position += 1
        if len(argument) < 2 or argument[0] != "-" or argument[1] == "-":
            return None
        letter, rest = argument[1], argument[2:]
        if letter in valued:
            if not rest:
                if position >= len(arguments):
                    return None
                rest = arguments[position]
                position += 1
            options[letter] = rest
        elif letter not in plain or rest:
            return None
    return options


def head_or_tail(arguments: list[str], stdin: str, *, tail: bool) -> str | None:
    """`head`/`tail` by lines or bytes."""
    arguments = [f"-n{word[1:]}" if re.fullmatch(r"-\d+", word) else word for word in arguments]
    options = _options(arguments, "nc", "q")
    if options is None:
        return None
    unit, count = next(iter(options.items()), ("n", "10"))
    if not re.fullmatch(r"[+-]?\d{1,7}", count):
        return None
    number = int(count)
    items = list(stdin) if unit == "c" else stdin.splitlines(keepends=True)
    if tail:
        chosen = items[number - 1 :] if count[0] == "+" and number else items[-abs(number) :] if number else []
    else:
        chosen = items[:number]
    return "".join(chosen)


def sed(arguments: list[str], stdin: str) -> str | None:
    """`sed s/a/b/g` and `sed y/ab/ba/`, alone or several."""
    scripts: list[str] = []
    position = 0
    while position < len(arguments):
        argument = arguments[position]
        if argument in ("-e", "--expression") and position + 1 < len(arguments):
            scripts.append(arguments[position + 1])
            position += 1
        elif argument in ("-E", "-r"):
            pass
        elif argument.startswith("-") or scripts:
            return None
        else:
            scripts.append(argument)
        position += 1
    extended = any(argument in ("-E", "-r") for argument in arguments)
    for script in scripts:
        for command in _sed_commands(script):
            changed = _sed_command(command, stdin, extended=extended)
            if changed is None or len(changed) > VALUE_LIMIT:
                return None
            stdin = changed
    return stdin if scripts else None


def _sed_commands(script: str) -> list[str]:
    """Split `s/a/b/;s/c/d/` at the semicolons between commands."""
    commands: list[str] = []
    position = 0
    while position < len(script) and len(commands) < 20:
        if script[position] in "; \n":
            position += 1
            continue
        start = position
        if script[position] in "sy" and position + 1 < len(script):
            delimiter, seen, position = script[position + 1], 0, position + 2
            while position < len(script) and seen < 2:
                if script[position] == "\\":
                    position += 1
                elif script[position] == delimiter:
                    seen += 1
                position += 1
        while position < len(script) and script[position] not in ";\n":
            position += 1
        commands.append(script[start:position])
    return commands


def _sed_command(command: str, stdin: str, *, extended: bool) -> str | None:
    match = _SED.fullmatch(command)
    if match is None:
        return None
    kind, delimiter, rest = match.groups()
    parts = re.split(r"(?<!\\)" + re.escape(delimiter), rest)
    if len(parts) != 3:
        return None
    old, new, flags = (part.replace("\\" + delimiter, delimiter) for part in parts)
    if kind == "y":
        return stdin.translate({ord(a): b for a, b in zip(old, new, strict=False)}) if len(old) == len(new) else None
    quantifiers = len(re.findall(r"[*+{?]", old))
    if set(flags.strip()) - set("gI") or len(old) > 100 or re.search(r"\)[*+{?\\]", old):
        return None
    if quantifiers and len(stdin) ** quantifiers > 1_000_000:
        return None
    if not extended:
        old = re.sub(r"\\([(){}+?|])|([(){}+?|])", lambda m: m[1] or "\\" + m[2], old)
    for name, characters in _IN_SETS.items():
        old = old.replace(name, characters)
    if _NESTED.search(old):
        return None
    replacement = re.sub(r"\\n", "\n", new)
    try:
        regex = re.compile(old, re.IGNORECASE if "I" in flags else 0)
        filled = re.sub(r"(?<!\\)&", r"\\g<0>", replacement)
        if len(stdin) > 4096:
            return None
        lines = stdin.split("\n")
        return "\n".join(regex.sub(filled, line, count=0 if "g" in flags else 1) for line in lines)
    except (re.error, IndexError):
        return None


def awk(arguments: list[str], stdin: str | None) -> str | None:
    """`awk '{print $2 "x" $1}'` and `awk 'BEGIN{print "x"}'`."""
    separator = None
    if len(arguments) >= 2 and arguments[0] == "-F":
        separator, arguments = arguments[1], arguments[2:]
    elif arguments and arguments[0].startswith("-F"):
        separator, arguments = arguments[0][2:], arguments[1:]
    if len(arguments) != 1 or (separator is not None and len(separator) != 1):
        return None
    match = _AWK.fullmatch(arguments[0])
    if match is None:
        return None
    begin, expression = match.groups()
    items = _awk_items(expression.strip().removesuffix(";").strip())
    if items is None or (not begin and stdin is None):
        return None
    lines = [""] if begin else (stdin or "").splitlines()
    return "".join(_awk_line(line, items, separator) + "\n" for line in lines)


def _awk_items(expression: str) -> list[str] | None:
    items: list[str] = []
    position = 0
    while position < len(expression):
        match = _AWK_ITEM.match(expression, position)
        if match is None:
            return None
        position = match.end()
        if match[1] is not None:
            items.append("$" + match[1])
        elif match[2] is not None:
            items.append('"' + re.sub(r"\\(.)", r"\1", match[2]))
        else:
            items.append('" ')
    return items or ["$0"]


def _awk_line(line: str, items: list[str], separator: str | None) -> str:
    columns = line.split(separator) if separator and separator != " " else line.split()
    result = ""
    for item in items:
        if item[0] == '"':
            result += item[1:]
        elif item == "$0":
            result += line
        elif item == "$NF":
            result += columns[-1] if columns else ""
        else:
            number = int(item[1:])
            result += columns[number - 1] if number <= len(columns) else ""
    return result
