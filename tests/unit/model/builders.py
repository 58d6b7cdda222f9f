# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pieces of evidence, in the shapes of the servers' answers."""

from __future__ import annotations

import typing as t

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.folder import Evidence, SourceEvidence, SourceRecord
from ansible_collections.homelab.deepdive.plugins.module_utils._lab.build import build_lab

Item = dict[str, t.Any]
UUID = "2c3b1f9e-0000-4000-8000-0000000000a1"


def source(kind: str, name: str, nouns: dict[str, list[Item]], state: str = "read") -> SourceEvidence:
    """One source with these nouns."""
    return SourceEvidence(SourceRecord(kind, name, t.cast("t.Any", state)), nouns, [])


def lab(*sources: SourceEvidence, requests: t.Sequence[Item] = ()) -> Item:
    """The model of these sources."""
    return build_lab(Evidence("0.0.0", "2026-01-02T03:04:05Z", list(sources), list(requests)))


def by_name(collection: t.Sequence[Item], name: str) -> Item:
    """The one entity with this name."""
    (found,) = [entity for entity in collection if entity["name"] == name]
    return found


def qemu(vmid: int, name: str, node: str = "pve1", config: Item | None = None, **fields: t.Any) -> Item:
    """A guest as the Proxmox collector writes it."""
    base = {"vmid": vmid, "node": node, "type": "qemu", "name": name, "status": "running", "maxmem": 4 * 1024**3, "maxcpu": 2}
    return {**base, "config": {"onboot": 1, **(config or {})}, **fields}


def proxmox(*guests: Item, **nouns: list[Item]) -> SourceEvidence:
    """A Proxmox source with one host and these guests."""
    rows = [{"type": "node", "node": "pve1", "status": "online", "maxmem": 16 * 1024**3, "mem": 8 * 1024**3, "maxcpu": 8}]
    return source(
        "proxmox", "home", {"resources": rows, "hosts": [{"node": "pve1", "status": {}}], "guests": list(guests), **nouns}
    )


def node(name: str, address: str = "192.0.2.21", uuid: str = UUID, **spec: t.Any) -> Item:
    """A Kubernetes Node."""
    return {
        "metadata": {"name": name, "labels": {}},
        "spec": spec,
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
            "capacity": {"cpu": "4", "memory": "10Gi"},
            "allocatable": {"cpu": "3900m", "memory": "9Gi"},
            "nodeInfo": {"systemUUID": uuid.upper(), "kubeletVersion": "v1.30.2+k0s"},
        },
    }


def workload(name: str, namespace: str = "default", spec: Item | None = None, **fields: t.Any) -> Item:
    """A Deployment, StatefulSet or DaemonSet with one container."""
    pod = {"containers": [{"name": "app", "image": "registry.test/app:1.2"}], **(spec or {})}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": {}},
        "spec": {"replicas": 1, "template": template},
        **fields,
    }


EVERY_NOUN = (
    "api_groups namespaces nodes pods deployments statefulsets daemonsets replicasets cronjobs jobs services endpointslices "
    "ingresses persistentvolumeclaims persistentvolumes storageclasses controlnodes etcdmembers leases configmaps events "
    "applications appprojects applicationsets drifted_objects ipaddresspools l2advertisements bgpadvertisements "
    "longhorn_volumes longhorn_replicas longhorn_nodes longhorn_settings longhorn_backup_targets longhorn_recurring_jobs "
    "node_metrics pod_metrics"
)


def kubernetes(name: str = "lab", unread: str = "", **nouns: list[Item]) -> SourceEvidence:
    """A Kubernetes source that read everything, with these objects; unread: nouns to leave out."""
    every: dict[str, list[Item]] = {noun: [] for noun in EVERY_NOUN.split()}
    every["version"] = [{"gitVersion": "v1.30.2+k0s", "endpoint": "https://192.0.2.20:6443"}]
    every.update(nouns)
    return source("kubernetes", name, {noun: items for noun, items in every.items() if noun not in unread.split()})


EVERY_FILE_NOUN = (
    "head files manifests k0sctl_hosts k0sctl_files declared_applications declared_routes kustomizations terraform_guests "
    "terraform_problems documented_machines problems"
)


def repository(*paths: str, unread: str = "", name: str = "homelab", **nouns: list[Item]) -> SourceEvidence:
    """A repository with these files in which everything was looked for; unread: nouns to leave out."""
    every: dict[str, list[Item]] = {noun: [] for noun in EVERY_FILE_NOUN.split()}
    every["files"] = [{"path": path, "bytes": 1} for path in paths]
    every.update(nouns)
    return source("repository", name, {noun: items for noun, items in every.items() if noun not in unread.split()})


def application(name: str, namespace: str = "argocd", spec: Item | None = None, **status: t.Any) -> Item:
    """An Argo CD Application that heals itself and is in sync."""
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "project": "default",
            "source": {"repoURL": "https://git.test/me/homelab.git", "path": f"apps/{name}", "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
            "syncPolicy": {"automated": {"selfHeal": True}},
            **(spec or {}),
        },
        "status": {"sync": {"status": "Synced", "revision": "a1"}, "health": {"status": "Healthy"}, **status},
    }


def resource(kind: str, name: str, namespace: str = "", group: str = "", **fields: t.Any) -> Item:
    """A resource as an Application lists it."""
    return {"group": group, "version": "v1", "kind": kind, "namespace": namespace, "name": name, "status": "Synced", **fields}


def event(message: str, time: str, reason: str = "OperationCompleted", about: str = "app", **fields: t.Any) -> Item:
    """An event of Argo CD about an Application."""
    return {
        "metadata": {"name": f"{about}.{time}", "namespace": "argocd"},
        "involvedObject": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "namespace": "argocd", "name": about},
        "reason": reason,
        "type": "Normal",
        "message": message,
        "count": 1,
        "firstTimestamp": time,
        "lastTimestamp": time,
        **fields,
    }


def named(name: str, namespace: str = "system", spec: Item | None = None, **fields: t.Any) -> Item:
    """An object of a custom kind."""
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec or {}, **fields}
