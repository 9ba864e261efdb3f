"""Programs that run the command in their arguments, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tui.risk.shell.model import Place


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How a program that runs another one is written."""

    valued: frozenset[str] = frozenset()
    """Options with a value of their own."""
    operands: int = 0
    """How many operands stand before the command: the host of `ssh`, the duration of `timeout`."""
    subcommands: tuple[str, ...] = ()
    """Words of which one must come first: `docker exec`."""
    code: frozenset[str] = frozenset()
    """Options whose value is shell code: `su -c`."""
    directory: frozenset[str] = frozenset()
    """Options whose value is the working directory."""
    command: frozenset[str] = frozenset()
    """Options whose value is the program to run, further operands its arguments: `flatpak run --command`."""
    privileged: bool = False
    place: Place | None = None
    assignments: bool = False
    """Whether `NAME=value` may stand before the command."""
    shell: bool = False
    """Whether the operands are joined and given to a shell: `ssh`, `watch`."""
    shell_by_default: bool = False
    """Whether a shell reads standard input where no command is given."""
    appended: bool = False
    """Whether it adds arguments: `xargs`."""
    silent: frozenset[str] = frozenset()
    """Options with which it runs nothing: `command -v`, `sudo -l`."""
    dashes: bool = False
    """Whether the command only begins behind `--`."""
    permutes: bool = False
    """Whether its own options may stand behind its operands."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DOCKER_RUN: Final = _words(
    """
    -a --attach --add-host --blkio-weight --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile --cpu-period
    --cpu-quota --cpu-shares -c --cpus --cpuset-cpus --device --dns --dns-search --entrypoint -e --env --env-file --expose
    --gpus --group-add --health-cmd -h --hostname --init-path --ip --ipc --isolation -l --label --label-file --link
    --log-driver --log-opt --mac-address -m --memory --memory-swap --mount --name --network --net --network-alias --oom-score-adj
    --pid --pids-limit --platform -p --publish --pull --restart --runtime --security-opt --shm-size --stop-signal
    --stop-timeout --storage-opt --sysctl --tmpfs --ulimit -u --user --userns --uts -v --volume --volume-driver
    --volumes-from -w --workdir
    """
)
_KUBECTL: Final = _words(
    "-n --namespace -c --container --context --cluster --kubeconfig -f --filename --pod-running-timeout"
)
_CONTAINER: Final = Wrapper(
    _DOCKER_RUN | _words("--detach-keys -H --host --context --config"), 1, ("exec", "run", "create"), place=Place.CONTAINER,
    directory=_words("-w --workdir")
)  # fmt: skip

WRAPPERS: Final[dict[str, Wrapper]] = {
    "sudo": Wrapper(
        _words("-u --user -g --group -h --host -p --prompt -C --close-from -D --chdir -R --chroot -r --role -t --type -T -U --other-user"),
        privileged=True, assignments=True, directory=_words("-D --chdir"), shell_by_default=True,
        silent=_words("-l --list -v --validate -k -K -V --version --help -e --edit"),
    ),
    "doas": Wrapper(_words("-u -C -a"), privileged=True, assignments=True),
    "su": Wrapper(
        _words("-c --command -g --group -G --supp-group -s --shell -w --whitelist-environment --session-command"), 1,
        code=_words("-c --command --session-command"), privileged=True, shell_by_default=True, permutes=True,
    ),
    "runuser": Wrapper(
        _words("-c --command -u --user -g --group -G -s --shell"), code=_words("-c --command"), privileged=True,
    ),
    "pkexec": Wrapper(_words("--user -u"), privileged=True),
    "gosu": Wrapper(operands=1, privileged=True), "su-exec": Wrapper(operands=1, privileged=True),
    "run0": Wrapper(_words("-u --user -g --group -D --chdir --setenv --unit --property"), privileged=True),
    "sg": Wrapper(_words("-c"), 1, code=_words("-c"), privileged=True, permutes=True),
    "fakeroot": Wrapper(_words("-l -s -i -u -b"), dashes=False),
    "env": Wrapper(
        _words("-u --unset -C --chdir -S --split-string --argv0 -a"), assignments=True, directory=_words("-C --chdir"),
        code=_words("-S --split-string"),
    ),
    "nohup": Wrapper(), "setsid": Wrapper(), "nice": Wrapper(_words("-n --adjustment")),
    "ionice": Wrapper(_words("-c --class -n --classdata -p --pid -P -u"), silent=_words("-p --pid")),
    "chrt": Wrapper(_words("-T -P -D"), 1, silent=_words("-p --pid")),
    "taskset": Wrapper(operands=1, silent=_words("-p --pid")),
    "numactl": Wrapper(_words("-N -m -i -C -p --cpunodebind --membind --interleave --physcpubind"), silent=_words("-H -s")),
    "timeout": Wrapper(_words("-s --signal -k --kill-after"), 1),
    "gtimeout": Wrapper(_words("-s --signal -k --kill-after"), 1),
    "time": Wrapper(_words("-f --format -o --output")), "gtime": Wrapper(_words("-f --format -o --output")),
    "stdbuf": Wrapper(_words("-i --input -o --output -e --error")), "unbuffer": Wrapper(),
    "strace": Wrapper(_words("-e -o -p -s -u -E -a -b -I -O -S -P -X"), silent=_words("-p")),
    "ltrace": Wrapper(_words("-e -o -p -s -u -a -l -n -x -F -A -D"), silent=_words("-p")),
    "catchsegv": Wrapper(), "valgrind": Wrapper(), "rlwrap": Wrapper(_words("-a -b -f -H -s -p -P -S -t -w")),
    "command": Wrapper(silent=_words("-v -V")), "builtin": Wrapper(), "exec": Wrapper(_words("-a")),
    "noglob": Wrapper(), "nocorrect": Wrapper(), "setarch": Wrapper(operands=1), "linux64": Wrapper(), "linux32": Wrapper(),
    "dbus-run-session": Wrapper(_words("--config-file --dbus-daemon")), "dbus-launch": Wrapper(_words("--autolaunch")),
    "xvfb-run": Wrapper(_words("-e -f -n -p -s -w --server-args --server-num --error-file --auth-file")),
    "caffeinate": Wrapper(_words("-t -w")), "systemd-inhibit": Wrapper(_words("--what --who --why --mode")),
    "systemd-run": Wrapper(
        _words("-u --unit -p --property --slice -H --host -M --machine -E --setenv --on-calendar --on-active --on-boot --on-startup --on-unit-active --uid --gid --nice --working-directory --description --timer-property --service-type -D"),
        directory=_words("--working-directory"),
    ),
    "systemd-nspawn": Wrapper(
        _words("-D --directory -i --image -M --machine -u --user -b --bind --bind-ro --network-bridge --setenv -E"),
        place=Place.CONTAINER, shell_by_default=True,
    ),
    "machinectl": Wrapper(_words("-M --uid -E --setenv"), 1, ("shell",), place=Place.CONTAINER),
    "watch": Wrapper(_words("-n --interval -q --equexit -s"), shell=True),
    "entr": Wrapper(frozenset()), "flock": Wrapper(
        _words("-c --command -E --conflict-exit-code -w --wait --timeout"), 1, code=_words("-c --command"), permutes=True,
    ),
    "setpriv": Wrapper(_words("--reuid --regid --groups --inh-caps --ambient-caps --bounding-set --securebits --pdeathsig --selinux-label")),
    "capsh": Wrapper(_words("-c"), code=_words("-c"), permutes=True),
    "ssh": Wrapper(
        _words("-b -B -c -D -E -e -F -I -i -J -L -l -m -O -o -P -p -Q -R -S -W -w"), 1, shell=True, place=Place.REMOTE,
        shell_by_default=True, silent=_words("-N -V -Q"),
    ),
    "sshpass": Wrapper(_words("-p -f -d -P")), "autossh": Wrapper(_words("-M -p -i -o -l -L -R -D -F"), 1, shell=True, place=Place.REMOTE),
    "mosh": Wrapper(_words("--ssh -p --port --predict --server"), 1, place=Place.REMOTE),
    "torsocks": Wrapper(_words("-P -a -u -p")), "torify": Wrapper(), "proxychains": Wrapper(_words("-f")), "proxychains4": Wrapper(_words("-f")),
    "chroot": Wrapper(_words("--userspec --groups"), 1, place=Place.CONTAINER, shell_by_default=True),
    "arch-chroot": Wrapper(_words("-u"), 1, place=Place.CONTAINER, shell_by_default=True),
    "proot": Wrapper(_words("-r -b -w -q -R -S -k -i --rootfs --bind --cwd"), place=Place.CONTAINER),
    "nsenter": Wrapper(_words("-t --target -S --setuid -G --setgid"), shell_by_default=True),
    "unshare": Wrapper(_words("-S --setuid -G --setgid -R --root -w --wd --setgroups --map-user --map-group --propagation"), shell_by_default=True),
    "ip": Wrapper(_words("-b -batch -f -family -n -netns"), 2, ("netns exec", "vrf exec")),
    "bwrap": Wrapper(_words("--chdir --uid --gid --hostname --cap-add --cap-drop --unsetenv --dev --proc --tmpfs --dir"), place=Place.CONTAINER),
    "firejail": Wrapper(_words("--name --profile"), place=Place.CONTAINER),
    "flatpak": Wrapper(_words("--command --branch --arch --env --filesystem --cwd"), 1, ("run",), command=_words("--command"), place=Place.CONTAINER),
    "flatpak-spawn": Wrapper(_words("--directory --env")),
    "distrobox": Wrapper(_words("-n --name -e"), 1, ("enter",), place=Place.CONTAINER),
    "toolbox": Wrapper(_words("-c --container"), 0, ("run",), place=Place.CONTAINER),
    "docker": _CONTAINER, "podman": _CONTAINER, "nerdctl": _CONTAINER,
    "docker-compose": Wrapper(_words("-f --file -p --project-name -e --env -u --user -w --workdir --index --entrypoint -v -T"), 1, ("exec", "run"), place=Place.CONTAINER),
    "crictl": Wrapper(_words("-r -i"), 1, ("exec",), place=Place.CONTAINER),
    "ctr": Wrapper(_words("-n --namespace --exec-id"), 1, ("tasks exec", "task exec", "t exec"), place=Place.CONTAINER),
    "kubectl": Wrapper(_KUBECTL, 1, ("exec",), place=Place.CONTAINER, permutes=True), "oc": Wrapper(_KUBECTL, 1, ("exec", "rsh"), place=Place.CONTAINER),
    "k3s": Wrapper(frozenset(), 0, ("kubectl",)),
    "lxc": Wrapper(_words("--env --cwd --user --group --mode"), 1, ("exec",), place=Place.CONTAINER),
    "incus": Wrapper(_words("--env --cwd --user --group --mode"), 1, ("exec",), place=Place.CONTAINER),
    "lxc-attach": Wrapper(_words("-n --name -P -v"), place=Place.CONTAINER), "pct": Wrapper(frozenset(), 1, ("exec",), place=Place.CONTAINER),
    "vagrant": Wrapper(_words("-c --command"), 0, ("ssh",), code=_words("-c --command"), place=Place.REMOTE),
    "adb": Wrapper(_words("-s -t -H -P"), 0, ("shell",), shell=True, place=Place.REMOTE),
    "gcloud": Wrapper(_words("--command --zone --project"), 1, ("compute ssh",), code=_words("--command"), place=Place.REMOTE, permutes=True),
    "xargs": Wrapper(
        _words("-I -i -n -P -L -l -d -E -s -a --max-args --max-procs --max-lines --delimiter --arg-file --replace --max-chars --process-slot-var --eof"),
        appended=True,
    ),
    "busybox": Wrapper(silent=_words("--list --list-full --install --help")), "toybox": Wrapper(),
    "nix-shell": Wrapper(_words("-p --packages --run --command -A --attr -I --arg --argstr -E"), code=_words("--run --command")),
    "nix": Wrapper(_words("-c --command -f --inputs-from"), 0, ("shell", "develop", "run"), dashes=True),
    "guix": Wrapper(frozenset(), 0, ("shell", "environment"), dashes=True),
    "script": Wrapper(_words("-c --command -O --log-out -I -B -T -E -o -m"), code=_words("-c --command"), permutes=True, silent=frozenset()),
    "scriptlive": Wrapper(_words("-c --command"), code=_words("-c --command")),
    "tmux": Wrapper(_words("-s -t -n -c -x -y -F -e -L -S -f"), 0, ("new", "new-session", "neww", "new-window", "split-window", "splitw", "run-shell", "run", "respawn-pane", "if-shell", "popup", "display-popup"), shell=True),
    "screen": Wrapper(_words("-S -t -T -c -e -h -s -p -r -x"), silent=_words("-X -ls -list -r -x")),
    "zellij": Wrapper(_words("-n --name --cwd"), 0, ("run",)), "dtach": Wrapper(_words("-e -r"), 1), "abduco": Wrapper(_words("-e"), 1),
    "xterm": Wrapper(_words("-e -T -title -geometry"), command=_words("-e")),
    "gnome-terminal": Wrapper(_words("-e --command --working-directory --title"), code=_words("-e --command"), dashes=True),
    "konsole": Wrapper(_words("-e --workdir"), command=_words("-e")),
    "poetry": Wrapper(frozenset(), 0, ("run",)), "pipenv": Wrapper(frozenset(), 0, ("run",)), "rye": Wrapper(frozenset(), 0, ("run",)),
    "uv": Wrapper(_words("--with --python -p --extra --group --project --directory --env-file --package"), 0, ("run",)),
    "pdm": Wrapper(frozenset(), 0, ("run",)), "hatch": Wrapper(frozenset(), 0, ("run",)), "conda": Wrapper(_words("-n --name -p --prefix --cwd"), 0, ("run",)),
    "mamba": Wrapper(_words("-n --name -p --prefix --cwd"), 0, ("run",)), "micromamba": Wrapper(_words("-n -p"), 0, ("run",)),
    "bundle": Wrapper(frozenset(), 0, ("exec",)), "rbenv": Wrapper(frozenset(), 0, ("exec",)), "pyenv": Wrapper(frozenset(), 0, ("exec",)), "asdf": Wrapper(frozenset(), 0, ("exec",)),
    "mise": Wrapper(_words("-C"), 0, ("exec", "x"), dashes=True), "direnv": Wrapper(frozenset(), 1, ("exec",)),
    "npm": Wrapper(_words("-c --call -p --package -w"), 0, ("exec", "x"), code=_words("-c --call"), dashes=True), "pnpm": Wrapper(frozenset(), 0, ("exec", "dlx")),
    "op": Wrapper(_words("--env-file --account"), 0, ("run",), dashes=True), "doppler": Wrapper(_words("-p -c --command"), 0, ("run",), code=_words("--command"), dashes=True),
    "aws-vault": Wrapper(_words("-d --duration"), 1, ("exec",)), "chpst": Wrapper(_words("-u -U -b -e -/ -n -l -L -m -d -o -p -f -c")),
    "dotenv": Wrapper(_words("-e -f -c"), 0), "cross-env": Wrapper(assignments=True), "envdir": Wrapper(operands=1), "softlimit": Wrapper(_words("-a -m -d -s -l -f -c -o -p -r -t")),
    "run-one": Wrapper(), "daemonize": Wrapper(_words("-a -c -e -o -p -l -u -E")), "start-stop-daemon": Wrapper(
        _words("-n --name -p --pidfile -u --user -x --exec -a --startas -c --chuid -g -r -d -N -s --signal"), command=_words("-x --exec -a --startas"), dashes=True,
    ),
    "hyperfine": Wrapper(_words("-w --warmup -r --runs -m -M -p --prepare -c --cleanup -s --setup -S --shell -n --command-name --export-json --export-markdown -L -P"), shell=True, code=_words("-p --prepare -c --cleanup -s --setup")),
    "perf": Wrapper(_words("-e -o -F -g -p -C -r"), 0, ("record", "stat", "trace")), "gdbserver": Wrapper(operands=1), "qemu-x86_64": Wrapper(), "wine": Wrapper(),
    "dumb-init": Wrapper(_words("-r")), "tini": Wrapper(_words("-p -e")), "logsave": Wrapper(operands=1), "annotate-output": Wrapper(), "chronic": Wrapper(), "ts": Wrapper(),
    "cpulimit": Wrapper(_words("-l -e -p")), "cgexec": Wrapper(_words("-g")), "prlimit": Wrapper(_words("-p --pid"), silent=_words("-p --pid")), "aa-exec": Wrapper(_words("-p -n")), "runcon": Wrapper(_words("-t -u -r -l")),
    "multitime": Wrapper(_words("-n -s -i -o -r -I")), "ld.so": Wrapper(), "ld-linux-x86-64.so.2": Wrapper(_words("--preload --library-path --argv0")),
}  # fmt: skip
