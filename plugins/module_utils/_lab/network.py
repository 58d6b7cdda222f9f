# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Services and routes of one Kubernetes source, joined with the workloads behind them."""

from __future__ import annotations

import typing as t

from .._evidence.folder import SourceEvidence
from .cluster import platform_namespace
from .draft import Draft, Entity, entity_id, known
from .workloads import KINDS, pod_template, workload_id

_MANAGER_LABEL = "app.kubernetes.io/managed-by"
_SERVICE_OF_SLICE = "kubernetes.io/service-name"


def add_network(draft: Draft, source: SourceEvidence) -> None:
    """Add Services and routes; fields that need a noun which was not read are left out."""
    nouns, cluster = source.nouns, source.record.name
    endpoints = _ready_endpoints(cluster, nouns["endpointslices"]) if "endpointslices" in nouns else None
    routes = [route for item in nouns.get("ingresses", []) for route in _routes(cluster, item)]
    if "services" in nouns:
        draft.open("kube_services")
        for item in nouns["services"]:
            draft.add("kube_services", _kube_service(cluster, item, endpoints))
        _join_workloads(draft, cluster, nouns)
    if "ingresses" in nouns:
        draft.open("routes")
        routed = {route["kube_service_id"] for route in routes}
        for service in draft.in_cluster("kube_services", cluster):
            service["routed"] = service["id"] in routed
        for route in routes:
            behind = route["kube_service_id"]
            exists = behind in draft.open("kube_services") if behind and "services" in nouns else None
            ready = endpoints.get(behind, 0) if behind and endpoints is not None else None
            draft.add("routes", {**route, **known(kube_service_exists=exists, ready_endpoint_count=ready)})


def _ready_endpoints(cluster: str, slices: list[Entity]) -> dict[str, int]:
    """Ready addresses by id of the Service; a condition that is not told counts as ready, as the API defines it."""
    addresses: dict[str, set[str]] = {}
    for item in slices:
        service = (item["metadata"].get("labels") or {}).get(_SERVICE_OF_SLICE)
        if service:
            ready = addresses.setdefault(entity_id("kube_service", cluster, item["metadata"]["namespace"], service), set())
            for endpoint in item.get("endpoints") or []:
                if (endpoint.get("conditions") or {}).get("ready") is not False:
                    ready |= set(endpoint.get("addresses") or [])
    return {service: len(ready) for service, ready in addresses.items()}


def _kube_service(cluster: str, item: Entity, endpoints: t.Mapping[str, int] | None) -> Entity:
    metadata, spec = item["metadata"], item.get("spec") or {}
    identity = entity_id("kube_service", cluster, metadata["namespace"], metadata["name"])
    return {
        "id": identity,
        "name": metadata["name"],
        "cluster": cluster,
        "namespace": metadata["namespace"],
        "platform": platform_namespace(metadata["namespace"]),
        "type": spec.get("type") or "ClusterIP",
        "addresses": _load_balancer_addresses(item),
        "ports": [
            {
                "name": port.get("name") or "",
                "port": port["port"],
                "target_port": str(port.get("targetPort", port["port"])),
                "protocol": port.get("protocol") or "TCP",
            }
            for port in sorted(spec.get("ports") or [], key=lambda port: (port["port"], port.get("protocol") or "TCP"))
        ],
        "selects": bool(spec.get("selector")),
        "requested_address": _requested_address(item),
        "external_traffic_policy": spec.get("externalTrafficPolicy") or None,
        "external_name": spec.get("externalName") or None,
        **known(ready_endpoint_count=endpoints.get(identity, 0) if endpoints is not None else None),
    }


def _requested_address(item: Entity) -> str | None:
    """The address that a Service asks for, in its spec or in an annotation of MetalLB."""
    annotations = item["metadata"].get("annotations") or {}
    asked = [annotations.get(f"{domain}/loadBalancerIPs") for domain in ("metallb.io", "metallb.universe.tf")]
    return next(filter(None, [*asked, (item.get("spec") or {}).get("loadBalancerIP")]), None)


def _load_balancer_addresses(item: Entity) -> list[str]:
    entries = ((item.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return sorted({entry.get("ip") or entry.get("hostname") or "" for entry in entries} - {""})


def _join_workloads(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    """Which Services select which workloads, by the labels of the pods that the workload makes."""
    carriers = _carriers(draft, cluster, nouns)
    selected: dict[str, list[str]] = {}
    for item in nouns["services"]:
        namespace = item["metadata"]["namespace"]
        service = entity_id("kube_service", cluster, namespace, item["metadata"]["name"])
        selector = (item.get("spec") or {}).get("selector") or {}
        # Those that carry one label of the selector, of which those with all of them.
        candidates = carriers.get((namespace, *next(iter(selector.items()))), []) if selector else []
        found = [one for one, have in candidates if selector.items() <= have.items()]
        if all(noun in nouns for noun in KINDS):
            draft.collections["kube_services"][service]["workloads"] = sorted(found)
        for one in found:
            selected.setdefault(one, []).append(service)
    for workload in draft.in_cluster("workloads", cluster):
        workload["kube_services"] = sorted(selected.get(workload["id"], ()))


def _carriers(
    draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]
) -> dict[tuple[str, str, str], list[tuple[str, dict[str, str]]]]:
    """Namespace and one label to the workloads whose pods have it, each with all labels of its pods."""
    workloads = draft.collections.get("workloads", {})
    carriers: dict[tuple[str, str, str], list[tuple[str, dict[str, str]]]] = {}
    for noun, kind in KINDS.items():
        for item in nouns.get(noun, []):
            namespace = item["metadata"]["namespace"]
            identity = workload_id(cluster, kind, namespace, item["metadata"]["name"])
            labels = pod_template(item)["metadata"].get("labels") or {}
            for key, value in labels.items() if identity in workloads else ():
                carriers.setdefault((namespace, key, value), []).append((identity, labels))
    return carriers


def _routes(cluster: str, item: Entity) -> list[Entity]:
    """One route per rule and path of an Ingress, and one for its default backend."""
    spec = item.get("spec") or {}
    found = []
    for rule in spec.get("rules") or []:
        for path in (rule.get("http") or {}).get("paths") or []:
            found.append(_route(cluster, item, rule.get("host"), path.get("path") or "/", path.get("backend") or {}))
    if spec.get("defaultBackend"):
        found.append(_route(cluster, item, None, "/", spec["defaultBackend"]))
    return found


def _route(cluster: str, item: Entity, host: str | None, path: str, backend: Entity) -> Entity:
    metadata = item["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    service = backend.get("service") or {}
    port = service.get("port") or {}
    port_text = port.get("number") or port.get("name")
    return {
        "id": entity_id("route", cluster, namespace, f"{name}:{host or '*'}{path}"),
        "name": name,
        "cluster": cluster,
        "namespace": namespace,
        "host": host or None,
        "path": path,
        "tls": _has_tls(item.get("spec") or {}, host),
        "addresses": _load_balancer_addresses(item),
        "kube_service_id": entity_id("kube_service", cluster, namespace, service["name"]) if service else None,
        "kube_service_name": service.get("name"),
        "port": str(port_text) if port_text else None,
        "from_chart": (metadata.get("labels") or {}).get(_MANAGER_LABEL) == "Helm",
    }


def _has_tls(spec: Entity, host: str | None) -> bool:
    """An entry without hosts covers all of them; a wildcard covers one label."""
    for entry in spec.get("tls") or []:
        hosts = entry.get("hosts") or []
        parent = f"*.{host.partition('.')[2]}" if host else None
        if not hosts or host in hosts or parent in hosts:
            return True
    return False
