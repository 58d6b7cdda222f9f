# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What was read and what was not: sources, coverage of the collections, and the requests summed by endpoint."""

from __future__ import annotations

import typing as t

from .._evidence.folder import Evidence, SourceEvidence
from .draft import Entity, configured
from .workloads import KINDS

# Which nouns of which source a collection needs before it counts as read.
_NEEDS: t.Mapping[str, tuple[str, tuple[str, ...]]] = {
    "proxmox_clusters": ("proxmox", ("cluster_status",)),
    "hosts": ("proxmox", ("resources", "hosts")),
    "guests": ("proxmox", ("guests",)),
    "host_storages": ("proxmox", ("storages",)),
    "kube_clusters": ("kubernetes", ("version",)),
    "controllers": ("kubernetes", ("controlnodes", "nodes")),
    "nodes": ("kubernetes", ("nodes",)),
    "namespaces": ("kubernetes", ("namespaces",)),
    "workloads": ("kubernetes", tuple(KINDS)),
    "services": ("kubernetes", tuple(KINDS)),
    "kube_services": ("kubernetes", ("services",)),
    "routes": ("kubernetes", ("ingresses",)),
    "claims": ("kubernetes", ("persistentvolumeclaims",)),
    "volumes": ("kubernetes", ("persistentvolumes",)),
    "storage_classes": ("kubernetes", ("storageclasses",)),
    "applications": ("kubernetes", ("applications",)),
    "ip_pools": ("kubernetes", ("ipaddresspools",)),
    "replicas": ("kubernetes", ("longhorn_replicas",)),
    "storage_disks": ("kubernetes", ("longhorn_nodes",)),
    "repositories": ("repository", ("files",)),
    "repository_files": ("repository", ("files",)),
    "repository_folders": ("repository", ("files", "manifests")),
    "declared_nodes": ("repository", ("files", "k0sctl_hosts")),
    "declared_applications": ("repository", ("declared_applications",)),
    "declared_routes": ("repository", ("declared_routes", "manifests")),
    "declared_guests": ("repository", ("terraform_guests",)),
    "documented_machines": ("repository", ("documented_machines",)),
}
# Nouns that every source of a kind has: empty means that something hides them.
_NEVER_EMPTY: t.Mapping[str, tuple[str, ...]] = {
    "proxmox": ("resources",),
    "kubernetes": ("namespaces",),
    "repository": ("files",),
}
# Rights that the audit can use; any other right of its identity is more than it needs.
_AUDIT_PRIVILEGES = frozenset(
    ("VM.Audit", "VM.GuestAgent.Audit", "VM.Monitor", "Sys.Audit", "Datastore.Audit", "SDN.Audit", "Pool.Audit", "Mapping.Audit")
)
_ADMIN_GROUP = "system:masters"


def sources(evidence: Evidence) -> list[Entity]:
    """Every source as lab.json lists it."""
    return sorted((_source(entry) for entry in evidence.sources), key=lambda source: str(source["id"]))


def coverage(evidence: Evidence) -> dict[str, dict[str, str]]:
    """Collection to source id to read or unread, for the sources that are configured."""
    return {
        collection: {
            entry.record.id: "read" if all(noun in entry.nouns for noun in nouns) else "unread"
            for entry in evidence.of(kind)
            if configured(entry)
        }
        for collection, (kind, nouns) in _NEEDS.items()
    }


def requests(evidence: Evidence) -> list[Entity]:
    """The ledger summed by source, identity, verb and endpoint."""
    sums: dict[tuple[str, ...], Entity] = {}
    for request in evidence.requests:
        key = tuple(request[field] or "" for field in ("source", "name", "identity", "verb", "endpoint"))
        total = sums.setdefault(
            key,
            {
                **{field: request[field] for field in ("source", "name", "identity", "verb", "endpoint")},
                **dict.fromkeys(("count", "failed_count", "refused_count", "bytes", "seconds"), 0),
            },
        )
        total["count"] += 1
        total["failed_count"] += bool(request["allowed"] and _failed(request))
        total["refused_count"] += not request["allowed"]
        total["bytes"] += request["bytes"]
        total["seconds"] = round(total["seconds"] + request["seconds"], 3)
    return [sums[key] for key in sorted(sums)]


def _failed(request: Entity) -> bool:
    """An HTTP status of 400 and above, or no answer at all. A command's exit code is its own affair."""
    status = request["status"]
    return status is None or (request["verb"] in ("GET", "POST") and status >= 400)


def _source(entry: SourceEvidence) -> Entity:
    record = entry.record
    source: Entity = {
        "id": record.id,
        "source": record.source,
        "name": record.name,
        "state": record.state,
        "identity": record.identity,
        "version": record.version,
        "started": record.started,
        "leak_count": record.leaks,
        "gaps": [gap.to_dict() for gap in sorted(entry.gaps)],
        "empty_nouns": [noun for noun in _NEVER_EMPTY.get(record.source, ()) if entry.nouns.get(noun) == []],
    }
    surplus = _surplus_rights(entry)
    if surplus is not None:
        source["surplus_rights"] = surplus
    return source


def _surplus_rights(entry: SourceEvidence) -> list[str] | None:
    if entry.record.source == "proxmox" and "permissions" in entry.nouns:
        paths = entry.nouns["permissions"][0] if entry.nouns["permissions"] else {}
        held = {privilege for granted in paths.values() if isinstance(granted, dict) for privilege in granted}
        return sorted(held - _AUDIT_PRIVILEGES)
    if entry.record.source == "kubernetes" and entry.nouns.get("identity"):
        return [_ADMIN_GROUP] if _ADMIN_GROUP in entry.nouns["identity"][0].get("groups", []) else []
    return None
