"""Names of programs that are found on nearly every machine or that people use daily.

Used to recognise a program's name where it is not written plainly: behind a glob (`/bin/r?`), behind a wrapper nobody
knows, among unknown pieces.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from tui.risk.shell.patterns import to_regex

INTERPRETERS: Final = frozenset(["sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "csh", "tcsh", "mksh", "rbash"])

_NAMES: Final = """
    7z [ ab adb addgroup adduser agetty alias ansible apk apt apt-get aptitude ar arch aria2c arp arping at awk aws
    az b2sum base32 base64 basename batch bc bg bind blkdiscard blkid blockdev break brew btrfs bunzip2 busybox
    bzip2 cal caller capsh cargo cat cc cd cfdisk chage chattr chcon chfn chgrp chmod chown chpasswd chroot chsh
    cksum clang cmp column comm compgen complete composer conda continue cp cpio crictl crontab cryptsetup csplit
    curl cut dash date dc dd debugfs declare delgroup deluser deno depmod df dhclient diff dig dir dirname dirs
    disown dmesg dmsetup dnf docker dpkg du echo ed egrep emacs enable env ethtool eval ex exec exit expand expect
    export expr factor faillock fallocate false fdisk fg fgrep file find firewall-cmd flock fmt fold free fsck
    fstrim ftp fuser fusermount g++ gawk gcc gcloud gdb gem getcap getent getopts gh git go gpasswd gpg grep
    groupadd groupdel groupmod growpart gsutil gunzip gzip halt hash hdparm head helm help hexdump history host
    hostname hping3 htop iconv id ifconfig init insmod install ionice iotop ip ip6tables ipcrm iptables java javac
    jobs journalctl jq kexec kill killall kpartx kubectl last lastlog ldconfig ldd less let link ln local locate
    logger login loginctl logname logrotate look losetup ls lsattr lsblk lscpu lsmod lsof lspci lsusb lua lvchange
    lvcreate lvremove lxc lynx lzma mail mailx make mapfile mawk mc md5sum mdadm mkdir mkfifo mkfs mkfs.btrfs
    mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.vfat mkfs.xfs mknod mkswap mktemp modprobe mongo mongosh more mount mv mysql
    mysqldump nano nc ncat netcat netstat newgrp nft nginx nice nl nmap nmcli node nohup npm npx nsenter nslookup
    numfmt od openssl parallel parted passwd paste patch pdb perl pgrep php ping pip pip3 pkexec pkill pnpm popd
    poweroff pr printenv printf ps psql pushd pv pvremove pwd python python2 python3 rclone read readarray readlink
    readonly realpath reboot redis-cli rename renice reset restic return rev rm rmdir rmmod rpm rscript rsync ruby
    run-parts runuser rustc scp screen script sed sendmail seq service set setarch setcap setenforce setfacl setsid
    sfdisk sftp sgdisk sha1sum sha256sum sha512sum shift shopt shred shuf shutdown sleep snap socat sort source
    split sqlite3 ss ssh ssh-add ssh-agent ssh-copy-id ssh-keygen stat stdbuf strace strings stty su sudo sudoedit
    swapoff swapon sync sysctl systemctl systemd-run tac tail tar taskset tcpdump tee telnet terraform test tftp
    time timeout times tmux top touch tr traceroute trap true truncate tsc tune2fs type typeset ufw ulimit umask
    umount unalias uname uncompress unexpand uniq unlink unset unshare unxz unzip uptime useradd userdel usermod
    vgremove vi view vim vimdiff visudo vmstat w wait wall watch wc wget whereis which who whoami whois wipe wipefs
    write xargs xdotool xxd xz yarn yes yum zcat zfs zip zpool zypper
"""
PROGRAMS: Final = INTERPRETERS | frozenset(_NAMES.split())

DIRECTORIES: Final = ("/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/")

_PREFERRED: Final = (
    "rm", "sh", "bash", "dd", "cat", "curl", "wget", "nc", "chmod", "chown", "python3", "python", "perl", "base64",
    "sudo", "mv", "cp", "ls", "kill", "find", "tar", "ssh", "whoami", "id", "ping", "mkfs",
)  # fmt: skip


@functools.cache
def _ordered() -> tuple[str, ...]:
    return (*_PREFERRED, *sorted(PROGRAMS - set(_PREFERRED)))


def program_for(pattern: str) -> str | None:
    """Return the program a glob in command position stands for: the first well-known path it matches."""
    directory, _, name = pattern.rpartition("/")
    if not directory or len(pattern) > 80 or not re.search(r"[A-Za-z?]", name):
        return None
    folder = to_regex(directory + "/")
    regex = to_regex(name)
    if folder is None or regex is None:
        return None
    place = next((known for known in DIRECTORIES if _matches(folder, known)), None)
    if place is None:
        return None
    found = next((program for program in _ordered() if regex.fullmatch(program)), None)
    return place + found if found else None


def _matches(regex: re.Pattern[str], path: str) -> bool:
    return regex.fullmatch(path) is not None


_WORDS: Final = """
    alias ar as at date dir dig env eval ex exec export expand factor file find fold free groups head help history
    host id init install join jobs last link login look mail make more mount nice node patch read reset script seq
    service set shutdown snap sort source split start stat strings sync tail test time top touch tree type umount
    uptime users w wall watch which who write yes reboot halt kill less logger df du ed cal info
"""
EVERYDAY_WORDS: Final = frozenset(_WORDS.split())
"""Programs whose names are everyday words, subcommands above all: `npm install x` runs no `install`."""
