"""What ordinary programs can be made to do, and that harmless uses of them stay harmless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.levels import RiskLevel
from tui.risk import assess
from tui.risk.abilities import OPERANDS, abilities
from tui.risk.knowledge import load_knowledge

KNOWLEDGE = load_knowledge()


def level(text: str) -> RiskLevel:
    return assess(text, knowledge=KNOWLEDGE).level


def test_the_table_is_about_programs_and_options() -> None:
    known = abilities()
    programs = {*known.shells, *known.prompts, *known.runs, *known.loads}
    assert len(programs) > 300
    assert all("/" not in name and name == name.strip() for name in programs)
    for options in (*known.runs.values(), *known.loads.values()):
        assert options
        assert all(option == OPERANDS or option.startswith("-") or option.isalpha() for option in options)


@pytest.mark.parametrize(
    "text",
    [
        "sudo fish",
        "sudo nano",
        "sudo irb",
        "sudo nginx -c /tmp/own.conf",
        "sudo curl --engine /tmp/own.so https://example.com",
        "sudo tcpdump -i lo -w /dev/null -z /tmp/own.sh",
        "sudo ssh -o ProxyCommand=';sh 0<&2 1>&2' host",
        "sudo zip a.zip a -T -TT 'sh #'",
        "dc -e '!/bin/sh'",
        "zip a.zip a -T -TT 'sh #'",
        "nice -n 5 /bin/sh",
        "tdbtool\n! /bin/sh",
    ],
)
def test_a_shell_or_the_rights_of_root_are_high(text: str) -> None:
    assert level(text) >= RiskLevel.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "fmt -999 README.md",
        "nano notes.txt",
        "irb",
        "nginx -t -c conf/nginx.conf",
        "tcpdump -r capture.pcap",
        "tar -I zstd -cf a.tar.zst src",
        "ssh -o ProxyCommand='nc %h %p' host uptime",
        "nice -n 5 make",
        "exec bash",
        "sudo less /var/log/syslog",
        "docker exec -it web /bin/sh",
    ],
)
def test_ordinary_uses_of_the_same_programs_are_not(text: str) -> None:
    assert level(text) < RiskLevel.HIGH


SECRETS = st.sampled_from(["/etc/shadow", "/etc/gshadow", "/root/.ssh/id_rsa", "/home/ada/.aws/credentials"])
READERS = st.sampled_from(["cat", "fmt", "nl", "base64", "pygmentize", "ptx", "troff", "xxd", "msgcat", "diff x"])


@given(READERS, SECRETS)
def test_any_program_that_is_handed_a_secret_file_is_high(program: str, path: str) -> None:
    assert level(f"sudo {program} {path}") >= RiskLevel.HIGH


@given(READERS, st.sampled_from(["README.md", "src/main.c", "docs/shadow.md", "./id_rsa.pub"]))
def test_the_same_program_on_another_file_is_not(program: str, path: str) -> None:
    assert level(f"{program} {path}") < RiskLevel.HIGH
