#!/bin/sh
# First process of a machine: loads the drivers the kernel command line asks for, builds the root from the shared
# read-only image and a writable layer, and hands over to the agent. Every program started here costs milliseconds
# where the CPU is emulated, so mounts go through `mount -a` and drivers through one `modprobe`.
#
#   rollcage.tmpfs=50%   bound of a writable layer in memory
#   rollcage.disk=1      the writable layer is the ext4 file system on the writable block device
#   rollcage.net=1       bring eth0 up in QEMU's user network

fail() {
	echo "rollcage: the guest cannot start: $1" >/dev/console
	/bin/reboot -f
}

/bin/mount -a -T /etc/mounts.early || fail "no /proc, /sys or /dev"
mkdir /dev/pts /dev/shm /dev/virtio-ports

tmpfs=50%
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

# The image is the read-only device, the disk the other one, in whichever order the kernel found them.
image=
writable=
for device in vda vdb; do
	read -r readonly </sys/block/$device/ro || continue
	case $readonly in
	1) image=/dev/$device ;;
	0) writable=/dev/$device ;;
	esac
done 2>/dev/null
[ "$image" ] || fail "no read-only root device"
mount -t squashfs -o ro "$image" /lower || fail "$image is not the guest image"

overlay=lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work
if [ "$disk" ]; then
	[ "$writable" ] || fail "no writable disk"
	mount -t ext4 -o noatime "$writable" /upper || fail "$writable is not an ext4 file system"
	# The disk is only ever captured together with the memory that holds its unwritten pages, so nothing needs syncing.
	overlay=$overlay,volatile
else
	mount -t tmpfs -o "size=$tmpfs,mode=755" upper /upper || fail "no writable layer of $tmpfs in memory"
fi
mkdir -p /upper/files /upper/work
mount -t overlay -o "$overlay" root /root || fail "no overlay"
mount -a -T /etc/mounts.late || fail "a file system of the new root did not mount"

for name in /sys/class/virtio-ports/*/name; do
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
# A file in the place of the kernel's boot id: every life of the machine writes its own.
read -r boot_id </proc/sys/kernel/random/boot_id
echo "$boot_id" >/root/run/rollcage/boot_id
mount -o bind /root/run/rollcage/boot_id /root/proc/sys/kernel/random/boot_id || fail "the boot id cannot be replaced"
# The interpreter of the agent is the one Python code runs in, so it starts as a user's would.
export HOME=/root LANG=C.UTF-8
# The new root covers both layers. The agent keeps them open, so that what was written can be told from the image.
exec 8</lower 9</upper/files
exec switch_root /root /usr/bin/python3 /run/rollcage/agent.py
fail "no /usr/bin/python3"
