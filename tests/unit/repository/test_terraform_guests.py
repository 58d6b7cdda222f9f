# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests in the forms of the providers bpg/proxmox and Telmate/proxmox."""

from __future__ import annotations

import typing as t

import pytest

from .conftest import Checkout

GIB = 1024**3
MIB = 1024**2

BPG_VM = """
resource "proxmox_virtual_environment_vm" "web" {
  name      = "web-1"
  vm_id     = 211
  node_name = "pve-a"
  on_boot   = false
  cpu {
    cores   = 4
    sockets = 2
    type    = "host"
  }
  memory {
    dedicated = 8192
    floating  = 1024
  }
  disk {
    interface    = "scsi0"
    datastore_id = "local-lvm"
    size         = 40
  }
  disk {
    interface = "scsi1"
  }
  initialization {
    ip_config {
      ipv4 {
        address = "192.0.2.11/24"
        gateway = "192.0.2.1"
      }
    }
    user_account {
      username = "root"
      password = "canary-user-account"
    }
  }
  network_device {
    bridge = "vmbr0"
  }
}
"""
BPG_CONTAINER = """
resource "proxmox_virtual_environment_container" "dns" {
  node_name = "pve-a"
  vm_id     = 300
  cpu { cores = 2 }
  memory { dedicated = 256 }
  disk { datastore_id = "local-lvm" }
  mount_point {
    volume = "local-lvm"
    size   = "10G"
    path   = "/data"
  }
  mount_point {
    volume = "/mnt/share"
    path   = "/share"
  }
  initialization {
    hostname = "dns"
    ip_config {
      ipv4 { address = "dhcp" }
    }
  }
  start_on_boot = false
  template      = true
}
"""
TELMATE_2 = """
resource "proxmox_vm_qemu" "old" {
  name        = "old-1"
  vmid        = 0
  target_node = "pve-b"
  clone       = "ubuntu"
  agent       = 1
  cpu         = "host"
  cores       = 2
  sockets     = 2
  memory      = 2048
  onboot      = true
  ipconfig0   = "ip=192.0.2.21/24,gw=192.0.2.1"
  cipassword  = "canary-cipassword"
  disk {
    type    = "scsi"
    storage = "local-lvm"
    size    = "20G"
  }
  disk {
    type  = "ide"
    media = "cdrom"
  }
}
"""
TELMATE_3 = """
resource "proxmox_vm_qemu" "new" {
  name         = "new-1"
  vmid         = 221
  target_nodes = ["pve-c"]
  cpu {
    cores   = 3
    sockets = 1
  }
  memory             = 4096
  start_at_node_boot = true
  ipconfig0          = "gw=192.0.2.1,ip=dhcp"
  disks {
    scsi {
      scsi0 {
        disk {
          size    = "32G"
          storage = "local-lvm"
        }
      }
      scsi1 {
        disk { size = 512 }
      }
    }
    ide {
      ide2 {
        cloudinit { storage = "local-lvm" }
      }
    }
  }
}
"""
TELMATE_3_FLAT = """
resource "proxmox_vm_qemu" "flat" {
  name        = "flat-1"
  target_node = "pve-c"
  disk {
    slot = "scsi0"
    size = "512M"
  }
  disk {
    slot = "ide2"
    type = "cloudinit"
  }
}
"""
TELMATE_LXC = """
resource "proxmox_lxc" "box" {
  hostname    = "box"
  target_node = "pve-b"
  vmid        = 400
  cores       = 1
  memory      = 1024
  password    = "canary-lxc-password"
  rootfs {
    storage = "local-zfs"
    size    = "8G"
  }
  mountpoint {
    key     = "0"
    storage = "local-zfs"
    size    = "1T"
  }
  mountpoint {
    key     = "1"
    storage = "/srv/share"
    size    = "5T"
  }
  network {
    name = "eth0"
    ip   = "192.0.2.40/24"
  }
}
"""


