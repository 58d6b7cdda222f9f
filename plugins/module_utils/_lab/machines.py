# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Machines that tables of a repository name, against the machines of the lab.

Tables that list services, addresses or devices look the same as those of machines. A row that the lab knows as something else is
dropped, and so is a table in which no row is a machine and no word says that they are: a wrong alarm costs more than a stale row.
"""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urlsplit

from .draft import Draft, Entity, configured
from .joins import short_name

# Words for what has a row in such a table and is neither host nor guest.
_OTHER_DEVICE = re.compile(
    r"\b(?:vip|virtual ip|router|gateway|switch|firewall|access point|modem|printer|ups|ipmi|idrac|ilo|bmc|load ?balancer|metallb"
    r"|ingress|nas|camera|kvm|pdu)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:worker|control[- ]?plane|controller|master|hypervisor|proxmox|pve|vm|lxc|virtual machine|bare[- ]metal|nodes?)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:.*[-_ ])?(?:worker|node|master|controller|cp|pve|proxmox|host|server|vm)[-_ ]?\d+", re.IGNORECASE)
# Rows that are no machines are not there; more lines between two rows are two tables.
_TABLE_GAP = 4


def join_machines(draft: Draft) -> None:
    """Write ``present`` into documented machines, and drop those that are none."""
    sources = [one for kind in ("proxmox", "kubernetes") for one in draft.evidence.of(kind) if configured(one)]
    unread = draft.unread("proxmox", "guests", "resources") or draft.unread("kubernetes", "nodes", "controlnodes")
    machines = [one for name in ("hosts", "guests", "nodes", "controllers") for one in draft.all(name)]
    names = {short_name(one["name"]) for one in machines}
    addresses = {address for one in machines for address in (*one.get("addresses", ()), *filter(None, [one.get("address")]))}
    whole = bool(sources) and not unread
    other_names, other_addresses = _others(draft)
    documented = draft.collections.get("documented_machines", {})
    for machine in list(documented.values()):
        present = short_name(machine["name"]) in names or machine["address"] in addresses
        known = short_name(machine["name"]) in other_names or machine["address"] in other_addresses
        if present:
            machine["present"] = True
        elif whole and (known or _OTHER_DEVICE.search(f"{machine['name']} {machine['role'] or ''}")):
            del documented[machine["id"]]
        elif whole:
            machine["present"] = False
    for table in _tables(documented.values()):
        if not any(row.get("present", True) or _is_named_machine(row) for row in table):
            for row in table:
                del documented[row["id"]]


def _is_named_machine(row: Entity) -> bool:
    return bool(_ROLE.search(row["role"] or "") or _NUMBERED.fullmatch(row["name"]))


def _others(draft: Draft) -> tuple[set[str], set[str]]:
    """Names and addresses of the lab that are no machine's: of services, routes and pools, and of the ways into a cluster."""
    names = {short_name(one["name"]) for name in ("services", "kube_services", "workloads") for one in draft.all(name)}
    names |= {short_name(route["host"]) for route in draft.all("routes") if route["host"]}
    addresses = {address for name in ("kube_services", "routes") for one in draft.all(name) for address in one["addresses"]}
    addresses |= {address for pool in draft.all("ip_pools") for address in pool.get("used", ())}
    return names, addresses | {urlsplit(str(one.get("endpoint") or "")).hostname or "" for one in draft.all("kube_clusters")}


def _tables(rows: t.Iterable[Entity]) -> list[list[Entity]]:
    tables: list[list[Entity]] = []
    for row in sorted(rows, key=lambda row: (row["repository"], row["path"], row["line"])):
        before = tables[-1][-1] if tables else None
        same = before is not None and (row["repository"], row["path"]) == (before["repository"], before["path"])
        if before is not None and same and row["line"] - before["line"] <= _TABLE_GAP:
            tables[-1].append(row)
        else:
            tables.append([row])
    return tables
