# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the demo lab into a real Kubernetes API and waits until the controllers have made of it what they make of it."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

import yaml
from lab.kube_api import APPLY, MERGE, KubeApi, KubeError, Object

# API root, plural and whether it lives in a namespace, in the order in which kinds have to be created.
_KINDS: dict[str, tuple[str, str, bool]] = {
    "Namespace": ("/api/v1", "namespaces", False),
    "Node": ("/api/v1", "nodes", False),
    "StorageClass": ("/apis/storage.k8s.io/v1", "storageclasses", False),
    "CSIDriver": ("/apis/storage.k8s.io/v1", "csidrivers", False),
    "IngressClass": ("/apis/networking.k8s.io/v1", "ingressclasses", False),
    "ClusterRole": ("/apis/rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ServiceAccount": ("/api/v1", "serviceaccounts", True),
    "ClusterRoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "Role": ("/apis/rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings", True),
    "PersistentVolume": ("/api/v1", "persistentvolumes", False),
    "PersistentVolumeClaim": ("/api/v1", "persistentvolumeclaims", True),
    "Secret": ("/api/v1", "secrets", True),
    "ConfigMap": ("/api/v1", "configmaps", True),
    "Service": ("/api/v1", "services", True),
    "Ingress": ("/apis/networking.k8s.io/v1", "ingresses", True),
    "DaemonSet": ("/apis/apps/v1", "daemonsets", True),
    "Deployment": ("/apis/apps/v1", "deployments", True),
    "StatefulSet": ("/apis/apps/v1", "statefulsets", True),
    "CronJob": ("/apis/batch/v1", "cronjobs", True),
    "Job": ("/apis/batch/v1", "jobs", True),
}
_RANK = {kind: rank for rank, kind in enumerate(_KINDS)}


def read_manifests(*paths: Path) -> list[Object]:
    """All objects of YAML files, and of the YAML files below folders, in the order in which they can be created."""
    files = [file for path in paths for file in (sorted(path.rglob("*.y*ml")) if path.is_dir() else [path])]
    found = [item for file in files for item in yaml.safe_load_all(file.read_text(encoding="utf-8")) if item]
    objects = [item for one in found for item in (one["items"] if one["kind"] == "List" else [one])]
    return sorted(objects, key=lambda item: _RANK[item["kind"]])


def object_path(item: Object) -> str:
    """Where an object lives in the API."""
    root, plural, namespaced = _KINDS[item["kind"]]
    namespace = f"/namespaces/{item['metadata'].get('namespace', 'default')}" if namespaced else ""
    return f"{root}{namespace}/{plural}/{item['metadata']['name']}"


def apply(api: KubeApi, objects: t.Iterable[Object]) -> None:
    """Server-side apply; a status goes to the status subresource, as a controller would write it."""
    for item in objects:
        desired = {key: value for key, value in item.items() if key != "status"}
        api.call("PATCH", f"{object_path(item)}?fieldManager=argocd-controller&force=true", desired, APPLY)
        if "status" in item:
            apply_status(api, [item])


def apply_status(api: KubeApi, objects: t.Iterable[Object]) -> None:
    """Only the status of objects that are there."""
    for item in objects:
        api.call("PATCH", f"{object_path(item)}/status", {"status": item["status"]}, MERGE)


def wait(what: str, ready: t.Callable[[], str], seconds: float) -> None:
    """Ask until ready() says nothing is missing; RuntimeError with what is missing when time is up."""
    deadline = time.monotonic() + seconds
    while missing := _ask(ready):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} is not there after {seconds:.0f} s: {missing}")
        time.sleep(0.3)


def _ask(ready: t.Callable[[], str]) -> str:
    try:
        return ready()
    except (OSError, KubeError) as exc:
        return str(exc) or type(exc).__name__


def missing_control_plane(api: KubeApi, hostname: str) -> str:
    """What the control plane still lacks before workloads make sense: the controller's own objects, the default account."""
    answer = api.raw("GET", "/readyz")
    if answer.status != 200:
        return f"/readyz answers {answer.status} {answer.text[:80]}"
    for path in (
        f"/apis/autopilot.k0sproject.io/v1beta2/controlnodes/{hostname}",
        f"/apis/etcd.k0sproject.io/v1beta1/etcdmembers/{hostname}",
        "/api/v1/namespaces/default/serviceaccounts/default",
    ):
        api.get(path)
    return ""


def missing_workloads(api: KubeApi) -> str:
    """What has not come to rest: nodes, workloads, jobs, endpoints and claims."""
    waiting = [f"node {n['metadata']['name']}" for n in _items(api, "/api/v1/nodes") if not _condition(n, "Ready")]
    for plural in ("deployments", "statefulsets", "daemonsets"):
        waiting += [
            f"{plural} {item['metadata']['name']}" for item in _items(api, f"/apis/apps/v1/{plural}") if not _rolled_out(item)
        ]
    waiting += [f"job {j['metadata']['name']}" for j in _items(api, "/apis/batch/v1/jobs") if not _condition(j, "Complete")]
    # A claim that nothing mounts may stay Pending; the one of the demo lab does for ever.
    mounted = {
        (pod["metadata"]["namespace"], volume["persistentVolumeClaim"]["claimName"])
        for pod in _items(api, "/api/v1/pods")
        for volume in pod["spec"].get("volumes", [])
        if "persistentVolumeClaim" in volume
    }
    for claim in _items(api, "/api/v1/persistentvolumeclaims"):
        key = (claim["metadata"]["namespace"], claim["metadata"]["name"])
        if key in mounted and claim["status"].get("phase") != "Bound":
            waiting.append(f"claim {key[1]}")
    for item in _items(api, "/apis/discovery.k8s.io/v1/endpointslices"):
        if not all(endpoint.get("conditions", {}).get("ready") for endpoint in item["endpoints"] or []):
            waiting.append(f"endpoints {item['metadata']['name']}")
    return ", ".join(waiting)


def _items(api: KubeApi, path: str) -> list[Object]:
    return t.cast("list[Object]", api.get(path)["items"])


def _condition(item: Object, kind: str) -> bool:
    return any(c["type"] == kind and c["status"] == "True" for c in item.get("status", {}).get("conditions", []))


def _rolled_out(item: Object) -> bool:
    status = item["status"]
    if status.get("observedGeneration") != item["metadata"]["generation"]:
        return False
    if "desiredNumberScheduled" in status:  # a DaemonSet
        return bool(status["desiredNumberScheduled"]) and status.get("numberReady") == status["desiredNumberScheduled"]
    return bool(status.get("readyReplicas", 0) == item["spec"]["replicas"])
