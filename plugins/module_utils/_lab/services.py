# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Services: what a person uses, one per application, followed from its name down to the host."""

from __future__ import annotations

import typing as t

from .draft import Draft, Entity, entity_id, known

_INSTANCE = "app.kubernetes.io/instance"
# What runs to its end is no service of its own, but belongs to the service whose label it carries.
TASKS = frozenset(("CronJob", "Job"))


def add_services(draft: Draft) -> None:
    """Group the workloads outside platform namespaces into services."""
    if "workloads" not in draft.collections:
        return
    draft.open("services")
    groups: dict[str, list[Entity]] = {}
    for workload in draft.all("workloads"):
        if not workload["platform"]:
            name = workload["labels"].get(_INSTANCE) or workload["name"]
            groups.setdefault(entity_id("service", workload["cluster"], workload["namespace"], name), []).append(workload)
    routes: dict[str, list[Entity]] = {}
    for route in draft.all("routes"):
        routes.setdefault(route["kube_service_id"], []).append(route)
    for identity, workloads in groups.items():
        if any(workload["kind"] not in TASKS for workload in workloads):
            draft.add("services", _service(draft, identity, workloads, routes))


def _service(draft: Draft, identity: str, workloads: list[Entity], routes: t.Mapping[str, list[Entity]]) -> Entity:
    claims = _those(draft, "claims", _union(workloads, "claims"))
    placed = all("nodes" in one for one in workloads) and "nodes" in draft.collections
    nodes = _those(draft, "nodes", _union(workloads, "nodes")) if placed else []
    return {
        "id": identity,
        "name": identity.rsplit("/", 1)[-1],
        "cluster": workloads[0]["cluster"],
        "namespace": workloads[0]["namespace"],
        "workloads": [workload["id"] for workload in workloads],
        "images": _union(workloads, "images"),
        "claims": _union(workloads, "claims"),
        **_front(draft, workloads, routes),
        **_size(workloads),
        **known(
            volumes=sorted(claim["volume_id"] for claim in claims if claim["volume_id"]) if "claims" in draft.collections else None,
            nodes=[node["id"] for node in nodes] if placed else None,
            guests=_below(nodes, "guest_id") if placed else None,
            hosts=_below(nodes, "host_id") if placed else None,
            applications=_applications(workloads),
        ),
    }


def _size(workloads: list[Entity]) -> Entity:
    """Sums over the workloads; what one of them does not tell has no sum, and what none of them has is null."""
    sums = {
        field: sum(workload[field] for workload in workloads)
        for field in ("cpu_used_cores", "memory_used_bytes")
        if all(field in workload for workload in workloads)
    }
    counted = [workload for workload in workloads if workload["replicas_wanted_count"] is not None]
    counts = {
        field: sum(workload[field] for workload in counted) if counted else None
        for field in ("replicas_wanted_count", "replicas_ready_count")
    }
    return {**sums, **counts}


def _applications(workloads: list[Entity]) -> list[str] | None:
    """The Applications that manage the workloads; None when that is unknown for one of them."""
    if not all("application_id" in workload for workload in workloads):
        return None
    return sorted({workload["application_id"] for workload in workloads} - {None})


def _front(draft: Draft, workloads: list[Entity], routes: t.Mapping[str, list[Entity]]) -> Entity:
    """Services, routes and addresses in front of the workloads."""
    if not all("kube_services" in workload for workload in workloads):
        return {}
    names = _union(workloads, "kube_services")
    fields: Entity = {"kube_services": names, "addresses": _union(_those(draft, "kube_services", names), "addresses")}
    if "routes" in draft.collections:
        mine = [route for name in names for route in routes.get(name, ())]
        fields["routes"] = sorted(route["id"] for route in mine)
        fields["hostnames"] = sorted({route["host"] for route in mine if route["host"]})
    return fields


def _those(draft: Draft, collection: str, ids: t.Iterable[str]) -> list[Entity]:
    """The entities with these ids, as far as they exist."""
    entities = draft.collections.get(collection, {})
    return [entities[one] for one in ids if one in entities]


def _below(nodes: list[Entity], field: str) -> list[str] | None:
    """What the nodes run in or on; None when it is unknown for one of them."""
    if not all(field in node for node in nodes):
        return None
    return sorted({node[field] for node in nodes if node[field]})


def _union(entities: t.Iterable[Entity], field: str) -> list[str]:
    return sorted({value for entity in entities for value in entity[field]})
