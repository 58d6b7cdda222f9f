#!/bin/sh
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Make the disk of a virtual machine, Debian 12 with its kernel, sshd and multipathd, into the folder DIR:
#   sh molecule/longhorn_vm/image.sh DIR
# Needs root, mmdebstrap and mke2fs; packages come from where this machine gets its own. What Longhorn needs is fetched and not
# installed, so the machine can install it without any network.
set -eu
target=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

packages=linux-image-cloud-amd64,systemd-sysv,dbus,udev,openssh-server,python3,iproute2,iputils-ping,kmod,procps,multipath-tools,tgt

cat >"$work/finish" <<'HOOK'
#!/bin/sh
set -eu
cat >"$1/etc/systemd/network/lan.network" <<NETWORK
[Match]
Name=en*
[Network]
DHCP=yes
NETWORK
chroot "$1" systemctl enable systemd-networkd
# A target of iSCSI is started where it is wanted.
chroot "$1" systemctl disable tgt
echo 'APT::Install-Recommends "false";' >"$1/etc/apt/apt.conf.d/90lean"
APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -qq --yes --download-only install \
    python3-apt open-iscsi nfs-common cryptsetup dmsetup curl gawk
HOOK
chmod 755 "$work/finish"
# The lists and what was fetched stay.
TMPDIR=$work mmdebstrap --quiet --variant=minbase --include="$packages" --skip=cleanup/apt,cleanup/reproducible \
    --aptopt='APT::Install-Recommends "false"' --aptopt='APT::Keep-Downloaded-Packages "true"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="$work/finish" bookworm "$work/root"
mkdir -p "$target.part"
cp "$work"/root/boot/vmlinuz-* "$target.part/kernel"
cp "$work"/root/boot/initrd.img-* "$target.part/initrd"
mke2fs -q -t ext4 -d "$work/root" "$target.part/disk" 3G
mv "$target.part" "$target"
