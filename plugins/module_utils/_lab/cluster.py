# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Kubernetes clusters, controllers, nodes and namespaces, from the evidence of one Kubernetes source."""

from __future__ import annotations

import re
import typing as t

from .._evidence.folder import SourceEvidence
from .draft import Draft, Entity, entity_id, known
from .units import moment, quantity, whole_quantity

_LEASE = "k0s-ctrl-"
# A controller renews its lease every few seconds; one that is this far behind another has not been there for a while.
_GONE_SECONDS = 600.0
_ROLE_LABEL = "node-role.kubernetes.io/"
_ZONE_LABEL = "topology.kubernetes.io/zone"
_CONTROL_PLANE = frozenset(("control-plane", "master"))
# Namespaces of the cluster itself and of the usual infrastructure on it; everything else is what a person runs for themselves.
_PLATFORM = re.compile(
    r"kube-.*|k0s-.*|.*-system|argocd|cert-manager|ingress|ingress-nginx|traefik|haproxy-controller|metallb|longhorn|rook-ceph|velero"
    r"|calico-.*|tigera-operator|cilium.*|external-secrets|external-dns|sealed-secrets|azure-arc.*|node-feature-discovery|gpu-operator"
    r"|democratic-csi|openebs|csi-.*|nfs-provisioner|local-path-storage|kyverno"
)


def platform_namespace(name: str) -> bool:
    """Whether a namespace belongs to the cluster or its infrastructure."""
    return bool(_PLATFORM.fullmatch(name))


def add_cluster(draft: Draft, source: SourceEvidence) -> None:
    """Add cluster, nodes, controllers and namespaces of one source."""
    nouns, name = source.nouns, source.record.name
    cluster = None
    if "version" in nouns:
        cluster = draft.add("kube_clusters", _kube_cluster(name, nouns))
    if "nodes" in nouns:
        draft.open("nodes")
        for item in nouns["nodes"]:
            draft.add("nodes", _node(name, item, cluster))
    if "namespaces" in nouns:
        draft.open("namespaces")
        for item in nouns["namespaces"]:
            draft.add("namespaces", {**_base("namespace", name, item), "platform": platform_namespace(item["metadata"]["name"])})
    _add_controllers(draft, name, nouns)
    if cluster:
        _count(draft, cluster, nouns)


def _base(kind: str, cluster: str, item: Entity) -> Entity:
    name = item["metadata"]["name"]
    return {"id": entity_id(kind, cluster, "", name), "name": name, "cluster": cluster}


def _kube_cluster(name: str, nouns: t.Mapping[str, list[Entity]]) -> Entity:
    version = nouns["version"][0]
    return {
        "id": entity_id("kube_cluster", name, "", name),
        "name": name,
        "cluster": name,
        "version": version["gitVersion"],
        "distribution": _distribution(version["gitVersion"], nouns.get("api_groups", [])),
        **known(endpoint=version.get("endpoint")),
    }


def _distribution(version: str, groups: list[Entity]) -> str:
    """By the version, where a distribution puts its name behind a plus; groups alone may come from a relative such as RKE2."""
    build = version.partition("+")[2]
    if build:
        return next((name for name in ("k0s", "k3s") if build.startswith(name)), "other")
    names = {str(group.get("name")) for group in groups}
    if any(name.endswith(".k0sproject.io") for name in names):
        return "k0s"
    return "k3s" if any(name.endswith("k3s.cattle.io") for name in names) else "other"


