# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of the Proxmox VE API, built from demo_lab/proxmox.yml. Pure: a mapping of the lab in, JSON shapes out.

Keys are those that Proxmox VE 9 sends; tests/unit/lab compares each shape with the API schema that fakepve ships.
"""

from __future__ import annotations

import typing as t

Row = dict[str, t.Any]


def node_usage(host: Row) -> Row:
    """What /nodes and /cluster/resources tell of a host to who may know its usage."""
    return {
        "cpu": host["cpu"],
        "maxcpu": host["cpuinfo"]["cpus"],
        "mem": host["memory"]["used"],
        "maxmem": host["memory"]["total"],
        "disk": host["rootfs"]["used"],
        "maxdisk": host["rootfs"]["total"],
        "uptime": host["uptime"],
    }


def node_status(host: Row, version: Row) -> Row:
    """/nodes/{node}/status."""
    build = host["kernel_build"]
    return {
        "boot-info": {"mode": "efi", "secureboot": 0},
        "cpu": host["cpu"],
        "cpuinfo": {**host["cpuinfo"], "flags": "fpu vme de pse tsc msr pae", "hvm": "1", "user_hz": 100},
        "current-kernel": {"machine": "x86_64", "release": host["kernel"], "sysname": "Linux", "version": build},
        "idle": 0,
        "ksm": {"shared": 0},
        "kversion": f"Linux {host['kernel']} {build}",
        "loadavg": host["load"],
        "memory": _space(host["memory"], available="available"),
        "pveversion": f"pve-manager/{version['version']}/{version['repoid']}",
        "rootfs": _space(host["rootfs"], available="avail"),
        "swap": {**host["swap"], "free": host["swap"]["total"] - host["swap"]["used"]},
        "uptime": host["uptime"],
        "wait": 0.01,
    }


def _space(space: Row, *, available: str) -> Row:
    free = space["total"] - space["used"]
    return {**space, "free": free, available: free}


def storage_row(storage: Row, node: str) -> Row:
    """A storage row of /cluster/resources for one host."""
    config, use = storage["config"], storage["use"][node]
    return {
        "id": f"storage/{node}/{config['storage']}",
        "type": "storage",
        "node": node,
        "storage": config["storage"],
        "status": "available",
        "plugintype": config["type"],
        "content": config["content"],
        "shared": config.get("shared", 0),
        "disk": use["used"],
        "maxdisk": use["total"],
    }


def network_row(node: str) -> Row:
    """The zone of the plain bridges, which Proxmox VE 9 lists for every host."""
    return {
        "id": f"network/{node}/zone/localnetwork",
        "type": "network",
        "network": "localnetwork",
        "network-type": "zone",
        "node": node,
        "status": "ok",
    }


def agent_interfaces(interfaces: t.Sequence[Row]) -> list[Row]:
    """The result of the agent command network-get-interfaces: loopback and the given interfaces."""
    loopback = {"name": "lo", "mac": "00:00:00:00:00:00", "addresses": ["127.0.0.1/8", "::1/128"]}
    return [_agent_interface(interface) for interface in (loopback, *interfaces)]


def _agent_interface(interface: Row) -> Row:
    addresses = []
    for address in interface["addresses"]:
        ip, _slash, prefix = address.partition("/")
        addresses.append({"ip-address": ip, "ip-address-type": "ipv6" if ":" in ip else "ipv4", "prefix": int(prefix)})
    counters = ("bytes", "dropped", "errs", "packets")
    statistics = {f"{direction}-{counter}": 0 for direction in ("rx", "tx") for counter in counters}
    return {
        "name": interface["name"],
        "hardware-address": interface["mac"],
        "ip-addresses": addresses,
        "statistics": statistics,
    }


def guest_in_jobs(vmid: int, node: str, jobs: t.Sequence[Row]) -> bool:
    """Whether any backup job includes a guest. Disabled jobs count, as in Proxmox VE."""
    for job in jobs:
        if job.get("node") not in (None, node):
            continue
        if job.get("all"):
            if str(vmid) not in str(job.get("exclude", "")).split(","):
                return True
        elif str(vmid) in str(job.get("vmid", "")).split(","):
            return True
    return False
