#!/usr/bin/env bash
# systemd.sh PACKAGE.deb: installs the package on a booted Debian with systemd and cgroup v2 (the machine of run.sh, made
# there first) and lets tests/vm/systemd-check go over it: the service, its restarts, who may call, what a purge leaves.
set -euo pipefail
package=$(readlink -f "$1")
cd "$(dirname "$(readlink -f "$0")")/../.."
cache=${XDG_CACHE_HOME:-/var/cache}/drydock-vm
work=build/vm-systemd
limit=${DRYDOCK_VM_SECONDS:-2700}
root=$work/root
kernel=$(ls -t "$cache"/*.vmlinuz | head -n 1)
key=$(basename "$kernel" .vmlinuz)
mkdir -p "$root"
cp --sparse=always "$cache/$key.ext4" "$work/root.ext4"
mount -o loop "$work/root.ext4" "$root"
trap 'umount -q "$root/proc" || true; umount "$root"' EXIT
mount -t proc proc "$root/proc"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"  # nothing is started while the machine is being made
chmod +x "$root/usr/sbin/policy-rc.d"
mkdir -p "$root/check"
cp "$package" "$root/check/drydock.deb"
cp tests/vm/systemd-check build/example-image.tar examples/hello/task-definition.json "$root/check/"
cp examples/web/task-definition.json "$root/check/web.json"
cp /etc/resolv.conf "$root/etc/resolv.conf"
chroot "$root" sh -ec 'export DEBIAN_FRONTEND=noninteractive; apt-get update -qq
  apt-get install -y -qq --no-install-recommends systemd-sysv dbus curl adduser >/dev/null
  apt-get clean'
rm "$root/usr/sbin/policy-rc.d"
cat >"$root/etc/systemd/system/drydock-check.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/check/systemd-check
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStopPost=/bin/systemctl poweroff --no-block
TimeoutStartSec=infinity
[Install]
WantedBy=multi-user.target
UNIT
sed -i '/^After=multi-user.target/d' "$root/etc/systemd/system/drydock-check.service"
chroot "$root" systemctl enable -q drydock-check.service
chroot "$root" systemctl mask -q serial-getty@ttyS0.service getty@tty1.service
umount "$root/proc"
umount "$root"
trap - EXIT

timeout "$limit" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 4096 -nographic -no-reboot \
  -kernel "$kernel" -initrd "$cache/$key.initrd" -drive file="$work/root.ext4",if=virtio,format=raw,cache=unsafe \
  -append "root=/dev/vda rw console=ttyS0 quiet panic=-1 systemd.unified_cgroup_hierarchy=1 systemd.show_status=0" \
  </dev/null | tee "$work/console.log" | sed -u 's/\r$//' || true
rm -f "$work/root.ext4"
grep -q '^systemd-check: all passed' <(tr -d '\r' <"$work/console.log") || { echo "vm: failed (console: $work/console.log)" >&2; exit 1; }
