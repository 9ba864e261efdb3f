"""Commands that are handed to objects nobody described: clients of SSH, of containers, of tasks that run elsewhere.

A method that is called `run` or `exec` may do anything. Where its argument reads like a command of a shell, it runs it.
"""

from __future__ import annotations

import re
import shlex
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge, name_in_shell
from tui.risk.code.operations import Call
from tui.risk.code.values import Constant, Instance, Items, Reference, Text, Value, pieces_of, shown, text_of

_RUNS: Final = frozenset({
    "run", "sudo", "exec", "execute", "exec_command", "execCommand", "run_command", "runCommand", "shell", "sh", "bash",
    "cmd", "command", "local", "sendline", "send_command", "sendCommand", "spawn", "system", "popen", "sendText",
    "exec_run", "run_cmd", "runCmd", "ssh", "call", "check_call", "check_output", "exec_async", "execAsync", "invoke",
    "run_sync", "runScript", "run_script", "send_line", "writeln", "RunCommand", "batch", "remote_command",
})  # fmt: skip
_PROGRAMS: Final = frozenset({
    "adduser", "ansible", "apt", "apt-get", "aws", "az", "base64", "bash", "btrfs", "cat", "cd", "chattr", "chmod",
    "chown", "chpasswd", "cp", "crontab", "cryptsetup", "curl", "dd", "deluser", "dnf", "doas", "docker", "dropdb",
    "echo", "env", "eval", "export", "fdisk", "find", "gcloud", "git", "gpg", "halt", "helm", "history", "init",
    "insmod", "iptables", "journalctl", "kill", "killall", "kubectl", "ln", "lvremove", "mdadm", "mkfs", "modprobe",
    "mongo", "mongosh", "mount", "mv", "mysql", "nc", "ncat", "nft", "node", "nohup", "npm", "openssl", "parted",
    "passwd", "perl", "pip", "pkill", "podman", "poweroff", "printf", "psql", "python", "python3", "reboot",
    "redis-cli", "rm", "rmdir", "rmmod", "rsync", "scp", "service", "set", "setenforce", "sh", "shred", "shutdown",
    "source", "ssh", "su", "sudo", "swapoff", "sysctl", "systemctl", "tar", "tee", "terraform", "truncate", "ufw",
    "umount", "unset", "useradd", "userdel", "usermod", "vault", "visudo", "wget", "wipefs", "xargs", "yum", "zfs",
    "zpool", "zsh",
})  # fmt: skip
"""Programs that nobody mentions first in a text unless it is a command."""
_OPTIONS: Final = frozenset({
    "bash_command", "command", "commands", "cmd", "cmds", "shell_command", "script", "entrypoint", "run_command",
    "exec", "shell", "args", "arguments", "inline", "remote_command", "module_args", "user_data", "startup_script",
})  # fmt: skip
"""Arguments by name that hold a command for somebody else to run."""
_FIRST: Final = re.compile(r"\s*([a-z][\w.+-]*)(?:\s|$)")
_PLAIN: Final = frozenset({"RegExp", "bound function", "open"})


def run_elsewhere(judge: Judge, call: Call, verb: str, *, foreign: bool) -> None:
    """Judge a command among the arguments of a method that runs something, where it is a grave one.

    `foreign`: the method belongs to a package. An object of which nothing is known may be anything else that runs.
    """
    if foreign:
        for name in _OPTIONS & call.keywords.keys():
            _judge(judge, call, call.keywords[name], verb)
    if verb not in _RUNS or not call.args or (isinstance(call.receiver, Instance) and call.receiver.kind in _PLAIN):
        return
    if isinstance(call.receiver, Constant | Text | Items) or (isinstance(call.receiver, Reference) and not foreign):
        return
    _judge(judge, call, call.args[0], verb)


def _judge(judge: Judge, call: Call, given: Value, verb: str) -> None:
    command = _command(given)
    if command is None:
        return
    if verb == "sudo":
        command = f"sudo {command}"
    found = judge.assess_shell(command, call.span)
    if any(reason.level >= RiskLevel.HIGH for reason in found.reasons):
        judge.run_shell(command, call.span, call.name or verb)


def _command(value: Value) -> str | None:
    """Return the command that `value` reads like, or None."""
    if isinstance(value, Items):
        words = [text_of(word) for word in value.items]
        known = words and all(word is not None for word in words) and words[0] in _PROGRAMS
        return shlex.join(word for word in words if word is not None) if known else None
    if not isinstance(value, Constant | Text) or (first := _FIRST.match(shown(value))) is None:
        return None
    name = first[1]
    if name not in _PROGRAMS and not name.startswith("mkfs."):
        return None
    return "".join(piece if isinstance(piece, str) else name_in_shell(piece) for piece in pieces_of(value))
