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
_TASKS = frozenset(("CronJob", "Job"))


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
    for identity, workloads in groups.items():
        if any(workload["kind"] not in _TASKS for workload in workloads):
            draft.add("services", _service(draft, identity, workloads))


def _service(draft: Draft, identity: str, workloads: list[Entity]) -> Entity:
    claims = [claim for claim in draft.all("claims") if claim["id"] in _union(workloads, "claims")]
    nodes = [
        node for node in draft.all("nodes") if all("nodes" in one for one in workloads) and node["id"] in _union(workloads, "nodes")
    ]
    placed = all("nodes" in one for one in workloads) and "nodes" in draft.collections
    return {
        "id": identity,
        "name": identity.rsplit("/", 1)[-1],
        "cluster": workloads[0]["cluster"],
        "namespace": workloads[0]["namespace"],
        "workloads": [workload["id"] for workload in workloads],
        "images": _union(workloads, "images"),
        "claims": _union(workloads, "claims"),
        **_front(draft, workloads),
        **known(
            volumes=sorted(claim["volume_id"] for claim in claims if claim["volume_id"]) if "claims" in draft.collections else None,
            nodes=[node["id"] for node in nodes] if placed else None,
            guests=_below(nodes, "guest_id") if placed else None,
            hosts=_below(nodes, "host_id") if placed else None,
        ),
    }


def _front(draft: Draft, workloads: list[Entity]) -> Entity:
    """Services, routes and addresses in front of the workloads."""
    if not all("kube_services" in workload for workload in workloads):
        return {}
    names = _union(workloads, "kube_services")
    fields: Entity = {
        "kube_services": names,
        "addresses": _union([one for one in draft.all("kube_services") if one["id"] in names], "addresses"),
    }
    if "routes" in draft.collections:
        routes = [route for route in draft.all("routes") if route["kube_service_id"] in names]
        fields["routes"] = [route["id"] for route in routes]
        fields["hostnames"] = sorted({route["host"] for route in routes if route["host"]})
    return fields


def _below(nodes: list[Entity], field: str) -> list[str] | None:
    """What the nodes run in or on; None when it is unknown for one of them."""
    if not all(field in node for node in nodes):
        return None
    return sorted({node[field] for node in nodes if node[field]})


def _union(entities: t.Iterable[Entity], field: str) -> list[str]:
    return sorted({value for entity in entities for value in entity[field]})
