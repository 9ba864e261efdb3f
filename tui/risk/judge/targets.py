"""What kind of place a word names."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from functools import lru_cache
from typing import Final

from tui.risk.rule import Target
from tui.risk.shell.model import Unknown, Word

_HOMES: Final = re.compile(r"^(?:~[\w.-]*|/root|/var/root|/home/[^/]+|/Users/[^/]+|\$HOME|\$\{HOME\})(?=/|$)")
_ALL_HOMES: Final = re.compile(r"^/(?:home|Users)/?(?:\*)?$")
_SYSTEM: Final = re.compile(
    r"^/(?:bin|sbin|lib\w*|usr|etc|var|opt|srv|sys|proc|dev|boot|efi|run|snap|System|Library|Applications|private|"
    r"Volumes|nix)(?=/|$|\*)|^/(?:vmlinuz|initrd)|^[A-Za-z]:[\\/]|^/mnt/[a-z]/(?:Windows|Users)\b"
)
_TEMP: Final = re.compile(
    r"^/(?:private/)?(?:var/)?tmp(?=/|$)|^/dev/shm(?=/|$)|^\$\{?(?:TMPDIR|TMP|TEMP|TEMPDIR|TMP_DIR|TEMP_DIR|tmpdir|tmp|tmp_dir"
    r"|temp_dir|workdir_tmp|RUNNER_TEMP|WORKSPACE_TMP)\}?(?=/|$)|^/var/folders/|^/run/user/\d+/|^\$\(mktemp\b|^`mktemp\b"
)
_TEMP_WHOLE: Final = re.compile(r"^/(?:var/)?tmp/*$")
_CACHE: Final = re.compile(
    r"^/var/(?:cache|lib/apt/lists)(?=/|$)|(?:^|/)\.?(?:cache|Caches|__pycache__|node_modules|\.pytest_cache|\.mypy_cache)(?=/|$)"
    r"|^(?:~|/home/[^/]+|/Users/[^/]+)/(?:[^./][^/]*/)+(?:build|dist|out|target|coverage|htmlcov|\.?venv|\.tox|\.next)(?:/\*?)?$"
    r"|^~/\.(?:npm|gradle/caches|m2/repository|cargo/registry)(?=/|$)|/DerivedData(?=/|$)"
)
_DEVICE: Final = re.compile(
    r"^/dev/(?:\$|[shv]d[a-z]|xvd[a-z]|nvme\d|mmcblk|r?disk\d|md\d|dm-|mapper/|loop\d|sr\d|mem$|kmem$|port$|fd\d|nbd\d|disk/|mtd|"
    r"sg\d|vg|zvol/|\w*(?:drive|disk|device|partition)\w*|sd\b|sdX|ad\d|da\d)|^/proc/(?:kcore|sysrq-trigger)$|^\\\\\.\\"
)
_HARMLESS_DEVICE: Final = re.compile(
    r"^/dev/(?:null|zero|stdin|stdout|stderr|tty|u?random|full|fd/\d+|pts?/|console|ttyS|ttyUSB|ttyACM|ptmx|tcp/|udp/)"
)
_CREDENTIAL: Final = re.compile(
    r"^/dev/(?:k?mem|port)$|^/proc/kcore$|^(?:/private)?/etc/(?:shadow|gshadow|master\.passwd|spwd\.db|security/opasswd|krb5\.keytab|ssh/ssh_host_\w+_key|ipsec\.secrets"
    r"|ppp/(?:chap|pap)-secrets|wpa_supplicant/|NetworkManager/system-connections|openvpn/.*\.key|ssl/private/|letsencrypt/"
    r"|rancher/k3s/k3s\.yaml|kubernetes/(?:admin\.conf|pki/.*key)|tls/private)(?![\w.]*\.pub\b)"
    r"|^/etc/shadow[-\w.]*$|^/private/var/db/dslocal|^/var/db/dslocal|/sam\.hive$|/NTDS\.dit|^/var/lib/sss/(?:db|secrets)|^/var/lib/samba/private"
    r"|(?:^|/)\.ssh/(?:id_[\w*]+|identity|[\w.*-]*\.(?:pem|key))$|(?:^|/)id_(?:rsa|dsa|ecdsa|ed25519|ecdsa_sk|ed25519_sk)$|(?:^|/)\.ssh/?\*?$"
    r"|(?:^|/)\.aws(?:$|/(?:credentials|config|cli/cache|sso/cache)?)|(?:^|/)\.azure/|(?:^|/)\.config/gcloud|(?:^|/)\.kube/config"
    r"|(?:^|/)\.docker/config\.json|(?:^|/)\.netrc$|(?:^|/)\.pgpass$|(?:^|/)\.my\.cnf$|(?:^|/)\.git-credentials$|(?:^|/)\.pypirc$"
    r"|(?:^|/)\.npmrc$|(?:^|/)\.gnupg(?:/|$)|(?:^|/)\.password-store(?:/|$)|(?:^|/)\.config/gh/hosts\.yml|(?:^|/)\.vault-token$"
    r"|(?:^|/)\.terraform\.d/credentials|(?:^|/)\.config/(?:hub|op|sops)(?:/|$)|(?:^|/)\.gem/credentials|(?:^|/)\.cargo/credentials"
    r"|(?:^|/)(?:Login Data|key[34]\.db|logins\.json|cookies\.sqlite|Cookies|signons\.sqlite|wallet\.dat)$"
    r"|(?:^|/)(?:[\w.-]*\.kdbx|[\w.-]*\.keychain(?:-db)?)$"
    r"|(?:^|/)(?:Keychains|\.local/share/keyrings|\.gnome2/keyrings)(?:/|$)|(?:^|/)\.(?:mozilla|config/google-chrome|config/chromium|bitcoin|electrum|ethereum/keystore)(?:/|$)"
    r"|^/proc/(?:self|\d+|\$\{?\w+\}?|[^/]*[*?\[$][^/]*)/(?:environ|mem|maps?)$|^/var/run/secrets/|^/run/secrets/|169\.254\.169\.254|metadata\.google\.internal"
    r"|(?:^|/)serviceaccount/token$|(?:^|/)\.config/(?:rclone/rclone\.conf|filezilla)|(?:^|/)\.(?:s3cfg|boto|dockercfg|htpasswd)$"
)
_ACCOUNT: Final = re.compile(
    r"^(?:/private)?/etc/(?:passwd|shadow|group|gshadow|sudoers|master\.passwd|doas\.conf|pam\.d|pam\.conf|security/access\.conf"
    r"|security/limits\.d|polkit-1|login\.defs|sudo\.conf|ssh/sshd_config|subuid|subgid|nsswitch\.conf|ld\.so\.preload|hosts\.equiv)"
    r"|^(?:/usr)?/lib(?:64|/[\w-]+)?/security/pam_\w+\.so|^/usr/local/etc/(?:sudoers|doas\.conf)|^/usr/share/polkit-1|(?:^|/)\.ssh/authorized_keys2?$|(?:^|/)\.rhosts$|^/etc/ssl/certs|ca-trust/source"
)
_STARTUP: Final = re.compile(
    r"(?:^|/)\.(?:bashrc|bash_profile|bash_login|bash_logout|profile|zshrc|zshenv|zprofile|zlogin|zlogout|kshrc|cshrc|tcshrc|login|xinitrc|xsession"
    r"|xprofile|inputrc|vimrc|emacs|pam_environment|bash_aliases|shrc)$"
    r"|(?:^|/)\.config/(?:autostart|systemd|fish/config\.fish|fish/conf\.d|environment\.d|procps|plasma-workspace/env)(?:/|$)|(?:^|/)\.config/upstart"
    r"|^/etc/(?:profile|bash\.bashrc|bashrc|zsh|zshrc|zshenv|csh|environment|rc\.local|rc\.common|rc\d?\.d|init\.d|init/|inittab|cron|at\.allow|at\.deny|anacrontab|incron"
    r"|systemd|ld\.so\.preload|ld\.so\.conf|modules|modprobe\.d|udev|xdg/autostart|update-motd\.d|network/if-|NetworkManager/dispatcher|dhcp/dhclient"
    r"|apt/apt\.conf|logrotate\.d|X11/|emond\.d|launchd\.conf|periodic|skel|motd|rc\.conf|dbus-1|shells|default/)"
    r"|^(?:/usr)?/(?:local/)?lib/systemd|^/run/systemd|^/var/spool/(?:cron|at|anacron|incron)|^/usr/lib/(?:modules-load|udev|cron)|^/var/at/|/usr/local/etc/(?:rc\.d|periodic)"
    r"|/(?:LaunchAgents|LaunchDaemons|StartupItems|LoginItems)(?:/|$)|/com\.apple\.loginwindow|(?:^|/)(?:user|site)customize\.py$|site-packages/[^/]+\.pth$"
    r"|(?:^|/)\.git/hooks/(?!.*\.sample$)|(?:^|/)\.gitconfig$|(?:^|/)\.(?:irb|py|gdb|lldb)?rc\.d/|(?:^|/)Startup/|/apt/apt\.conf\.d|^/usr/lib/rpm|^/private/var/db/emondClients"
)
_PROTECTION: Final = re.compile(
    r"^/etc/(?:selinux/|audit/|audisp/|auditd\.conf|libaudit\.conf|rsyslog|syslog|apparmor|ufw/|fail2ban|hosts\.(?:allow|deny)"
    r"|systemd/journald|iptables|nftables|sysconfig/(?:iptables|selinux|auditd)|firewalld|aide|falco|osquery|clamav|sysctl\.)"
)
_KERNEL: Final = re.compile(
    r"^/proc/sys/(?:kernel|vm|fs|debug)/|^/selinux/|^/proc/sysrq-trigger$|^/sys/(?:kernel|module|firmware|power|fs/(?:cgroup|bpf|selinux)|devices/system/cpu)/"
    r"|^/dev/(?:mem|kmem|port)$|/release_agent$"
)
SECRET_FILE: Final = re.compile(
    r"(?:^|/)\*?\.env(?:[.*][\w.*-]*)?$|\.(?:pem|key|p12|pfx|jks|kdbx|keystore|ovpn)$|(?:^|/)(?:secrets?|credentials?|passwords?|tokens?)(?:\.\w+)?$",
    re.IGNORECASE,
)
"""Worth keeping although reading them is ordinary: what matters is where they go."""
_LOG: Final = re.compile(
    r"^(?:/private)?/var/(?:log|audit|adm)(?=/|$)|^/var/run/utmp|/(?:wtmp|btmp|lastlog|utmp)$|(?:^|/)\.?\w*_history$|(?:^|/)\.(?:zhistory|lesshst|viminfo|histfile|sh_history)$"
    r"|^\$\{?HISTFILE\}?|(?:^|/)\.local/share/fish/fish_history|^/Library/Logs|^/var/spool/mail|^/var/mail"
)
_BOOT: Final = re.compile(
    r"^/(?:boot|efi)(?=/|$)|^/etc/(?:default/grub|grub|fstab|crypttab|lilo)|^/proc/sysrq-trigger$"
)
_VCS: Final = re.compile(
    r"(?:^|/)\.(?:git|hg|svn|bzr|jj)/?(?:\*)?$|(?:^|/)\.(?:git|hg)/(?:objects|refs|logs|index|HEAD|config|store)"
)
_BACKUP: Final = re.compile(
    r"(?:^|/)(?:backups?|snapshots?|\.snapshots?|TimeMachine|Backups\.backupdb)(?:/|$)|^/mnt/backups?", re.IGNORECASE
)
_REMOTE: Final = re.compile(
    r"^(?:https?|ftps?|sftp|ssh|scp|s3|s3a|gs|gcs|az|abfss?|wasbs?|rsync|git|hdfs|smb|nfs|oci|docker|mysql|postgres(?:ql)?|mongodb(?:\+srv)?|redis|amqp|ldap)s?://"
    r"|^[\w.-]+@[\w.-]+:|^\[?[\w.-]{2,}\]?:(?!\\)(?!\d+$)[\w./~$-]"
)
_WORKPLACES: Final = re.compile(
    r"^/(?:app|work|workspace|workspaces|workdir|project|projects|repo|src|code|build|testbed|data/work|github/workspace)(?=/|$)"
)
"""Directories that containers conventionally mount the project at."""
_UP: Final = re.compile(
    r"^(?:\.\./?)+\*?$|^\.{1,2}/?$|^\./\*$|^\*$|^\./?\.?\*$|^\.\[|^\$\{?(?:PWD|OLDPWD)\}?/?\*?$|^\*\*?(?:/\*)*$"
    r"|^(?:\$\(|`)(?:pwd|git rev-parse --show-toplevel)(?:\)|`)/?\*?$"
)
_VARIABLE: Final = re.compile(
    r"^(?:\$\w+|\$\{\w+\}|\$\(.*\)|`.*`|\$[@*]|\$\{[^}]*[^?}][^}]*\})(?P<rest>.*)$", re.DOTALL
)
_HIDDEN_NAMES: Final = (
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/master.passwd",
    "~/.ssh/id_rsa",
    "~/.ssh/id_ed25519",
    "~/.aws/credentials",
)
"""What a pattern is tried against: `/e?c/sh*w` is a way to write `/etc/shadow`."""
_MUST_BE_SET: Final = re.compile(r"\$\{\w+:\?|\$\{\w+:?-")
_TOP: Final = re.compile(r"^/+(?:[^/]+/*(?:\*+)?)?$")


_MOUNTED: Final = re.compile(
    r"^/(?:mnt|media|host\w*|rootfs|sysroot|run/media/[^/]+|proc/(?:\d+|self|\*)/root)(?:/[^/]+)?"
    r"(?=/(?:etc|root|home|usr|s?bin|boot|lib(?:64)?|var)(?:/|$))"
)
"""Where the file system of another machine, or of the host, usually stands: `/mnt/x/etc/shadow` is a `/etc/shadow`."""


def normalise(text: str, cwd: str | None) -> str:
    """Return `text` without `.` and `..` steps, relative to `cwd` where that is known and the path is relative."""
    if text.startswith(("/", "~", "$")) or "://" in text or not cwd or not text:
        joined = text
    else:
        joined = posixpath.join(cwd, text)
    joined = re.sub(r"^(?:\$HOME|\$\{HOME\})(?=/|$)", "~", joined)
    if "://" in joined or not joined:
        return joined
    if joined.startswith(("/", "~")) or "/../" in joined or "/./" in joined or "//" in joined:
        trailing = "/" if joined.endswith("/") and joined.strip("/") else ""
        first, _, rest = joined.partition("/")
        if first.startswith("$") and rest:
            # `$TMPDIR/../etc` leaves the directory, wherever it is.
            depth, lowest = 0, 0
            for step in rest.split("/"):
                depth += -1 if step == ".." else 0 if step in ("", ".") else 1
                lowest = min(lowest, depth)
            if lowest < 0:
                return "/" + posixpath.normpath(rest).lstrip("./")
            return joined
        joined = posixpath.normpath(joined) + trailing
        joined = re.sub(r"^/{2,}", "/", joined)
    return joined


def _hides_a_name(path: str) -> bool:
    """Say whether the pattern stands for a file of secrets; one that means everything in a directory does not."""
    last = posixpath.basename(path)
    if sum(character.isalnum() for character in last) < 2:
        return False
    home = re.sub(r"^(?:/root|/home/[^/]+|/Users/[^/]+)(?=/)", "~", path)
    return any(fnmatch.fnmatchcase(name, home) for name in _HIDDEN_NAMES)


@lru_cache(maxsize=2048)
def classify_text(text: str, cwd: str | None = None) -> frozenset[Target]:
    """Return every kind of place `text` is, taken as a path."""
    found: set[Target] = set()
    if not text or _HARMLESS_DEVICE.match(text):
        return frozenset()
    if _REMOTE.match(text):
        found.add(Target.REMOTE)
        if "169.254.169.254" in text or "metadata.google" in text:
            found.add(Target.CREDENTIAL)
        return frozenset(found)
    path = _MOUNTED.sub("", normalise(text, cwd))
    bare = path.rstrip("/") or path
    if re.fullmatch(r"/+(?:\*+|\{.*\}|\.\w*\*?|\?+)?", bare) or bare in ("/*/", "C:", "C:\\"):
        found.add(Target.ROOT)
    if _DEVICE.match(path):
        found.add(Target.DEVICE)
    for kind, pattern in (
        (Target.CREDENTIAL, _CREDENTIAL), (Target.ACCOUNT, _ACCOUNT), (Target.STARTUP, _STARTUP), (Target.LOG, _LOG),
        (Target.BACKUP, _BACKUP), (Target.VCS, _VCS), (Target.CACHE, _CACHE), (Target.PROTECTION, _PROTECTION),
        (Target.KERNEL, _KERNEL),
    ):  # fmt: skip
        if pattern.search(path):
            found.add(kind)
    if _BOOT.match(path):
        found.add(Target.BOOT)
    if ("?" in path or "*" in path or "[" in path) and _hides_a_name(path):
        found.add(Target.CREDENTIAL)
    if _TEMP.match(path):
        found.add(Target.TEMP)
        if _TEMP_WHOLE.match(path):
            found.add(Target.SYSTEM)
    elif match := _HOMES.match(path):
        rest = path[match.end() :].strip("/")
        found.add(Target.HOME if rest in ("", "*", ".*", "**") else Target.HOME_PART)
    elif _ALL_HOMES.match(path):
        found.add(Target.HOME)
    elif _SYSTEM.match(path):
        found.add(Target.SYSTEM)
    if "$" in text or "`" in text:
        found.add(Target.UNKNOWN)
        variable = _VARIABLE.match(text)
        if (
            variable
            and not _MUST_BE_SET.match(text)
            and Target.TEMP not in found
            and not found & {Target.HOME, Target.HOME_PART}
        ):
            rest = variable["rest"]
            if rest.rstrip("*") == "/" or (rest.startswith("/") and _SYSTEM.match(rest) and _TOP.match(rest)):
                found.add(Target.ROOT)
    if _UP.match(path) and not found - {Target.UNKNOWN}:
        found.add(Target.WORKSPACE_WHOLE)
    elif path.startswith("../"):
        found.add(Target.ANY_OUTSIDE)
    elif _WORKPLACES.match(path):
        found.add(Target.WORKSPACE)
        if bare.rstrip("*").count("/") == 1:
            found.add(Target.WORKSPACE_WHOLE)
    elif not path.startswith(("/", "~")) and not found & {Target.UNKNOWN, Target.REMOTE, Target.ROOT}:
        found.add(Target.WORKSPACE)
    if path.startswith(("/", "~")) and not found & {Target.TEMP, Target.WORKSPACE}:
        found.add(Target.ANY_OUTSIDE)
    return frozenset(found)


def classify(word: Word, cwd: Word | None = None) -> frozenset[Target]:
    """Return every kind of place `word` names."""
    directory = cwd.literal if cwd is not None else None
    kinds = classify_text(word.text, directory)
    if any(isinstance(part, Unknown) for part in word.parts):
        kinds |= {Target.UNKNOWN}
    return kinds


def describe(word: Word) -> str:
    """Return the object as a person would say it."""
    text = word.text
    if len(text) > 80:
        text = text[:77] + "…"
    return text
