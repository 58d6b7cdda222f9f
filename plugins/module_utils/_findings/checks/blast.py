# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Checks of what stops when something stops."""

from __future__ import annotations

import typing as t

from ..lab_index import Entity, LabIndex, NotReadError
from ..verdicts import Check, Thresholds, Verdict

_DNS_PORT = 53


def _loss_of_host(host: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a host. Fails when services stop with it; high when control plane, volumes and DNS all go with it."""
    if not lab.is_fed("services"):
        return Verdict("not_applicable", reason="nothing that is configured has services")
    stopped = lab.graph.stopped_by(host.id)
    services = lab.services_stopped_by(host.id)
    clusters = lab.collection("kube_clusters")
    named = ("DNS", "the control plane") if len(clusters) > 1 else ("DNS",)
    parts = {
        "the control plane": [cluster["name"] for cluster in clusters if cluster.id in stopped],
        "DNS": [service["name"] for service in lab.collection("kube_services") if service.id in stopped and _is_dns(service)],
        "volumes": [volume["name"] for volume in lab.collection("volumes") if volume.id in stopped],
    }
    if not services and not any(parts.values()):
        _require_places(lab.whole("services"), lab)
        return Verdict("pass")
    show = {
        "services": sorted(service["name"] for service in services),
        "guests": sorted(guest["name"] for guest in lab.beside(host, "guests") if guest.id in stopped and not guest["template"]),
        "parts": [f"{part} ({', '.join(names)})" if part in named else part for part, names in parts.items() if names],
    }
    return Verdict("fail", show, severity="high" if all(parts.values()) else "")


def _single_points(cluster: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a Kubernetes cluster. Fails when one host, guest, node or storage server takes a large share of its services.

    thresholds: ``services_ratio`` of all services, and at least ``services`` of them.
    """
    services = {service.id: service["name"] for service in lab.beside(cluster, "services")}
    if not services:
        return Verdict("not_applicable", reason="the cluster has no services")
    least = max(thresholds["services"], thresholds["services_ratio"] * len(services))
    ranked: dict[frozenset[str], str] = {}
    try:
        for component, lost in _components(cluster, lab):
            taken = lab.graph.stopped_by(*lost) & set(services)
            if len(taken) >= least:
                # A host, the guest on it and the node in that take the same services: the first one stands for all.
                ranked.setdefault(frozenset(taken), component)
    except NotReadError:
        if not ranked:  # what was found holds, whatever was not read
            raise
    if not ranked:
        _require_places(lab.beside(cluster, "services"), lab)
        return Verdict("pass")
    rows = sorted(ranked.items(), key=lambda row: (-len(row[0]), row[1]))
    show = {
        "components": [f"{component} ({len(taken)})" for taken, component in rows],
        "services": sorted({services[service] for service in frozenset().union(*ranked)}),
        "all_services_count": len(services),
    }
    return Verdict("fail", show)


def _components(cluster: Entity, lab: LabIndex) -> t.Iterator[tuple[str, list[str]]]:
    """What can be lost, in words, with the ids that are lost with it at once; the physical first."""
    for word, collection in (("host", "hosts"), ("guest", "guests")):
        for one in lab.collection(collection):
            yield f"{word} {one['name']}", [one.id]
    for node in lab.beside(cluster, "nodes"):
        yield f"node {node['name']}", [node.id]
    by_server: dict[str, list[str]] = {}
    for volume in lab.beside(cluster, "volumes"):
        if volume["server"] is not None:
            by_server.setdefault(volume["server"], []).append(volume.id)
    for workload in lab.beside(cluster, "workloads"):
        for server in workload["servers"]:
            by_server.setdefault(server, []).append(workload.id)
    for server, volumes in sorted(by_server.items()):
        yield f"storage server {server}", volumes


def _require_places(services: t.Iterable[Entity], lab: LabIndex) -> None:
    """NotReadError when it is not known where services run or where their data is: then nothing can be called safe."""
    lab.whole("replicas")
    below = "server_guest_id" if lab.is_fed("guests") else "server"
    for service in services:
        for field in ("nodes", *(["hosts"] if lab.is_fed("hosts") else [])):
            if field not in service:
                raise NotReadError(field, service.id)
        for volume in map(lab.ref, service["volumes"]):
            if below not in volume:
                raise NotReadError(below, volume.id)
        for workload in map(lab.ref, service["workloads"]):
            if lab.is_fed("guests") and "server_ids" not in workload:
                raise NotReadError("server_ids", workload.id)


def _is_dns(kube_service: Entity) -> bool:
    """DNS for the household: port 53 on an address of its own."""
    return kube_service["type"] == "LoadBalancer" and any(port["port"] == _DNS_PORT for port in kube_service["ports"])


CHECKS: t.Mapping[str, Check] = {
    "loss_of_host": Check(_loss_of_host, shows=("services", "guests", "parts")),
    "single_points": Check(
        _single_points, shows=("components", "services", "all_services_count"), thresholds=("services", "services_ratio")
    ),
}
