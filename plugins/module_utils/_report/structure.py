# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Sections 2 and 3: hosts, guests and storages; control plane and nodes; machines that the repository tells of.

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
        *("id", "name", "cluster", "vmid", "kind", "template", "state", "host", "cpu_count", "cpu_used_ratio", "memory_bytes"),
        *("memory_used_bytes", "disks", "disk_bytes", "tags", "onboot", "agent_enabled", "agent_answers", "addresses"),
        *("carries", "backed_up"),
    ),
    "host_storages": (
        *("id", "name", "cluster", "type", "shared", "hosts", "content", "available", "capacity_bytes", "used_bytes"),
    ),
    "kube_clusters": (
        *("id", "name", "cluster", "version", "distribution", "endpoint", "node_count", "controller_count", "pod_count", "parts"),
        *("argocd_version", "longhorn_version", "metallb_version"),
    ),
    "controllers": (
        *("id", "name", "cluster", "addresses", "runs_workloads", "k0s_version", "config_args", "certificate_expiry"),
        *("etcd_member", "alive"),
    ),
    "nodes": (
        *("id", "name", "cluster", "ready", "schedulable", "roles", "taints", "addresses", "cpu_cores", "memory_bytes"),
        *("allocatable_cpu_cores", "allocatable_memory_bytes", "kubelet_version", "kernel", "os_image", "container_runtime"),
        *("distribution", "pod_count", "zone"),
    ),
    "declared_nodes": ("id", "name", "address", "role", "path", "repository", "present"),
    "documented_machines": ("id", "name", "address", "role", "path", "line", "repository", "present"),
    "declared_guests": (
        *("id", "name", "vmid", "host", "cpu_count", "memory_bytes", "disk_bytes", "path", "line", "repository", "unresolved"),
        *("present", "differences"),
    ),
    "workloads": ("id", "name", "kind", "cluster", "namespace", "replicas_wanted_count", "replicas_ready_count", "images"),
}
# The usual storage types of Proxmox VE, in words.
_STORAGE_WORDS = {
    **{"dir": "folder", "nfs": "NFS storage", "cifs": "SMB storage", "pbs": "Proxmox Backup Server", "btrfs": "Btrfs folder"},
    **{"lvm": "LVM volume group", "lvmthin": "LVM thin pool", "zfspool": "ZFS pool", "zfs": "ZFS over iSCSI"},
    **{"iscsi": "iSCSI target", "iscsidirect": "iSCSI target", "rbd": "Ceph pool", "cephfs": "Ceph file system"},
}
_KEEPS_PODS_AWAY = (":NoSchedule", ":NoExecute")
# From this share on memory of a host counts as highly utilised.
HIGH_RATIO = 0.75


def substrate(lab: Lab) -> Section:
    """Section 2."""
    return Section(
        {
            "proxmox_clusters": lab.part("proxmox_clusters", "Proxmox clusters", rows_of(lab, "proxmox_clusters")),
            "hosts": lab.part("hosts", "hosts", [_host(row) for row in lab.rows("hosts")]),
            "guests": lab.part("guests", "guests", sorted((_guest(lab, row) for row in lab.rows("guests")), key=_guest_order)),
            "storages": lab.part("host_storages", "storages", [_storage(row) for row in rows_of(lab, "host_storages")]),
        }
    )


def topology(lab: Lab) -> Section:
    """Section 3."""
    return Section(
        {
            "kube_clusters": lab.part("kube_clusters", "Kubernetes clusters", rows_of(lab, "kube_clusters")),
            "controllers": lab.part("controllers", "controllers", _placed(lab, "controllers")),
            "nodes": lab.part("nodes", "nodes", [{**row, **_use(row)} for row in _placed(lab, "nodes")]),
        }
    )


def declared(lab: Lab) -> Section:
    """What the repository says of sections 2 and 3: apart from them because it stands without a cluster as well."""
    guests = [{**row, **linked(lab, entity, guest="guest_id")} for row, entity in _pairs(lab, "declared_guests")]
    return Section(
        {
            "declared_nodes": lab.part("declared_nodes", "declared machines", rows_of(lab, "declared_nodes")),
            "documented_machines": lab.part("documented_machines", "documented machines", rows_of(lab, "documented_machines")),
            "declared_guests": lab.part("declared_guests", "guests in Terraform", guests),
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


def rows_of(lab: Lab, collection: str) -> list[dict[str, t.Any]]:
    """The rows of a collection with the fields that the report shows."""
    return [row for row, entity in _pairs(lab, collection)]


def ratio(row: Object, used: str, of: str) -> float | None:
    """Two fields as a share; None when one of them was not read or there is nothing of it."""
    return row[used] / row[of] if used in row and row.get(of) else None


def _pairs(lab: Lab, collection: str) -> t.Iterator[tuple[dict[str, t.Any], Object]]:
    """Rows of the report with the objects that they come from."""
    for entity in lab.rows(collection):
        yield pick(entity, *_FIELDS[collection]), entity


def _host(row: Object) -> dict[str, t.Any]:
    guests = {"guest_count": len(row["guests"])} if "guests" in row else {}
    used = ratio(row, "memory_used_bytes", "memory_bytes")
    share = {} if used is None else {"memory_used_ratio": round(used, 3), "highly_utilised": used >= HIGH_RATIO}
    return {**pick(row, *_FIELDS["hosts"]), **share, **guests}


def _guest(lab: Lab, row: Object) -> dict[str, t.Any]:
    storages = {"disk_storages": sorted({disk["storage"] for disk in row["disks"]})} if "disks" in row else {}
    return {**pick(row, *_FIELDS["guests"]), **storages, **linked(lab, row, node="node_id", controller="controller_id")}


def _guest_order(row: Object) -> tuple[str, str, int, str]:
    return (row["cluster"], row.get("host", ""), row["vmid"], row["id"])


def _storage(row: dict[str, t.Any]) -> dict[str, t.Any]:
    """A storage with what it is in words: "shared NFS storage", "local LVM thin pool"."""
    reach = "shared " if row["shared"] else "local "
    return {**row, "words": reach + _STORAGE_WORDS.get(row["type"], f"{row['type']} storage")}


def _use(node: Object) -> dict[str, t.Any]:
    """Whether pods may come to a node; absent when its taints or whether it is cordoned were not read."""
    if "schedulable" not in node or "taints" not in node:
        return {}
    return {"runs_workloads": node["schedulable"] and not any(taint.endswith(_KEEPS_PODS_AWAY) for taint in node["taints"])}


def _placed(lab: Lab, collection: str) -> list[dict[str, t.Any]]:
    return [
        {**pick(row, *_FIELDS[collection]), **linked(lab, row, guest="guest_id", host="host_id")} for row in lab.rows(collection)
    ]
