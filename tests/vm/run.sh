#!/usr/bin/env bash
# run.sh [PATTERN]: the integration (root) and end-to-end tests inside a virtual machine whose kernel has cgroup v2 only.
# The machine's root is debootstrapped once and kept in a cache folder; the tests come on a second disk.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
pattern=${1:-}
cache=${XDG_CACHE_HOME:-/var/cache}/drydock-vm
work=build/vm
limit=${DRYDOCK_VM_SECONDS:-3600}
mkdir -p "$cache" "$work"

# Changing this list makes a new root. What runs in it (tests/vm/init) comes with the tests.
packages="linux-image-cloud-amd64 initramfs-tools zstd runc nftables tini busybox-static iproute2 procps cmake kmod
  libboost-filesystem1.74.0 libcpp-httplib0.11 libnl-route-3-200 libcurl4 libarchive13 libssl3 libsqlite3-0
  libspdlog1.10 libfmt9 libisal2 libre2-9 libpcre2-8-0 python3 python3-boto3 python3-msgpack awscli skopeo crun docker-registry openssl curl ca-certificates
  libfuse3-3 libyaml-cpp0.7 e2fsprogs xfsprogs"
key=$(printf '%s 2' "$packages" | sha256sum | cut -c1-16)
image=$cache/$key.ext4

if [ ! -f "$image" ]; then
  echo "vm: making the machine's root (once)" >&2
  rm -rf "$cache/root" "$cache"/*.ext4 "$cache"/*.part
  mkdir -p "$cache/root"
  mount -t tmpfs -o size=3g tmpfs "$cache/root"  # dpkg waits for the disk after every file
  trap 'umount -q "$cache/root/proc"; umount "$cache/root"' EXIT
  mirror=$(awk '$1 == "deb" && $2 ~ /^http/ {print $2; exit} /^URIs:/ {print $2; exit}' /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null || true)
  debootstrap --variant=minbase bookworm "$cache/root" "${mirror:-http://deb.debian.org/debian}" >"$work/root.log" 2>&1 ||
    { tail -n 20 "$work/root.log" >&2; exit 1; }
  mount -t proc proc "$cache/root/proc"
  made=0
  # shellcheck disable=SC2086  # a list of words
  chroot "$cache/root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages \
    >>"$work/root.log" 2>&1 || made=$?
  umount "$cache/root/proc"
  [ "$made" = 0 ] || { tail -n 20 "$work/root.log" >&2; exit 1; }
  printf '#!/bin/sh\nmount -t proc proc /proc\nmount -t devtmpfs dev /dev 2>/dev/null\nmkdir -p /drydock\nmount /dev/vdb /drydock\nexec /drydock/tests/vm/init\n' >"$cache/root/drydock-init"
  chmod 0755 "$cache/root/drydock-init"
  rm -rf "$cache/root/var/cache/apt/archives" "$cache/root/usr/share/doc" "$cache/root/usr/share/locale"
  cp "$cache"/root/boot/vmlinuz-* "$cache/$key.vmlinuz"
  cp "$cache"/root/boot/initrd.img-* "$cache/$key.initrd"
  truncate -s 3G "$image.part"
  mkfs.ext4 -q -F -d "$cache/root" "$image.part"
  mv "$image.part" "$image"
  umount "$cache/root"
  trap - EXIT
fi

# The tests' disk: programs, test programs with what CTest knows of them, scripts, the example image.
disk=$work/tests
rm -rf "$disk"
mkdir -p "$disk/build/release"
cp -a build/release/bin "$disk/build/release/"
find build/release -name '*.cmake' -path '*tests*' -exec cp --parents {} "$disk/" \;
find build/release -name CTestTestfile.cmake -exec cp --parents {} "$disk/" \;
find build/release -maxdepth 2 -name '*_root_tests' -type f -exec cp --parents {} "$disk/" \;
cp -a dev examples tests "$disk/"
cp build/example-image.tar "$disk/build/"
find "$disk" -type f -perm -u+x -path '*/build/*' -exec strip --strip-debug {} + 2>/dev/null || true
printf '%s' "$PWD" >"$disk/where"
printf '%s' "$pattern" >"$disk/pattern"
truncate -s 2G "$work/tests.ext4"
mkfs.ext4 -q -F -d "$disk" "$work/tests.ext4"
cp --sparse=always "$image" "$work/root.ext4"

timeout "$limit" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 4096 -nographic -no-reboot \
  -kernel "$cache/$key.vmlinuz" -initrd "$cache/$key.initrd" \
  -drive file="$work/root.ext4",if=virtio,format=raw,cache=unsafe -drive file="$work/tests.ext4",if=virtio,format=raw,cache=unsafe \
  -append "root=/dev/vda rw console=ttyS0 quiet panic=-1 init=/drydock-init" </dev/null | tee "$work/console.log" |
  sed -u 's/\r$//' || true
rm -f "$work/root.ext4"
grep -q '^drydock-vm: all passed' <(tr -d '\r' <"$work/console.log") || { echo "vm: failed (console: $work/console.log)" >&2; exit 1; }