def guest(checkout: Checkout, text: str) -> dict[str, t.Any]:
    checkout.write({"main.tf": text})
    nouns = checkout.nouns()
    assert nouns["terraform_problems"] == []
    (row,) = nouns["terraform_guests"]
    assert "canary" not in str(nouns)
    assert (row.pop("path"), row.pop("root")) == ("main.tf", "")
    return row


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            BPG_VM,
            {
                "line": 2,
                "address": "proxmox_virtual_environment_vm.web",
                "type": "proxmox_virtual_environment_vm",
                **{"name": "web-1", "vmid": 211, "host": "pve-a", "cpu_count": 8, "memory_bytes": 8 * GIB, "disk_bytes": 48 * GIB},
                **{"ip": "192.0.2.11", "onboot": False, "template": False, "unresolved": [], "ignored": []},
            },
        ),
        (
            BPG_CONTAINER,
            {
                "line": 2,
                "address": "proxmox_virtual_environment_container.dns",
                "type": "proxmox_virtual_environment_container",
                **{"name": "dns", "vmid": 300, "host": "pve-a", "cpu_count": 2, "memory_bytes": 256 * MIB, "disk_bytes": 14 * GIB},
                **{"ip": None, "onboot": False, "template": True, "unresolved": [], "ignored": []},
            },
        ),
        (
            TELMATE_2,
            {
                "line": 2,
                "address": "proxmox_vm_qemu.old",
                "type": "proxmox_vm_qemu",
                **{"name": "old-1", "host": "pve-b", "cpu_count": 4, "memory_bytes": 2 * GIB, "disk_bytes": 20 * GIB},
                **{"ip": "192.0.2.21", "onboot": True, "unresolved": [], "ignored": []},
            },
        ),
        (
            TELMATE_3,
            {
                "line": 2,
                "address": "proxmox_vm_qemu.new",
                "type": "proxmox_vm_qemu",
                **{"name": "new-1", "vmid": 221, "host": "pve-c", "cpu_count": 3, "memory_bytes": 4 * GIB, "disk_bytes": 544 * GIB},
                **{"ip": None, "onboot": True, "unresolved": [], "ignored": []},
            },
        ),
        (
            TELMATE_3_FLAT,
            {
                "line": 2,
                "address": "proxmox_vm_qemu.flat",
                "type": "proxmox_vm_qemu",
                **{"name": "flat-1", "host": "pve-c", "cpu_count": 1, "memory_bytes": 512 * MIB, "disk_bytes": 512 * MIB},
                **{"unresolved": [], "ignored": []},
            },
        ),
        (
            TELMATE_LXC,
            {
                "line": 2,
                "address": "proxmox_lxc.box",
                "type": "proxmox_lxc",
                **{"name": "box", "vmid": 400, "host": "pve-b", "cpu_count": 1, "memory_bytes": GIB, "disk_bytes": 1032 * GIB},
                **{"ip": "192.0.2.40", "onboot": False, "template": False, "unresolved": [], "ignored": []},
            },
        ),
    ],
)
def test_a_guest(checkout: Checkout, text: str, expected: dict[str, t.Any]) -> None:
    assert guest(checkout, text) == expected


