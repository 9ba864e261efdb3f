"""Names, arrays, prompts and editors behind which a command can stand."""

from __future__ import annotations

import pytest

from tui.levels import RiskLevel
from tui.risk.assessing import assess
from tui.risk.knowledge import Knowledge


@pytest.mark.parametrize(
    "command",
    [
        "cp /bin/rm /tmp/q; /tmp/q -rf /usr/lib",
        "cp $(which rm) ./q && ./q -rf /usr/lib",
        "ln -s /usr/bin/shred /tmp/; /tmp/shred /dev/sdb",
        "declare -A m=([run]=rm [how]=-rf); ${m[run]} ${m[how]} /usr/lib",
        'declare -A m; m[a]=rm; m["b"]=-rf; ${m[a]} ${m["b"]} /usr/lib',
        "export PS1='$(rm -rf /usr/lib)\\$ '",
        "PS4='`cat /etc/shadow`' bash -x build.sh",
        "ed -s notes.txt <<< '!rm -rf /usr/lib'",
        "printf '%s\\n' 'r !cat /etc/shadow' wq | ed notes.txt",
        'perl -e \'exec "rm", "-rf", "/usr/lib"\'',
        "perl -e 'system qw(rm -rf /usr/lib)'",
        "ruby -e 'system(*%w[rm -rf /usr/lib])'",
        'ruby -e \'exec("rm", "-rf", "/usr/lib")\'',
    ],
)
def test_the_command_is_found(command: str, knowledge: Knowledge) -> None:
    assert assess(command, knowledge=knowledge).level >= RiskLevel.HIGH


@pytest.mark.parametrize(
    "command",
    [
        "cp /bin/ls /tmp/q; /tmp/q -la /usr/lib",
        "cp build/tool ./rm; ./rm --help",
        "declare -A m=([run]=ls [how]=-la); ${m[run]} ${m[how]} /usr/lib",
        "export PS1='\\u@\\h:$(git branch --show-current)\\$ '",
        "ed -s notes.txt <<< ',p'",
        'perl -e \'print join " ", "rm", "-rf", "/usr/lib"\'',
        'ruby -e \'system("ls", "-la", "/usr/lib")\'',
    ],
)
def test_twins_are_left_alone(command: str, knowledge: Knowledge) -> None:
    assert assess(command, knowledge=knowledge).level < RiskLevel.HIGH
