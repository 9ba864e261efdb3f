"""Options and scripts of programs in which a shell command may stand: `tar --to-command`, `vim -c ':!…'`, `gdb -ex`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tui.risk.shell.call import Call
from tui.risk.shell.code import execute, shell_code
from tui.risk.shell.values import Field


@dataclass(frozen=True, slots=True)
class Carrier:
    """Where a program takes commands."""

    options: tuple[str, ...] = ()
    """Options whose value is a command."""
    inside: re.Pattern[str] | None = None
    """What a command looks like inside the value of such an option, or inside any argument; group 1 is the command."""
    anywhere: bool = False
    """Whether `inside` is looked for in every argument."""


_BANG: Final = re.compile(
    r"(?:^|[|:+]|\n)\s*(?:silent\s*!?\s*)?(?::?!|shell\s+|system\s+|\.shell\s+|\.system\s+|\\!)\s*([^|].*)", re.DOTALL
)
_VIM: Final = re.compile(
    r"(?:^\+?|[|:])\s*(?:silent!?\s*|exec(?:ute)?\s*[\"']|%|r\s*)*:?!\s*([^\"'].*?)[\"']?$|system\(\s*[\"'](.+?)[\"']\s*\)",
    re.DOTALL,
)
_EMACS: Final = re.compile(
    r"\((?:shell-command|shell|term|call-process-shell-command|async-shell-command)\s+\"((?:[^\"\\]|\\.)*)\""
)
_SED: Final = re.compile(r"(?:^|;|\d|\$|/)\s*e\s+(.+)", re.DOTALL)
_AWK: Final = re.compile(
    r"system\(\s*\"((?:[^\"\\]|\\.)*)\"|\|&?\s*\"((?:[^\"\\]|\\.)*)\"|\"((?:[^\"\\]|\\.)*)\"\s*\|&?\s*getline"
)
_EXEC_ADDRESS: Final = re.compile(r"(?:^|,)(?:exec|system|shell):\"?([^,\"]+)", re.IGNORECASE)
_CHECKPOINT: Final = re.compile(r"exec=(.*)", re.DOTALL)
_ANSIBLE: Final = re.compile(r"(?:cmd=)?(.*)", re.DOTALL)

_PSQL: Final = re.compile(r"\\!\s*(.*)|(?i:from|to)\s+(?i:program)\s+'([^']*)'", re.DOTALL)

_TABLE: Final[dict[str, Carrier]] = {
    "tar": Carrier(
        ("-I", "--use-compress-program", "--to-command", "--rsh-command", "-F", "--info-script", "--new-volume-script")
    ),
    "rsync": Carrier(("-e", "--rsh", "--rsync-path")),
    "vim": Carrier(("-c", "--cmd", "+"), _VIM, True), "gdb": Carrier(("-ex", "--eval-command", "-iex"), _BANG),
    "emacs": Carrier(("--eval", "-eval", "--execute"), _EMACS), "sed": Carrier(("-e", "--expression"), _SED, True),
    "awk": Carrier((), _AWK, True), "socat": Carrier((), _EXEC_ADDRESS, True),
    "sqlite3": Carrier(("-cmd",), re.compile(r"^\s*\.(?:shell|system)\s+(.*)", re.DOTALL), True),
    "psql": Carrier(("-c", "--command"), _PSQL, True),
    "mysql": Carrier(("-e", "--execute"), re.compile(r"(?:\\!|^system|;\s*system)\s+(.*)", re.DOTALL)),
    "nc": Carrier(("-e", "--exec", "-c", "--sh-exec")), "tcpdump": Carrier(("-z",)),
    "wget": Carrier(("--use-askpass",)), "split": Carrier(("--filter",)), "sort": Carrier(("--compress-program",)),
    "man": Carrier(("-P", "--pager", "-H", "--html")), "zip": Carrier(("-TT", "--unzip-command")),
    "openvpn": Carrier(("--up", "--down", "--route-up", "--ipchange", "--tls-verify")),
    "dosbox": Carrier(("-c",)), "ansible": Carrier(("-a", "--args"), _ANSIBLE),
    "expect": Carrier(("-c",), re.compile(r"(?:spawn|exec|system)\s+([^;]*)")), "pexec": Carrier(("-c",)),
    "cpio": Carrier(("--rsh-command",)), "logrotate": Carrier(("-m", "--mail")),
    "mail": Carrier((), re.compile(r"^(?:--exec=)?!(.+)"), True),
    "restic": Carrier(("--password-command",)), "borg": Carrier(("--rsh",)),
    "nodemon": Carrier(("-x", "--exec")),
    "ed": Carrier((), _BANG), "lftp": Carrier(("-e", "-c"), _BANG), "ftp": Carrier((), _BANG),
}  # fmt: skip
_ALIASES: Final = {
    "bsdtar": "tar", "gtar": "tar", "vi": "vim", "nvim": "vim", "view": "vim", "ex": "vim", "vimdiff": "vim",
    "rvim": "vim",
    "rview": "vim", "gsed": "sed", "gawk": "awk", "mawk": "awk", "nawk": "awk", "netcat": "nc", "ncat": "nc",
    "nc.traditional": "nc", "mariadb": "mysql", "mailx": "mail",
}  # fmt: skip
PROGRAMS: Final = frozenset(_TABLE) | frozenset(_ALIASES)


def run(call: Call) -> None:
    """Follow every command that stands in the arguments of `program`."""
    carrier = _TABLE[_ALIASES.get(call.program, call.program)]
    seen: set[str] = set()
    position = 1
    while position < len(call.fields):
        field = call.fields[position]
        position += 1
        option, value = _option(carrier, field, call.fields[position] if position < len(call.fields) else None)
        if option is not None and value is not None:
            position += value is not field and value.word is call.fields[min(position, len(call.fields) - 1)].word
            _follow(call, carrier, value, f"{call.program} {option}", seen)
        elif carrier.anywhere:
            _follow(call, carrier, field, call.program, seen)
        elif call.program in ("tar", "bsdtar", "gtar") and field.text.startswith("--checkpoint-action"):
            value = (
                field.tail(field.text.find("=") + 1)
                if "=" in field.text
                else call.fields[min(position, len(call.fields) - 1)]
            )
            if match := _CHECKPOINT.match(value.text):
                code = value.tail(match.start(1)) if isinstance(value.word.parts[0], str) else value
                shell_code(call.elsewhere(), code, "tar --checkpoint-action")


def _option(carrier: Carrier, field: Field, following: Field | None) -> tuple[str | None, Field | None]:
    text = field.word.parts[0] if field.word.parts else ""
    if not isinstance(text, str):
        return None, None
    for option in carrier.options:
        if text == option and option != "+":
            return option, following
        if text.startswith(option + "=") and option.startswith("--"):
            return option, field.tail(len(option) + 1)
        if len(option) == 2 and text.startswith(option) and len(text) > 2 and option != "-e":
            return option, field.tail(2)
    return None, None


def _follow(call: Call, carrier: Carrier, value: Field, label: str, seen: set[str]) -> None:
    """Walk a value as code, or the commands inside it."""
    if carrier.inside is None:
        shell_code(call.elsewhere(), value, label)
        return
    if len(value.text) > 2000:
        return
    for match in list(carrier.inside.finditer(value.text))[:8]:
        group = next((number for number, found in enumerate(match.groups(), 1) if found), None)
        if group is None or match[group] in seen:
            continue
        seen.add(match[group])
        code = re.sub(r"\\([\"\\])", r"\1", match[group]).strip()
        if code:
            start = value.source.text.find(match[group])
            source = value.source.derived(code, max(start, 0), len(value.source.text))
            execute(call.elsewhere(), source, label)
