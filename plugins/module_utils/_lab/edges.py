# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Dependencies between the entities of a lab, as typed edges.

An entity fails when fewer than ``min`` members of one of its groups are left. Unknown fields give no edge.
"""

from __future__ import annotations

import re
import typing as t

from .draft import Draft, Entity
from .services import TASKS

# collection, field that holds one id or a list of ids, kind of the edge, whether members stand in for each other
_FIELDS: t.Sequence[tuple[str, str, str, bool]] = (
    ("routes", "kube_service_id", "routes_to", False),
    ("kube_services", "workloads", "selects", True),
    ("workloads", "nodes", "runs_on", True),
    ("claims", "volume_id", "bound_to", False),
    ("workloads", "server_ids", "served_by", False),
    ("volumes", "server_guest_id", "served_by", False),
    ("volumes", "server_host_id", "served_by", False),
    ("volumes", "node_ids", "stored_on", True),
    ("replicas", "node_id", "runs_on", False),
    ("nodes", "guest_id", "runs_in", False),
    ("controllers", "guest_id", "runs_in", False),
    ("guests", "host_id", "placed_on", False),
)


def edges(draft: Draft) -> list[Entity]:
    """All edges, sorted."""
    found = [
        edge
        for collection, field, kind, shared in _FIELDS
        for one in draft.all(collection)
        for edge in _edges(one, field, kind, shared)
    ]
    found += [edge for service in draft.all("services") for edge in _of_service(draft, service)]
    found += [edge for workload in draft.all("workloads") for edge in _mounts(workload)]
    found += [edge for cluster in draft.all("kube_clusters") for edge in _control_plane(draft, cluster)]
    for volume, replicas in _replicas(draft).items():
        found += [_edge(volume, one["id"], "stored_on", "replicas", 1) for one in replicas]
    return sorted(found, key=lambda edge: (edge["from"], edge["kind"], edge["group"], edge["to"]))


def _of_service(draft: Draft, service: Entity) -> list[Entity]:
    """What runs to its end, such as a backup, can wait: the service does not stop with it."""
    workloads = draft.collections["workloads"]
    return [_edge(service["id"], one, "runs_on", one, 1) for one in service["workloads"] if workloads[one]["kind"] not in TASKS]


def _mounts(workload: Entity) -> list[Entity]:
    """The claims that a StatefulSet made for its pods from one template stand in for each other, as the pods do."""
    own = re.compile(rf"(?P<template>.+)-{re.escape(workload['name'])}-\d+")
    found = []
    for claim in workload["claims"]:
        match = own.fullmatch(claim.rsplit("/", 1)[-1]) if workload["kind"] == "StatefulSet" else None
        found.append(_edge(workload["id"], claim, "mounts", f"claims {match['template']}" if match else claim, 1))
    return found


def _control_plane(draft: Draft, cluster: Entity) -> list[Entity]:
    """etcd, and any other store with votes, needs a majority. k3s labels the controllers that vote; without any, its store is a
    database elsewhere, and one controller is enough."""
    controllers = draft.in_cluster("controllers", cluster["name"])
    nodes = draft.collections.get("nodes", {})
    voters = [one for one in controllers if "etcd" in nodes.get(one.get("node_id") or "", {}).get("roles", ())]
    if cluster["distribution"] == "k3s" and not voters:
        return [_edge(cluster["id"], one["id"], "runs_on", "controllers", 1) for one in controllers]
    members = voters or [one for one in controllers if one.get("etcd_member")] or controllers
    # One that is gone and was never taken out still counts for the majority, and cannot be part of it.
    there = [one for one in members if one.get("alive") is not False]
    return [_edge(cluster["id"], one["id"], "runs_on", "controllers", len(members) // 2 + 1) for one in there]


def _replicas(draft: Draft) -> dict[str, list[Entity]]:
    """Healthy replicas by volume, all of them where none is healthy: one that failed stands in for no other."""
    found: dict[str, list[Entity]] = {}
    for replica in draft.all("replicas"):
        if replica["volume_id"]:
            found.setdefault(replica["volume_id"], []).append(replica)
    return {volume: [one for one in replicas if one["healthy"]] or replicas for volume, replicas in found.items()}


def _edges(entity: Entity, field: str, kind: str, shared: bool) -> t.Iterator[Entity]:
    value = entity.get(field)
    for target in value if isinstance(value, list) else [value] if value else []:
        yield _edge(entity["id"], target, kind, field if shared else target, 1)


def _edge(origin: str, target: str, kind: str, group: str, minimum: int) -> Entity:
    return {"from": origin, "to": target, "kind": kind, "group": group, "min": minimum}
