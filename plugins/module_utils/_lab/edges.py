# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Dependencies between the entities of a lab, as typed edges.

An entity fails when fewer than ``min`` members of one of its groups are left. Unknown fields give no edge.
"""

from __future__ import annotations

import typing as t

from .draft import Draft, Entity

# collection, field that holds one id or a list of ids, kind of the edge, whether members stand in for each other
_FIELDS: t.Sequence[tuple[str, str, str, bool]] = (
    ("routes", "kube_service_id", "routes_to", False),
    ("kube_services", "workloads", "selects", True),
    ("services", "workloads", "runs_on", False),
    ("workloads", "claims", "mounts", False),
    ("workloads", "nodes", "runs_on", True),
    ("claims", "volume_id", "bound_to", False),
    ("volumes", "server_guest_id", "served_by", False),
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
    for cluster in draft.all("kube_clusters"):
        controllers = [one["id"] for one in draft.in_cluster("controllers", cluster["name"])]
        # etcd, and any other store with votes, needs a majority.
        majority = len(controllers) // 2 + 1
        found += [_edge(cluster["id"], one, "runs_on", "controllers", majority) for one in controllers]
    for volume, replicas in _replicas(draft).items():
        found += [_edge(volume, one["id"], "stored_on", "replicas", 1) for one in replicas]
    return sorted(found, key=lambda edge: (edge["from"], edge["kind"], edge["group"], edge["to"]))


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
