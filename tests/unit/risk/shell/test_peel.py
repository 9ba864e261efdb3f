"""Wrappers never hide the command they run."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.risk.shell import read

WRAPPINGS = [
    "sudo {}",
    "sudo -u bob -E A=1 {}",
    "sudo -iu bob -- {}",
    "doas {}",
    "pkexec {}",
    "runuser -u bob -- {}",
    "env -i A=1 {}",
    "nohup {}",
    "nice -n 5 {}",
    "ionice -c 3 {}",
    "timeout -k 5 -s KILL 10 {}",
    "time -v {}",
    "stdbuf -oL {}",
    "setsid -w {}",
    "strace -f -e trace=file {}",
    "command {}",
    "builtin {}",
    "exec -a x {}",
    "xargs {}",
    "xargs -n 1 -P 4 {}",
    "find . -exec {} ;",
    "find . -execdir {} +",
    "watch -n 1 {}",
    "flock /lock {}",
    "ssh -p 22 host {}",
    "chroot /mnt {}",
    "nsenter -t 1 -m {}",
    "unshare -r {}",
    "docker run --rm -v /:/x -it image {}",
    "docker exec -it box {}",
    "docker compose exec web {}",
    "podman exec box {}",
    "kubectl exec pod -c box -- {}",
    "lxc exec box -- {}",
    "machinectl shell box {}",
    "systemd-run --scope {}",
    "busybox {}",
    "firejail --quiet {}",
    "proot -r /x {}",
    "tmux new -d {}",
    "screen -dm {}",
    "uv run {}",
    "poetry run {}",
    "ip netns exec blue {}",
    "git bisect run {}",
    "fd x -x {}",
    "parallel {} ::: a",
    "xterm -e {}",
    "FOO=1 {}",
    "! {}",
    "{} &",
    "({})",
    "if x; then {}; fi",
    "while x; do {}; done",
    "f() {{ {}; }}",
    "echo $({})",
    "cat <({})",
    "npx {}",
    "unheard-of --flag {}",
    "setpriv --reuid 0 {}",
    "su-exec root {}",
    "torsocks {}",
]
QUOTING = [
    "bash -c {}",
    "sh -ec {}",
    "zsh -lc {}",
    "su -c {}",
    "su - bob -c {}",
    "runuser -l bob -c {}",
    "eval {}",
    "trap {} EXIT",
    "ssh host {}",
    "flock /lock -c {}",
    "script -qc {} /dev/null",
    "nix-shell -p x --run {}",
    "env -S {}",
    "watch {}",
    "tmux send-keys -t 0 {} Enter",
    "git rebase -i --exec {} HEAD~3",
    "git -c core.sshCommand={} fetch",
    "git submodule foreach {}",
    "tar -I {} -xf a",
    "tar -cf /dev/null x --checkpoint=1 --checkpoint-action=exec={}",
    "rsync -e {} a b",
    "ssh -o ProxyCommand={} host",
    "bash <<< {}",
    "echo {} | sh",
    "printf '%s' {} | sudo bash",
    'x={}; eval "$x"',
    "x={}; $x",
    "parallel ::: {}",
    "busybox sh -c {}",
    "docker run --entrypoint sh image -c {}",
    "kubectl exec p -- bash -c {}",
    "find . -exec sh -c {} x ;",
    "xargs sh -c {}",
    "vagrant ssh -c {}",
    "adb shell {}",
    "hyperfine {}",
    "capsh -- -c {}",
    "export PAGER={}",
    "split --filter={} f",
]


def finds(text: str) -> bool:
    return any([word.text for word in item.argv[:3]] == ["rm", "-rf", "/x"] for item in read(text).invocations)


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_wrapper_shows_its_command(wrapping: str) -> None:
    text = wrapping.format("rm -rf /x", "rm -rf /x")
    assert finds(text.replace(" ;", " \\;") if "find" in wrapping else text)


@pytest.mark.parametrize("wrapping", QUOTING)
def test_a_wrapper_of_code_shows_the_commands_in_it(wrapping: str) -> None:
    text = wrapping.format(shlex.quote("rm -rf /x"))
    assert finds(text.replace(" ;", " \\;") if "find" in wrapping else text)


@given(
    st.lists(
        st.sampled_from([wrapping for wrapping in QUOTING if "$x" not in wrapping and "find" not in wrapping]),
        max_size=4,
    )
)
def test_wrapping_in_wrapping_never_loses_the_command(wrappings: list[str]) -> None:
    text = "rm -rf /x"
    for wrapping in wrappings:
        text = wrapping.format(shlex.quote(text))
    assert finds(text)


def test_the_chain_says_what_was_peeled() -> None:
    item = next(item for item in read("sudo bash -c 'timeout 5 rm x'").invocations if item.program == "rm")
    assert item.chain == ("sudo", "bash -c", "timeout")
    assert item.privileged
    item = next(item for item in read("echo cm0gLXJmIC8= | base64 -d | sh").invocations if item.program == "rm")
    assert item.chain == ("base64 -d | sh",)
    assert item.obfuscated


def test_known_input_becomes_the_arguments() -> None:
    texts = [
        "echo / | xargs rm -rf",
        "printf '/\\0' | xargs -0 rm -rf",
        "echo / | xargs -I{} rm -rf {}",
        "parallel rm -rf ::: /",
    ]
    for text in texts:
        assert ["rm", "-rf", "/"] in [[word.text for word in item.argv] for item in read(text).invocations], text


@pytest.mark.parametrize(
    "text",
    [
        "sudo -l",
        "command -v rm",
        "command -V rm -rf /",
        "git commit -m 'rm -rf /'",
        "docker ps rm",
        "npm install rm -rf",
        "ionice -p 1",
    ],
)
def test_what_runs_nothing_shows_nothing_more(text: str) -> None:
    assert len(read(text).invocations) == 1