def _node(cluster: str, item: Entity, kube_cluster: Entity | None) -> Entity:
    metadata, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
    info = status.get("nodeInfo") or {}
    capacity, allocatable = status.get("capacity") or {}, status.get("allocatable") or {}
    ready = [condition["status"] == "True" for condition in status.get("conditions") or [] if condition["type"] == "Ready"]
    return {
        **_base("node", cluster, item),
        "ready": any(ready),
        "schedulable": not spec.get("unschedulable"),
        "labels": dict(sorted((metadata.get("labels") or {}).items())),
        "roles": sorted(label[len(_ROLE_LABEL) :] for label in metadata.get("labels") or {} if label.startswith(_ROLE_LABEL)),
        "taints": sorted(f"{taint['key']}={taint.get('value') or ''}:{taint['effect']}" for taint in spec.get("taints") or []),
        "addresses": sorted(
            {address["address"] for address in status.get("addresses") or [] if address["type"] in ("InternalIP", "ExternalIP")}
        ),
        "uuid": (info.get("systemUUID") or "").lower() or None,
        "zone": (metadata.get("labels") or {}).get(_ZONE_LABEL) or None,
        **known(
            cpu_cores=quantity(capacity.get("cpu")),
            memory_bytes=whole_quantity(capacity.get("memory")),
            allocatable_cpu_cores=quantity(allocatable.get("cpu")),
            allocatable_memory_bytes=whole_quantity(allocatable.get("memory")),
            kubelet_version=info.get("kubeletVersion"),
            kernel=info.get("kernelVersion"),
            os_image=info.get("osImage"),
            container_runtime=info.get("containerRuntimeVersion"),
            distribution=kube_cluster["distribution"] if kube_cluster else None,
        ),
    }


def _add_controllers(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    """Controllers by name: k0s keeps ControlNode, EtcdMember and Lease objects of them, others have nodes with a role."""
    found: dict[str, dict[str, set[str]]] = {}
    members = {item["metadata"]["name"] for item in nouns.get("etcdmembers", [])}
    versions: dict[str, str | None] = {}
    for item in nouns.get("controlnodes", []):
        versions[item["metadata"]["name"]] = (item.get("status") or {}).get("k0sVersion")
        addresses = (item.get("status") or {}).get("addresses") or []
        found.setdefault(item["metadata"]["name"], {"addresses": set()})["addresses"] |= {
            address["address"] for address in addresses if address.get("type") in ("InternalIP", "ExternalIP")
        }
    for item in nouns.get("leases", []):
        name = item["metadata"]["name"]
        if name.startswith(_LEASE):
            found.setdefault(name[len(_LEASE) :], {"addresses": set()})
    for item in nouns.get("etcdmembers", []):
        peer = (item.get("status") or {}).get("peerAddress") or (item.get("peerAddress") or "")
        found.setdefault(item["metadata"]["name"], {"addresses": set()})["addresses"] |= {peer} - {""}
    for node in draft.in_cluster("nodes", cluster):
        if _CONTROL_PLANE & set(node["roles"]):
            found.setdefault(node["name"], {"addresses": set()})["addresses"] |= set(node["addresses"])
    if found or "controlnodes" in nouns or "nodes" in nouns:
        draft.open("controllers")
    nodes_by_name = {node["name"].lower(): node["id"] for node in draft.in_cluster("nodes", cluster)}
    alive = _alive(nouns.get("leases", []))
    for name, facts in found.items():
        draft.add(
            "controllers",
            {
                "id": entity_id("controller", cluster, "", name),
                "name": name,
                "cluster": cluster,
                "addresses": sorted(facts["addresses"]),
                **({"node_id": nodes_by_name.get(name.lower())} if "nodes" in nouns else {}),
                **known(
                    k0s_version=versions.get(name),
                    runs_workloads=name.lower() in nodes_by_name if "nodes" in nouns else None,
                    etcd_member=name in members if "etcdmembers" in nouns else None,
                    alive=alive.get(name),
                ),
            },
        )


def _alive(leases: t.Sequence[Entity]) -> dict[str, bool]:
    """Whether each controller renews its lease, by name. k0s keeps the objects of one that is gone.

    Leases are compared with the newest of them, all written by clocks of one cluster, so the clock of the audit does not matter.
    """
    renewed = {lease["metadata"]["name"]: moment((lease.get("spec") or {}).get("renewTime")) for lease in leases}
    times = {name[len(_LEASE) :]: time for name, time in renewed.items() if name.startswith(_LEASE) and time is not None}
    newest = max(times.values(), default=0.0)
    return {name: newest - time < _GONE_SECONDS for name, time in times.items()}


def _count(draft: Draft, cluster: Entity, nouns: t.Mapping[str, list[Entity]]) -> None:
    if "nodes" in nouns:
        cluster["node_count"] = len(nouns["nodes"])
    controllers = draft.in_cluster("controllers", cluster["name"])
    # A k0s cluster tells its controllers only through ControlNode objects: without them a count would be a guess.
    if controllers and (cluster["distribution"] != "k0s" or "controlnodes" in nouns):
        cluster["controller_count"] = sum(one.get("alive") is not False for one in controllers)