VM = 'resource "proxmox_virtual_environment_vm" "a" {{\n{}\n}}\n'
CT = 'resource "proxmox_virtual_environment_container" "a" {{\n{}\n}}\n'
QEMU = 'resource "proxmox_vm_qemu" "a" {{\n{}\n}}\n'
LXC = 'resource "proxmox_lxc" "a" {{\n{}\n}}\n'


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        # Defaults of the provider, and none where a template decides.
        (VM.format(""), "cpu_count", 1),
        (VM.format("cpu { sockets = 2 }"), "cpu_count", 2),
        (VM.format(""), "memory_bytes", 512 * MIB),
        (VM.format('disk { interface = "scsi0" }'), "disk_bytes", 8 * GIB),
        (VM.format(""), "disk_bytes", "absent"),
        (VM.format("clone { vm_id = 9000 }"), "cpu_count", "absent"),
        (VM.format("clone { vm_id = 9000 }\ncpu { cores = 2 }"), "cpu_count", 2),
        (VM.format('clone { vm_id = 9000 }\ncpu { type = "host" }'), "cpu_count", "absent"),
        (VM.format("clone { vm_id = 9000 }"), "memory_bytes", "absent"),
        (VM.format(""), "onboot", True),
        (VM.format('on_boot = "false"'), "onboot", False),
        (VM.format(""), "ip", "absent"),
        (VM.format(""), "vmid", "absent"),
        (VM.format('vm_id = "211"'), "vmid", 211),
        (VM.format("name = null"), "name", "absent"),
        (CT.format(""), "memory_bytes", 512 * MIB),
        (CT.format("disk {}"), "disk_bytes", 4 * GIB),
        (CT.format('disk {}\nmount_point {\n volume = "a"\n path = "/a"\n}'), "disk_bytes", "absent"),
        (QEMU.format('clone = "x"'), "cpu_count", "absent"),
        (QEMU.format('cpu = "host"'), "cpu_count", 1),
        (QEMU.format("cores = 2"), "cpu_count", 2),
        (QEMU.format(""), "onboot", "absent"),
        (QEMU.format('target_nodes = ["a", "b"]'), "host", "absent"),
        (QEMU.format('ipconfig0 = "ip6=auto"\nipconfig1 = "ip=192.0.2.9/24"'), "ip", "192.0.2.9"),
        (LXC.format(""), "cpu_count", "absent"),
        (LXC.format(""), "memory_bytes", "absent"),
        (LXC.format('network {\n ip = "manual"\n}'), "ip", None),
        # Set, and not to be told.
        (VM.format("name = var.x"), "name", "unresolved"),
        (VM.format("name = 5"), "name", "unresolved"),
        (VM.format("vm_id = data.x.y.id"), "vmid", "unresolved"),
        (VM.format("vm_id = 1.5"), "vmid", "unresolved"),
        (VM.format("vm_id = true"), "vmid", "unresolved"),
        (VM.format("node_name = var.x"), "host", "unresolved"),
        (VM.format("cpu { cores = var.x }"), "cpu_count", "unresolved"),
        (VM.format('dynamic "cpu" {\n for_each = var.x\n content {}\n}'), "cpu_count", "unresolved"),
        (VM.format('dynamic "cpu" {\n for_each = 5\n content {}\n}'), "cpu_count", "unresolved"),
        (VM.format("memory { dedicated = -1 }"), "memory_bytes", "unresolved"),
        (VM.format("disk { size = var.x }"), "disk_bytes", "unresolved"),
        (VM.format('dynamic "disk" {\n for_each = [1, 2]\n content { size = disk.value }\n}'), "disk_bytes", 3 * GIB),
        (
            VM.format('dynamic "disk" {\n for_each = {a = 4}\n iterator = d\n content { size = d.value }\n}\ndisk { size = 1 }'),
            "disk_bytes",
            5 * GIB,
        ),
        (VM.format('disk { size = 1 }\ndynamic "disk" {\n for_each = var.x\n content {}\n}'), "disk_bytes", "unresolved"),
        (VM.format("initialization {\n ip_config {\n ipv4 { address = var.x }\n }\n}"), "ip", "unresolved"),
        (VM.format('initialization {\n ip_config {\n ipv4 { address = "nonsense" }\n }\n}'), "ip", "unresolved"),
        (VM.format("on_boot = var.x"), "onboot", "unresolved"),
        (VM.format('template = "maybe"'), "template", "unresolved"),
        (QEMU.format('disk {\n size = "20X"\n}'), "disk_bytes", "unresolved"),
        (QEMU.format('disks {\n dynamic "scsi" {\n for_each = var.x\n content {}\n }\n}'), "disk_bytes", "unresolved"),
        (QEMU.format('ipconfig0 = "ip=${var.x}/24"'), "ip", "unresolved"),
        (QEMU.format("target_nodes = var.x"), "host", "unresolved"),
        (LXC.format("rootfs {\n size = var.x\n}"), "disk_bytes", "unresolved"),
    ],
)
def test_one_field(checkout: Checkout, text: str, field: str, expected: t.Any) -> None:
    row = guest(checkout, text)
    assert row.get(field, "absent") == (expected if expected != "unresolved" else "absent")
    assert row["unresolved"] == ([field] if expected == "unresolved" else [])


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("all", ["name", "vmid", "host", "cpu_count", "memory_bytes", "disk_bytes", "ip", "onboot", "template"]),
        ("[node_name, cpu]", ["host", "cpu_count"]),
        ("[disk[0].size, initialization]", ["disk_bytes", "ip"]),
        ("[disk[0].file_id, tags, memory[0].floating]", []),
        ("[memory[0].dedicated]", ["memory_bytes"]),
        ("[]", []),
    ],
)
def test_what_terraform_is_told_to_leave_alone(checkout: Checkout, listed: str, expected: list[str]) -> None:
    row = guest(checkout, VM.format(f"lifecycle {{\n ignore_changes = {listed}\n}}"))
    assert row["ignored"] == expected


def test_names_that_look_like_secrets_are_masked(checkout: Checkout) -> None:
    row = guest(checkout, VM.format('name = "ghp_abcdefghijklmnop1234"'))
    assert row["name"].startswith("«masked:")


def test_a_kind_of_guest_that_is_not_followed_is_told(checkout: Checkout) -> None:
    checkout.write({"main.tf": 'resource "proxmox_virtual_environment_vm2" "a" {}\nresource "null_resource" "b" {}\n'})
    nouns = checkout.nouns()
    assert nouns["terraform_guests"] == []
    what = "cannot tell which guest proxmox_virtual_environment_vm2.a declares: this kind of resource is not followed"
    assert nouns["terraform_problems"] == [{"path": "main.tf", "detail": f"line 1: {what}"}]
