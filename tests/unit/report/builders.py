# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models and findings of a small lab with neutral names, as files of ours hold them."""

from __future__ import annotations

import typing as t
from functools import lru_cache
from pathlib import Path

from unit.report import rich
from unit.report.machines import proxmox_lab
from unit.report.results import some_findings

from ansible_collections.homelab.deepdive.plugins.module_utils._report.environment import Templates
from ansible_collections.homelab.deepdive.plugins.module_utils._report.report import Document, Report, build_report

Item = dict[str, t.Any]
ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "roles" / "audit" / "templates"
SCHEMA = ROOT / "roles" / "audit" / "files" / "schema" / "report.schema.json"
COLLECTED = "2026-03-01T18:00:00Z"
GIB = 1024**3
DOCUMENTS = (Document("report.md", "the report"), Document("docs/inventory.md", "hosts and guests"))

_FEEDS = {
    "proxmox/home": ("proxmox_clusters", "hosts", "guests", "host_storages"),
    "kubernetes/lab": (
        *("kube_clusters", "controllers", "nodes", "namespaces", "workloads", "services", "kube_services", "routes"),
        *("claims", "volumes", "storage_classes", "applications", "ip_pools", "replicas", "storage_disks"),
    ),
    "repository/homelab": (
        *("repositories", "repository_files", "repository_folders", "declared_nodes", "declared_applications"),
        *("declared_routes", "declared_guests", "documented_machines"),
    ),
}


def source(identity: str, state: str = "read", gaps: t.Sequence[Item] = (), **fields: t.Any) -> Item:
    """One entry of sources."""
    kind, name = identity.split("/", 1)
    return {
        "id": identity,
        "source": kind,
        "name": name,
        "state": state,
        "identity": f"audit@{name}" if state in ("read", "partial") else None,
        "version": "9.1.4" if state in ("read", "partial") else None,
        "gaps": list(gaps),
        "empty_nouns": [],
        "started": COLLECTED if state in ("read", "partial") else None,
        "leak_count": 0,
        **fields,
    }


def gap(what: str, detail: str = "no answer within 10 s", remedy: str = "check that it is on", reason: str = "timeout") -> Item:
    """One gap of a source."""
    return {"what": what, "reason": reason, "detail": detail, "remedy": remedy}


def request(source_id: str = "proxmox/home", verb: str = "GET", endpoint: str = "/nodes", **fields: t.Any) -> Item:
    """One row of requests."""
    kind, name = source_id.split("/", 1)
    base = {"count": 2, "failed_count": 0, "refused_count": 0, "bytes": 2048, "seconds": 0.25}
    return {"source": kind, "name": name, "identity": "audit@home", "verb": verb, "endpoint": endpoint, **base, **fields}


def kubernetes_lab() -> Item:
    """Collections of a cluster with one controller, one node and one service."""
    return {
        "kube_clusters": [
            {
                "id": "kube_cluster/lab//lab",
                "name": "lab",
                "cluster": "lab",
                "version": "v1.30.2+k0s",
                "distribution": "k0s",
                "endpoint": "https://192.0.2.101:6443",
                "node_count": 1,
                "controller_count": 1,
                **rich.CLUSTER,
            }
        ],
        "controllers": [
            {
                "id": "controller/lab//controller-1",
                "name": "controller-1",
                "cluster": "lab",
                "addresses": ["192.0.2.101"],
                "guest_id": "guest/home//101",
                "host_id": "host/home//pve1",
                "runs_workloads": False,
                "alive": True,
                "k0s_version": "v1.30.2+k0s.0",
                "config_args": [],
                "certificate_expiry": "2027-01-01T00:00:00Z",
                "etcd_member": True,
            }
        ],
        "nodes": [node("worker-1")],
        "namespaces": [namespace("kube-system", True), namespace("media", False)],
        "workloads": [
            workload("coredns", "kube-system", platform=True),
            workload("player", "media"),
        ],
        "kube_services": [
            {
                "id": "kube_service/lab/media/player",
                "name": "player",
                "cluster": "lab",
                "namespace": "media",
                "platform": False,
                "type": "ClusterIP",
                "addresses": [],
                "ports": [{"name": "http", "port": 80, "target_port": "8096", "protocol": "TCP"}],
                "selects": True,
                "ready_endpoint_count": 1,
                "routed": True,
                "workloads": ["deployment/lab/media/player"],
                **rich.KUBE_SERVICE,
            },
            rich.kube_service("gate", "192.0.2.50", (80, "8096", "TCP")),
            rich.kube_service("names", "192.0.2.51", (53, "53", "TCP"), (53, "53", "UDP"), (80, "web", "TCP")),
        ],
        "routes": [
            {
                "id": "route/lab/media/player:player.example.org/",
                "name": "player",
                "cluster": "lab",
                "namespace": "media",
                "host": "player.example.org",
                "path": "/",
                "tls": False,
                "addresses": ["192.0.2.50"],
                "kube_service_id": "kube_service/lab/media/player",
                "kube_service_exists": True,
                "port": "80",
                "ready_endpoint_count": 1,
            }
        ],
        "claims": [claim("player-config", "longhorn", "volume/lab//pv-1"), claim("media", "nas-nfs", "volume/lab//pv-2")],
        "volumes": [
            volume("pv-1", "driver.longhorn.io") | rich.LONGHORN_VOLUME,
            volume("pv-2", "nfs", "192.0.2.100", "/pool/media", "guest/home//100"),
        ],
        "services": [service("player", "media")],
        **rich.storage_lab(),
        **rich.network_lab(),
        **rich.gitops_lab(),
    }


