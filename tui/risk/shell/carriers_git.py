"""Settings, hooks and subcommands of git that run commands."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from tui.risk.shell import options
from tui.risk.shell.call import Call
from tui.risk.shell.code import shell_code
from tui.risk.shell.code_words import each_code, shell_words
from tui.risk.shell.values import Context, Field, Output

_GIT_VALUED: Final = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"})
_GIT_COMMANDS: Final = re.compile(
    r"(?:core\.(?:pager|editor|sshcommand|fsmonitor|askpass|gitproxy)|sequence\.editor|diff\.external|pager\.[\w-]+"
    r"|credential(?:\..*)?\.helper|(?:diff|merge)tool\..*\.cmd|diff\..*\.(?:textconv|command)|filter\..*\.(?:clean|smudge|process)"
    r"|gpg\.program|alias\.[\w-]+|uploadpack\.packobjectshook|remote\..*\.(?:uploadpack|receivepack))",
    re.IGNORECASE,
)


def git(call: Call) -> Output | None:
    """Settings, hooks and subcommands of git that run commands."""
    parsed = options.parse(call.arguments, _GIT_VALUED)
    for setting in parsed.values("-c"):
        name, equals, value = setting.text.partition("=")
        if equals and _GIT_COMMANDS.fullmatch(name):
            _git_setting(call, name, setting.tail(len(name) + 1), value, call.under(f"git -c {name}"))
    operands = parsed.operands
    if not operands:
        return None
    subcommand, arguments = operands[0].literal or "", operands[1:]
    label = f"git {subcommand}"
    under = call.under(label)
    if subcommand == "config":
        words = [field for field in arguments if not field.text.startswith("-")]
        words = words[1:] if words and words[0].literal in ("set", "add") else words
        if len(words) >= 2 and _GIT_COMMANDS.fullmatch(words[0].text):
            _git_setting(call, words[0].text, words[1], words[1].text, under)
    elif subcommand == "rebase":
        rest = options.parse(arguments, frozenset({"-x", "--exec", "--onto", "-s", "-X"}), permute=True)
        each_code(call, rest.values("-x", "--exec"), label)
    elif subcommand == "bisect" and arguments and arguments[0].literal == "run":
        return call.walker.invoke(arguments[1:], call.scope.child(), call.under("git bisect run"))
    elif subcommand == "submodule":
        words = [field for field in arguments if not field.text.startswith("-")]
        if len(words) >= 2 and words[0].literal == "foreach":
            shell_words(call, words[1:], under)
    elif subcommand == "filter-branch":
        names = tuple(f"--{kind}-filter" for kind in ("tree", "index", "env", "msg", "commit", "parent", "tag-name"))
        rest = options.parse(arguments, frozenset(names))
        each_code(call, rest.values(*names), label)
    elif subcommand in ("difftool", "mergetool"):
        rest = options.parse(arguments, frozenset({"-x", "--extcmd", "-t"}), permute=True)
        each_code(call, rest.values("-x", "--extcmd"), label)
    for field in arguments:
        if field.text.startswith("ext::"):
            each_code(call, [field.tail(5)], f"{label} ext::")
        elif field.text.startswith(("--upload-pack=", "--receive-pack=", "--exec=")):
            each_code(call, [field.tail(field.text.index("=") + 1)], label)
    return None


def _git_setting(call: Call, name: str, value: Field, text: str, under: Context) -> None:
    lowered = name.lower()
    if lowered.startswith("alias."):
        if not text.startswith("!"):
            return
        value = value.tail(1)
    elif lowered.endswith("helper"):
        if not text.startswith(("!", "/")):
            return
        value = value.tail(1) if text.startswith("!") else value
    elif text.startswith("!"):
        value = value.tail(1)
    elif " " not in text and lowered not in ("core.fsmonitor", "core.sshcommand"):
        return
    if text not in ("true", "false", ""):
        shell_code(call.elsewhere(replace(under, depth=under.depth - 1)), value, "")
