# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Section 8: what a person uses, service by service, with what it shows, keeps, needs and runs on."""

from __future__ import annotations

import typing as t

from .lab import Lab, Object, Section, pick
from .structure import linked, workload_rows

_FIELDS = (
    *("id", "name", "cluster", "namespace", "images", "hostnames", "addresses", "cpu_used_cores", "memory_used_bytes"),
    *("replicas_wanted_count", "replicas_ready_count"),
)
_WORKLOAD_FIELDS = (
    *("id", "name", "kind", "replicas_wanted_count", "replicas_ready_count", "privileged", "strategy", "cpu_used_cores"),
    *("memory_used_bytes", "memory_used_max_bytes", "memory_request_bytes", "memory_limit_bytes"),
)


def service_map(lab: Lab) -> Section:
    """Section 8: services by namespace and name, and what belongs to none of them, such as jobs and routes that lead nowhere."""
    services = [_service(lab, row) for row in lab.rows("services")]
    services.sort(key=lambda row: (row["cluster"], row["namespace"], row["name"]))
    mapped = {identity for row in lab.rows("services") for key in ("workloads", "routes") for identity in row.get(key, ())}
    workloads = [row for row in lab.rows("workloads") if not row.get("platform") and row["id"] not in mapped]
    known = all("routes" in row for row in lab.rows("services"))
    routes = [_route(lab, row["id"]) for row in lab.rows("routes") if known and row["id"] not in mapped]
    return Section(
        {
            "services": lab.part("services", "services", services),
            "other_workloads": lab.part("workloads", "other workloads", workload_rows(workloads)),
            "other_routes": lab.part("routes", "other routes", routes),
        }
    )


def _service(lab: Lab, service: Object) -> dict[str, t.Any]:
    """One service; a key is absent when what it needs was not read."""
    workloads = [{"id": identity, "name": lab.name(identity), **lab.find(identity)} for identity in service["workloads"]]
    row = pick(service, *_FIELDS)
    row["workloads"] = [_workload(workload) for workload in workloads]
    if "kube_services" in service:
        backends = [lab.find(identity) for identity in service["kube_services"]]
        if all("ports" in backend for backend in backends):
            row["ports"] = [port for backend in backends for port in _ports(backend)]
    if "routes" in service:
        row["routes"] = [_route(lab, identity) for identity in service["routes"]]
    mounts = [mount for workload in workloads for mount in _mounts(workload)]
    if "claims" in service:
        row["claims"] = [_claim(lab, identity, mounts) for identity in service["claims"]]
    row["mounts"] = [pick(mount, "container", "path", "source") for mount in mounts if not mount["claim_id"]]
    for field in ("mutable_images", "secrets", "config_maps", "added_capabilities", "host_paths"):
        if all(field in workload for workload in workloads):
            row[field] = sorted({value for workload in workloads for value in workload[field]})
    if "applications" in service:
        row["applications"] = [_application(lab, identity, service["workloads"]) for identity in service["applications"]]
    row["privileged_workloads"] = sorted(workload["name"] for workload in workloads if workload.get("privileged"))
    if "nodes" in service:
        row["placement"] = [_place(lab, identity) for identity in service["nodes"]]
    return row


def _application(lab: Lab, identity: str, workloads: t.Sequence[str]) -> dict[str, t.Any]:
    """An application that keeps a service, and what else it keeps. also is absent when the application was not read."""
    application = lab.find(identity)
    rows = [lab.find(one) for one in application.get("workloads", ()) if one not in workloads]
    also = {"also": [pick(row, "kind", "name", "namespace") for row in rows if row]} if "workloads" in application else {}
    return {"id": identity, "name": lab.name(identity), **pick(application, "sources", "sync_status", "health_status"), **also}


def _workload(workload: Object) -> dict[str, t.Any]:
    containers = [
        pick(container, "name", "image", "init", "ports", "added_capabilities", "privileged")
        for container in workload.get("containers", ())
    ]
    return {
        **pick(workload, *_WORKLOAD_FIELDS),
        "containers": containers,
    }


def _ports(kube_service: Object) -> t.Iterator[dict[str, t.Any]]:
    for port in kube_service["ports"]:
        yield {
            "kube_service": kube_service["name"],
            **pick(kube_service, "type", "ready_endpoint_count"),
            **pick(port, "name", "port", "target_port", "protocol"),
        }


def _route(lab: Lab, identity: str) -> dict[str, t.Any]:
    route = lab.find(identity)
    fields = (
        *("id", "name", "cluster", "namespace", "host", "path", "tls", "port", "addresses", "kube_service_exists"),
        "ready_endpoint_count",
    )
    return {"id": identity, **pick(route, *fields), **linked(lab, route, kube_service="kube_service_id")}


def _mounts(workload: Object) -> t.Iterator[dict[str, t.Any]]:
    """Each mount of each container."""
    for container in workload.get("containers", ()):
        for mount in container.get("mounts", ()):
            yield {"container": container["name"], **pick(mount, "path", "source", "claim_id")}


def _claim(lab: Lab, identity: str, mounts: t.Sequence[Object]) -> dict[str, t.Any]:
    """A claim with its mounts; what stands behind it is absent when it or its volume was not read."""
    claim = lab.find(identity)
    volume = lab.find(claim.get("volume_id") or "")
    return {
        "id": identity,
        "name": lab.name(identity),
        **pick(claim, "phase", "storage_class", "access_modes", "requested_bytes"),
        **pick(volume, "backend", "server", "export", "reclaim_policy"),
        **linked(lab, volume, server_guest="server_guest_id"),
        "mounts": [pick(mount, "container", "path") for mount in mounts if mount["claim_id"] == identity],
    }


def _place(lab: Lab, node_id: str) -> dict[str, t.Any]:
    node = lab.find(node_id)
    return {"node": lab.name(node_id), **linked(lab, node, guest="guest_id", host="host_id")}
