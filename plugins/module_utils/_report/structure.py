# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Sections 2, 3 and 4: hosts, guests and storages; control plane and nodes; namespaces and platform services.

Rows carry the fields of lab.json; ids of other objects become their names under a shorter key (node_id: node), absent when the id
is absent and null when it is null.
"""

from __future__ import annotations

import typing as t

from .lab import Lab, Object, Section, pick

# What the rows of a part take over from lab.json as it is.
_FIELDS: t.Mapping[str, t.Sequence[str]] = {
    "proxmox_clusters": (
        *(
            "id",
            "name",
            "cluster",
            "host_count",
            "hosts_online_count",
            "vote_count",
            "standalone",
            "quorate",
            "versions",
            "kernels",
        ),
    ),
    "hosts": (
        *("id", "name", "cluster", "online", "address", "version", "kernel", "cpu_count"),
        *("memory_bytes", "memory_used_bytes", "guest_memory_bytes"),
    ),
    "guests": (
        *("id", "name", "cluster", "vmid", "kind", "template", "state", "host", "cpu_count", "memory_bytes", "disks", "disk_bytes"),
        *("tags", "onboot", "agent_enabled", "agent_answers", "addresses", "carries", "backed_up"),
    ),
    "host_storages": (
        *("id", "name", "cluster", "type", "shared", "hosts", "content", "available", "capacity_bytes", "used_bytes"),
    ),
    "kube_clusters": ("id", "name", "cluster", "version", "distribution", "endpoint", "node_count", "controller_count"),
    "controllers": (
        *(
            "id",
            "name",
            "cluster",
            "addresses",
            "runs_workloads",
            "k0s_version",
            "config_args",
            "certificate_expiry",
            "etcd_member",
        ),
    ),
    "nodes": (
        *("id", "name", "cluster", "ready", "schedulable", "roles", "taints", "addresses", "cpu_cores", "memory_bytes"),
        *("allocatable_cpu_cores", "allocatable_memory_bytes", "kubelet_version", "kernel", "os_image", "container_runtime"),
        "distribution",
    ),
    "declared_nodes": ("id", "name", "address", "role", "path", "repository", "present"),
    "namespaces": ("id", "name", "cluster", "platform", "workload_count", "kube_service_count"),
    "workloads": ("id", "name", "kind", "cluster", "namespace", "replicas_wanted_count", "replicas_ready_count", "images"),
}


def substrate(lab: Lab) -> Section:
    """Section 2."""
    return Section(
        {
            "proxmox_clusters": lab.part("proxmox_clusters", "Proxmox clusters", _rows(lab, "proxmox_clusters")),
            "hosts": lab.part("hosts", "hosts", [_host(row) for row in lab.rows("hosts")]),
            "guests": lab.part("guests", "guests", sorted((_guest(lab, row) for row in lab.rows("guests")), key=_guest_order)),
            "storages": lab.part("host_storages", "storages", _rows(lab, "host_storages")),
        }
    )


def topology(lab: Lab) -> Section:
    """Section 3."""
    return Section(
        {
            "kube_clusters": lab.part("kube_clusters", "Kubernetes clusters", _rows(lab, "kube_clusters")),
            "controllers": lab.part("controllers", "controllers", _placed(lab, "controllers")),
            "nodes": lab.part("nodes", "nodes", _placed(lab, "nodes")),
        }
    )


def declared(lab: Lab) -> Section:
    """What the repository says of section 3: apart from it because it stands without a cluster as well."""
    return Section({"declared_nodes": lab.part("declared_nodes", "declared machines", _rows(lab, "declared_nodes"))})


def namespaces(lab: Lab) -> Section:
    """Section 4."""
    platform = workload_rows(row for row in lab.rows("workloads") if row.get("platform"))
    return Section(
        {
            "namespaces": lab.part("namespaces", "namespaces", _rows(lab, "namespaces")),
            "platform_workloads": lab.part("workloads", "platform workloads", platform),
        }
    )


def linked(lab: Lab, row: Object, **keys: str) -> dict[str, t.Any]:
    """Names for ids: linked(lab, row, node="node_id") gives {"node": name}, {"node": None}, or {} when the id is absent."""
    found = {key: row[field] for key, field in keys.items() if field in row}
    return {key: identity and lab.name(identity) for key, identity in found.items()}


def workload_rows(workloads: t.Iterable[Object]) -> list[dict[str, t.Any]]:
    """Workloads as a table lists them, by namespace and name."""
    rows = [pick(row, *_FIELDS["workloads"]) for row in workloads]
    return sorted(rows, key=lambda row: (row["cluster"], row["namespace"], row["name"], row["kind"]))


def _rows(lab: Lab, collection: str) -> list[dict[str, t.Any]]:
    return [pick(row, *_FIELDS[collection]) for row in lab.rows(collection)]


def _host(row: Object) -> dict[str, t.Any]:
    guests = {"guest_count": len(row["guests"])} if "guests" in row else {}
    return {**pick(row, *_FIELDS["hosts"]), **guests}


def _guest(lab: Lab, row: Object) -> dict[str, t.Any]:
    storages = {"disk_storages": sorted({disk["storage"] for disk in row["disks"]})} if "disks" in row else {}
    return {**pick(row, *_FIELDS["guests"]), **storages, **linked(lab, row, node="node_id", controller="controller_id")}


def _guest_order(row: Object) -> tuple[str, str, int, str]:
    return (row["cluster"], row.get("host", ""), row["vmid"], row["id"])


def _placed(lab: Lab, collection: str) -> list[dict[str, t.Any]]:
    return [
        {**pick(row, *_FIELDS[collection]), **linked(lab, row, guest="guest_id", host="host_id")} for row in lab.rows(collection)
    ]
