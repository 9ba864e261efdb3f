"""What the guest image is made of. Any change here makes another image."""

from __future__ import annotations

from typing import Final

FORMAT: Final = 3
"""Raised when an image made by this code is no longer what older code would have made of the same packages."""

KERNEL: Final = ("linux-image-cloud-amd64", "tiny-initramfs")
"""The kernel built for virtual machines. tiny-initramfs satisfies its dependency on an initramfs maker, which nothing
uses here, without udev and without 20 s of work."""

TOOLS: Final = (
    "bash", "busybox-static", "bzip2", "ca-certificates", "coreutils", "curl", "diffutils", "e2fsprogs", "file",
    "findutils", "git", "gzip", "iproute2", "iputils-ping", "jq", "less", "make", "netbase", "nodejs", "openssh-client",
    "openssl", "patch", "procps", "psmisc", "python3", "python3-venv", "rsync", "sqlite3", "tar", "tree", "unzip",
    "util-linux", "vim-tiny", "wget", "xz-utils", "zip", "zstd",
)  # fmt: skip

LINKS: Final = {"usr/bin/vim": "vim.tiny"}
"""Names that people type, and what Debian calls the small program behind them."""

COMPRESSION: Final = ("-noI", "-noD", "-noF", "-noX", "-b", "128K", "-no-fragments")
"""Options of mksquashfs: not compressed (measured: 390 MB, made in 1 s; zstd: 127 MB in 4 s). An emulated CPU spends
0.3 s of every cold boot on decompressing, and the first start of each program in a machine waits for it again."""

UNPACKED_NEVER: Final = ("doc", "info", "lintian", "locale", "man")
"""Directories of /usr/share that dpkg leaves out."""

EMPTIED: Final = ("boot", "dev", "run", "tmp", "var/cache", "var/lib/apt/lists", "var/log", "var/tmp")
"""Directories of the image that hold nothing of use to a guest."""

LEFT_OUT: Final = (
    "etc/apt/apt.conf.d/99mmdebstrap", "etc/dpkg/dpkg.cfg.d/99mmdebstrap", "etc/hostname", "etc/hosts",
    "etc/machine-id", "etc/resolv.conf", "initrd.img", "initrd.img.old", "var/lib/dbus/machine-id", "vmlinuz",
    "vmlinuz.old",
)  # fmt: skip
"""Files that speak of the host or of the build, or that the guest gets in another form."""

DRIVERS_KEPT: Final = ("block", "char", "md", "net", "virtio")
"""Directories of kernel/drivers that make sense without hardware."""

DRIVERS_DROPPED: Final = ("net/ethernet", "net/hyperv", "net/wireless", "net/wwan", "net/xen-netback", "net/can")
"""What of them does not."""