def node(name: str, **fields: t.Any) -> Item:
    """A ready node with everything known."""
    return {
        "id": f"node/lab//{name}",
        "name": name,
        "cluster": "lab",
        "ready": True,
        "schedulable": True,
        "roles": [],
        "taints": [],
        "addresses": ["192.0.2.111"],
        "cpu_cores": 4.0,
        "memory_bytes": 10 * GIB,
        "allocatable_cpu_cores": 3.9,
        "allocatable_memory_bytes": 9 * GIB,
        "kubelet_version": "v1.30.2+k0s",
        "kernel": "6.12.0",
        "os_image": "Debian GNU/Linux 13",
        "container_runtime": "containerd://1.7.18",
        "uuid": "2c3b1f9e-0000-4000-8000-0000000000a1",
        "distribution": "k0s",
        "guest_id": "guest/home//111",
        "host_id": "host/home//pve1",
        **rich.NODE,
        **fields,
    }


def namespace(name: str, platform: bool) -> Item:
    """A namespace with one workload."""
    return {
        "id": f"namespace/lab//{name}",
        "name": name,
        "cluster": "lab",
        "platform": platform,
        "workload_count": 1,
        "kube_service_count": 1,
    }


def workload(name: str, in_namespace: str, **fields: t.Any) -> Item:
    """A Deployment with one container, two claims, a Secret and a capability."""
    prefix = f"claim/lab/{in_namespace}"
    return {
        "id": f"deployment/lab/{in_namespace}/{name}",
        "name": name,
        "kind": "Deployment",
        "cluster": "lab",
        "namespace": in_namespace,
        "platform": False,
        "replicas_wanted_count": 1,
        "replicas_ready_count": 1,
        "containers": [
            {
                "name": name,
                "image": f"{name}/{name}:latest",
                "init": False,
                "ports": ["8096/TCP"],
                "added_capabilities": ["NET_ADMIN"],
                "privileged": False,
                "mounts": [
                    {"path": "/config", "claim_id": f"{prefix}/player-config", "source": "claim player-config"},
                    {"path": "/etc/app", "claim_id": None, "source": "config map settings"},
                    {"path": "/media", "claim_id": f"{prefix}/media", "source": "claim media"},
                ],
            }
        ],
        "images": [f"{name}/{name}:latest"],
        "mutable_images": [f"{name}/{name}:latest"],
        "added_capabilities": ["NET_ADMIN"],
        "privileged": False,
        "host_paths": [],
        "claims": [f"{prefix}/media", f"{prefix}/player-config"],
        "secrets": ["vpn-secret"],
        "nodes": ["node/lab//worker-1"],
        "kube_services": [f"kube_service/lab/{in_namespace}/{name}"],
        "labels": {},
        "application_id": f"application/lab/argocd/{name}",
        **rich.WORKLOAD,
        **fields,
    }


