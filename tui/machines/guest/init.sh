#!/bin/sh
# First process of a machine: loads the drivers the kernel command line asks for, builds the root from the shared
# read-only image and a writable layer, and hands over to the agent. Every program started here costs milliseconds
# where the CPU is emulated, so mounts go through `mount -a` and drivers through one `modprobe`.
#
#   rollcage.tmpfs=60%   bound of a writable layer in memory
#   rollcage.disk=1      the writable layer is the ext4 file system on the second block device
#   rollcage.net=1       bring eth0 up in QEMU's user network

fail() {
	echo "rollcage: the guest cannot start: $1" >/dev/console
	/bin/reboot -f
}

/bin/mount -a -T /etc/mounts.early || fail "no /proc or /dev"
mkdir /dev/pts /dev/shm /dev/virtio-ports

tmpfs=60%
disk=
net=
read -r line </proc/cmdline
for word in $line; do
	case $word in
	rollcage.tmpfs=*) tmpfs=${word#*=} ;;
	rollcage.disk=1) disk=1 ;;
	rollcage.net=1) net=virtio_net ;;
	esac
done

modprobe -a virtio_mmio virtio_blk virtio_console squashfs overlay ${disk:+ext4} $net || fail "a driver did not load"
[ -b /dev/vda ] || fail "no root device /dev/vda"
mount -t squashfs -o ro /dev/vda /lower || fail "/dev/vda is not the guest image"

if [ "$disk" ]; then
	[ -b /dev/vdb ] || fail "no disk /dev/vdb"
	mount -t ext4 -o noatime /dev/vdb /upper || fail "/dev/vdb is not an ext4 file system"
else
	mount -t tmpfs -o "size=$tmpfs,mode=755" upper /upper || fail "no writable layer of $tmpfs in memory"
fi
mkdir -p /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work root /root || fail "no overlay"
mount -a -T /etc/mounts.late || fail "a file system of the new root did not mount"

for name in /root/sys/class/virtio-ports/*/name; do
	read -r port <"$name" || continue
	device=${name%/name}
	ln -s "../${device##*/}" "/dev/virtio-ports/$port"
done

ifconfig lo 127.0.0.1 up
if [ "$net" ]; then
	ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up && route add default gw 10.0.2.2 || fail "no network device eth0"
	echo "nameserver 10.0.2.3" >/root/etc/resolv.conf
fi

cp -r /agent /root/run/rollcage || fail "no room for the agent"
exec switch_root /root /usr/bin/python3 /run/rollcage/agent.py
fail "no /usr/bin/python3"
