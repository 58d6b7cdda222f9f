#!/bin/sh
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Make the image of a node, Debian 12 with systemd, sshd and what a k0s without components of its own needs:
#   sh molecule/shared/image.sh NAME
# Needs root, podman and mmdebstrap; packages come from where this machine gets its own.
set -eu
name=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

packages=systemd,systemd-sysv,dbus,openssh-server,python3,iproute2,iptables,kmod,procps,ca-certificates
packages=$packages,containerd,runc,containernetworking-plugins,conntrack,busybox-static

cat >"$work/units" <<'HOOK'
#!/bin/sh
# What starts by itself in a machine and has nothing to do in a container; the place where k0s looks for the network's programs.
for unit in containerd getty@tty1 systemd-logind systemd-udevd e2scrub_reap; do
    ln -s /dev/null "$1/etc/systemd/system/$unit.service"
done
mkdir -p "$1/opt/cni"
ln -s /usr/lib/cni "$1/opt/cni/bin"
HOOK
chmod 755 "$work/units"
TMPDIR=$work mmdebstrap --quiet --variant=minbase --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="$work/units" bookworm "$work/image.tar"
podman import --change 'CMD ["/sbin/init"]' --change 'STOPSIGNAL SIGRTMIN+3' "$work/image.tar" "$name"