def claim(name: str, storage_class: str, volume_id: str) -> Item:
    """A bound claim of namespace media."""
    return {
        "id": f"claim/lab/media/{name}",
        "name": name,
        "cluster": "lab",
        "namespace": "media",
        "phase": "Bound",
        "storage_class": storage_class,
        "access_modes": ["ReadWriteOnce"],
        "requested_bytes": 5 * GIB,
        "volume_id": volume_id,
        "workloads": ["deployment/lab/media/player"],
    }


def volume(name: str, backend: str, server: str | None = None, export: str | None = None, guest_id: str | None = None) -> Item:
    """A bound volume."""
    return {
        "id": f"volume/lab//{name}",
        "name": name,
        "cluster": "lab",
        "phase": "Bound",
        "storage_class": "any",
        "capacity_bytes": 5 * GIB,
        "reclaim_policy": "Retain",
        "backend": backend,
        "server": server,
        "export": export,
        "server_guest_id": guest_id,
        "claim_id": None,
    }


def service(name: str, in_namespace: str, **fields: t.Any) -> Item:
    """The service of one Deployment of this name."""
    return {
        "id": f"service/lab/{in_namespace}/{name}",
        "name": name,
        "cluster": "lab",
        "namespace": in_namespace,
        "workloads": [f"deployment/lab/{in_namespace}/{name}"],
        "images": [f"{name}/{name}:latest"],
        "kube_services": [f"kube_service/lab/{in_namespace}/{name}"],
        "routes": [f"route/lab/{in_namespace}/{name}:{name}.example.org/"],
        "hostnames": [f"{name}.example.org"],
        "addresses": [],
        "claims": [f"claim/lab/{in_namespace}/media", f"claim/lab/{in_namespace}/player-config"],
        "volumes": ["volume/lab//pv-1", "volume/lab//pv-2"],
        "nodes": ["node/lab//worker-1"],
        "guests": ["guest/home//111"],
        "hosts": ["host/home//pve1"],
        **rich.SERVICE,
        **fields,
    }


def repository_lab() -> Item:
    """Collections of a repository that declares one machine that is there and one that is not."""
    machine = {"cluster": "", "role": "worker", "path": "k0sctl.yaml", "repository": "homelab"}
    return {
        "repositories": [
            {
                **{"id": "repository///homelab", "name": "homelab", "branch": "main", "file_count": 20, "manifest_count": 12},
                **rich.REPOSITORY,
            }
        ],
        **rich.declared_lab(),
        "declared_nodes": [
            {**machine, "id": "declared_node//homelab/192.0.2.111", "name": "worker-1", "address": "192.0.2.111", "present": True},
            {**machine, "id": "declared_node//homelab/192.0.2.9", "name": "pi", "address": "192.0.2.9", "present": False},
        ],
    }


def model(*sources: Item, **collections: t.Any) -> Item:
    """lab.json. Collections that a read source feeds are covered; pass a collection as None to take it out as unread."""
    coverage: dict[str, dict[str, str]] = {}
    for entry in sources:
        for collection in _FEEDS.get(entry["id"], ()) if entry["state"] != "not_configured" else ():
            given = collections.get(collection) is not None
            coverage.setdefault(collection, {})[entry["id"]] = "read" if given and entry["state"] != "failed" else "unread"
    return {
        "format": 1,
        "collected": COLLECTED,
        "collection": "0.1.0",
        "sources": list(sources),
        "coverage": coverage,
        **{name: objects for name, objects in collections.items() if objects is not None and name != "requests"},
        "edges": [],
        "requests": collections.get("requests")
        or [request(entry["id"]) for entry in sources if entry["state"] != "not_configured"],
    }


def full_lab(**changes: t.Any) -> Item:
    """Everything is configured and was read."""
    sources = [source("kubernetes/lab"), source("proxmox/home"), source("repository/homelab")]
    return model(*sources, **{**proxmox_lab(), **kubernetes_lab(), **repository_lab(), **changes})


def report(lab: Item, judged: Item | None = None, banner: str = "") -> Report:
    """The report as data."""
    return build_report(lab, judged or some_findings(), banner, DOCUMENTS)


def page(lab: Item, judged: Item | None = None, banner: str = "", template: str = "report.md.j2") -> str:
    """A rendered document."""
    return _templates().render(template, {"report": report(lab, judged, banner)})


@lru_cache(maxsize=1)
def _templates() -> Templates:
    return Templates([TEMPLATES])
