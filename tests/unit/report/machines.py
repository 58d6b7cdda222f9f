# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxmox hosts and guests of the small lab."""

from __future__ import annotations

import typing as t

Item = dict[str, t.Any]
GIB = 1024**3


def proxmox_lab() -> Item:
    """Collections of two hosts with three guests and a template."""
    return {
        "proxmox_clusters": [
            {
                "id": "proxmox_cluster/home//pair",
                "name": "pair",
                "cluster": "home",
                "host_count": 2,
                "hosts_online_count": 2,
                "vote_count": 2,
                "standalone": False,
                "quorate": True,
                "versions": ["9.1.4"],
                "kernels": ["6.17.2-1-pve"],
            }
        ],
        "hosts": [host("pve1", ["guest/home//101", "guest/home//111"]), host("pve2", ["guest/home//100", "guest/home//900"])],
        "guests": [
            guest(100, "nas", "pve2", addresses=["192.0.2.100"], carries=["storage"], node_id=None),
            guest(
                101, "controller-1", "pve1", addresses=["192.0.2.101"], node_id=None, controller_id="controller/lab//controller-1"
            ),
            guest(111, "worker-1", "pve1", addresses=["192.0.2.111"], carries=["node"], node_id="node/lab//worker-1", onboot=False),
            guest(900, "debian", "pve2", template=True, state="stopped", addresses=[], carries=[], node_id=None),
        ],
        "host_storages": [
            {
                "id": "host_storage/home//shared",
                "name": "shared",
                "cluster": "home",
                "type": "nfs",
                "shared": True,
                "hosts": ["pve1", "pve2"],
                "content": ["backup", "iso"],
                "available": True,
                "capacity_bytes": 1000 * GIB,
                "used_bytes": 10 * GIB,
            }
        ],
    }


def host(name: str, guests: t.Sequence[str] = (), **fields: t.Any) -> Item:
    """A Proxmox host with everything known."""
    return {
        "id": f"host/home//{name}",
        "name": name,
        "cluster": "home",
        "online": True,
        "address": "192.0.2.11",
        "version": "9.1.4",
        "kernel": "6.17.2-1-pve",
        "cpu_count": 16,
        "memory_bytes": int(29.25 * GIB),
        "memory_used_bytes": 21 * GIB,
        "guest_memory_bytes": 18 * GIB,
        "guests": list(guests),
        **fields,
    }


def guest(vmid: int, name: str, on: str, **fields: t.Any) -> Item:
    """A running VM with everything known."""
    return {
        "id": f"guest/home//{vmid}",
        "name": name,
        "cluster": "home",
        "vmid": vmid,
        "kind": "qemu",
        "template": False,
        "state": "running",
        "host": on,
        "host_id": f"host/home//{on}",
        "cpu_count": 4,
        "memory_bytes": 10 * GIB,
        "disks": [{"device": "scsi0", "storage": "local-lvm", "bytes": 40 * GIB}],
        "disk_bytes": 40 * GIB,
        "tags": [],
        "onboot": True,
        "agent_enabled": True,
        "agent_answers": True,
        "addresses": [],
        "macs": ["BC:24:11:00:00:01"],
        "uuid": "2c3b1f9e-0000-4000-8000-0000000000a1",
        "node_id": None,
        "controller_id": None,
        "carries": [],
        "backed_up": False,
        "memory_used_bytes": int(9.3 * GIB),
        "cpu_used_ratio": 0.05,
        **fields,
    }
